/** The daemon of another machine, over its one SSH connection. */
import { hostProblem } from '../../../errors.ts';
import type { HostTarget, Transport as TargetTransport } from '../../../model/target.ts';
import type { SshConnection } from '../../../ssh/connection.ts';
import { daemonSockets, sessionSocketDir, sshHelperCommand, systemSocketDirs } from './daemon-sockets.ts';
import type { Route, Transport } from './transport.ts';

type SshHow = Pick<Extract<TargetTransport, { kind: 'ssh' }>, 'proxy' | 'netcat'>;

/** Where a daemon may listen on the host. That of a session is only known when the host was asked. */
type Place = { readonly label: string; readonly path: (signal: AbortSignal) => Promise<string> };

/**
 * What `proxy=` says: `native` is virt-ssh-helper, `netcat` is nc, `auto` is forwarding of the socket by sshd itself,
 * then the helper, then nc. Commands are for servers that forward no sockets.
 */
export function sshTransport(target: HostTarget, how: SshHow, connection: SshConnection): Transport {
  const close = () => connection.close();
  const helper = commandRoute(connection, sshHelperCommand(target));
  if (how.proxy === 'native') return { routes: [helper], close };
  const isSession = target.session && target.socket === null;
  const places = isSession ? sessionPlaces(target, connection) : systemPlaces(target);
  const netcat = places.map(
    ({ label, path }): Route => ({
      label: `${how.netcat} -U ${label}`,
      kind: 'command',
      open: async ({ signal }) => connection.openCommand([how.netcat, '-U', await path(signal)], { signal }),
    }),
  );
  if (how.proxy === 'netcat') return { routes: netcat, close };
  const forwarded = places.map(
    ({ label, path }): Route => ({
      label,
      kind: isSession ? 'command' : 'socket',
      open: async ({ signal }) => connection.openSocket(await path(signal), { signal }),
    }),
  );
  // The helper looks for the socket by itself: of no use when the operator has said which.
  const helpers = target.socket === null && target.mode === 'auto' ? [helper] : [];
  // Of a session it is asked first: to find its socket takes a command, too.
  return { routes: isSession ? [...helpers, ...forwarded, ...netcat] : [...forwarded, ...helpers, ...netcat], close };
}

function commandRoute(connection: SshConnection, argv: readonly string[]): Route {
  return {
    label: argv.join(' '),
    kind: 'command',
    open: ({ signal }) => connection.openCommand(argv, { signal }),
  };
}

function systemPlaces(target: HostTarget): readonly Place[] {
  return daemonSockets(target, systemSocketDirs).map((path) => ({ label: path, path: async () => path }));
}

/** A session's sockets lie in a directory named after the user's number, which only the host knows. */
function sessionPlaces(target: HostTarget, connection: SshConnection): readonly Place[] {
  let known: number | null = null;
  return daemonSockets(target, ['']).map((name) => ({
    label: `the session’s ${name.slice(1)}, by \`id -u\``,
    async path(signal) {
      known ??= await remoteUid(connection, signal);
      return `${sessionSocketDir({ runtimeDir: undefined, uid: known })}${name}`;
    },
  }));
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
