import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { hostProblem, type ProblemCode, VirtgraphError } from '../errors.ts';
import { withDeadline } from './deadline.ts';
import { reasonOf } from './reason.ts';
import type { OnSshStage } from './stages.ts';

const resolveTimeoutMs = 10_000;
const connectTimeoutMs = 10_000;

/** A TCP connection to `host`. The name is resolved here, apart from connecting, so that a failure names its stage. */
export async function dial(
  host: string,
  port: number,
  {
    clock,
    signal,
    hop,
    onStage,
  }: { readonly clock: Clock; readonly signal: AbortSignal; readonly hop: string; readonly onStage: OnSshStage },
): Promise<Socket> {
  onStage({ type: 'begin', stage: 'resolve', hop, atMs: clock.monotonic() });
  const addresses = await resolveName(host, clock, signal);
  const found = addresses.map(({ address }) => address);
  onStage({ type: 'found', hop, atMs: clock.monotonic(), finding: { stage: 'resolve', addresses: found } });
  onStage({ type: 'begin', stage: 'connect', hop, atMs: clock.monotonic() });
  const socket = await withDeadline(
    {
      clock,
      timeoutMs: connectTimeoutMs,
      signals: [signal],
      onTimeout: () =>
        hostProblem(
          'CONNECTION_TIMED_OUT',
          `${host} port ${port} did not answer within ${connectTimeoutMs / 1000} s.`,
          'Check that the host is up and that no firewall drops the connection.',
        ),
    },
    (wait) => connectTo(host, port, addresses, wait.signal),
  );
  const address = socket.remoteAddress ?? host;
  onStage({ type: 'found', hop, atMs: clock.monotonic(), finding: { stage: 'connect', address, port, via: null } });
  return socket;
}

type Address = { readonly address: string; readonly family: number };

async function resolveName(host: string, clock: Clock, signal: AbortSignal): Promise<Address[]> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  const remedy = 'Check the name in the configuration and the DNS or /etc/hosts of the gateway.';
  const onTimeout = () =>
    hostProblem('NAME_NOT_RESOLVED', `The name ${host} was not resolved within ${resolveTimeoutMs / 1000} s.`, remedy);
  try {
    return await withDeadline({ clock, timeoutMs: resolveTimeoutMs, signals: [signal], onTimeout }, () =>
      lookup(host, { all: true }),
    );
  } catch (cause) {
    if (signal.aborted || cause instanceof VirtgraphError) throw cause;
    throw hostProblem('NAME_NOT_RESOLVED', `The name ${host} cannot be resolved: ${reasonOf(cause)}.`, remedy, {
      cause,
    });
  }
}

function connectTo(host: string, port: number, addresses: Address[], signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      // From the start: the library never asks for it, and Nagle's algorithm doubles the time of a handshake
      // (88 to 45 ms measured on loopback) and holds small requests back.
      noDelay: true,
      // The kernel's, and slow: the last resort for a daemon that does not know libvirt's keepalive.
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: 2_000,
      lookup: (_name, _options, done) => done(null, addresses),
    });
    const onAbort = () => socket.destroy();
    const onConnect = () => {
      release();
      // It may be reset before anybody listens; whoever is given it sees by `errored` that it was.
      socket.on('error', () => {});
      resolve(socket);
    };
    const onError = (error: Error) => {
      release();
      reject(connectProblem(host, port, error));
    };
    const release = () => {
      signal.removeEventListener('abort', onAbort);
      socket.off('connect', onConnect);
      socket.off('error', onError);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', onConnect);
    socket.once('error', onError);
  });
}

function connectProblem(host: string, port: number, error: Error): VirtgraphError {
  // Several addresses fail with one error that holds the rest; the first tells most.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = first instanceof Error && 'code' in first && typeof first.code === 'string' ? first.code : '';
  const [problem, remedy] = connectProblems[code] ?? connectProblems['EHOSTUNREACH'] ?? ['UNEXPECTED', ''];
  return hostProblem(problem, `Cannot connect to ${host} port ${port}: ${reasonOf(first)}.`, remedy, { cause: error });
}

const unroutable = [
  'HOST_NOT_ROUTABLE',
  'Check that the host is up and that the gateway has a route to its network.',
] as const;

const connectProblems: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  ECONNREFUSED: ['CONNECTION_REFUSED', 'Check that sshd runs on the host and listens on this port.'],
  ETIMEDOUT: ['CONNECTION_TIMED_OUT', 'Check that the host is up and that no firewall drops the connection.'],
  EHOSTUNREACH: unroutable,
  ENETUNREACH: unroutable,
};
