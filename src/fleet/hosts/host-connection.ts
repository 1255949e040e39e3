import type { Driver } from '../../drivers/driver.ts';
import type { Mirror } from '../replica/mirror.ts';
import type { HostLinkView } from './host-link.ts';

/** What is there while a host is connected. */
export type HostConnection = { readonly driver: Driver; readonly mirror: Mirror; readonly since: number };

/** A daemon that tells of changes has told of all up to its last sign of life; another was asked. `null`: not yet. */
export function lastTrueAt({ driver, mirror }: Pick<HostConnection, 'driver' | 'mirror'>): number | null {
  return driver.capabilities.domainEvents ? driver.lastHeardAt() : mirror.lastHeardAt();
}

export function linkOf({ driver, mirror, since }: HostConnection): HostLinkView {
  const { roundTripMs, lanes } = driver.link();
  return {
    connectedAt: since,
    roundTripMs,
    lanes,
    lastEventAt: mirror.lastEventAt(),
    lastReconcileAt: mirror.lastReconcileAt(),
    unreadDomains: mirror.unreadDomains(),
  };
}
