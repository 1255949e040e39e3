import { hostProblem, VirtgraphError } from '../../errors.ts';
import { keepFiles } from '../kept-files.ts';
import { reasonOf } from '../reason.ts';
import { type KnownHostsFile, parseKnownHosts } from './parse.ts';

/** A larger file is refused rather than read whole. 100,000 hosts take about 20 MB. */
const maxFileBytes = 64 * 1024 * 1024;

/** Most gateways have one or two. */
const filesKept = 4;

const readFile = keepFiles({ maxFiles: filesKept, maxBytes: maxFileBytes }, (bytes, { path }) => {
  if (bytes.length > maxFileBytes) {
    throw hostProblem(
      'KNOWN_HOSTS_UNREADABLE',
      `The known_hosts file ${path} has more than ${maxFileBytes} bytes.`,
      'Name a smaller file with known_hosts=.',
    );
  }
  return parseKnownHosts(bytes.toString('utf8'), path);
});

/**
 * Reads the files that exist; one that does not is as good as empty, as for OpenSSH.
 * One that exists and cannot be read is an error: it may hold a revocation.
 */
export async function loadKnownHosts(paths: readonly string[]): Promise<readonly KnownHostsFile[]> {
  const files = await Promise.all(paths.map(loadFile));
  return files.filter((file) => file !== null);
}

async function loadFile(path: string): Promise<KnownHostsFile | null> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof VirtgraphError) throw cause;
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')) return null;
    throw hostProblem(
      'KNOWN_HOSTS_UNREADABLE',
      `The known_hosts file ${path} cannot be read: ${reasonOf(cause)}.`,
      'Let the gateway read the file, or name another one with known_hosts=.',
      { cause },
    );
  }
}
