import type { Clock } from '../../clock.ts';
import { detach, type Log } from '../../log.ts';
import type { StatsGroup } from '../../model/stats.ts';
import type { RoundReadings } from './round-readings.ts';
import type { StatsCohort } from './stats-cohort.ts';
import type { PolledHost, StatsPoller } from './stats-poller.ts';

/**
 * The latest readings of every host, for monitoring. A scrape asks no host for anything: it finds what the last tick
 * brought, and that it came at all has ticks go on for a while. Where nobody scrapes, nobody is asked.
 */
export type ScrapedReadings = {
  /** By host; one that could not be read the last time is not in it. Empty at the first scrape. */
  take(): ReadonlyMap<string, RoundReadings>;
  /** A host is no longer part of the fleet. */
  forget(hostName: string): void;
  close(): void;
};

export type ScrapedReadingsOptions = {
  readonly clock: Clock;
  readonly log: Log;
  readonly hosts: () => readonly PolledHost[];
  readonly stats: Pick<StatsCohort, 'pollerOf'>;
};

/** Who scrapes more often is told the same again. */
export const scrapedReadingsTickMs = 15_000;
/** After the last scrape: as long as two of Prometheus' default of a minute, and a bit. */
const lingerMs = 150_000;
const groups: readonly StatsGroup[] = ['cpu', 'balloon', 'interface', 'block'];

export function createScrapedReadings({ clock, log, hosts, stats }: ScrapedReadingsOptions): ScrapedReadings {
  const latest = new Map<string, RoundReadings>();
  const leaves = new Map<StatsPoller, () => void>();
  let isTicking = false;
  let cancelTick = () => {};
  let cancelEnd = () => {};

  function tick() {
    isTicking = true;
    for (const host of hosts()) detach(log, 'reading a host for monitoring', read(host));
    // On the grid that all who watch readings share.
    cancelTick = clock.after(scrapedReadingsTickMs - (clock.monotonic() % scrapedReadingsTickMs), tick);
  }

  /** However long it takes: a poller has one reading out at a time. */
  async function read(host: PolledHost) {
    const poller = stats.pollerOf(host);
    if (!leaves.has(poller)) leaves.set(poller, poller.join({ groups, intervalMs: scrapedReadingsTickMs }));
    const { readings } = await poller.round(groups);
    if (!leaves.has(poller)) return;
    // Numbers that stand still would look like guests that do nothing.
    if (readings === null) latest.delete(host.name);
    else latest.set(host.name, readings);
  }

  function end() {
    isTicking = false;
    cancelTick();
    cancelEnd();
    for (const leave of leaves.values()) leave();
    leaves.clear();
    latest.clear();
  }

  return {
    take() {
      if (!isTicking) tick();
      cancelEnd();
      cancelEnd = clock.after(lingerMs, end);
      return latest;
    },
    forget(hostName) {
      latest.delete(hostName);
      const present = new Set(hosts().map(stats.pollerOf));
      for (const [poller, leave] of leaves) {
        if (present.has(poller)) continue;
        leave();
        leaves.delete(poller);
      }
    },
    close: end,
  };
}
