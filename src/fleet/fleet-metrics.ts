import type { DomainState } from '../model/domain.ts';
import type { HostStatus } from '../model/host.ts';
import type { DomainStatsSample } from '../model/stats.ts';
import type { HostLinkView } from './hosts/host-link.ts';

/** To be gone through: each may be made when somebody comes to it. */
export type Readings<T> = Iterable<T> & { readonly length: number };

export type HostMetrics = {
  readonly name: string;
  readonly status: HostStatus;
  /** Connections made after the first. */
  readonly reconnects: number;
  /** Tries that ended without a connection. */
  readonly failedAttempts: number;
  /** `null`: no connection now. */
  readonly link: HostLinkView | null;
  readonly domains: ReadonlyMap<string, DomainMetrics>;
  /** Of the last tick; `null`: none were asked for, or none are there. */
  readonly readings: Readings<ReadingMetrics> | null;
};

/** `sampledAt`: milliseconds since 1970. */
export type ReadingMetrics = { readonly sampledAt: number; readonly sample: DomainStatsSample };

export type DomainMetrics = { readonly uuid: string; readonly name: string; readonly state: DomainState };

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
