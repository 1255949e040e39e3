import { keyTypeOf, sameKey } from '../host-key.ts';
import { entriesFor } from './lookup.ts';
import type { KnownHostEntry, KnownHostsFile } from './parse.ts';

/** What the files say of the key that a host presented. */
export type HostKeyVerdict =
  | { readonly kind: 'MATCH'; readonly entry: KnownHostEntry }
  /** Nothing is known of this host. */
  | { readonly kind: 'UNKNOWN' }
  /** The host is known, by other keys than this. */
  | { readonly kind: 'CHANGED'; readonly known: readonly KnownHostEntry[] }
  | { readonly kind: 'REVOKED'; readonly entry: KnownHostEntry }
  /** The host is known only as one that shows a certificate, which we cannot check. */
  | { readonly kind: 'CERTIFICATE_ONLY'; readonly entry: KnownHostEntry };

/**
 * @param names the names to look under, the most specific first: `[host]:port`, then, as OpenSSH does, the bare name.
 *   The bare name can vouch for a key on a port of which nothing is known, but never accuse it: another server may run
 *   there. Nor does it speak for a port that has keys of its own.
 */
export function judgeHostKey(files: readonly KnownHostsFile[], names: readonly string[], key: Buffer): HostKeyVerdict {
  const revoked = names
    .flatMap((name) => entriesOf(files, name))
    .find((entry) => entry.marker === 'revoked' && sameKey(entry.key, key));
  if (revoked) return { kind: 'REVOKED', entry: revoked };

  const match = trustedEntries(files, names).find((entry) => sameKey(entry.key, key));
  if (match) return { kind: 'MATCH', entry: match };

  // A key of another type than those known counts as changed, too: whoever lacks the known key would
  // otherwise only have to offer another type to be taken for a host never seen before.
  const own = entriesOf(files, names[0] ?? '');
  const known = own.filter((entry) => entry.marker === 'none');
  if (known.length > 0) return { kind: 'CHANGED', known };

  const authority = own.find((entry) => entry.marker === 'cert-authority');
  return authority ? { kind: 'CERTIFICATE_ONLY', entry: authority } : { kind: 'UNKNOWN' };
}

/** Types of the keys that the files trust for these names, in the order of the files, each once. */
export function trustedKeyTypes(files: readonly KnownHostsFile[], names: readonly string[]): readonly string[] {
  return [...new Set(trustedEntries(files, names).map((entry) => keyTypeOf(entry.key)))];
}

/** Those of the first name that has any: they alone say which keys are right. */
function trustedEntries(files: readonly KnownHostsFile[], names: readonly string[]): readonly KnownHostEntry[] {
  for (const name of names) {
    const trusted = entriesOf(files, name).filter((entry) => entry.marker === 'none');
    if (trusted.length > 0) return trusted;
  }
  return [];
}

/** Lines that speak of the name, in the order of the files. */
function entriesOf(files: readonly KnownHostsFile[], name: string): readonly KnownHostEntry[] {
  return files.flatMap((file) => entriesFor(file, name));
}
