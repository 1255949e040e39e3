import type { FleetMetrics } from '../fleet-metrics.ts';
import type { HostSession } from '../hosts/host-session.ts';
import type { Journal } from '../journal/journal.ts';
import type { ScrapedReadings } from './scraped-readings.ts';
import type { StatsCohort } from './stats-cohort.ts';

export function readFleetMetrics(
  sessions: readonly HostSession[],
  journal: Pick<Journal, 'size' | 'persistence'>,
  stats: Pick<StatsCohort, 'streams'>,
  readings: ReturnType<ScrapedReadings['take']> | null,
): FleetMetrics {
  const { entries, bytes, written, readers } = journal.size;
  return {
    hosts: sessions.map(({ target, view, attempts, link, replica }) => ({
      name: target.name,
      status: view().status,
      reconnects: Math.max(0, attempts.connected - 1),
      failedAttempts: attempts.failed,
      link: link(),
      domains: replica.domains,
      readings: readings?.get(target.name) ?? null,
    })),
    journal: { entries, estimatedBytes: bytes, written, readers, isPersistent: journal.persistence === 'SQLITE' },
    statsStreams: stats.streams,
  };
}
