/** The daemon on this machine. */
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { hostProblem, type VirtgraphError } from '../../../errors.ts';
import type { HostTarget } from '../../../model/target.ts';
import { daemonSockets, sessionSocketDir, systemSocketDirs } from './daemon-sockets.ts';
import type { Transport } from './transport.ts';

export type UnixEnvironment = { readonly XDG_RUNTIME_DIR?: string | undefined };

export function unixTransport(target: HostTarget, env: UnixEnvironment): Transport {
  const session = () => [sessionSocketDir({ runtimeDir: env.XDG_RUNTIME_DIR, uid: process.getuid?.() ?? 0 })];
  const paths = daemonSockets(target, target.session ? session() : systemSocketDirs);
  return {
    routes: paths.map((path) => ({
      label: path,
      kind: 'socket' as const,
      open: ({ signal }) => openUnixSocket(path, { signal }),
    })),
    close: async () => {},
  };
}

/** Connects to a socket of this machine: `SOCKET_NOT_FOUND`, `SOCKET_REFUSED`, or the signal's reason. */
export function openUnixSocket(path: string, { signal }: { readonly signal: AbortSignal }): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const socket = net.connect(path);
    const settle = () => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError);
    };
    const onAbort = () => {
      settle();
      socket.destroy();
      reject(signal.reason);
    };
    const onError = (error: NodeJS.ErrnoException) => {
      settle();
      reject(socketProblem(path, error));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once('connect', () => {
      settle();
      resolve(socket);
    });
  });
}

function socketProblem(path: string, error: NodeJS.ErrnoException): VirtgraphError {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
    return hostProblem('SOCKET_NOT_FOUND', `There is no socket ${path}.`, 'Install and start libvirt’s daemon.', {
      cause: error,
    });
  }
  const remedy =
    error.code === 'EACCES' || error.code === 'EPERM'
      ? 'Run the gateway as a user of the group that owns the socket (on Debian: libvirt).'
      : 'Start libvirt’s daemon, or the socket unit that starts it.';
  return hostProblem('SOCKET_REFUSED', `The socket ${path} cannot be used (${error.code ?? error.message}).`, remedy, {
    cause: error,
  });
}
