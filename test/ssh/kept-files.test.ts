import { execFile } from 'node:child_process';
import { chmod, rm, utimes, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { keepFiles } from '../../src/ssh/kept-files.ts';
import { createScratch, type Scratch } from './real-sshd.ts';

const longAgo = new Date(Date.now() - 3_600_000);

let scratch: Scratch;
let path: string;
let parsed: string[];
let read: (path: string) => Promise<string>;

beforeAll(async () => {
  scratch = await createScratch();
});
beforeEach(() => {
  path = scratch.path('kept');
  parsed = [];
  read = keepFiles({ maxFiles: 2, maxBytes: 10 }, (bytes, { mode }) => {
    parsed.push(String(bytes));
    return `${String(bytes)} ${(mode & 0o777).toString(8)}`;
  });
});
afterAll(() => scratch?.remove());

async function write(text: string, to = path) {
  await writeFile(to, text);
  await utimes(to, longAgo, longAgo);
}

test('a file that is the same is read once; another of its length, or with another mode, again', async () => {
  await write('one');
  await chmod(path, 0o600);
  expect([await read(path), await read(path)]).toEqual(['one 600', 'one 600']);
  await write('two');
  expect(await read(path)).toBe('two 600');
  await chmod(path, 0o644);
  expect(await read(path)).toBe('two 644');
  expect(parsed).toEqual(['one', 'two', 'two']);
});

test('of what is too long, or has no end, one byte more is read', async () => {
  await write('0123456789abcdef');
  expect(await read(path)).toMatch(/^0123456789a /);
  await read('/dev/zero');
  expect(parsed.at(-1)).toBe('\0'.repeat(11));
});

test('a pipe that nobody writes to is empty, and not waited for', async () => {
  const pipe = scratch.path('pipe');
  await promisify(execFile)('mkfifo', [pipe]);
  await read(pipe);
  expect(parsed).toEqual(['']);
});

test('a file that is gone is not remembered', async () => {
  await write('one');
  await read(path);
  await rm(path);
  await expect(read(path)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('the oldest of too many files is read again', async () => {
  const paths = ['a', 'b', 'c'].map((name) => scratch.path(name));
  for (const each of paths) await write('text', each);
  for (const each of [...paths, paths[2] ?? '', paths[0] ?? '']) await read(each);
  expect(parsed).toHaveLength(4);
});
