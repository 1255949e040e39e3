import { utimes, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadKnownHosts } from '../../../src/ssh/known-hosts/load.ts';
import { createScratch, type Scratch } from '../real-sshd.ts';

let scratch: Scratch;
beforeAll(async () => {
  scratch = await createScratch();
});
afterAll(() => scratch?.remove());

const line = (name: string) => `${name} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)}\n`;
const longAgo = new Date(Date.now() - 3_600_000);

async function write(text: string, at: Date): Promise<string> {
  const path = scratch.path('hosts');
  await writeFile(path, text);
  await utimes(path, at, at);
  return path;
}

test('a file that has not changed is parsed once; one that has, again, whatever its length and its times', async () => {
  const path = await write(line('one'), longAgo);
  const [first] = await loadKnownHosts([path]);
  expect((await loadKnownHosts([path]))[0]).toBe(first);
  await write(line('two'), longAgo);
  const [second] = await loadKnownHosts([path]);
  expect(second).not.toBe(first);
  expect(second?.entries).toHaveLength(1);
});

test('a file that was written a moment ago is read again, for a second write may leave no trace', async () => {
  const path = await write(line('one'), new Date());
  const [first] = await loadKnownHosts([path]);
  expect((await loadKnownHosts([path]))[0]).not.toBe(first);
});

test('a file without an end is refused', async () => {
  await expect(loadKnownHosts(['/dev/zero'])).rejects.toMatchObject({ detail: { problem: 'KNOWN_HOSTS_UNREADABLE' } });
});

test('a file that is not there is as good as empty', async () => {
  expect(await loadKnownHosts([scratch.path('missing')])).toEqual([]);
});
