import type { DomainState } from '../model/domain.ts';
import type { HostStatus } from '../model/host.ts';
import type { HostSession } from './host-session.ts';
import type { Journal } from './journal.ts';
import type { StatsCohort } from './stats-cohort.ts';
import type { HostLinkView } from './types.ts';

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
  };
  readonly statsStreams: number;
};

export function readFleetMetrics(
  sessions: readonly HostSession[],
  journal: Pick<Journal, 'size'>,
  stats: Pick<StatsCohort, 'streams'>,
): FleetMetrics {
  const { entries, bytes, written, readers } = journal.size;
  return {
    hosts: sessions.map(({ target, view, attempts, link, replica }) => ({
      name: target.name,
      status: view().status,
      reconnects: Math.max(0, attempts.connected - 1),
      failedAttempts: attempts.failed,
      link: link(),
      domains: [...replica.domains.values()].map(({ uuid, name, state }) => ({ uuid, name, state })),
    })),
    journal: { entries, estimatedBytes: bytes, written, readers },
    statsStreams: stats.streams,
  };
}
