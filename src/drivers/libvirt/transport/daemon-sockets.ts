/** Where libvirt's daemons listen: the rules of libvirt's own remote driver. */
import { hostProblem } from '../../../errors.ts';
import type { HostTarget } from '../../../model/target.ts';

/** Drivers that have a daemon of their own, and its name. All others live in libvirtd (or behind virtproxyd). */
const modularDaemons: Readonly<Record<string, string>> = {
  qemu: 'virtqemud',
  lxc: 'virtlxcd',
  xen: 'virtxend',
  vbox: 'virtvboxd',
  bhyve: 'virtbhyved',
  vz: 'virtvzd',
  parallels: 'virtvzd',
  ch: 'virtchd',
};

/**
 * The directories of the system's sockets. `/var/run` is `/run` on every Linux of today, but not on the BSDs.
 */
export const systemSocketDirs = ['/run/libvirt', '/var/run/libvirt'] as const;

export type SocketWish = Pick<HostTarget, 'driver' | 'mode' | 'socket' | 'readOnly' | 'session'>;

/**
 * Paths to try, in order: what the operator named; else the driver's own daemon, then the monolithic one.
 * @param directories where to look: `systemSocketDirs`, or those of a user's session
 */
export function daemonSockets(wish: SocketWish, directories: readonly string[]): readonly string[] {
  if (wish.socket !== null) return [wish.socket];
  // A session's daemon serves one user: it has no read-only socket.
  const suffix = wish.readOnly && !wish.session ? 'sock-ro' : 'sock';
  return directories.flatMap((directory) => daemonNames(wish).map((name) => `${directory}/${name}-${suffix}`));
}

function daemonNames({ driver, mode }: SocketWish): readonly string[] {
  const modular = Object.hasOwn(modularDaemons, driver) ? [modularDaemons[driver] ?? ''] : [];
  switch (mode) {
    case 'auto':
      return [...modular, 'libvirt'];
    case 'legacy':
      return ['libvirt'];
    case 'direct':
      if (modular.length > 0) return modular;
      throw hostProblem(
        'SOCKET_NOT_FOUND',
        `mode=direct: the driver ${driver} has no daemon of its own.`,
        'Leave mode out of the uri, or set it to legacy.',
      );
    default:
      return mode satisfies never;
  }
}

/** Where the sockets of a user's own session are, as libvirt and the XDG rules have it. */
export function sessionSocketDir(environment: {
  readonly runtimeDir: string | undefined;
  readonly uid: number;
}): string {
  return `${environment.runtimeDir || `/run/user/${environment.uid}`}/libvirt`;
}

/** `virt-ssh-helper`'s arguments: it finds the socket itself, knowing the host that it runs on. */
export function sshHelperCommand({
  connectName,
  readOnly,
}: Pick<HostTarget, 'connectName' | 'readOnly'>): readonly string[] {
  return ['virt-ssh-helper', ...(readOnly ? ['-r'] : []), connectName];
}
