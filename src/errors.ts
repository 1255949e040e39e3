/**
 * The one error class, and the two closed lists of codes.
 *
 * `errorCodes` are what a caller of the API sees in `errors[].extensions.code`.
 * `problemCodes` are why a host cannot be used (`Host.statusReason`); each names the stage that failed.
 * docs/ERRORS.md documents both lists; a test holds the page and this file equal.
 */

export const errorCodes = {
  BAD_USER_INPUT: { retryable: false },
  INVALID_MAC_ADDRESS: { retryable: false },
  UNAUTHENTICATED: { retryable: false },
  FORBIDDEN: { retryable: false },
  NOT_FOUND: { retryable: false },
  CONFLICT: { retryable: false },
  INVALID_STATE: { retryable: false },
  UNSUPPORTED: { retryable: false },
  HOST_UNREACHABLE: { retryable: true },
  HOST_BLOCKED: { retryable: false },
  GUEST_BUSY: { retryable: true },
  GUEST_AGENT_UNAVAILABLE: { retryable: true },
  RESOURCE_EXHAUSTED: { retryable: true },
  TIMEOUT: { retryable: true },
  OUTCOME_UNKNOWN: { retryable: false },
  CURSOR_EXPIRED: { retryable: false },
  SLOW_CONSUMER: { retryable: true },
  LIMIT_EXCEEDED: { retryable: false },
  LIBVIRT_ERROR: { retryable: false },
  INTERNAL: { retryable: false },
} as const satisfies Record<string, { readonly retryable: boolean }>;

export type ErrorCode = keyof typeof errorCodes;

/** The steps of reaching a host, in order. */
export const stages = [
  'config',
  'resolve',
  'connect',
  'key-exchange',
  'host-key',
  'authentication',
  'channel',
  'socket',
  'libvirt-auth',
  'open',
  'running',
] as const;
export type Stage = (typeof stages)[number];

/**
 * What to do next decides the ladder of retries:
 * `network` comes back by itself, `authentication` rarely does, `person` waits for one.
 */
export type ProblemLadder = 'network' | 'authentication' | 'person';

export const problemCodes = {
  SSH_CONFIG_UNUSABLE: { stage: 'config', ladder: 'person' },
  NAME_NOT_RESOLVED: { stage: 'resolve', ladder: 'network' },
  CONNECTION_REFUSED: { stage: 'connect', ladder: 'network' },
  CONNECTION_TIMED_OUT: { stage: 'connect', ladder: 'network' },
  HOST_NOT_ROUTABLE: { stage: 'connect', ladder: 'network' },
  JUMP_HOST_FAILED: { stage: 'connect', ladder: 'network' },
  KEY_EXCHANGE_FAILED: { stage: 'key-exchange', ladder: 'network' },
  NO_COMMON_ALGORITHM: { stage: 'key-exchange', ladder: 'person' },
  HOST_KEY_UNKNOWN: { stage: 'host-key', ladder: 'person' },
  HOST_KEY_CHANGED: { stage: 'host-key', ladder: 'person' },
  HOST_KEY_REVOKED: { stage: 'host-key', ladder: 'person' },
  HOST_KEY_CERTIFICATE_ONLY: { stage: 'host-key', ladder: 'person' },
  KNOWN_HOSTS_UNREADABLE: { stage: 'host-key', ladder: 'person' },
  AUTHENTICATION_FAILED: { stage: 'authentication', ladder: 'authentication' },
  AUTHENTICATION_UNFINISHED: { stage: 'authentication', ladder: 'network' },
  KEY_FILE_UNREADABLE: { stage: 'authentication', ladder: 'authentication' },
  PASSPHRASE_NEEDED: { stage: 'authentication', ladder: 'authentication' },
  AGENT_UNAVAILABLE: { stage: 'authentication', ladder: 'authentication' },
  FORWARDING_REFUSED: { stage: 'channel', ladder: 'network' },
  CHANNEL_TIMED_OUT: { stage: 'channel', ladder: 'network' },
  PROXY_COMMAND_FAILED: { stage: 'channel', ladder: 'network' },
  SOCKET_NOT_FOUND: { stage: 'socket', ladder: 'network' },
  SOCKET_REFUSED: { stage: 'socket', ladder: 'network' },
  LIBVIRT_AUTH_UNSUPPORTED: { stage: 'libvirt-auth', ladder: 'person' },
  LIBVIRT_AUTH_FAILED: { stage: 'libvirt-auth', ladder: 'authentication' },
  LIBVIRT_OPEN_FAILED: { stage: 'open', ladder: 'network' },
  LIBVIRT_DRIVER_MISSING: { stage: 'open', ladder: 'network' },
  CONNECTION_LOST: { stage: 'running', ladder: 'network' },
  KEEPALIVE_TIMED_OUT: { stage: 'running', ladder: 'network' },
  PROTOCOL_ERROR: { stage: 'running', ladder: 'network' },
  UNEXPECTED: { stage: 'running', ladder: 'network' },
} as const satisfies Record<string, { readonly stage: Stage; readonly ladder: ProblemLadder }>;

