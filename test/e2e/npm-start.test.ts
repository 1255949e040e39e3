import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
let stateFolder: string;
let npm: ChildProcess;
let url: string;

beforeEach(async () => {
  stateFolder = mkdtempSync(join(tmpdir(), 'virtgraph-start-'));
  // A process group of its own, so that a test can do what a terminal does.
  npm = spawn('npm', ['start', '--', '--port', '0'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, VIRTGRAPH_STATE_DIR: stateFolder },
  });
  url = await announcedUrl(npm);
});

afterEach(() => {
  try {
    process.kill(-(npm.pid ?? 0), 'SIGKILL');
  } catch {
    // The group has ended by itself, as it should.
  }
  rmSync(stateFolder, { recursive: true, force: true });
});

test('the gateway ends when npm is told to end', async () => {
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  const exited = once(npm, 'exit');
  npm.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
});

test('a Ctrl-C, which reaches npm and all below it, stops the gateway gracefully', async () => {
  const said = collect(npm);
  const exited = once(npm, 'close');
  process.kill(-(npm.pid ?? 0), 'SIGINT');
  await exited;
  // Only a graceful end says so; a second signal would have ended the process before.
  expect(said.text).toContain('the gateway has stopped');
  await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
});

async function announcedUrl(child: ChildProcess): Promise<string> {
  const said = collect(child);
  for (;;) {
    const found = /ready at (http:\S+)/.exec(said.text)?.[1];
    if (found !== undefined) return found;
    if (child.stdout === null) throw new Error('npm start has no output to read');
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => Promise.reject(new Error(`npm start ended:\n${said.text}`))),
    ]);
  }
}

function collect(child: ChildProcess): { text: string } {
  const said = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (said.text += chunk.toString()));
  }
  return said;
}
