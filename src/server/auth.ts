import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Who may ask. With `none`, whoever reaches the loopback address under a name of this machine. */
export type AuthMode = { readonly mode: 'none' } | { readonly mode: 'token'; readonly token: string };

export type Gatekeeper = {
  /** `null`: come in; else why not, fit to be told. */
  check(caller: Caller): string | null;
  /** No token is needed. */
  readonly isOpen: boolean;
};

export type Caller = {
  /** The `Authorization` header, or what stands for it on a socket. */
  readonly authorization: string | null;
  /** The `Host` header. */
  readonly host: string | null;
};

export function createGatekeeper(auth: AuthMode): Gatekeeper {
  if (auth.mode === 'none') return { isOpen: true, check: ({ host }) => checkLocalName(host) };
  const isToken = createTokenCheck(auth.token);
  return {
    isOpen: false,
    check({ authorization }) {
      if (authorization === null) return 'A token is needed: send the header `Authorization: Bearer <token>`.';
      const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
      if (token === undefined) return 'Expected in the Authorization header the word Bearer and a token.';
      return isToken(token) ? null : 'The token is not valid.';
    },
  };
}

/**
 * Takes the same time for every wrong token: digests of one length are compared, made with something that nobody knows.
 * No HMAC: it costs ten times as much, and 5,000 may come back at once.
 */
function createTokenCheck(token: string): (candidate: string) => boolean {
  const secret = randomBytes(32).toString('hex');
  const digest = (text: string) => hash('sha256', secret + text, 'buffer');
  const expected = digest(token);
  return (candidate) => timingSafeEqual(digest(candidate), expected);
}

/**
 * Without a token the loopback address is all that protects. A web page can have its own name resolve to 127.0.0.1
 * (DNS rebinding) and would then be of the same origin as we are, but its requests carry that name.
 */
function checkLocalName(host: string | null): string | null {
  const name = (host ?? '').replace(/:\d+$/, '').toLowerCase();
  const isLocal = name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);
  return isLocal ? null : 'Without a token the gateway answers under the name localhost or a loopback address only.';
}
