import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { VirtgraphError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SshTarget } from '../model/target.ts';
import { openAuthPlan } from './authentication.ts';
import { dial } from './dial.ts';
import type { HandshakeLimiter, HandshakeTurn } from './handshake-limiter.ts';
import { type Hop, openHop } from './hop.ts';
import { keyExchangeProblem } from './hop-problems.ts';
import { openHostKeyCheck } from './host-key-check.ts';
import { createKeyCache, type KeyCache } from './key-cache.ts';
import { findRoute, type RouteHop } from './route/route.ts';
import type { SharedSshConfig } from './route/shared-ssh-config.ts';
import { ignoreStages, type OnSshStage } from './stages.ts';

/** One SSH connection to a host, over its jump hosts, and the byte streams through it. */
export type SshConnection = {
  /**
   * A byte stream to the unix socket at `path` on the host. Fails with `SOCKET_REFUSED` when the server could not or
   * would not connect to it, `FORWARDING_REFUSED` when it forwards no sockets at all, `CHANNEL_TIMED_OUT` after 10 s.
   */
  openSocket(path: string, options: { readonly signal: AbortSignal }): Promise<Duplex>;
  /**
   * A byte stream to the standard input and output of a command; `argv` reaches it word for word, whatever the words
   * contain. Resolves when the server has started it; a command that ends with another status than 0 ends the
   * stream with `PROXY_COMMAND_FAILED`, which carries the status and the end of its standard error.
   */
  openCommand(argv: readonly string[], options: { readonly signal: AbortSignal }): Promise<Duplex>;
  /** A byte stream to a TCP port, as the host reaches it. Fails with `JUMP_HOST_FAILED`, `CHANNEL_TIMED_OUT`. */
  openTcp(host: string, port: number, options: { readonly signal: AbortSignal }): Promise<Duplex>;
  /** Settles, never rejects, when the connection is over; every stream through it has failed with the same error. */
  readonly closed: Promise<VirtgraphError>;
  /** Of the host itself, as `SHA256:…`. */
  readonly hostKeyFingerprint: string;
  /** May be called twice. */
  close(): Promise<void>;
};

export type SshDependencies = {
  readonly log: Log;
  readonly clock: Clock;
  readonly limiter: HandshakeLimiter;
  /** Between SSH keepalives, of which three may go unanswered. 10 s by default; 0: none. */
  readonly keepaliveIntervalMs?: number;
  /** Shared by all connections, it decrypts each key file once. Without it, once for this connection. */
  readonly keys?: KeyCache;
  /** Shared by all connections, it spares most of them the start of `ssh -G`. */
  readonly sshConfigs?: SharedSshConfig;
  /** Of the process by default: `SSH_AUTH_SOCK`, and the variables that secrets come from. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Read instead of OpenSSH's own configuration files. */
  readonly sshConfigFile?: string;
  /** `ssh`, found on the path, by default. */
  readonly sshBinary?: string;
  /** False: where new host keys are accepted, they are, but none is written down. */
  readonly recordNewHostKeys?: boolean;
  /** Judges the host keys instead, for who is about to decide on one. */
  readonly openKeyCheck?: typeof openHostKeyCheck;
};

/**
 * Reaches a host: finds the way (OpenSSH's configuration), then, hop by hop, connects, checks the host key and logs in.
 * Every failure is a `VirtgraphError` whose `problem` names the stage; one on the way names the jump host.
 * Never retries. The caller sees to it that a host has one handshake at a time.
 */
