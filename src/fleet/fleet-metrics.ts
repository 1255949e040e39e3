import type { DomainState } from '../model/domain.ts';
import type { HostStatus } from '../model/host.ts';
import type { HostLinkView } from './host-link.ts';

export type HostMetrics = {
  readonly name: string;
  readonly status: HostStatus;
  /** Connections made after the first. */
  readonly reconnects: number;
  /** Tries that ended without a connection. */
  readonly failedAttempts: number;
  /** `null`: no connection now. */
  readonly link: HostLinkView | null;
  readonly domains: readonly { readonly uuid: string; readonly name: string; readonly state: DomainState }[];
};

/** What monitoring is told: numbers that are in memory anyway. */
export type FleetMetrics = {
  readonly hosts: readonly HostMetrics[];
  readonly journal: {
    /** Held now. */
    readonly entries: number;
    readonly estimatedBytes: number;
    /** Ever written. */
    readonly written: number;
    readonly readers: number;
    /** Kept beyond the end of the process. */
    readonly isPersistent: boolean;
  };
  readonly statsStreams: number;
};
