import type { LinkReading } from '../../drivers/driver.ts';

/** Read at the moment of asking, unlike a `HostView`, since it changes with every call. */
export type HostLinkView = LinkReading & {
  readonly connectedAt: number;
  readonly lastEventAt: number | null;
  readonly lastReconcileAt: number | null;
  /** Could not be read when that was last tried; what was never read is not in the replica. */
  readonly unreadDomains: number;
};
