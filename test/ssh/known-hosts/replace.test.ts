import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { appendKnownHost } from '../../../src/ssh/known-hosts/record.ts';
import { replaceKnownHost } from '../../../src/ssh/known-hosts/replace.ts';
import { createScratch, type Scratch } from '../real-sshd.ts';

let scratch: Scratch;
const umask = process.umask();
beforeAll(async () => {
  scratch = await createScratch();
});
afterEach(() => void process.umask(umask));
afterAll(() => scratch?.remove());

const line = (name: string) => `${name} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)}`;

test('bytes that are no UTF-8 stay as they are in the lines of others', async () => {
  const path = scratch.path('latin1');
  await writeFile(path, `# Caf\xe9\n${line('other')} Ren\xe9\n${line('old')} Zo\xeb\n`, 'latin1');
  await replaceKnownHost(path, 'old', `${line('old')} new\n`);
  expect(await readFile(path, 'latin1')).toBe(`# Caf\xe9\n${line('other')} Ren\xe9\n${line('old')} new\n`);
});

test('who could read the file still can', async () => {
  const path = scratch.path('mode');
  await writeFile(path, `${line('old')}\n`);
  await chmod(path, 0o644);
  process.umask(0o077);
  await replaceKnownHost(path, 'old', line('old'));
  expect((await stat(path)).mode & 0o777).toBe(0o644);
});

test('a key that is learned while another is replaced is not lost', async () => {
  const path = scratch.path('at-once');
  const others = Array.from({ length: 50 }, (_, index) => `${line(`learned-${index}`)}\n`);
  await writeFile(path, `${line('old')}\n`);
  const replaced = replaceKnownHost(path, 'old', `${line('old')} new\n`);
  await Promise.all([replaced, ...others.map((each) => appendKnownHost(path, each))]);
  expect(await readFile(path, 'latin1')).toBe(`${line('old')} new\n${others.join('')}`);
});

test('a write that fails keeps none of those after it from their turn', async () => {
  const path = scratch.path('after-failure');
  const failing = replaceKnownHost(path, 'old', line('old'));
  const [failed, appended] = await Promise.allSettled([failing, appendKnownHost(path, `${line('new')}\n`)]);
  expect([failed.status, appended.status]).toEqual(['rejected', 'fulfilled']);
  expect(await readFile(path, 'latin1')).toBe(`${line('new')}\n`);
});
