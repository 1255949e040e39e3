/** The daemon of another machine, over its one SSH connection. */
import { hostProblem } from '../../../errors.ts';
import type { HostTarget, Transport as TargetTransport } from '../../../model/target.ts';
import type { SshConnection } from '../../../ssh/connection.ts';
import { daemonSockets, sessionSocketDir, sshHelperCommand, systemSocketDirs } from './daemon-sockets.ts';
import type { Route, Transport } from './transport.ts';

type SshHow = Pick<Extract<TargetTransport, { kind: 'ssh' }>, 'proxy' | 'netcat'>;

/**
 * What `proxy=` says: `native` is virt-ssh-helper, `netcat` is nc, `auto` is forwarding of the socket by sshd itself,
 * then the helper, then nc. Commands are for servers that forward no sockets.
 */
export function sshTransport(target: HostTarget, how: SshHow, connection: SshConnection): Transport {
  const close = () => connection.close();
  const helper: Route = commandRoute(connection, sshHelperCommand(target));
  if (how.proxy === 'native') return { routes: [helper], close };
  if (target.session && target.socket === null) {
    return {
      routes: how.proxy === 'netcat' ? [sessionRoute(target, connection)] : [helper, sessionRoute(target, connection)],
      close,
    };
  }
  const paths = daemonSockets(target, systemSocketDirs);
  const netcat = paths.map((path) => commandRoute(connection, [how.netcat, '-U', path]));
  if (how.proxy === 'netcat') return { routes: netcat, close };
  const forwarded = paths.map(
    (path): Route => ({
      label: path,
      kind: 'socket',
      open: ({ signal }) => connection.openSocket(path, { signal }),
    }),
  );
  // The helper looks for the socket by itself: of no use when the operator has named one.
  return { routes: [...forwarded, ...(target.socket === null ? [helper] : []), ...netcat], close };
}

function commandRoute(connection: SshConnection, argv: readonly string[]): Route {
  return {
    label: argv.join(' '),
    kind: 'command',
    open: ({ signal }) => connection.openCommand(argv, { signal }),
  };
}

/** A session's socket lies in a directory named after the user's number, which only the host knows. */
function sessionRoute(target: HostTarget, connection: SshConnection): Route {
  return {
    label: 'the session’s socket, by `id -u`',
    kind: 'command',
    async open({ signal }) {
      const uid = await remoteUid(connection, signal);
      const [path = ''] = daemonSockets({ ...target, mode: target.mode === 'auto' ? 'legacy' : target.mode }, [
        sessionSocketDir({ runtimeDir: undefined, uid }),
      ]);
      return connection.openSocket(path, { signal });
    },
  };
}

async function remoteUid(connection: SshConnection, signal: AbortSignal): Promise<number> {
  const output = await connection.openCommand(['id', '-u'], { signal });
  let text = '';
  for await (const chunk of output) {
    text += String(chunk);
    if (text.length > 64) break;
  }
  const uid = /^\d{1,10}\s*$/.test(text) ? Number(text) : null;
  if (uid !== null) return uid;
  throw hostProblem(
    'PROXY_COMMAND_FAILED',
    'The host does not say the number of the account (id -u).',
    'Name the socket in the uri: socket=/run/user/1000/libvirt/libvirt-sock.',
  );
}