export type ProblemCode = keyof typeof problemCodes;

/** What libvirt itself said: `virError`'s fields by its numbers, and their names without `VIR_ERR_` and `VIR_FROM_`. */
export type LibvirtErrorDetail = {
  readonly code: number;
  readonly codeName: string;
  readonly domain: number;
  readonly domainName: string;
  readonly level: number;
  readonly message: string;
};

/** What became of a change that was asked for. */
export type Outcome = 'NOT_SENT' | 'FAILED' | 'UNKNOWN';

export type ErrorDetail = {
  /** Name of the host that it is about. */
  readonly host?: string;
  readonly outcome?: Outcome;
  /** Overrides the code's own answer. */
  readonly retryable?: boolean;
  readonly libvirt?: LibvirtErrorDetail;
  /** Set when a host could not be reached or used: which stage, and why. */
  readonly problem?: ProblemCode;
  /** The task that finds out what became of the change, and how it stood when this was said. */
  readonly task?: { readonly id: string; readonly state: string };
  /** What the reader can do about it, as a sentence. */
  readonly remedy?: string;
  readonly cause?: unknown;
};

/** Every failure that is told to somebody. `message` is fit for a user: no secrets, no stack. */
export class VirtgraphError extends Error {
  override readonly name = 'VirtgraphError';
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.detail = detail;
  }

  get retryable(): boolean {
    return this.detail.retryable ?? errorCodes[this.code].retryable;
  }
}

/** A host that could not be reached or used. The stage and the ladder of retries follow from `problem`. */
export function hostProblem(
  problem: ProblemCode,
  message: string,
  remedy: string,
  detail: Omit<ErrorDetail, 'problem' | 'remedy'> = {},
): VirtgraphError {
  const code = problemCodes[problem].ladder === 'person' ? 'HOST_BLOCKED' : 'HOST_UNREACHABLE';
  return new VirtgraphError(code, message, { ...detail, problem, remedy });
}

/** The same error with more said of it. */
export function withDetail(error: VirtgraphError, detail: ErrorDetail): VirtgraphError {
  return new VirtgraphError(error.code, error.message, {
    ...error.detail,
    ...detail,
    cause: error.detail.cause ?? error,
  });
}

/** The same error with the host's name on it, where it has none yet. */
export function withHost(error: unknown, host: string): VirtgraphError {
  if (!(error instanceof VirtgraphError)) {
    return new VirtgraphError('INTERNAL', error instanceof Error ? error.message : String(error), {
      host,
      cause: error,
    });
  }
  return error.detail.host === undefined ? withDetail(error, { host }) : error;
}

/** Whatever kept a change from being sent, such as a domain that is not found: nobody need wonder what became of it. */
export function sayingNotSent(error: unknown): unknown {
  return error instanceof VirtgraphError && !error.detail.outcome ? withDetail(error, { outcome: 'NOT_SENT' }) : error;
}
