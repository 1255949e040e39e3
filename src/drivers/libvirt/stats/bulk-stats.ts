/** Bulk readings that stuck guests cannot hold up: they are found, left out, and given what the daemon knows by itself. */
import type { Clock } from '../../../clock.ts';
import { VirtgraphError } from '../../../errors.ts';
import { detach, errorFields, type Log } from '../../../log.ts';
import type { Uuid } from '../../../model/brands.ts';
import type { StatsGroup } from '../../../model/stats.ts';
import type { StatsRow } from '../../../model/stats-columns.ts';
import type { CallOptions } from '../../driver.ts';
import { isAnyLibvirtError, isLibvirtError } from '../errors.ts';
import type { GuestHealth } from '../guests/guest-health.ts';
import type { LaneCallOptions, Lanes } from '../lanes.ts';
import { mapLimited } from '../map-limited.ts';
import type { DomainRef } from '../rpc/objects.ts';
import { bulkStats } from './stats-decoder.ts';
import { statsFlags, statsMask, statsMasks } from './stats-groups.ts';

/** The protocol's own limit of records in a reply (`REMOTE_DOMAIN_LIST_MAX`). */
const mostDomainsPerCall = 16_384;

/** Half of the 32 MiB into which a reply must fit: guests differ, and grow. */
const replyBytes = 16 * 1_024 * 1_024;

/** Of a guest of which nothing is known yet: one with many CPUs, disks and cards takes some 6 kB with all groups. */
const unknownDomainBytes = 4_096;

/** The groups for which libvirt does not need the guest (`qemuDomainGetStatsWorkers` of qemu_driver.c). */
const groupsWithoutMonitor: ReadonlySet<StatsGroup> = new Set(['state', 'interface']);

/** After so long a reading is looked into. Under the second within which a round is of use to those who wait. */
const lateMs = 700;

/**
 * Readings that hang, each with one of the daemon's 20 workers. So many for finding out about guests that show no life, so
 * that the lane has two of its four places left; with so many a storm is likely; and with so many nobody's monitor is asked
 * any more: one more would wedge the lane's replacement too.
 */
const mostHanging = { trying: 2, trusting: 2, asking: 5 } as const;

/**
 * Guests that stop one after the other (their storage goes, and each hangs when it next writes) would cost a worker each.
 * So after the third and the fourth reading that hangs nobody is asked for so long, in which most such storms are over.
 */
const pausesMs: Readonly<Record<number, number>> = { 3: 4_000, 4: 20_000 };
/** And so much longer only those are asked that are seen to run just before. */
const vigilMs = 6_000;

export type BulkStats = {
  /** `null`: of all active domains. */
  read(
    groups: readonly StatsGroup[],
    uuids: readonly Uuid[] | null,
    options: CallOptions,
  ): Promise<readonly StatsRow[]>;
};

export type BulkStatsOptions = {
  readonly lanes: Lanes;
  readonly health: GuestHealth;
  readonly clock: Clock;
  readonly log: Log;
  /** The domains that run, from the host. */
  readonly activeDomains: (options: CallOptions) => Promise<readonly DomainRef[]>;
  /** Those of them that there are. */
  readonly named: (uuids: readonly Uuid[], options: CallOptions) => Promise<readonly DomainRef[]>;
  /** How many domains the host has, about. */
  readonly domainCount: () => number;
};

