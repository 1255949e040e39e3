/** Bulk readings that stuck guests cannot hold up: they are found, left out, and given what the daemon knows by itself. */
import type { Clock } from '../../../clock.ts';
import { VirtgraphError } from '../../../errors.ts';
import { detach, errorFields, type Log } from '../../../log.ts';
import type { Uuid } from '../../../model/brands.ts';
import type { StatsGroup } from '../../../model/stats.ts';
import type { StatsRow } from '../../../model/stats-columns.ts';
import type { CallOptions } from '../../driver.ts';
import type { GuestHealth } from '../guests/guest-health.ts';
import type { LaneCallOptions, Lanes } from '../lanes.ts';
import type { DomainRef } from '../rpc/objects.ts';
import { createHangingCalls } from './hanging-calls.ts';
import { createStatsCalls } from './stats-calls.ts';
import { statsMask, statsMasks } from './stats-groups.ts';

/** The groups for which libvirt does not need the guest (`qemuDomainGetStatsWorkers` of qemu_driver.c). */
const groupsWithoutMonitor: ReadonlySet<StatsGroup> = new Set(['state', 'interface']);

/** After so long a reading is looked into. Under the second within which a round is of use to those who wait. */
const lateMs = 700;

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
  const calls = createStatsCalls(lanes);
  const hanging = createHangingCalls(clock);
  let trying = false;

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
      if (hanging.isNone()) health.noteLife(suspects.filter(({ uuid }) => !stuck.has(uuid)));
      else {
        // A list is gone through in its order; without one the order is the daemon's own.
        const passed = domains === null ? 0 : domains.findIndex(({ uuid }) => stuck.has(uuid));
        health.trust(suspects.slice(0, passed));
        health.doubt(suspects.slice(passed).filter(({ uuid }) => !stuck.has(uuid)));
      }
      hanging.begun();
      giveUp.abort(new VirtgraphError('GUEST_BUSY', 'A guest does not answer.'));
    }

    function answeredLate() {
      if (found) hanging.ended();
      health.lookNow();
    }

    try {
      return await (domains === null ? calls.allActive(stats, how) : calls.named(domains, stats, how));
    } catch (error) {
      if (found && !caller.signal.aborted) return null;
      throw error;
    } finally {
      settled = true;
      cancel();
      caller.signal.removeEventListener('abort', onAbort);
    }
  }

  /** `null` as soon as one call was given up. */
  async function askAll(domains: readonly DomainRef[], stats: number, caller: CallOptions) {
    const samples: StatsRow[] = [];
    for (const piece of calls.pieces(domains, stats)) {
      const answered = await callUnlessStuck(piece, stats, caller);
      if (answered === null) return null;
      samples.push(...answered);
    }
    health.trust(domains);
    return samples;
  }

  /** Those whose monitors are worth the risk now. */
  async function askable(domains: readonly DomainRef[]): Promise<readonly DomainRef[]> {
    if (!hanging.mayAsk()) return [];
    const trusted = domains.filter(({ uuid }) => health.mayAsk(uuid));
    if (!hanging.isVigil()) return trusted;
    const moving = await health.moving(trusted);
    const isMoving = new Set(moving);
    const silent = trusted.filter((domain) => !isMoving.has(domain));
    if (silent.length > 0) health.doubt(silent);
    return moving;
  }

  /** What the daemon knows of them without asking them. */
  async function tell(domains: readonly DomainRef[], stats: number, caller: CallOptions) {
    const samples: StatsRow[] = [];
    for (const piece of calls.pieces(domains, stats)) samples.push(...(await calls.named(piece, stats, caller)));
    return samples;
  }

  /** The same of those who should have been asked for more. */
  async function tellInstead(domains: readonly DomainRef[], groups: readonly StatsGroup[], caller: CallOptions) {
    const known = statsMask(groups.filter((group) => groupsWithoutMonitor.has(group))) | statsMasks.state;
    const samples = await tell(domains, known, caller);
    return samples.map((sample) =>
      sample.withMissing(
        health.whyNot(sample.uuid) ?? 'Other guests of the host do not answer: this one was not asked this time.',
      ),
    );
  }

  /** One doubted guest that shows no life is asked by itself, while we can afford that it hangs. */
  function tryOne(groups: readonly StatsGroup[], caller: CallOptions) {
    const domain = !trying && hanging.mayTry() ? health.nextToTry() : null;
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
      const entersMonitors = groups.some((group) => !groupsWithoutMonitor.has(group));
      if (uuids === null && domainCount() <= calls.mostPerCall(stats) && (health.isCalm() || !entersMonitors)) {
        const all = entersMonitors ? await callUnlessStuck(null, stats, caller) : await calls.allActive(stats, caller);
        if (all !== null) {
          calls.learn(stats, all);
          return all;
        }
      }
      const domains = uuids === null ? await activeDomains(caller) : await named(uuids, caller);
      if (!entersMonitors) return tell(domains, stats, caller);
      const asked = await askable(domains);
      const isAsked = new Set(asked);
      const others = domains.filter((domain) => !isAsked.has(domain));
      const [answers, told] = await Promise.all([askAll(asked, stats, caller), tellInstead(others, groups, caller)]);
      tryOne(groups, caller);
      if (answers) calls.learn(stats, answers);
      return [...(answers ?? (await tellInstead(asked, groups, caller))), ...told];
    },
  };
}
