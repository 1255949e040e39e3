import { keyTypeOf, sameKey } from '../host-key.ts';
import { entriesFor } from './lookup.ts';
import { entryMatches } from './match.ts';
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
 *   The bare name can vouch for a key on another port, but never accuse it: another server may run there.
 */
export function judgeHostKey(files: readonly KnownHostsFile[], names: readonly string[], key: Buffer): HostKeyVerdict {
  const matching = entriesOf(files, names);

  const revoked = matching.find((entry) => entry.marker === 'revoked' && sameKey(entry.key, key));
  if (revoked) return { kind: 'REVOKED', entry: revoked };

  const trusted = matching.filter((entry) => entry.marker === 'none');
  const match = trusted.find((entry) => sameKey(entry.key, key));
  if (match) return { kind: 'MATCH', entry: match };

  // A key of another type than those known counts as changed, too: whoever lacks the known key would
  // otherwise only have to offer another type to be taken for a host never seen before.
  const [ownName = ''] = names;
  const known = trusted.filter((entry) => entryMatches(entry, ownName));
  if (known.length > 0) return { kind: 'CHANGED', known };

  const authority = matching.find((entry) => entry.marker === 'cert-authority' && entryMatches(entry, ownName));
  return authority ? { kind: 'CERTIFICATE_ONLY', entry: authority } : { kind: 'UNKNOWN' };
}

/** Types of the keys that the files trust for these names, in the order of the files, each once. */
export function trustedKeyTypes(files: readonly KnownHostsFile[], names: readonly string[]): readonly string[] {
  const trusted = entriesOf(files, names).filter((entry) => entry.marker === 'none');
  return [...new Set(trusted.map((entry) => keyTypeOf(entry.key)))];
}

/** Lines that speak of one of the names, in the order of the files, each once. */
function entriesOf(files: readonly KnownHostsFile[], names: readonly string[]): readonly KnownHostEntry[] {
  return files.flatMap((file) => {
    const found = new Set(names.flatMap((name) => entriesFor(file, name)));
    return [...found].sort((a, b) => a.line - b.line);
  });
}
