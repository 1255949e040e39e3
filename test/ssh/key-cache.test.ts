import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeyCache } from '../../src/ssh/key-cache.ts';
import { type PrivateKey, parsePrivateKey } from '../../src/ssh/ssh2-credentials.ts';
import { createScratch, generateKey, type Scratch } from './real-sshd.ts';

describe('createKeyCache', () => {
  let scratch: Scratch;
  let locked: Buffer;

  beforeAll(async () => {
    scratch = await createScratch();
    await generateKey(scratch.path('locked'), 'ed25519', 'open sesame');
    locked = await readFile(scratch.path('locked'));
  });
  afterAll(() => scratch.remove());

  test('a key is decrypted once', () => {
    const cache = createKeyCache();
    const first = cache.parse(locked, 'open sesame');
    expect(first).not.toHaveProperty('kind');
    expect(cache.parse(Buffer.from(locked), 'open sesame')).toBe(first);
  });

  test('having been opened once does not open a key to a wrong passphrase, or to none', () => {
    const cache = createKeyCache();
    cache.parse(locked, 'open sesame');
    expect(cache.parse(locked, 'open barley')).toMatchObject({ kind: 'encrypted' });
    expect(cache.parse(locked, null)).toMatchObject({ kind: 'encrypted' });
  });

  test('an rsa key signs with SHA-2, and never with SHA-1', async () => {
    await generateKey(scratch.path('rsa'), 'rsa');
    // Read a moment ago by OpenSSH's own tool, so it is a key.
    const key = parsePrivateKey(await readFile(scratch.path('rsa')), null) as PrivateKey;
    expect(key.vendorKey.sign(Buffer.from('data'), 'sha256')).toBeInstanceOf(Buffer);
    expect(key.vendorKey.sign(Buffer.from('data'), 'sha1')).toBeInstanceOf(Error);
    expect(key.vendorKey.sign(Buffer.from('data'))).toBeInstanceOf(Error);
  });
});
