import { createHash, timingSafeEqual } from 'node:crypto';

/** The string at `offset` of an SSH wire value (uint32 length, bytes), or `null` where it does not fit. */
export function readSshString(bytes: Buffer, offset: number): Buffer | null {
  if (offset + 4 > bytes.length) return null;
  const end = offset + 4 + bytes.readUInt32BE(offset);
  return end <= bytes.length ? bytes.subarray(offset + 4, end) : null;
}

/** The type a public key gives itself, such as `ssh-ed25519`. */
export function keyTypeOf(key: Buffer): string {
  return readSshString(key, 0)?.toString('latin1') ?? 'unknown';
}

/** As `ssh-keygen -l` shows it: `SHA256:` and unpadded base64. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

export function sameKey(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A copy that keeps no more memory than it has bytes; `Buffer.from` keeps a block of 64 kB that others have left. */
export function ownBytes(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}
