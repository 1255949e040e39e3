/** How libvirt gets on with a guest's monitor: `virDomainControlState`, and what we make of it. */
type MonitorStatus = 'OK' | 'OCCUPIED' | 'JOB' | 'ERROR' | 'UNKNOWN';

export type DomainMonitor = {
  readonly status: MonitorStatus;
  /** Milliseconds since 1970; `null` for OK. */
  readonly since: number | null;
  /** Who holds the guest, in libvirt's words; `null` until libvirt has said. */
  readonly heldBy: string | null;
};

export const monitorOk: DomainMonitor = { status: 'OK', since: null, heldBy: null };
