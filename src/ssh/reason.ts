/** Why the operating system said no, in words that fit into a sentence. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return words[code] ?? cause.message;
}

const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to host',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links',
  ENETUNREACH: 'network unreachable',
  ENOENT: 'no such file',
  ENOTDIR: 'part of the path is not a directory',
  ENOTFOUND: 'no such name',
  EPERM: 'operation not permitted',
  EPIPE: 'the far end closed the connection',
  ETIMEDOUT: 'timed out',
};
