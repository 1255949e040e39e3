import type { Clock } from '../../clock.ts';
import type { Driver } from '../../drivers/driver.ts';
import type { Uuid } from '../../model/brands.ts';
import type { StatsGroup } from '../../model/stats.ts';
import type { DomainRecord } from '../objects.ts';
import { RoundReadings } from './round-readings.ts';
import type { RatedSample } from './stats-rates.ts';

/** One bulk reading of a host. `reason` says why there are no readings. */
export type StatsRound =
  | { readonly readings: RoundReadings; readonly reason: null }
  | { readonly readings: null; readonly reason: string };

/** What a poller needs of its host. */
export type PolledHost = {
  readonly name: string;
  /** Throws when the host cannot be used now. */
  readonly driver: () => Driver;
  readonly domain: (uuid: Uuid) => DomainRecord | null;
};

export type Interest = { readonly groups: readonly StatsGroup[]; readonly intervalMs: number };

/**
 * All bulk readings of one host, shared by everybody who wants some: the shortest interval and all the groups that anyone
 * wants. There is never more than one out: a host that is slow is not asked again for being slow.
 */
export type StatsPoller = {
  /** Until the returned function is called. */
  readonly join: (interest: Interest) => () => void;
  /** A reading that is no older than the interval and has the groups; shared, or taken now. Never rejects. */
  readonly round: (groups: readonly StatsGroup[]) => Promise<StatsRound>;
  /** What the next reading of a domain is compared with. */
  readonly rated: (uuid: Uuid) => RatedSample | null;
  readonly close: () => void;
};

/** A reading this much younger than the interval serves the next who asks; room for timers that are not exact. */
const shareOfInterval = 0.75;

type Running = {
  readonly groups: ReadonlySet<StatsGroup>;
  readonly startedAt: number;
  readonly result: Promise<StatsRound>;
};

export function createStatsPoller(host: PolledHost, clock: Clock): StatsPoller {
  const interests = new Set<Interest>();
  const over = new AbortController();
  let known: RoundReadings | null = null;
  let running: Running | null = null;
  let latest: Running | null = null;

  function intervalMs(): number {
    return Math.min(...[...interests].map((interest) => interest.intervalMs));
  }

  function serves(candidate: Running | null, groups: readonly StatsGroup[]): candidate is Running {
    if (candidate === null || clock.monotonic() - candidate.startedAt >= intervalMs() * shareOfInterval) return false;
    return groups.every((group) => candidate.groups.has(group));
  }

  function start(): Running {
    const groups = new Set([...interests].flatMap((interest) => interest.groups));
    const startedAt = clock.monotonic();
    const result = read([...groups], clock.now(), startedAt);
    const begun: Running = { groups, startedAt, result };
    running = begun;
    latest = begun;
    void result.then(() => {
      running = null;
    });
    return begun;
  }

  async function read(groups: readonly StatsGroup[], sampledAt: number, readAtMs: number): Promise<StatsRound> {
    try {
      const driver = host.driver();
      const samples = await driver.readDomainStats(groups, null, { signal: over.signal, priority: 'background' });
      const tookMs = clock.monotonic() - readAtMs;
      // Too late: nobody can tell when in between these were true, and what follows would be compared with them.
      if (interests.size === 0) return missing('Nobody wants readings any more.');
      if (tookMs > Math.max(intervalMs(), lateAfterMs)) return missing(`It took ${Math.round(tookMs)} ms to answer.`);
      const { name: hostName, domain } = host;
      known = new RoundReadings({ hostName, samples, domain, sampledAt, readAtMs, before: known });
      return { readings: known, reason: null };
    } catch (error) {
      return missing(error instanceof Error ? error.message : String(error));
    }
  }

  return {
    join(interest) {
      interests.add(interest);
      return () => {
        interests.delete(interest);
        if (interests.size > 0) return;
        // What is out stays out until it is answered: the host has no way to take it back.
        known = null;
        latest = null;
      };
    },
    round(groups) {
      if (serves(latest, groups)) return latest.result;
      if (running === null) return start().result;
      // Another one is out that is too old, or lacks a group: the next begins when it is back.
      return running.result.then(() => {
        if (interests.size === 0) return missing('Nobody wants readings any more.');
        return (serves(latest, groups) ? latest : (running ?? start())).result;
      });
    },
    rated: (uuid) => known?.rated(uuid) ?? null,
    close() {
      over.abort(new Error('Nobody asks this host any more.'));
    },
  };
}

/** However short the interval: an answer within this time is in time. */
const lateAfterMs = 1_000;

function missing(reason: string): StatsRound {
  return { readings: null, reason };
}
