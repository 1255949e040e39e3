import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keptValue } from '../../src/commands/kept-value.ts';
import { StartError } from '../../src/commands/start-error.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'virtgraph-test-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('a value is made once, and only its owner may read it', async () => {
  const file = join(dir, 'state', 'token');
  expect(await keptValue(file, () => 'first')).toEqual({ value: 'first', isNew: true });
  expect(await keptValue(file, () => 'second')).toEqual({ value: 'first', isNew: false });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(dir, 'state'))).mode & 0o777).toBe(0o700);
});

test('those who start at the same moment get the same value, and nothing else is left behind', async () => {
  const file = join(dir, 'token');
  const all = await Promise.all(Array.from({ length: 20 }, (_, i) => keptValue(file, () => `value-${i}`)));
  expect(new Set(all.map((kept) => kept.value)).size).toBe(1);
  expect(all.filter((kept) => kept.isNew)).toHaveLength(1);
  expect(await readdir(dir)).toEqual(['token']);
});

test('a file that came back empty from a loss of power is made anew', async () => {
  const file = join(dir, 'token');
  await writeFile(file, '');
  expect(await keptValue(file, () => 'made')).toEqual({ value: 'made', isNew: true });
  expect(await keptValue(file, () => 'again')).toEqual({ value: 'made', isNew: false });
  expect(await readdir(dir)).toEqual(['token']);
});

test('a directory that cannot be made is a sentence that says what to do', async () => {
  await writeFile(join(dir, 'file'), '');
  const kept = keptValue(join(dir, 'file', 'token'), () => 'x');
  await expect(kept).rejects.toThrow(StartError);
  await expect(kept).rejects.toThrow(/VIRTGRAPH_STATE_DIR/);
});
