/** Whether a login may do more on its host than reach libvirt's socket. */
import type { HostTarget } from '../model/target.ts';
import type { SshAllowances } from '../ssh/allowances.ts';
import type { Route } from './libvirt/transport/transport.ts';
import type { StageNote } from './probe-recorder.ts';

/**
 * Sockets that many hosts have, that most accounts may open, and that are not what the gateway is there for. Those of
 * the bus and the journal take an early goodbye without a word; a daemon of libvirt's logs it, so its own comes last.
 */
export function otherSockets({ readOnly, socket }: HostTarget): readonly string[] {
  const sibling = readOnly ? '/run/libvirt/libvirt-sock' : '/run/libvirt/libvirt-sock-ro';
  return ['/run/dbus/system_bus_socket', '/run/systemd/journal/stdout', sibling].filter((path) => path !== socket);
}

export function judgeAllowances(allowances: SshAllowances, route: Route, target: HostTarget): StageNote {
  const { commands, tcp, openSockets } = allowances;
  const details = [
    { name: 'commands', value: commands },
    { name: 'tcp', value: tcp },
    ...otherSockets(target).map((path) => ({
      name: path,
      value: openSockets.includes(path) ? 'OPENED' : 'NOT_OPENED',
    })),
  ];
  if (route.kind === 'command') {
    return {
      verdict: 'WARNING',
      message: 'the way to the daemon is a command, so the account cannot be held to one socket',
      remedy: `Leave proxy= out of the uri, and let sshd forward the socket. ${recipe(null, target)}`,
      details,
    };
  }
  const excess = [
    ...(commands === 'ALLOWED' ? ['run commands'] : []),
    ...(tcp === 'ALLOWED' ? ['forward TCP'] : []),
    ...openSockets.map((path) => `open ${path}`),
  ];
  if (excess.length > 0) {
    const message = `besides ${route.label} this login may ${excess.join(', ')}`;
    return { verdict: 'WARNING', message, remedy: recipe(route.label, target), details };
  }
  const unclear = commands === 'UNCLEAR' || tcp === 'UNCLEAR' ? '; the server did not answer every try in time' : '';
  return {
    message: `commands, TCP and other sockets are refused; ${route.label} is all there is${unclear}`,
    details,
  };
}

function recipe(path: string | null, { socket, readOnly }: HostTarget): string {
  const wanted = path ?? socket ?? (readOnly ? '/run/libvirt/libvirt-sock-ro' : '/run/libvirt/libvirt-sock');
  const named = socket === null ? ` Name the socket in the uri too: socket=${wanted}.` : '';
  return (
    `Put before its key in authorized_keys: restrict,port-forwarding,permitopen="[${wanted}]:*",command="/bin/false".` +
    `${named} docs/OPERATIONS.md has the whole recipe ("An account that can do nothing else").`
  );
}
