import type { Clock } from '../../clock.ts';
import { detach, type Log } from '../../log.ts';
import type { Uuid } from '../../model/brands.ts';
import type { Feed } from '../journal/feed.ts';
import { createLatestValue } from '../latest-value.ts';
import type { DomainPredicate } from '../replica/domain-filter.ts';
import type { StatsQuery, StatsReading, StatsTick } from './reading.ts';
import { createStatsPoller, type PolledHost, type StatsPoller, type StatsRound } from './stats-poller.ts';
import type { RatedSample } from './stats-rates.ts';

export type StatsCohortOptions = {
  readonly clock: Clock;
  readonly log: Log;
  /** The hosts that may have matching domains. */
  readonly hostsFor: (query: StatsQuery) => readonly PolledHost[];
  readonly predicate: (query: StatsQuery) => DomainPredicate;
};

/** All who watch readings. What one costs the hosts, the next gets for nothing. */
export type StatsCohort = {
  open(query: StatsQuery): Feed<StatsTick>;
  /** A domain's last reading, for rates; `null` when nobody watches its host. */
  rated(hostName: string, uuid: Uuid): RatedSample | null;
  readonly streams: number;
  /** The host's only one. */
  pollerOf(host: PolledHost): StatsPoller;
  /** A host is no longer part of the fleet. */
  forget(hostName: string): void;
  close(): void;
};

/** A tick waits this share of its interval for slow hosts, at most `longestWaitMs`; who is not back then is missing. */
const patience = 0.5;
const longestWaitMs = 1_000;

/** By host, the readings that were told last. `null`: a tick is under way. */
type Told = ReadonlyMap<string, StatsRound>;
const toldBy = new WeakMap<Feed<StatsTick>, () => Told | null>();

export function createStatsCohort({ clock, log, hostsFor, predicate }: StatsCohortOptions): StatsCohort {
  const pollers = new Map<string, StatsPoller>();
  const streams = new Set<Feed<StatsTick>>();

  function pollerOf(host: PolledHost): StatsPoller {
    let poller = pollers.get(host.name);
    if (!poller) {
      poller = createStatsPoller(host, clock);
      pollers.set(host.name, poller);
    }
    return poller;
  }

  /** `before`: what whoever forks has been told; the next tick is the next of the grid then. */
  function open(query: StatsQuery, before: Told | null): Feed<StatsTick> {
    const interest = { groups: query.groups, intervalMs: query.intervalMs };
    const waitMs = Math.min(longestWaitMs, query.intervalMs * patience);
    const matches = predicate(query);
    const leaves = new Map<StatsPoller, () => void>();
    /** By host: nobody is told the same readings twice. */
    const told = new Map(before);
    let cancelNext: (() => void) | null = null;
    let ticking = 0;
    let over = false;

    const ticks = createLatestValue<StatsTick>(() => {
      over = true;
      cancelNext?.();
      streams.delete(feed);
      for (const leave of leaves.values()) leave();
    });

    function isWanted(host: PolledHost, { sample }: StatsReading) {
      const domain = host.domain(sample.uuid);
      return domain !== null && matches(domain);
    }

    async function tick() {
      ticking++;
      try {
        await tellOf(hostsFor(query));
      } finally {
        ticking--;
      }
    }

    async function tellOf(hosts: readonly PolledHost[]) {
      const at = clock.now();
      const rounds = hosts.map((host) => {
        const poller = pollerOf(host);
        if (!leaves.has(poller)) leaves.set(poller, poller.join(interest));
        return poller.round(query.groups);
      });
      const results = await withinTime(clock, waitMs, rounds);
      if (over) return;
      const readings: StatsReading[] = [];
      const missing: { hostName: string; reason: string }[] = [];
      let isNews = hosts.length === 0;
      for (const [index, host] of hosts.entries()) {
        const round = results[index];
        if (round && told.get(host.name) === round) continue;
        isNews = true;
        if (!round) missing.push({ hostName: host.name, reason: `It did not answer within ${waitMs} ms.` });
        else {
          told.set(host.name, round);
          if (round.readings === null) missing.push({ hostName: host.name, reason: round.reason });
          else for (const reading of round.readings) if (isWanted(host, reading)) readings.push(reading);
        }
      }
      if (isNews) ticks.put({ at, readings, missing });
    }

    /** On a grid that all streams share, so that equal intervals ask at the same moment. */
    function scheduleNext(beatBefore: number) {
      const now = clock.monotonic();
      // A timer may be a little early: the beat that it was set for is not told of twice.
      const beat = Math.max(Math.floor(now / query.intervalMs), beatBefore) + 1;
      cancelNext = clock.after(beat * query.intervalMs - now, () => {
        scheduleNext(beat);
        detach(log, 'a tick of readings', tick());
      });
    }

    const feed: Feed<StatsTick> = {
      next: () => ticks.iterator.next(),
      return: () => ticks.iterator.return(),
      get isWaiting() {
        return ticks.isAwaited;
      },
      mergeInto(edge) {
        const toldThere = toldBy.get(edge)?.() ?? null;
        if (!ticks.isAwaited || !edge.isWaiting || ticking > 0 || toldThere === null) return false;
        if (!areSameRounds(told, toldThere)) return false;
        void feed.return();
        return true;
      },
      fork: () => open(query, told),
      [Symbol.asyncIterator]: () => feed,
    };
    toldBy.set(feed, () => (ticking > 0 ? null : told));
    streams.add(feed);
    scheduleNext(0);
    if (before === null) detach(log, 'a tick of readings', tick());
    return feed;
  }

  return {
    open: (query) => open(query, null),
    rated: (hostName, uuid) => pollers.get(hostName)?.rated(uuid) ?? null,
    get streams() {
      return streams.size;
    },
    pollerOf,
    forget(hostName) {
      pollers.get(hostName)?.close();
      pollers.delete(hostName);
    },
    close() {
      for (const stream of streams) void stream.return();
      for (const poller of pollers.values()) poller.close();
    },
  };
}

function areSameRounds(a: Told, b: Told): boolean {
  return a.size === b.size && a.entries().every(([hostName, round]) => b.get(hostName) === round);
}

/** What has arrived when all have, or when the time is over. The works do not reject. */
async function withinTime<T>(
  clock: Clock,
  waitMs: number,
  works: readonly Promise<T>[],
): Promise<readonly (T | undefined)[]> {
  const results = Array.from<T | undefined>({ length: works.length });
  const { promise: late, resolve: giveUp } = Promise.withResolvers<void>();
  const cancel = clock.after(waitMs, giveUp);
  const arrivals = works.map(async (work, index) => {
    results[index] = await work;
  });
  await Promise.race([Promise.all(arrivals), late]);
  cancel();
  return [...results];
}
