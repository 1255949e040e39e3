import { crc32 } from 'node:zlib';

/**
 * SQLite's pages have no checksums of their own: a flipped bit in a text would go unseen. So each row has one.
 * The parts' lengths count too: nothing moves from one to the next unseen.
 */
export function checksum(...parts: readonly (string | number | Uint8Array | null)[]): number {
  let sum = 0;
  for (const part of parts) {
    const text = part === null ? '' : part instanceof Uint8Array ? part : String(part);
    sum = crc32(`${part === null ? '-' : text.length}:`, sum);
    if (text.length > 0) sum = crc32(text, sum);
  }
  return sum;
}