export function createBulkStats(options: BulkStatsOptions): BulkStats {
  const { lanes, health, clock, log, activeDomains, named, domainCount } = options;
  /** Daemons before libvirt 4.5 refuse the flag. */
  let noWait: number = statsFlags.NOWAIT;
  let hanging = 0;
  let askAgainAtMs = 0;
  let vigilUntilMs = 0;
  let trying = false;
  /** By the mask of groups: what a domain takes of a reply, as the last round had it. */
  const domainBytes = new Map<number, number>();

  function domainsPerCall(stats: number): number {
    if (stats === statsMasks.state) return mostDomainsPerCall;
    return Math.min(mostDomainsPerCall, Math.floor(replyBytes / (domainBytes.get(stats) ?? unknownDomainBytes)));
  }

  /** What a round has told makes the next one as few calls as fit. */
  function learn(stats: number, samples: readonly StatsRow[]) {
    if (samples.length === 0) return;
    const bytes = samples.reduce((sum, sample) => sum + bytesOf(sample), 0);
    domainBytes.set(stats, bytes / samples.length);
  }

  async function call(domains: readonly DomainRef[], stats: number, filter: number, how: LaneCallOptions) {
    try {
      return await lanes.call(bulkStats, { domains, stats, flags: filter | noWait }, how);
    } catch (error) {
      if (noWait === 0 || !isLibvirtError(error, 'INVALID_ARG', 'ARGUMENT_UNSUPPORTED')) throw error;
      const samples = await lanes.call(bulkStats, { domains, stats, flags: filter }, how);
      noWait = 0;
      return samples;
    }
  }

  /** Some drivers fail the whole call because of one domain that has just gone. */
  async function callNamed(domains: readonly DomainRef[], stats: number, how: LaneCallOptions) {
    try {
      return await call(domains, stats, 0, how);
    } catch (error) {
      if (!isLibvirtError(error, 'NO_DOMAIN')) throw error;
      const samples = await mapLimited(domains, 4, async (domain) => {
        try {
          return await call([domain], stats, 0, how);
        } catch (oneError) {
          if (isAnyLibvirtError(oneError)) return [];
          throw oneError;
        }
      });
      return samples.flat();
    }
  }

  /**
   * A call that enters monitors; `domains` null: of all that run. When it is late, whoever hangs is looked for, and if there
   * is somebody, it is given up: `null`. (When that guest is freed the daemon goes on with the call, and may meet the next.)
   */
  async function callUnlessStuck(domains: readonly DomainRef[] | null, stats: number, caller: CallOptions) {
    const giveUp = new AbortController();
    const onAbort = () => giveUp.abort(caller.signal.reason);
    caller.signal.addEventListener('abort', onAbort, { once: true });
    const how: LaneCallOptions = { ...caller, signal: giveUp.signal, onLateAnswer: answeredLate };
    let found = false;
    let settled = false;
    let lookAfterMs = lateMs;
    let cancel = clock.after(lookAfterMs, investigate);

    function investigate() {
      const looking = findWhoHangs().catch((error: unknown) => {
        if (!settled) log.debug(errorFields(error), 'A late reading could not be looked into');
      });
      const again = looking.then(() => {
        if (settled || found) return;
        // A host of very many guests takes its time, and looking at them all takes some as well.
        lookAfterMs *= 2;
        cancel = clock.after(lookAfterMs, investigate);
      });
      detach(log, 'looking into a late reading', again);
    }

    async function findWhoHangs() {
      const suspects = domains ?? (await activeDomains({ ...caller, signal: giveUp.signal }));
      const stuck = await health.findStuck(suspects, { ...caller, signal: giveUp.signal });
      if (settled || stuck.size === 0) return;
      found = true;
      // Where the first one hangs it is often the only one: the others are asked again, and doubted when that hangs too.
      if (hanging === 0) health.noteLife(suspects.filter(({ uuid }) => !stuck.has(uuid)));
      else {
        // A list is gone through in its order; without one the order is the daemon's own.
        const passed = domains === null ? 0 : domains.findIndex(({ uuid }) => stuck.has(uuid));
        health.trust(suspects.slice(0, passed));
        health.doubt(suspects.slice(passed).filter(({ uuid }) => !stuck.has(uuid)));
      }
      hanging += 1;
      askAgainAtMs = clock.monotonic() + (pausesMs[hanging] ?? 0);
      if (hanging >= mostHanging.trusting) vigilUntilMs = askAgainAtMs + vigilMs;
      giveUp.abort(new VirtgraphError('GUEST_BUSY', 'A guest does not answer.'));
    }

    function answeredLate() {
      if (found) hanging -= 1;
      health.lookNow();
    }

    try {
      return domains === null ? await call([], stats, statsFlags.ACTIVE, how) : await callNamed(domains, stats, how);
    } catch (error) {
      if (found && !caller.signal.aborted) return null;
      throw error;
    } finally {
      settled = true;
      cancel();
      caller.signal.removeEventListener('abort', onAbort);
    }
  }

  /** In pieces that fit into a reply; `null` as soon as one was given up. */
  async function askAll(domains: readonly DomainRef[], stats: number, perCall: number, caller: CallOptions) {
    const samples: StatsRow[] = [];
    for (let start = 0; start < domains.length; start += perCall) {
      const piece = await callUnlessStuck(domains.slice(start, start + perCall), stats, caller);
      if (piece === null) return null;
      samples.push(...piece);
    }
    health.trust(domains);
    return samples;
  }

  /** Those whose monitors are worth the risk now. */
  async function askable(domains: readonly DomainRef[]): Promise<readonly DomainRef[]> {
    if (hanging >= mostHanging.asking || clock.monotonic() < askAgainAtMs) return [];
    const trusted = domains.filter(({ uuid }) => health.mayAsk(uuid));
    if (clock.monotonic() >= vigilUntilMs) return trusted;
    const moving = await health.moving(trusted);
    const isMoving = new Set(moving);
    const silent = trusted.filter((domain) => !isMoving.has(domain));
    if (silent.length > 0) health.doubt(silent);
    return moving;
  }

  /** What the daemon knows of them without asking them. */
  async function tellOf(
    domains: readonly DomainRef[],
    groups: readonly StatsGroup[],
    perCall: number,
    how: CallOptions,
  ) {
    const known = statsMask(groups.filter((group) => groupsWithoutMonitor.has(group))) | statsMasks.state;
    const samples: StatsRow[] = [];
    for (let start = 0; start < domains.length; start += perCall) {
      samples.push(...(await callNamed(domains.slice(start, start + perCall), known, how)));
    }
    return samples.map((sample) =>
      sample.withMissing(
        health.whyNot(sample.uuid) ?? 'Other guests of the host do not answer: this one was not asked this time.',
      ),
    );
  }

  /** One doubted guest that shows no life is asked by itself, while we can afford that it hangs. */
  function tryOne(groups: readonly StatsGroup[], caller: CallOptions) {
    const domain = trying || hanging >= mostHanging.trying ? null : health.nextToTry();
    if (domain === null) return;
    trying = true;
    const attempt = async () => {
      try {
        const { signal } = new AbortController();
        const answer = await callUnlessStuck([domain], statsMask(groups), { ...caller, signal });
        if (answer !== null) health.trust([domain]);
      } catch (error) {
        log.debug(errorFields(error), 'A doubted guest could not be asked');
      } finally {
        trying = false;
      }
    };
    detach(log, 'asking a doubted guest', attempt());
  }

  return {
    async read(groups, uuids, caller) {
      const stats = statsMask(groups);
      const perCall = domainsPerCall(stats);
      const entersMonitors = groups.some((group) => !groupsWithoutMonitor.has(group));
      if (uuids === null && domainCount() <= perCall && (health.isCalm() || !entersMonitors)) {
        const all = entersMonitors
          ? await callUnlessStuck(null, stats, caller)
          : await call([], stats, statsFlags.ACTIVE, caller);
        if (all !== null) {
          learn(stats, all);
          return all;
        }
      }
      const domains = uuids === null ? await activeDomains(caller) : await named(uuids, caller);
      if (!entersMonitors) return tellAll(domains, stats, perCall, caller);
      const asked = await askable(domains);
      const isAsked = new Set(asked);
      const others = domains.filter((domain) => !isAsked.has(domain));
      const [answers, told] = await Promise.all([
        askAll(asked, stats, perCall, caller),
        tellOf(others, groups, perCall, caller),
      ]);
      tryOne(groups, caller);
      if (answers) learn(stats, answers);
      return [...(answers ?? (await tellOf(asked, groups, perCall, caller))), ...told];
    },
  };

  async function tellAll(domains: readonly DomainRef[], stats: number, perCall: number, how: CallOptions) {
    const samples: StatsRow[] = [];
    for (let start = 0; start < domains.length; start += perCall) {
      samples.push(...(await callNamed(domains.slice(start, start + perCall), stats, how)));
    }
    return samples;
  }
}

/** About: its name, the groups of one value, and some 36 bytes for each value of a CPU, a card or a disk. */
function bytesOf({ shape: { vcpus, interfaces, disks } }: StatsRow): number {
  return 800 + 200 * (vcpus?.length ?? 0) + 400 * (interfaces?.length ?? 0) + 800 * (disks?.length ?? 0);
}
