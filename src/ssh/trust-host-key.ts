import { hostProblem, VirtgraphError } from '../errors.ts';
import type { SshTarget } from '../model/target.ts';
import { openSshConnection, type SshDependencies } from './connection.ts';
import { fingerprintOf, keyTypeOf } from './host-key.ts';
import { type HostIdentity, type HostKeyCheck, hostKeyNames, openHostKeyCheck } from './host-key-check.ts';
import { loadKnownHosts } from './known-hosts/load.ts';
import { appendKnownHost, knownHostLine } from './known-hosts/record.ts';
import { replaceKnownHost } from './known-hosts/replace.ts';
import { type HostKeyVerdict, judgeHostKey } from './known-hosts/verdict.ts';
import { reasonOf } from './reason.ts';

export type TrustRequest = {
  /** What somebody who knows the host says that its key is, as `SHA256:…`. */
  readonly fingerprint: string;
  /** Also where the host is known by other keys, which are then no longer trusted. */
  readonly replace: boolean;
};

/** A key that is trusted from now on, or was already. */
export type TrustedHostKey = {
  /** As known_hosts has it: of the host, or of the jump host whose key was in the way. */
  readonly name: string;
  readonly keyType: string;
  readonly fingerprint: string;
  readonly before: HostKeyVerdict['kind'];
  /** Where it was recorded; `null`: nothing had to be. */
  readonly file: string | null;
  /** Fingerprints of the keys that are trusted no more. */
  readonly replaced: readonly string[];
};

type Presented = { readonly identity: HostIdentity; readonly key: Buffer };

/**
 * Goes the way to a host by fresh key exchanges, up to the first server whose key known_hosts does not have, or to the
 * host itself; and records that server's key, if it is the one that was named. No login at that server.
 * @throws CONFLICT when it presents another key, or is known by others and `replace` was not asked for;
 *   HOST_BLOCKED for a revoked key; what reaching a host throws
 */
export async function trustHostKey(
  target: SshTarget,
  request: TrustRequest,
  deps: SshDependencies,
  { signal }: { readonly signal: AbortSignal },
): Promise<TrustedHostKey> {
  const { identity, key } = await fetchKey(target, deps, signal);
  const names = hostKeyNames(identity);
  const [name = identity.host] = names;
  const verdict = judgeHostKey(await loadKnownHosts(identity.knownHostsFiles), names, key);
  const found = { name, keyType: keyTypeOf(key), fingerprint: fingerprintOf(key), before: verdict.kind };
  if (verdict.kind === 'REVOKED') {
    throw hostProblem(
      'HOST_KEY_REVOKED',
      `${name} presents ${found.fingerprint}, which ${verdict.entry.file}:${verdict.entry.line} marks as @revoked.`,
      'Give the host a new key. A revoked key is never trusted again by a call; remove the mark by hand if it is wrong.',
      { outcome: 'NOT_SENT' },
    );
  }
  if (found.fingerprint !== request.fingerprint) {
    throw new VirtgraphError(
      'CONFLICT',
      `${name} presents the ${found.keyType} key ${found.fingerprint}, not ${request.fingerprint}.`,
      {
        outcome: 'NOT_SENT',
        remedy: 'Find out which of the two is right, on the console of the host. Trust neither before that.',
      },
    );
  }
  switch (verdict.kind) {
    case 'MATCH':
      return { ...found, file: null, replaced: [] };
    case 'UNKNOWN':
    case 'CERTIFICATE_ONLY':
      return { ...found, file: await record(identity, name, key, 'append'), replaced: [] };
    case 'CHANGED': {
      const places = verdict.known.map((entry) => `${entry.file}:${entry.line}`);
      if (!request.replace) {
        throw new VirtgraphError('CONFLICT', `${name} is known by other keys: ${places.join(', ')}.`, {
          outcome: 'NOT_SENT',
          remedy: 'If the host was set up anew, ask again with `replace: true`: the old keys are then trusted no more.',
        });
      }
      const [own] = identity.knownHostsFiles;
      const elsewhere = verdict.known.find((entry) => entry.file !== own);
      if (elsewhere) {
        throw new VirtgraphError('CONFLICT', `${name} is known by ${elsewhere.file}:${elsewhere.line} too.`, {
          outcome: 'NOT_SENT',
          remedy: `The gateway writes ${own ?? 'no file'} only. Take the old key out of the other file by hand.`,
        });
      }
      const file = await record(identity, name, key, 'replace');
      return { ...found, file, replaced: verdict.known.map((entry) => fingerprintOf(entry.key)) };
    }
    default:
      return verdict satisfies never;
  }
}

/** The key that decides. The connection is broken off once it is known. */
async function fetchKey(target: SshTarget, deps: SshDependencies, signal: AbortSignal): Promise<Presented> {
  let last: HostIdentity | null = null;
  let presented: Presented | null = null;
  const openKeyCheck: typeof openHostKeyCheck = async (identity, log) => {
    // Whatever is configured: nothing is accepted here that nobody has named.
    const inner = await openHostKeyCheck({ ...identity, verify: 'normal' }, log, { recordNew: false });
    const check: HostKeyCheck['check'] = async (key) => {
      const problem = await inner.check(key);
      if (problem === null && identity !== last) return null;
      presented ??= { identity, key: Buffer.from(key) };
      return problem ?? seen;
    };
    return { ...inner, check };
  };
  try {
    const connection = await openSshConnection(
      target,
      { ...deps, openKeyCheck },
      {
        signal,
        onStage(event) {
          if (event.type === 'found' && event.finding.stage === 'config') {
            last = event.finding.route.at(-1)?.identity ?? null;
          }
        },
      },
    );
    await connection.close();
  } catch (error) {
    if (presented === null || signal.aborted) throw error;
    return presented;
  }
  throw new Error('A connection was made although its last key was refused.');
}

/** Tells the handshake to stop; nobody is shown it. */
const seen = new VirtgraphError('INTERNAL', 'The key was seen, and that was all that was wanted.');

async function record(identity: HostIdentity, name: string, key: Buffer, how: 'append' | 'replace'): Promise<string> {
  const [path] = identity.knownHostsFiles;
  const line = knownHostLine(name, key, { hashed: identity.hashNames });
  try {
    if (path === undefined) throw new Error('no known_hosts file is configured');
    if (how === 'append') await appendKnownHost(path, line);
    else await replaceKnownHost(path, name, line);
    return path;
  } catch (cause) {
    if (cause instanceof VirtgraphError) throw cause;
    throw hostProblem(
      'KNOWN_HOSTS_UNREADABLE',
      `The key of ${name} cannot be recorded in ${path ?? 'a known_hosts file'}: ${reasonOf(cause)}.`,
      'Let the gateway write the file and its folder, or name another one with known_hosts=.',
      { cause, outcome: 'FAILED' },
    );
  }
}
