/** Which driver speaks to which kind of host. */
import type { Clock } from '../clock.ts';
import { withHost } from '../errors.ts';
import type { Log } from '../log.ts';
import type { CallFeed } from '../model/calls.ts';
import type { HostTarget } from '../model/target.ts';
import { openSshConnection, type SshDependencies } from '../ssh/connection.ts';
import type { Driver } from './driver.ts';
import { openLibvirtDriver } from './libvirt/driver.ts';
import { simTransport } from './libvirt/sim/targets.ts';
import { sshTransport } from './libvirt/transport/ssh-transport.ts';
import type { Transport } from './libvirt/transport/transport.ts';
import { unixTransport } from './libvirt/transport/unix-transport.ts';

export type DriverDependencies = SshDependencies & {
  readonly calls?: Pick<CallFeed, 'tell'>;
  readonly log: Log;
  readonly clock: Clock;
};

/**
 * Reaches a host and opens its driver. Every failure is a `VirtgraphError` that carries the host's name and,
 * in `detail.problem`, the stage that failed. Never retries.
 */
export async function openDriver(
  target: HostTarget,
  deps: DriverDependencies,
  options: { readonly signal: AbortSignal },
): Promise<Driver> {
  try {
    return await openLibvirtDriver(target, await openTransport(target, deps, options), deps, options);
  } catch (error) {
    throw withHost(error, target.name);
  }
}

/** Of the two layers that could, one asks whether the host is still there: libvirt's reaches further. */
function oneKeepalive({ keepaliveIntervalMs }: HostTarget, deps: DriverDependencies): DriverDependencies {
  return keepaliveIntervalMs > 0 ? { ...deps, keepaliveIntervalMs: 0 } : deps;
}

async function openTransport(
  target: HostTarget,
  deps: DriverDependencies,
  options: { readonly signal: AbortSignal },
): Promise<Transport> {
  const { transport } = target;
  switch (transport.kind) {
    case 'ssh':
      return sshTransport(
        target,
        transport,
        await openSshConnection(transport.ssh, oneKeepalive(target, deps), options),
      );
    case 'unix':
      return unixTransport(target, deps.env ?? process.env);
    case 'sim':
      return simTransport(target);
    default:
      return transport satisfies never;
  }
}
