import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { entriesFor } from '../../../src/ssh/known-hosts/lookup.ts';
import { entryMatches } from '../../../src/ssh/known-hosts/match.ts';
import { parseKnownHosts } from '../../../src/ssh/known-hosts/parse.ts';
import { arbitraryFile, arbitraryHost } from './arbitrary-known-hosts.ts';

test('finds the lines that comparing each of them finds, in their order, and finds them again', () => {
  fc.assert(
    fc.property(arbitraryFile, fc.array(arbitraryHost, { minLength: 1 }), (text, hosts) => {
      const file = parseKnownHosts(text, 'f');
      for (const { host } of [...hosts, ...hosts]) {
        const name = host.toLowerCase();
        expect(entriesFor(file, name)).toEqual(file.entries.filter((entry) => entryMatches(entry, name)));
      }
    }),
    { numRuns: 500 },
  );
});

test('a line that names a host twice is found once', () => {
  const file = parseKnownHosts(`web,web,db ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)}\n`, 'f');
  expect(entriesFor(file, 'web')).toHaveLength(1);
  expect(entriesFor(file, 'db')).toHaveLength(1);
});
