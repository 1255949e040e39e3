import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../../src/ssh/host-key.ts';
import { entryMatches, knownHostName } from '../../../src/ssh/known-hosts/match.ts';
import { parseKnownHosts } from '../../../src/ssh/known-hosts/parse.ts';
import { knownHostLine } from '../../../src/ssh/known-hosts/record.ts';
import { arbitraryFile, arbitraryHost, keyBlob } from './arbitrary-known-hosts.ts';

type Found = { readonly line: number; readonly fingerprint: string };

/** What `ssh-keygen -F` finds for a name: the numbers of the lines, and the fingerprints by `-l`. */
async function findByKeygen(name: string, path: string): Promise<Found[]> {
  const stdout = await new Promise<string>((resolve, reject) => {
    execFile('ssh-keygen', ['-l', '-F', name, '-f', path], (error, out) => {
      // It ends with 1 when it finds nothing; anything it cannot even run is a failure of this test.
      if (error && error.code !== 1) reject(new Error(`ssh-keygen: ${error.message}; apt-get install openssh-client`));
      else resolve(out);
    });
  });
  // Each hit is a comment, "# Host NAME found: line 3 REVOKED", and a line with the fingerprint.
  return [...stdout.matchAll(/found: line (\d+)[^\n]*\n[^\n]*?(SHA256:\S+)/g)].map(([, line, fingerprint]) => ({
    line: Number(line),
    fingerprint: fingerprint ?? '',
  }));
}

async function findByUs(name: string, path: string): Promise<Found[]> {
  return parseKnownHosts(await readFile(path, 'utf8'), path)
    .entries.filter((entry) => entryMatches(entry, name))
    .map((entry) => ({ line: entry.line, fingerprint: fingerprintOf(entry.key) }));
}

describe('known_hosts, with ssh-keygen as the oracle', () => {
  let folder: string;
  let path: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'virtgraph-known-hosts-'));
    path = join(folder, 'known_hosts');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('we find the same lines and fingerprints as ssh-keygen -F, in any file', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryFile, arbitraryHost, async (text, { host, port }) => {
        await writeFile(path, text);
        const name = knownHostName(host, port);
        expect(await findByUs(name, path)).toEqual(await findByKeygen(name, path));
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  test('we find the same lines after ssh-keygen -H has hashed the names', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryFile, arbitraryHost, async (text, { host, port }) => {
        await writeFile(path, text);
        // It refuses a file that has lines it cannot read; then there is nothing hashed to compare.
        const hashed = await new Promise((resolve) => {
          execFile('ssh-keygen', ['-q', '-H', '-f', path], (error) => resolve(error === null));
        });
        fc.pre(hashed === true);
        const name = knownHostName(host, port);
        expect(await findByUs(name, path)).toEqual(await findByKeygen(name, path));
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test.each([true, false])(
    'what we record is found by ssh-keygen -F (hashed: %s)',
    async (hashed) => {
      await fc.assert(
        fc.asyncProperty(arbitraryHost, fc.nat(5), async ({ host, port }, keyNumber) => {
          const name = knownHostName(host, port);
          const key = keyBlob('ssh-ed25519', keyNumber);
          await writeFile(path, knownHostLine(name, key, { hashed }));
          expect(await findByKeygen(name, path)).toEqual([{ line: 1, fingerprint: fingerprintOf(key) }]);
        }),
        { numRuns: 25 },
      );
    },
    60_000,
  );
});
