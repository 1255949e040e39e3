import { createPrivateKey, sign } from 'node:crypto';
import ssh2, { type AnyAuthMethod, type NextAuthHandler, type ParsedKey } from 'ssh2';

// The second door to the SSH library: what a server is shown to be let in. The first is ssh2-client.ts.

/** A private key, read and decrypted. */
export type PrivateKey = { readonly type: string; readonly publicKey: Buffer; readonly vendorKey: ParsedKey };

export type AgentIdentity = {
  readonly type: string;
  readonly comment: string;
  readonly publicKey: Buffer;
  readonly vendorAgent: ssh2.BaseAgent;
};

/** One try to authenticate. */
export type AuthAttempt =
  | { readonly method: 'key'; readonly key: PrivateKey }
  | { readonly method: 'agent'; readonly identity: AgentIdentity }
  | { readonly method: 'password'; readonly password: string }
  | { readonly method: 'keyboard-interactive'; readonly password: string }
  /** Grants nothing; its refusal lists what the server offers. */
  | { readonly method: 'none' };

// The library takes `false` for "give up"; its types do not know it.
export const noMoreAttempts = false as unknown as Parameters<NextAuthHandler>[0];

export function toVendorAttempt(attempt: AuthAttempt, username: string): AnyAuthMethod {
  switch (attempt.method) {
    case 'key':
      return { type: 'publickey', username, key: attempt.key.vendorKey };
    case 'agent':
      return { type: 'agent', username, agent: new OneIdentityAgent(attempt.identity) };
    case 'password':
      return { type: 'password', username, password: attempt.password };
    case 'keyboard-interactive':
      return {
        type: 'keyboard-interactive',
        username,
        prompt: answerPrompts(attempt.password),
      };
    case 'none':
      return { type: 'none', username };
    default:
      return attempt satisfies never;
  }
}

/** The password answers the first hidden prompt; a question we have no answer for gets an empty one. */
function answerPrompts(password: string) {
  let given = false;
  return (
    _name: string,
    _instructions: string,
    _language: string,
    prompts: { prompt: string; echo?: boolean }[],
    finish: (answers: string[]) => void,
  ) => {
    finish(
      prompts.map((prompt) => {
        if (given || prompt.echo === true) return '';
        given = true;
        return password;
      }),
    );
  };
}

export type KeyParseFailure = { readonly kind: 'encrypted' | 'unreadable'; readonly reason: string };

/** Reads a private key file: OpenSSH's own format, or PEM. */
export function parsePrivateKey(bytes: Buffer, passphrase: string | null): PrivateKey | KeyParseFailure {
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(bytes, passphrase ?? undefined);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!key) return { kind: 'unreadable', reason: 'it holds no key' };
  if (key instanceof Error) {
    const encrypted = /passphrase|encrypted|integrity/i.test(key.message);
    return { kind: encrypted ? 'encrypted' : 'unreadable', reason: key.message };
  }
  if (!key.isPrivateKey()) return { kind: 'unreadable', reason: 'it holds a public key' };
  return { type: key.type, publicKey: key.getPublicSSH(), vendorKey: withoutSha1(ed25519Prepared(key)) };
}

/** The key of a `.pub` file, or `null`. */
export function parsePublicKey(bytes: Buffer): Buffer | null {
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(bytes);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  return !key || key instanceof Error ? null : key.getPublicSSH();
}

/** The library signs with a text that is parsed for each signature, which takes longer than to sign. */
function ed25519Prepared(key: ParsedKey): ParsedKey {
  if (key.type !== 'ssh-ed25519') return key;
  const prepared = createPrivateKey(key.getPrivatePEM());
  key.sign = (data) => sign(null, typeof data === 'string' ? Buffer.from(data) : data, prepared);
  return key;
}

const sha1Refused = 'the server takes RSA keys with SHA-1 signatures only';

/** To a server that names no signature algorithms the library would sign with RSA and SHA-1; this key does not. */
function withoutSha1(key: ParsedKey): ParsedKey {
  if (key.type !== 'ssh-rsa') return key;
  const vendorSign = key.sign.bind(key);
  // The library takes an Error that is returned as the refusal to sign; its types know only the signature.
  key.sign = (data, algorithm) =>
    algorithm === 'sha256' || algorithm === 'sha512'
      ? vendorSign(data, algorithm)
      : (new Error(sha1Refused) as unknown as Buffer);
  return key;
}

/** Identities that an agent holds, in its order. Rejects when the agent does not answer. */
export function listAgentIdentities(socketPath: string): Promise<readonly AgentIdentity[]> {
  const vendorAgent = ssh2.createAgent(socketPath);
  return new Promise((resolve, reject) => {
    vendorAgent.getIdentities((error, keys) => {
      if (error || !keys) {
        reject(error ?? new Error('the agent lists no keys'));
        return;
      }
      const identities = keys.flatMap((listed) => {
        const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(listed as Buffer);
        const key = Array.isArray(parsed) ? parsed[0] : parsed;
        if (!key || key instanceof Error) return [];
        return [{ type: key.type, comment: key.comment, publicKey: key.getPublicSSH(), vendorAgent }];
      });
      resolve(identities);
    });
  });
}

/** An agent that shows one of its keys, so that each try is ours to order and to name. The library asks `instanceof`. */
class OneIdentityAgent extends ssh2.BaseAgent {
  readonly #identity: AgentIdentity;

  constructor(identity: AgentIdentity) {
    super();
    this.#identity = identity;
  }

  override getIdentities(done: ssh2.IdentityCallback) {
    done(undefined, [this.#identity.publicKey]);
  }

  override sign(
    key: string | Buffer | ParsedKey,
    data: Buffer,
    options: ssh2.SigningRequestOptions | ssh2.SignCallback,
    done?: ssh2.SignCallback,
  ) {
    const answer = typeof options === 'function' ? options : done;
    const hash = typeof options === 'function' ? undefined : options.hash;
    if (this.#identity.type === 'ssh-rsa' && hash !== 'sha256' && hash !== 'sha512') {
      answer?.(new Error(sha1Refused));
      return;
    }
    this.#identity.vendorAgent.sign(key, data, { ...(hash && { hash }) }, answer);
  }
}
