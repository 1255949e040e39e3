import { type FileHandle, open } from 'node:fs/promises';
import { hostProblem, VirtgraphError } from '../../errors.ts';
import { reasonOf } from '../reason.ts';
import { type KnownHostsFile, parseKnownHosts } from './parse.ts';

/** A larger file is refused rather than read whole. 100,000 hosts take about 20 MB. */
const maxFileBytes = 64 * 1024 * 1024;

/** Most gateways have one or two. */
const filesKept = 4;

/** So old a file must have been when it was read: within one tick of its clock a second write leaves no trace. */
const settledMs = 2_000;

/**
 * Files as they were read last, by path. Without it, when a thousand hosts come back at once, a file of a thousand lines
 * is read and parsed a thousand times.
 */
const kept = new Map<string, { readonly stamp: string; readonly file: KnownHostsFile }>();

/**
 * Reads the files that exist; one that does not is as good as empty, as for OpenSSH.
 * One that exists and cannot be read is an error: it may hold a revocation.
 */
export async function loadKnownHosts(paths: readonly string[]): Promise<readonly KnownHostsFile[]> {
  const files = await Promise.all(paths.map(loadFile));
  return files.filter((file) => file !== null);
}

async function loadFile(path: string): Promise<KnownHostsFile | null> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(path);
    return await readUnlessKept(path, handle);
  } catch (cause) {
    if (cause instanceof VirtgraphError) throw cause;
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')) return null;
    throw hostProblem(
      'KNOWN_HOSTS_UNREADABLE',
      `The known_hosts file ${path} cannot be read: ${reasonOf(cause)}.`,
      'Let the gateway read the file, or name another one with known_hosts=.',
      { cause },
    );
  } finally {
    await handle?.close();
  }
}

async function readUnlessKept(path: string, handle: FileHandle): Promise<KnownHostsFile> {
  const { dev, ino, size, mtimeNs, ctimeNs, mtimeMs } = await handle.stat({ bigint: true });
  const stamp = [dev, ino, size, mtimeNs, ctimeNs].join();
  const known = kept.get(path);
  if (known?.stamp === stamp) return known.file;
  const bytes = await handle.readFile();
  if (bytes.length > maxFileBytes) {
    throw hostProblem(
      'KNOWN_HOSTS_UNREADABLE',
      `The known_hosts file ${path} has ${bytes.length} bytes; at most ${maxFileBytes} are read.`,
      'Name a smaller file with known_hosts=.',
    );
  }
  const file = parseKnownHosts(bytes.toString('utf8'), path);
  kept.delete(path);
  if (Date.now() - Number(mtimeMs) >= settledMs) kept.set(path, { stamp, file });
  const [oldest] = kept.keys();
  if (kept.size > filesKept && oldest !== undefined) kept.delete(oldest);
  return file;
}
