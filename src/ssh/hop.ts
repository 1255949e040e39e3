import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { VirtgraphError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { AuthPlan } from './authentication.ts';
import { type RawChannel, wrapChannel } from './channel-stream.ts';
import { withDeadline } from './deadline.ts';
import { createHandshakeStages } from './handshake-stages.ts';
import {
  authenticationBroken,
  channelTimedOut,
  closedByUs,
  commandFailed,
  commandRefused,
  connectionLost,
  handshakeTimedOut,
  jumpRefused,
  keepaliveTimeout,
  keyExchangeProblem,
  saidByServer,
  socketRefused,
} from './hop-problems.ts';
import type { HostKeyCheck } from './host-key-check.ts';
import { reasonOf } from './reason.ts';
import { quoteCommand } from './shell-quote.ts';
import {
  ChannelRefused,
  type ChannelRequest,
  type HandshakeStage,
  openSsh2Client,
  type Ssh2Client,
} from './ssh2-client.ts';
import type { OnSshStage } from './stages.ts';

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
/** Of a command that the server refuses to begin. */
const maxRepetitions = 2;

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
  readonly onStage: OnSshStage;
};

/** Key exchange, host key and authentication over a connected stream. Destroys the stream when any of them fails. */
export async function openHop(options: HopOptions, { signal }: { readonly signal: AbortSignal }): Promise<Hop> {
  const { stream, name, hostKey, auth, clock } = options;
  const progress: { stage: HandshakeStage } = { stage: 'key-exchange' };
  let hostKeyProblem: VirtgraphError | null = null;
  let exhausted = false;
  const stages = createHandshakeStages(options);

  try {
    const client = await withDeadline(
      {
        clock,
        timeoutMs: handshakeTimeoutMs,
        signals: [signal],
        onTimeout: () => handshakeTimedOut(name, progress.stage, handshakeTimeoutMs),
      },
      () =>
        openSsh2Client({
          stream,
          user: options.user,
          trustedKeyTypes: hostKey.trustedKeyTypes,
          keepaliveIntervalMs: options.keepaliveIntervalMs,
          onStage: (next) => {
            progress.stage = next;
            if (next === 'authentication') stages.authenticationBegins();
          },
          onServerVersion: (version) => stages.serverVersion(version),
          onAlgorithms: (agreed) => stages.algorithms(agreed),
          acceptHostKey: async (key) => {
            stages.hostKeyCheckBegins();
            hostKeyProblem = await hostKey.check(key);
            stages.hostKeyCheckEnds(hostKeyProblem === null);
            return hostKeyProblem === null;
          },
          nextAttempt: async (offered) => {
            const attempt = await auth.next(offered);
            exhausted = attempt === null;
            return attempt;
          },
        }),
    );
    stages.authenticationEnds();
    return superviseHop(client, options, () => hostKeyProblem);
  } catch (error) {
    stream.destroy();
    stages.fails(progress.stage);
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
    const signals = [signal, lost.signal];
    return withDeadline({ clock, timeoutMs, signals, onTimeout, discard: (late: RawChannel) => late.close() }, () =>
      client.openChannel(request),
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
      const channel = await open(
        { kind: 'command', command: 'true', onExit() {}, onStderr() {} },
        what,
        channelTimeoutMs,
        lost.signal,
      );
      const ended = new Promise<void>((resolve) => channel.once('close', () => resolve()));
      channel.on('error', () => {});
      channel.resume();
      channel.end();
      const onTimeout = () => channelTimedOut(name, what, sshdNagleTimeoutMs);
      const options = { clock, timeoutMs: sshdNagleTimeoutMs, signals: [lost.signal], onTimeout };
      await withDeadline(options, () => ended).catch((error: unknown) => {
        channel.close();
        throw error;
      });
    } catch (error) {
      if (reason) return;
      log.debug({ hop: name, reason: reasonOf(error) }, 'no session ended on this connection; sshd may keep Nagle on');
    }
  }

  /**
   * Again after a refusal: where `MaxSessions` is 1, our own first session is in the way, and sshd frees its place a
   * moment after it has ended.
   */
  async function openRepeatedly(request: ChannelRequest, what: string, signal: AbortSignal): Promise<RawChannel> {
    for (let repetitions = 0; ; repetitions++) {
      try {
        return await open(request, what, channelTimeoutMs, signal);
      } catch (error) {
        if (!(error instanceof ChannelRefused) || repetitions === maxRepetitions) throw error;
        await sshdNagleOff;
      }
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
      let status: string | null = null;
      let stderr = '';
      const wanted: ChannelRequest = {
        kind: 'command',
        command: quoteCommand(argv),
        onExit(code, signalName) {
          if (code !== 0) status = code === null ? `was ended by ${signalName}` : `ended with status ${code}`;
        },
        onStderr(chunk) {
          stderr = (stderr + chunk.toString('utf8')).slice(-maxStderrBytes);
        },
      };
      const channel = await openRepeatedly(wanted, `the command ${argv[0]}`, signal).catch((error: unknown) => {
        throw error instanceof ChannelRefused ? commandRefused(name, argv, error) : (reason ?? error);
      });
      return keep(channel, 'close', () => (status === null ? null : commandFailed(name, argv, status, stderr.trim())));
    },

    async close() {
      fail(closedByUs(name));
    },
  };
}
