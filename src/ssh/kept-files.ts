import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';

/** So old a file must have been when it was read: within one tick of its clock a second write leaves no trace. */
const settledMs = 2_000;
/** Read at a time. */
const pieceBytes = 64 * 1024;

/**
 * Files that a thousand hosts need at once, such as their keys: each is looked at for each of them, and read and parsed
 * again only when it is another than the last time. To look takes a quarter of what to read takes.
 * @param maxBytes of a longer file, `parse` gets one byte more than that
 * @returns what `parse` makes of a file; rejects with what the operating system says, or `parse` throws
 */
export function keepFiles<T>(
  { maxFiles, maxBytes }: { readonly maxFiles: number; readonly maxBytes: number },
  parse: (bytes: Buffer, about: { readonly path: string; readonly mode: number }) => T,
): (path: string) => Promise<T> {
  const kept = new Map<string, { readonly stamp: string; readonly value: T }>();
  /** Who comes while a file is read waits for that, if it is still the file that was begun with. */
  const reading = new Map<string, { readonly stamp: string; readonly value: Promise<T> }>();

  async function read(path: string): Promise<T> {
    // A pipe that nobody writes to is as good as empty, rather than waited for.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = await file.stat({ bigint: true });
      const value = parse(await readAtMost(file, maxBytes + 1), { path, mode: Number(status.mode) });
      kept.delete(path);
      if (isSettled(status)) kept.set(path, { stamp: stampOf(status), value });
      const [oldest] = kept.keys();
      if (kept.size > maxFiles && oldest !== undefined) kept.delete(oldest);
      return value;
    } finally {
      await file.close();
    }
  }

  return async (path) => {
    const status = await stat(path, { bigint: true });
    if (!isSettled(status)) return read(path);
    const stamp = stampOf(status);
    const known = kept.get(path);
    if (known?.stamp === stamp) return known.value;
    const underWay = reading.get(path);
    if (underWay?.stamp === stamp) return underWay.value;
    const begun = { stamp, value: read(path) };
    reading.set(path, begun);
    try {
      return await begun.value;
    } finally {
      if (reading.get(path) === begun) reading.delete(path);
    }
  };
}

/** Whatever size it says it has: a device has no end. */
async function readAtMost(file: FileHandle, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let left = maxBytes; left > 0; ) {
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.allocUnsafe(Math.min(left, pieceBytes)) });
    if (bytesRead === 0) break;
    pieces.push(buffer.subarray(0, bytesRead));
    left -= bytesRead;
  }
  return Buffer.concat(pieces);
}

function isSettled({ mtimeMs }: { readonly mtimeMs: bigint }): boolean {
  return Date.now() - Number(mtimeMs) >= settledMs;
}

type Status = Record<'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs', bigint>;

/** Another one after each change of the file, of its mode too. */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: Status): string {
  return `${dev},${ino},${size},${mtimeNs},${ctimeNs}`;
}
