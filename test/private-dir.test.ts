import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makePrivateDir } from '../src/private-dir.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'private-dir-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

test('makes what is missing, for its owner alone, and leaves what is there', () => {
  const wanted = join(dir, 'a', 'b', 'c');
  makePrivateDir(wanted);
  makePrivateDir(wanted);
  for (const made of [join(dir, 'a'), join(dir, 'a', 'b'), wanted]) expect(statSync(made).mode & 0o777).toBe(0o700);
});

test('fails where a file is in the way', () => {
  writeFileSync(join(dir, 'file'), '');
  expect(() => makePrivateDir(join(dir, 'file'))).toThrow('EEXIST');
  expect(() => makePrivateDir(join(dir, 'file', 'below'))).toThrow('ENOTDIR');
});

test('fails at once below /proc, where nothing can be made and mkdir itself tries for ever', () => {
  expect(() => makePrivateDir('/proc/nope/deeper')).toThrow('ENOENT');
});
