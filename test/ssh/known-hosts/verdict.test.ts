import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseKnownHosts } from '../../../src/ssh/known-hosts/parse.ts';
import { judgeHostKey, trustedKeyTypes } from '../../../src/ssh/known-hosts/verdict.ts';
import { arbitraryFile, arbitraryHost, keyBlob } from './arbitrary-known-hosts.ts';

const key = keyBlob('ssh-ed25519', 1);
const otherKey = keyBlob('ssh-ed25519', 2);
const rsaKey = keyBlob('ssh-rsa', 1);
const line = (names: string, blob: Buffer, marker = '') =>
  `${marker}${names} ${blob.toString('latin1', 4, 11) === 'ssh-rsa' ? 'ssh-rsa' : 'ssh-ed25519'} ${blob.toString('base64')}\n`;

function verdict(text: string, names = ['web'], shown = key) {
  return judgeHostKey([parseKnownHosts(text, 'f')], names, shown).kind;
}

describe('judgeHostKey', () => {
  test.each([
    ['MATCH', 'the key is there', line('web', key)],
    ['MATCH', 'one of several keys is the one', line('web', otherKey) + line('web', rsaKey) + line('web', key)],
    ['MATCH', 'the key is there beside an authority', line('*', rsaKey, '@cert-authority ') + line('web', key)],
    ['MATCH', 'another key of the host is revoked', line('web', otherKey, '@revoked ') + line('web', key)],
    ['UNKNOWN', 'the file is empty', ''],
    ['UNKNOWN', 'only other hosts are known', line('db', key)],
    ['UNKNOWN', 'a negation takes the host out', line('*,!web', key)],
    ['UNKNOWN', 'only a revoked key is known, and this is not it', line('web', otherKey, '@revoked ')],
    ['CHANGED', 'the host has another key of this type', line('web', otherKey)],
    ['CHANGED', 'the host has a key of another type only', line('web', rsaKey)],
    ['REVOKED', 'the key is revoked, though it is listed as good, too', line('web', key) + line('*', key, '@revoked ')],
    ['CERTIFICATE_ONLY', 'the host is known by an authority only', line('web', key, '@cert-authority ')],
  ])('%s when %s', (expected, _when, text) => {
    expect(verdict(text)).toBe(expected);
  });

  test('the bare name vouches for a port, and revokes, but does not accuse', () => {
    const names = ['[web]:2222', 'web'];
    expect(verdict(line('web', key), names)).toBe('MATCH');
    expect(verdict(line('web', otherKey), names)).toBe('UNKNOWN');
    expect(verdict(line('web', key, '@revoked '), names)).toBe('REVOKED');
    expect(verdict(line('web', key) + line('[web]:2222', key, '@revoked '), names)).toBe('REVOKED');
  });

  test('the bare name does not speak for a port that has a key of its own', () => {
    const names = ['[web]:2222', 'web'];
    const text = line('web', key) + line('[web]:2222', otherKey);
    expect(verdict(text, names)).toBe('CHANGED');
    expect(verdict(text, names, otherKey)).toBe('MATCH');
    expect(verdict(line('web', key) + line('[web]:2222', otherKey, '@cert-authority '), names)).toBe('MATCH');
  });

  test('whatever the files hold, a key that is in no line never matches, and neither does a revoked one', () => {
    fc.assert(
      fc.property(arbitraryFile, arbitraryHost, fc.nat(9), (text, { host }, number) => {
        const blob = keyBlob('ssh-ed25519', number);
        const revoked = text + line('*', blob, '@revoked ');
        const absent = text.replaceAll(blob.toString('base64'), otherKey.toString('base64'));
        expect(verdict(revoked, [host], blob)).toBe('REVOKED');
        fc.pre(number !== 2);
        expect(['UNKNOWN', 'CHANGED', 'CERTIFICATE_ONLY']).toContain(verdict(absent, [host], blob));
      }),
      { numRuns: 500 },
    );
  });
});

test('the types to ask for are those of the keys that are trusted for the host', () => {
  const text = line('web', rsaKey) + line('db', key) + line('web', key, '@revoked ') + line('web', rsaKey);
  expect(trustedKeyTypes([parseKnownHosts(text, 'f')], ['web'])).toEqual(['ssh-rsa']);
});

test('a port that has keys of its own is asked for these, and for those of the bare name where it has none', () => {
  const names = ['[web]:2222', 'web'];
  const types = (text: string) => trustedKeyTypes([parseKnownHosts(text, 'f')], names);
  expect(types(line('web', key) + line('[web]:2222', rsaKey))).toEqual(['ssh-rsa']);
  expect(types(line('web', key) + line('[web]:2222', rsaKey, '@revoked '))).toEqual(['ssh-ed25519']);
});
