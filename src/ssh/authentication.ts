import { readFile } from 'node:fs/promises';
import { hostProblem, type ProblemCode, type VirtgraphError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SecretSource, SshAuthMethod } from '../model/target.ts';
import { fingerprintOf, sameKey } from './host-key.ts';
import type { KeyCache } from './key-cache.ts';
import { reasonOf } from './reason.ts';
import { readSecret } from './secret.ts';
import {
  type AgentIdentity,
  type AuthAttempt,
  listAgentIdentities,
  type PrivateKey,
  parsePublicKey,
} from './ssh2-credentials.ts';

/** What a hop may be shown, as the configuration says. */
export type Credentials = {
  readonly user: string;
  /** In the order to try. `null`: agent, then keys, then the password; a key that is named goes first. */
  readonly methods: readonly SshAuthMethod[] | null;
  readonly keyFiles: readonly KeyFile[];
  readonly agentSocket: string | null;
  /** Offer only those keys of the agent whose files are listed (`IdentitiesOnly`). */
  readonly identitiesOnly: boolean;
  readonly passphrase: SecretSource | null;
  readonly password: SecretSource | null;
};

/** `named`: the operator asked for this very key, so its absence is worth a word; others are guesses or defaults. */
export type KeyFile = { readonly path: string; readonly named: boolean };

/** The names of keys and methods, never a secret. */
export type LoginFinding = {
  /** In the order tried; where the login succeeded, the last one did it. */
  readonly tried: readonly string[];
  /** What could not be tried, and why. */
  readonly unusable: readonly string[];
  /** Files of private keys that others than their owner may read. */
  readonly exposed: readonly string[];
  /** What the server would take; `null`: it did not say. */
  readonly offered: readonly string[] | null;
};

export type AuthPlan = {
  /** The next attempt that the server may take, or `null` when there is none left. */
  next(offered: readonly string[] | null): Promise<AuthAttempt | null>;
  /** Why it came to nothing: what was tried, what could not be, and what the server offered. */
  failure(hopName: string, cause?: Error): VirtgraphError;
  finding(): LoginFinding;
};

type Candidate = {
  /** As SSH names it. */
  readonly wireMethod: 'publickey' | 'password' | 'keyboard-interactive';
  readonly label: string;
  /** `null`: it turned out that this cannot be tried; why is noted. */
  readonly make: () => Promise<AuthAttempt | null>;
};

type Problem = { readonly code: ProblemCode; readonly text: string; readonly named: boolean };

