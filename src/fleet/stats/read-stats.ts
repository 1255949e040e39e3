import type { Clock } from '../../clock.ts';
import { withHost } from '../../errors.ts';
import type { Uuid } from '../../model/brands.ts';
import type { StatsGroup } from '../../model/stats.ts';
import type { StatsReading } from './reading.ts';
import type { StatsCohort } from './stats-cohort.ts';
import type { PolledHost } from './stats-poller.ts';
import { ratesBetween } from './stats-rates.ts';

/** One reading now, with rates where a poller has read the guest before. Rejects where the host cannot answer. */
export async function readStats(
  { name: hostName, driver, domain }: PolledHost,
  wanted: { readonly uuids: readonly Uuid[]; readonly groups: readonly StatsGroup[]; readonly signal: AbortSignal },
  { clock, stats }: { readonly clock: Clock; readonly stats: Pick<StatsCohort, 'rated'> },
): Promise<readonly StatsReading[]> {
  const { uuids, groups, signal } = wanted;
  const sampledAt = clock.now();
  const readAtMs = clock.monotonic();
  try {
    const samples = await driver().readDomainStats(groups, uuids, { signal, priority: 'read' });
    return samples.map((sample) => {
      const libvirtId = domain(sample.uuid)?.libvirtId ?? null;
      const rates = ratesBetween(stats.rated(hostName, sample.uuid), { sample, libvirtId, readAtMs });
      return { hostName, sample, rates, sampledAt };
    });
  } catch (error) {
    throw signal.aborted ? signal.reason : withHost(error, hostName);
  }
}
