import { describe, expect, test } from 'vitest';
import { parseKnownHosts } from '../../../src/ssh/known-hosts/parse.ts';
import { keyBlob } from './arbitrary-known-hosts.ts';

const key = keyBlob('ssh-ed25519', 1).toString('base64');

describe('parseKnownHosts', () => {
  test('keeps the place of each entry', () => {
    const file = parseKnownHosts(`# comment\n\nweb ssh-ed25519 ${key}\n`, '/etc/ssh/ssh_known_hosts');
    expect(file.entries).toMatchObject([{ file: '/etc/ssh/ssh_known_hosts', line: 3, marker: 'none' }]);
  });

  test('takes a last line without its end, and lines that end as on Windows', () => {
    const file = parseKnownHosts(`web ssh-ed25519 ${key}\r\ndb ssh-ed25519 ${key}`, 'f');
    expect(file.entries.map((entry) => entry.line)).toEqual([1, 2]);
  });

  test.each([
    ['a marker nobody knows', `@trusted web ssh-ed25519 ${key}`],
    ['a line without a key', 'web ssh-ed25519'],
    ['a key that is cut short', `web ssh-ed25519 ${key.slice(0, 12)}`],
    ['a key with a stray character', `web ssh-ed25519 ${key.replace('A', '-')}`],
    ['a type that is not the one in the key', `web ssh-rsa ${key}`],
    ['a hash of another version', `|2|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|AAAAAAAAAAAAAAAAAAAAAAAAAAA= ssh-ed25519 ${key}`],
    ['a hash that is too short', `|1|AAAA|AAAA ssh-ed25519 ${key}`],
    ['a key of protocol 1', 'web 1024 35 12345'],
  ])('passes over %s, remembers its line, and reads on', (_what, line) => {
    const file = parseKnownHosts(`${line}\nweb ssh-ed25519 ${key}\n`, 'f');
    expect(file.malformedLines).toEqual([1]);
    expect(file.entries.map((entry) => entry.line)).toEqual([2]);
  });
});