export function openAuthPlan(
  credentials: Credentials,
  deps: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly log: Log;
    readonly keys: KeyCache;
  },
): AuthPlan {
  const { user, keyFiles, agentSocket } = credentials;
  const tried: string[] = [];
  const problems: Problem[] = [];
  const exposed: string[] = [];
  let lastOffered: readonly string[] | null = null;
  let askedWhatIsOffered = false;
  let candidates: AsyncGenerator<Candidate, void> | null = null;

  const note = (code: ProblemCode, text: string, named: boolean) => problems.push({ code, text, named });

  function tellIfExposed(path: string, mode: number) {
    if ((mode & 0o077) === 0) return;
    exposed.push(path);
    if (!deps.keys.isFirstExposure(path, mode)) return;
    deps.log.warn({ file: path, mode: (mode & 0o777).toString(8) }, 'private key may be read by others; chmod 600 it');
  }

  async function loadKey(file: KeyFile): Promise<PrivateKey | null> {
    let bytes: Buffer;
    let mode: number;
    try {
      ({ bytes, mode } = await deps.keys.read(file.path));
    } catch (cause) {
      const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
      if (!missing || file.named) note('KEY_FILE_UNREADABLE', `key ${file.path}: ${reasonOf(cause)}`, file.named);
      return null;
    }
    const bare = deps.keys.parse(bytes, null);
    if ('kind' in bare && bare.kind === 'unreadable') {
      note('KEY_FILE_UNREADABLE', `key ${file.path}: ${bare.reason}`, file.named);
      return null;
    }
    // Of keys alone: a public one, named by mistake, is for everybody.
    tellIfExposed(file.path, mode);
    if (!('kind' in bare)) return bare;
    if (!credentials.passphrase) {
      note('PASSPHRASE_NEEDED', `key ${file.path}: it has a passphrase and none is configured`, file.named);
      return null;
    }
    let passphrase: string;
    try {
      passphrase = await readSecret(credentials.passphrase, `passphrase of the key ${file.path}`, deps.env);
    } catch (error) {
      note('PASSPHRASE_NEEDED', `key ${file.path}: ${reasonOf(error)}`, file.named);
      return null;
    }
    const key = deps.keys.parse(bytes, passphrase);
    if (!('kind' in key)) return key;
    note('PASSPHRASE_NEEDED', `key ${file.path}: the passphrase is not the right one (${key.reason})`, file.named);
    return null;
  }

  async function* keyCandidates(): AsyncGenerator<Candidate, void> {
    for (const file of keyFiles) {
      const key = await loadKey(file);
      if (!key) continue;
      const label = `key ${file.path} (${key.type} ${fingerprintOf(key.publicKey)})`;
      yield { wireMethod: 'publickey', label, make: async () => ({ method: 'key', key }) };
    }
  }

  async function* agentCandidates(explicit: boolean): AsyncGenerator<Candidate, void> {
    if (agentSocket === null) {
      if (explicit) note('AGENT_UNAVAILABLE', 'agent: SSH_AUTH_SOCK is not set', true);
      return;
    }
    let identities: readonly AgentIdentity[];
    try {
      identities = await listAgentIdentities(agentSocket);
    } catch (error) {
      note('AGENT_UNAVAILABLE', `agent at ${agentSocket}: ${reasonOf(error)}`, explicit);
      return;
    }
    // Those with a file first: a server closes after six tries (`MaxAuthTries`), and an agent may hold more.
    const filed = await publicKeysOf(keyFiles);
    const isFiled = (identity: AgentIdentity) => filed.some((key) => sameKey(key, identity.publicKey));
    const ordered = [
      ...identities.filter(isFiled),
      ...identities.filter((identity) => !credentials.identitiesOnly && !isFiled(identity)),
    ];
    if (ordered.length === 0) note('AGENT_UNAVAILABLE', `agent at ${agentSocket}: it holds no key to try`, explicit);
    for (const identity of ordered) {
      const label = `agent key ${identity.comment || fingerprintOf(identity.publicKey)} (${identity.type})`;
      yield { wireMethod: 'publickey', label, make: async () => ({ method: 'agent', identity }) };
    }
  }

  function passwordCandidate(method: 'password' | 'keyboard-interactive'): Candidate | null {
    const source = credentials.password;
    if (!source) {
      if (credentials.methods) note('AUTHENTICATION_FAILED', `${method}: no password is configured`, false);
      return null;
    }
    return {
      wireMethod: method,
      label: method,
      async make() {
        try {
          return { method, password: await readSecret(source, `password of ${user}`, deps.env) };
        } catch (error) {
          note('AUTHENTICATION_FAILED', `${method}: ${reasonOf(error)}`, true);
          return null;
        }
      },
    };
  }

  async function* allCandidates(): AsyncGenerator<Candidate, void> {
    for (const method of credentials.methods ?? defaultMethods(keyFiles)) {
      switch (method) {
        case 'agent':
          yield* agentCandidates(credentials.methods !== null);
          break;
        case 'privkey':
          yield* keyCandidates();
          break;
        case 'password':
        case 'keyboard-interactive': {
          const candidate = passwordCandidate(method);
          if (candidate) yield candidate;
          break;
        }
      }
    }
  }

  return {
    async next(offered) {
      lastOffered = offered ?? lastOffered;
      candidates ??= allCandidates();
      for (;;) {
        const step = await candidates.next();
        if (step.done) break;
        const { wireMethod, label, make } = step.value;
        // What the server does not take would only count against us.
        if (lastOffered && !lastOffered.includes(wireMethod)) continue;
        const attempt = await make();
        if (!attempt) continue;
        tried.push(label);
        return attempt;
      }
      // The library does not pass on what was offered when an agent's key is refused; so ask, once, at the end.
      if (lastOffered || askedWhatIsOffered) return null;
      askedWhatIsOffered = true;
      return { method: 'none' };
    },

    failure(hopName, cause) {
      const parts = [
        tried.length > 0 ? `tried ${tried.join(', ')}` : 'there was nothing to try',
        ...(problems.length > 0 ? [`not usable: ${problems.map((problem) => problem.text).join('; ')}`] : []),
        ...(lastOffered ? [`the server offers ${lastOffered.join(', ')}`] : []),
        ...(cause ? [`it said: ${cause.message}`] : []),
      ];
      // The key that was named is what the operator will look at; otherwise the refusal counts more than a default key.
      const problem = problems.find((one) => one.named) ?? (tried.length === 0 ? problems[0] : undefined);
      const code = problem?.code ?? 'AUTHENTICATION_FAILED';
      return hostProblem(
        code,
        `${hopName} does not let ${user} in: ${parts.join('; ')}.`,
        remedies[code] ?? (tried.length === 0 ? remedyForNothing : remedyForKeys),
        cause ? { cause } : {},
      );
    },

    finding: () => ({
      tried: [...tried],
      unusable: problems.map((problem) => problem.text),
      exposed: [...exposed],
      offered: lastOffered,
    }),
  };
}

const remedies: Readonly<Partial<Record<ProblemCode, string>>> = {
  KEY_FILE_UNREADABLE: 'Name a private key that the gateway may read, in OpenSSH or PEM format, with keyfile=.',
  PASSPHRASE_NEEDED: "Give the passphrase by file or environment variable, or add the key to the gateway's agent.",
  AGENT_UNAVAILABLE:
    'Start the agent, set SSH_AUTH_SOCK for the gateway and add a key, or leave agent out of sshauth=.',
};

const remedyForKeys = "Add one of the public keys tried to the user's authorized_keys on the host, or set keyfile=.";
const remedyForNothing =
  'Give the gateway something to log in with: a key (keyfile=), an agent (SSH_AUTH_SOCK), or a password, and see that sshauth= allows it.';

function defaultMethods(keyFiles: readonly KeyFile[]): readonly SshAuthMethod[] {
  const keys = keyFiles.some((file) => file.named) ? (['privkey', 'agent'] as const) : (['agent', 'privkey'] as const);
  // Without a password configured, the last two yield nothing.
  return [...keys, 'password', 'keyboard-interactive'];
}

/** Public keys that lie beside the private ones, as OpenSSH keeps them. */
async function publicKeysOf(keyFiles: readonly KeyFile[]): Promise<readonly Buffer[]> {
  const keys = await Promise.all(
    keyFiles.map(async ({ path }) => {
      for (const candidate of [`${path}.pub`, path]) {
        const key = await readFile(candidate).then(parsePublicKey, () => null);
        if (key) return key;
      }
      return null;
    }),
  );
  return keys.filter((key) => key !== null);
}
