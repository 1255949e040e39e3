import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const launcher = join(import.meta.dirname, '../../scripts/program.mjs');
let folder: string;
let program: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'virtgraph-program-'));
  program = join(folder, 'program.ts');
  // Says how many signals it got within the time that a terminal's and npm's copies are apart, and ends with status 7.
  writeFileSync(
    program,
    `let count = 0;
    const staying = setInterval(() => {}, 1000);
    process.on('SIGINT', () => {
      if (++count === 1) setTimeout(() => { console.log('count ' + count); clearInterval(staying); process.exitCode = 7; }, 200);
      console.log('signal');
    });
    console.log('ready');`,
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a signal that comes twice within a moment is sent once, and the status of the program is kept', async () => {
  const code = `const { runProgram } = await import(${JSON.stringify(launcher)});
    process.exitCode = await runProgram(${JSON.stringify(program)}, []);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const closed = once(child, 'close');
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  expect(await closed).toEqual([7, null]);
  expect(said).toBe('ready\nsignal\ncount 1\n');
});
