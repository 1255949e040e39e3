import { hostProblem, type VirtgraphError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { KnownHostsVerify } from '../model/target.ts';
import { fingerprintOf, keyTypeOf, ownBytes, sameKey } from './host-key.ts';
import { loadKnownHosts } from './known-hosts/load.ts';
import { knownHostName } from './known-hosts/match.ts';
import type { KnownHostEntry } from './known-hosts/parse.ts';
import { appendKnownHost, knownHostLine } from './known-hosts/record.ts';
import { type HostKeyVerdict, judgeHostKey, trustedKeyTypes } from './known-hosts/verdict.ts';
import { reasonOf } from './reason.ts';
import { quoteCommand } from './shell-quote.ts';

/** Whom a hop must prove to be. */
export type HostIdentity = {
  readonly host: string;
  readonly port: number;
  /** Looked up instead of host and port, as `HostKeyAlias` of ssh_config. */
  readonly alias: string | null;
  /** In this order; new keys go to the first. */
  readonly knownHostsFiles: readonly string[];
  readonly verify: KnownHostsVerify;
  readonly hashNames: boolean;
};

export type HostKeyCheck = {
  /** Types of the keys trusted for this host: what to ask the server for first. */
  readonly trustedKeyTypes: readonly string[];
  /** `null`: go on. Asked again at every re-keying, when the key must be the one accepted before. */
  check(key: Buffer): Promise<VirtgraphError | null>;
  /** What was found of the first key that was checked; `null` before. */
  finding(): HostKeyFinding | null;
};

/** The key that a server presented, and what the files say of it. */
export type HostKeyFinding = {
  readonly keyType: string;
  readonly fingerprint: string;
  readonly verdict: HostKeyVerdict['kind'];
  /** What is done with a key that is UNKNOWN, or CHANGED. */
  readonly verify: KnownHostsVerify;
  /** The lines that the verdict rests on: where, and which key. */
  readonly known: readonly { readonly place: string; readonly keyType: string; readonly fingerprint: string }[];
  /** In which it was looked for. */
  readonly files: readonly string[];
};

/**
 * Reads the files once, before the handshake: the same reading orders the key types and judges the key.
 * @param recordNew false: a new key that would be accepted is, but not written down; for who only looks
 */
export async function openHostKeyCheck(
  identity: HostIdentity,
  log: Log,
  { recordNew = true }: { readonly recordNew?: boolean } = {},
): Promise<HostKeyCheck> {
  const { host, verify } = identity;
  const names = hostKeyNames(identity);
  const [ownName = host] = names;
  const files = await loadKnownHosts(identity.knownHostsFiles);
  let accepted: Buffer | null = null;
  let finding: HostKeyFinding | null = null;

  async function judge(key: Buffer): Promise<VirtgraphError | null> {
    const verdict = judgeHostKey(files, names, key);
    finding = {
      keyType: keyTypeOf(key),
      fingerprint: fingerprintOf(key),
      verdict: verdict.kind,
      verify,
      known: entriesOf(verdict).map((entry) => ({
        place: placeOf(entry),
        keyType: entry.keyType,
        fingerprint: fingerprintOf(entry.key),
      })),
      files: identity.knownHostsFiles,
    };
    const shown = `${keyTypeOf(key)} key ${fingerprintOf(key)}`;
    // A revocation says that somebody else has the key: no setting makes that acceptable.
    if (verdict.kind === 'REVOKED') {
      return hostProblem(
        'HOST_KEY_REVOKED',
        `${ownName} presents the ${shown}, which ${placeOf(verdict.entry)} marks as @revoked.`,
        'Do not connect. Give the host a new key, or remove the mark if it is wrong.',
      );
    }
    if (verdict.kind === 'MATCH') return null;
    if (verify === 'ignore') {
      log.warn({ host: ownName, fingerprint: fingerprintOf(key), verdict: verdict.kind }, 'host key not verified');
      return null;
    }
    if (verdict.kind === 'UNKNOWN') {
      if (verify !== 'auto') return unknownHost(ownName, identity, key);
      return recordNew ? record(key) : null;
    }
    if (verdict.kind === 'CERTIFICATE_ONLY') {
      return hostProblem(
        'HOST_KEY_CERTIFICATE_ONLY',
        `${ownName} is known only by the @cert-authority of ${placeOf(verdict.entry)}; host certificates are not supported.`,
        `Add the host's own key (it presents the ${shown}) to the known_hosts file beside the authority.`,
      );
    }
    const [first, ...others] = verdict.known;
    const places = verdict.known.map((entry) => `${placeOf(entry)} (${entry.keyType} ${fingerprintOf(entry.key)})`);
    return hostProblem(
      'HOST_KEY_CHANGED',
      `${ownName} presents the ${shown}, but is known by ${others.length > 0 ? 'other keys' : 'another'}: ${places.join(', ')}.`,
      'Either the host was set up anew or somebody is in between. Find out which; if the new key is right, ' +
        `remove ${first ? placeOf(first) : 'the old line'}${others.length > 0 ? ' and the others' : ''} and add the new key.`,
    );
  }

  async function record(key: Buffer): Promise<VirtgraphError | null> {
    const [path] = identity.knownHostsFiles;
    const fingerprint = fingerprintOf(key);
    try {
      if (path === undefined) throw new Error('no known_hosts file is configured');
      await appendKnownHost(path, knownHostLine(ownName, key, { hashed: identity.hashNames }));
      log.warn({ host: ownName, fingerprint, file: path }, 'new host key accepted and recorded');
      return null;
    } catch (cause) {
      // Accepting without recording would accept the next key as well.
      return hostProblem(
        'KNOWN_HOSTS_UNREADABLE',
        `The key of ${ownName} (${fingerprint}) cannot be recorded in ${path ?? 'a known_hosts file'}: ${reasonOf(cause)}.`,
        'Let the gateway write the file, or name another one with known_hosts=.',
        { cause },
      );
    }
  }

  return {
    trustedKeyTypes: trustedKeyTypes(files, names),
    async check(key) {
      if (accepted) return sameKey(accepted, key) ? null : changedWhileConnected(ownName, accepted, key);
      const problem = await judge(key);
      if (!problem) accepted = ownBytes(key);
      return problem;
    },
    finding: () => finding,
  };
}

function entriesOf(verdict: HostKeyVerdict): readonly KnownHostEntry[] {
  if (verdict.kind === 'UNKNOWN') return [];
  return verdict.kind === 'CHANGED' ? verdict.known : [verdict.entry];
}

/** What a host is looked up under: its own name first. */
export function hostKeyNames({ host, port, alias }: HostIdentity): readonly string[] {
  if (alias !== null) return [alias.toLowerCase()];
  return port === 22 ? [knownHostName(host, 22)] : [knownHostName(host, port), knownHostName(host, 22)];
}

function placeOf(entry: KnownHostEntry): string {
  return `${entry.file}:${entry.line}`;
}

function unknownHost(name: string, { knownHostsFiles }: HostIdentity, key: Buffer): VirtgraphError {
  const [file = 'a known_hosts file'] = knownHostsFiles;
  // The very key that is to be compared, under the name that is looked for: to ask the host once more might bring another,
  // and behind a jump host nobody can.
  const line = knownHostLine(name, key, { hashed: false }).trim();
  return hostProblem(
    'HOST_KEY_UNKNOWN',
    `${name} presents the ${keyTypeOf(key)} key ${fingerprintOf(key)}, which no known_hosts file has (${knownHostsFiles.join(', ')}).`,
    `Compare ${fingerprintOf(key)} with what "ssh-keygen -l -f" says of the public host key on ${name} itself. ` +
      `If they are equal, add the key: ${quoteCommand(['echo', line])} >> ${quoteCommand([file])}`,
  );
}

function changedWhileConnected(name: string, before: Buffer, now: Buffer): VirtgraphError {
  return hostProblem(
    'HOST_KEY_CHANGED',
    `${name} presented ${fingerprintOf(before)} first and ${fingerprintOf(now)} when the keys were renewed.`,
    'Do not trust this connection. Find out who answers for the host.',
  );
}
