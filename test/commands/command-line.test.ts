import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../architecture/imports.ts';

function virtgraph(...args: readonly string[]) {
  return spawnSync(process.execPath, [join(root, 'src/main.ts'), ...args], { encoding: 'utf8' });
}

test.each([
  ['docter', 'unknown command "docter". Did you mean "doctor"?'],
  ['frobnicate', 'unknown command "frobnicate".\n'],
])('the mistyped command %s is not taken for an argument of serve', (word, message) => {
  const { status, stdout, stderr } = virtgraph(word);
  expect(stderr).toContain(message);
  expect(stderr).toContain('virtgraph --help');
  expect(stdout).toBe('');
  expect(status).toBe(1);
});
