import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Runs a program on this Node, which passes itself off as another. */
function runAs(version: string, ...args: readonly string[]) {
  const disguise = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(disguise)}`, ...args],
    { cwd: root, encoding: 'utf8' },
  );
  return { status, stderr };
}

test('`npm start` on a Node that is too old for its set-up says so, and nothing else', () => {
  expect(runAs('18.19.0', 'scripts/start.mjs')).toEqual({
    status: 1,
    stderr: 'Node 20 or newer is needed; this is Node 18.19.0.\n',
  });
});

test('the gateway on a Node that is too old for it says so, and nothing else', () => {
  expect(runAs('20.20.2', 'src/main.ts', 'check-config')).toEqual({
    status: 1,
    stderr: 'virtgraph: Node 22.18 or newer is needed; this is Node 20.20.2.\n',
  });
});