export async function openSshConnection(
  target: SshTarget,
  deps: SshDependencies,
  { signal, onStage = ignoreStages }: { readonly signal: AbortSignal; readonly onStage?: OnSshStage },
): Promise<SshConnection> {
  const env = deps.env ?? process.env;
  const reader = {
    env,
    ...(deps.sshConfigFile !== undefined && { sshConfigFile: deps.sshConfigFile }),
    ...(deps.sshBinary !== undefined && { sshBinary: deps.sshBinary }),
    ...(deps.sshConfigs && { shared: deps.sshConfigs }),
  };
  const { host } = target.hop;
  onStage({ type: 'begin', stage: 'config', hop: host, atMs: deps.clock.monotonic() });
  const route = await findRoute(target, reader, { signal });
  onStage({ type: 'found', hop: host, atMs: deps.clock.monotonic(), finding: { stage: 'config', route } });
  const [first] = route;
  const hops = await deps.limiter.run(
    `${first.address}:${first.port}`,
    (turn) => openHops(route, { ...deps, env, onStage, turn }, signal),
    {
      signal,
    },
  );
  return joinHops(hops);
}

type HopDependencies = SshDependencies & {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onStage: OnSshStage;
  readonly turn: HandshakeTurn;
};

async function openHops(
  route: readonly [RouteHop, ...RouteHop[]],
  deps: HopDependencies,
  signal: AbortSignal,
): Promise<readonly Hop[]> {
  const hops: Hop[] = [];
  for (const [index, step] of route.entries()) {
    try {
      hops.push(await openNextHop(step, hops.at(-1) ?? null, deps, signal));
    } catch (error) {
      await closeAll(hops);
      throw index < route.length - 1 ? onTheWay(step.name, error) : error;
    }
  }
  return hops;
}

async function openNextHop(
  step: RouteHop,
  before: Hop | null,
  deps: HopDependencies,
  signal: AbortSignal,
): Promise<Hop> {
  const { clock, log, env, onStage, turn, recordNewHostKeys: recordNew = true } = deps;
  const { keys = createKeyCache(), keepaliveIntervalMs = 10_000 } = deps;
  const { name, address, port, credentials } = step;
  const hostKey = await (deps.openKeyCheck ?? openHostKeyCheck)(step.identity, log, { recordNew });
  const stream = before
    ? await forward(before, step, deps, signal)
    : await turn.outside(
        () => dial(address, port, { clock, signal, hop: name, onStage }),
        (socket) => socket.destroy(),
      );
  // While it waited for its turn.
  if (stream.errored) throw keyExchangeProblem(name, stream.errored);
  const auth = openAuthPlan(credentials, { env, log, keys });
  const { user } = credentials;
  return openHop({ stream, name, user, hostKey, auth, clock, log, keepaliveIntervalMs, onStage }, { signal });
}

/** As `dial`, by the hop before: what the name means is for that one to find out. */
async function forward(
  before: Hop,
  { name, address, port }: RouteHop,
  { clock, onStage }: HopDependencies,
  signal: AbortSignal,
): Promise<Duplex> {
  onStage({ type: 'begin', stage: 'connect', hop: name, atMs: clock.monotonic() });
  const stream = await before.openTcp(address, port, { signal });
  const finding = { stage: 'connect', address, port, via: before.name } as const;
  onStage({ type: 'found', hop: name, atMs: clock.monotonic(), finding });
  return stream;
}

function joinHops(hops: readonly Hop[]): SshConnection {
  const last = hops.at(-1);
  if (!last) throw new Error('A route has at least one hop.');
  // When the host has hung up, the hops on the way are of no use to anybody.
  void last.closed.then(() => closeAll(hops));
  return {
    openSocket: (path, options) => last.openSocket(path, options),
    openCommand: (argv, options) => last.openCommand(argv, options),
    openTcp: (host, port, options) => last.openTcp(host, port, options),
    closed: last.closed,
    hostKeyFingerprint: last.hostKeyFingerprint,
    close: () => closeAll(hops),
  };
}

async function closeAll(hops: readonly Hop[]): Promise<void> {
  for (const hop of hops.toReversed()) await hop.close();
}

/** The same failure, which names the jump host that it is about. */
function onTheWay(name: string, error: unknown): unknown {
  if (!(error instanceof VirtgraphError)) return error;
  return new VirtgraphError(error.code, `On the way, at the jump host ${name}: ${error.message}`, error.detail);
}
