import { createHash } from 'node:crypto';
import { keepFiles } from './kept-files.ts';
import { type KeyParseFailure, type PrivateKey, parsePrivateKey } from './ssh2-credentials.ts';

/**
 * Keys that were decrypted once. OpenSSH's key files are slow to decrypt on purpose (bcrypt), which in JavaScript
 * stops the process for 0.3 s: bearable once for a key, not once for each of a thousand hosts that come back at once.
 */
export type KeyCache = {
  parse(bytes: Buffer, passphrase: string | null): PrivateKey | KeyParseFailure;
  /** A key's file as it is now; rejects with what the operating system says. */
  read(path: string): Promise<{ readonly bytes: Buffer; readonly mode: number }>;
  /** True once for a file and its mode: a thousand hosts log in with the same key, and again at each try. */
  isFirstExposure(path: string, mode: number): boolean;
};

const maxKeys = 64;
/** More than any key has. */
const maxKeyBytes = 1024 * 1024;

/** Keyed by content, so that a key that is replaced on disk is a new one; failures are not kept. */
export function createKeyCache(): KeyCache {
  const keys = new Map<string, PrivateKey>();
  const exposures = new Map<string, number>();
  return {
    isFirstExposure(path, mode) {
      const isNews = exposures.get(path) !== mode;
      exposures.set(path, mode);
      return isNews;
    },
    read: keepFiles({ maxFiles: maxKeys, maxBytes: maxKeyBytes }, (bytes, { mode }) => ({ bytes, mode })),
    parse(bytes, passphrase) {
      const digest = createHash('sha256')
        .update(bytes)
        .update('\0')
        .update(passphrase ?? '')
        .digest('base64');
      const known = keys.get(digest);
      if (known) return known;
      const key = parsePrivateKey(bytes, passphrase);
      if ('kind' in key) return key;
      const [oldest] = keys.keys();
      if (keys.size >= maxKeys && oldest !== undefined) keys.delete(oldest);
      keys.set(digest, key);
      return key;
    },
  };
}
