import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { hostProblem, VirtgraphError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { AuthPlan } from './authentication.ts';
import { type RawChannel, wrapChannel } from './channel-stream.ts';
import { withDeadline } from './deadline.ts';
import type { HostKeyCheck } from './host-key-check.ts';
import { reasonOf } from './reason.ts';
import { quoteCommand } from './shell-quote.ts';
import {
  ChannelRefused,
  type ChannelRequest,
  type HandshakeStage,
  openSsh2Client,
  type Ssh2Client,
  stderrOf,
} from './ssh2-client.ts';

/** One authenticated SSH server on the way, or at its end. */
export type Hop = {
  readonly name: string;
  readonly hostKeyFingerprint: string;
  openSocket(path: string, options: { readonly signal: AbortSignal }): Promise<Duplex>;
  openCommand(argv: readonly string[], options: { readonly signal: AbortSignal }): Promise<Duplex>;
  openTcp(host: string, port: number, options: { readonly signal: AbortSignal }): Promise<Duplex>;
  /** Settles, never rejects, when this hop is over. All its streams have failed with the same error. */
  readonly closed: Promise<VirtgraphError>;
  close(): Promise<void>;
};

const handshakeTimeoutMs = 20_000;
const channelTimeoutMs = 10_000;
const sshdNagleTimeoutMs = 5_000;
const maxStderrBytes = 2_048;

export type HopOptions = {
  /** Connected; the hop owns it from now on. */
  readonly stream: Duplex;
  /** For messages: host and port as the operator knows them. */
  readonly name: string;
  readonly user: string;
  readonly hostKey: HostKeyCheck;
  readonly auth: AuthPlan;
  readonly keepaliveIntervalMs: number;
  readonly clock: Clock;
  readonly log: Log;
};

/** Key exchange, host key and authentication over a connected stream. Destroys the stream when any of them fails. */
export async function openHop(options: HopOptions, { signal }: { readonly signal: AbortSignal }): Promise<Hop> {
  const { stream, name, hostKey, auth, clock } = options;
  const progress: { stage: HandshakeStage } = { stage: 'key-exchange' };
  let hostKeyProblem: VirtgraphError | null = null;
  let exhausted = false;

  try {
    const client = await withDeadline(
      { clock, timeoutMs: handshakeTimeoutMs, signal, onTimeout: () => handshakeTimedOut(name, progress.stage) },
      () =>
        openSsh2Client({
          stream,
          user: options.user,
          trustedKeyTypes: hostKey.trustedKeyTypes,
          keepaliveIntervalMs: options.keepaliveIntervalMs,
          onStage: (next) => {
            progress.stage = next;
          },
          acceptHostKey: async (key) => {
            hostKeyProblem = await hostKey.check(key);
            return hostKeyProblem === null;
          },
          nextAttempt: async (offered) => {
            const attempt = await auth.next(offered);
            exhausted = attempt === null;
            return attempt;
          },
        }),
    );
    return superviseHop(client, options, () => hostKeyProblem);
  } catch (error) {
    stream.destroy();
    if (error instanceof VirtgraphError || signal.aborted) throw error;
    if (hostKeyProblem) throw hostKeyProblem;
    const cause = error instanceof Error ? error : new Error(String(error));
    if (progress.stage === 'authentication') {
      if (exhausted) throw auth.failure(name);
      // The server's own last word (such as "Too many authentication failures") carries its reason as a number.
      throw saidByServer(cause) ? auth.failure(name, cause) : authenticationBroken(name, cause);
    }
    throw keyExchangeProblem(name, cause);
  }
}

function superviseHop(client: Ssh2Client, options: HopOptions, hostKeyProblem: () => VirtgraphError | null): Hop {
  const { stream, name, clock, log } = options;
  const streams = new Set<Duplex>();
  const lost = new AbortController();
  let reason: VirtgraphError | null = null;
  let settleClosed: (reason: VirtgraphError) => void = () => {};
  const closed = new Promise<VirtgraphError>((resolve) => {
    settleClosed = resolve;
  });

  /** The one place where a hop fails: once, with one reason, which everybody hears. */
  function fail(why: VirtgraphError) {
    if (reason) return;
    reason = why;
    lost.abort(why);
    for (const open of streams) open.destroy(why);
    client.end();
    stream.destroy();
    settleClosed(why);
  }

  stream.on('error', (error) => fail(error instanceof VirtgraphError ? error : connectionLost(name, error)));
  void client.over.then(({ error, keepaliveTimedOut }) => {
    if (keepaliveTimedOut) fail(keepaliveTimeout(name, options.keepaliveIntervalMs));
    else fail(hostKeyProblem() ?? (error instanceof VirtgraphError ? error : connectionLost(name, error)));
  });

  async function open(request: ChannelRequest, what: string, timeoutMs: number, signal: AbortSignal) {
    if (reason) throw reason;
    const onTimeout = () => channelTimedOut(name, what, timeoutMs);
    const either = AbortSignal.any([signal, lost.signal]);
    return withDeadline(
      { clock, timeoutMs, signal: either, onTimeout, discard: (late: RawChannel) => late.close() },
      () => client.openChannel(request),
    );
  }

  function keep(channel: RawChannel, endsWith: 'end' | 'close', failureAtEnd?: () => Error | null): Duplex {
    const wrapped = wrapChannel(channel, {
      endsWith,
      ...(failureAtEnd && { failureAtEnd }),
      onOver: (over) => void streams.delete(over),
    });
    streams.add(wrapped);
    return wrapped;
  }

  const sshdNagleOff = turnSshdNagleOff();

  /**
   * OpenSSH turns Nagle's algorithm off on its side only when a session starts: without one, a reply of 40 kB takes
   * 44 ms instead of 0.2. One `true` settles that for the connection's life. Nobody waits for it: the user's shell may
   * take its time over its start-up files. Servers that run no commands stay slower.
   */
  async function turnSshdNagleOff(): Promise<void> {
    const what = 'a session';
    try {
      const channel = await open({ kind: 'command', command: 'true' }, what, channelTimeoutMs, lost.signal);
      const ended = new Promise<void>((resolve) => channel.once('close', () => resolve()));
      channel.on('error', () => {});
      stderrOf(channel).resume();
      channel.resume();
      channel.end();
      const onTimeout = () => channelTimedOut(name, what, sshdNagleTimeoutMs);
      await withDeadline({ clock, timeoutMs: sshdNagleTimeoutMs, signal: lost.signal, onTimeout }, () => ended).catch(
        (error: unknown) => {
          channel.close();
          throw error;
        },
      );
    } catch (error) {
      if (reason) return;
      log.debug({ hop: name, reason: reasonOf(error) }, 'no session ended on this connection; sshd may keep Nagle on');
    }
  }

  return {
    name,
    hostKeyFingerprint: client.hostKeyFingerprint,
    closed,

    async openSocket(path, { signal }) {
      try {
        return keep(await open({ kind: 'socket', path }, `the socket ${path}`, channelTimeoutMs, signal), 'end');
      } catch (error) {
        throw error instanceof ChannelRefused ? socketRefused(name, path, error) : (reason ?? error);
      }
    },

    async openTcp(host, port, { signal }) {
      try {
        return keep(await open({ kind: 'tcp', host, port }, `${host}:${port}`, channelTimeoutMs, signal), 'end');
      } catch (error) {
        throw error instanceof ChannelRefused ? jumpRefused(name, host, port, error) : (reason ?? error);
      }
    },

    async openCommand(argv, { signal }) {
      const command = quoteCommand(argv);
      const request = () =>
        open({ kind: 'command', command }, `the command ${argv[0]}`, channelTimeoutMs, signal).catch(
          (error: unknown) => {
            throw error instanceof ChannelRefused ? commandRefused(name, argv, error) : (reason ?? error);
          },
        );
      // Once more after a refusal: where `MaxSessions` is 1, our own first session is in the way, and sshd frees its
      // place a moment after it has ended.
      const channel = await request().catch(async (error: unknown) => {
        if (!(error instanceof VirtgraphError && error.detail.cause instanceof ChannelRefused)) throw error;
        await sshdNagleOff;
        return request().catch(() => request());
      });
      let status: string | null = null;
      let stderr = '';
      channel.on('exit', (code: number | null, signalName?: string) => {
        if (code !== 0) status = code === null ? `was ended by ${signalName}` : `ended with status ${code}`;
      });
      stderrOf(channel).on('data', (chunk: Buffer) => {
        stderr = (stderr + chunk.toString('utf8')).slice(-maxStderrBytes);
      });
      return keep(channel, 'close', () => (status === null ? null : commandFailed(name, argv, status, stderr.trim())));
    },

    async close() {
      fail(closedByUs(name));
    },
  };
}

function handshakeTimedOut(name: string, stage: HandshakeStage): VirtgraphError {
  const within = `within ${handshakeTimeoutMs / 1000} s`;
  return stage === 'key-exchange'
    ? hostProblem(
        'KEY_EXCHANGE_FAILED',
        `${name} accepted the connection but did not complete the key exchange ${within}.`,
        'Check that an SSH server listens there and that the host is not overloaded.',
      )
    : hostProblem(
        'AUTHENTICATION_UNFINISHED',
        `${name} did not decide about the login ${within}.`,
        'Check for a slow name service or PAM module on the host, or an agent that waits for a confirmation.',
      );
}

function saidByServer(cause: Error): boolean {
  return 'code' in cause && typeof cause.code === 'number';
}

function authenticationBroken(name: string, cause: Error): VirtgraphError {
  return hostProblem(
    'AUTHENTICATION_UNFINISHED',
    `The connection to ${name} ended during the login: ${reasonOf(cause)}.`,
    'Look at the log of sshd on the host. It is tried again.',
    { cause },
  );
}

function keyExchangeProblem(name: string, cause: Error): VirtgraphError {
  if (/no matching/i.test(cause.message)) {
    return hostProblem(
      'NO_COMMON_ALGORITHM',
      `${name} and the gateway have no algorithm in common: ${cause.message}.`,
      'Allow on the host one of: curve25519-sha256 or ecdh-sha2-nistp256; aes128-gcm@openssh.com or aes128-ctr; ' +
        'hmac-sha2-256; and a host key of type ed25519, ecdsa or rsa (SHA-2).',
      { cause },
    );
  }
  return hostProblem(
    'KEY_EXCHANGE_FAILED',
    `${name} broke off the key exchange: ${reasonOf(cause)}.`,
    'Check that an SSH server listens there. sshd closes new connections when too many are not yet logged in ' +
      '(MaxStartups) or when this address failed too often (PerSourcePenalties).',
    { cause },
  );
}

function connectionLost(name: string, cause: Error | null): VirtgraphError {
  return hostProblem(
    'CONNECTION_LOST',
    `The SSH connection to ${name} was lost: ${cause ? reasonOf(cause) : 'the far end closed it'}.`,
    'It is tried again. If it happens often, look at the network and at the log of sshd.',
    cause ? { cause } : {},
  );
}

function closedByUs(name: string): VirtgraphError {
  return hostProblem('CONNECTION_LOST', `The SSH connection to ${name} was closed by the gateway.`, 'None needed.');
}

function keepaliveTimeout(name: string, intervalMs: number): VirtgraphError {
  return hostProblem(
    'KEEPALIVE_TIMED_OUT',
    `${name} answered none of three SSH keepalives, ${intervalMs / 1000} s apart.`,
    'Check that the host is up and reachable.',
  );
}

function channelTimedOut(name: string, what: string, timeoutMs: number): VirtgraphError {
  return hostProblem(
    'CHANNEL_TIMED_OUT',
    `${name} did not open ${what} within ${timeoutMs / 1000} s.`,
    'The SSH server answers, but slowly: look at the load of the host.',
  );
}

const connectFailed = 2;

function socketRefused(name: string, path: string, cause: ChannelRefused): VirtgraphError {
  if (cause.reason === connectFailed) {
    // OpenSSH gives this same answer for a socket that is missing, one that refuses, and its own policy.
    return hostProblem(
      'SOCKET_REFUSED',
      `${name} does not open the socket ${path} (${cause.message}).`,
      `One of: ${path} does not exist or is no socket; the user may not open it; its daemon is not running; or sshd ` +
        'forbids it (AllowStreamLocalForwarding and AllowTcpForwarding must allow "local", PermitOpen and permitopen= ' +
        `must allow "[${path}]:*" or be absent). Try on the host: nc -U ${path}`,
      { cause },
    );
  }
  return hostProblem(
    'FORWARDING_REFUSED',
    `${name} refuses to forward the socket ${path} (${cause.message}).`,
    'Set AllowStreamLocalForwarding to "local" or "yes" for this user, and do not restrict the key without ' +
      'port-forwarding; or let the gateway use virt-ssh-helper or netcat (proxy=).',
    { cause },
  );
}

function jumpRefused(name: string, host: string, port: number, cause: ChannelRefused): VirtgraphError {
  return hostProblem(
    'JUMP_HOST_FAILED',
    `The jump host ${name} does not connect to ${host} port ${port} (${cause.message}).`,
    cause.reason === connectFailed
      ? `Check from ${name} that ${host} resolves, is up, and accepts connections to port ${port}.`
      : `Allow TCP forwarding on ${name} (AllowTcpForwarding, PermitOpen).`,
    { cause },
  );
}

function commandRefused(name: string, argv: readonly string[], cause: ChannelRefused): VirtgraphError {
  return hostProblem(
    'PROXY_COMMAND_FAILED',
    `${name} does not run ${argv[0]} for us (${cause.message}).`,
    'Allow the user sessions on the host (MaxSessions above 0, no forced command), or allow socket forwarding.',
    { cause },
  );
}

function commandFailed(name: string, argv: readonly string[], status: string, stderr: string): VirtgraphError {
  return hostProblem(
    'PROXY_COMMAND_FAILED',
    `${argv[0]} on ${name} ${status}${stderr === '' ? ' and said nothing' : `: ${stderr}`}.`,
    `Run it on the host as the same user: ${quoteCommand(argv)}`,
  );
}
