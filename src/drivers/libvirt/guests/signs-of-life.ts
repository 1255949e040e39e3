/** Whether guests run, from the processor time of their processes: to read it asks no guest. */
import { type Clock, sleep } from '../../../clock.ts';
import type { Uuid } from '../../../model/brands.ts';
import type { CallOptions } from '../../driver.ts';
import { orNull } from '../errors.ts';
import type { Lanes } from '../lanes.ts';
import { mapLimited } from '../map-limited.ts';
import type { DomainRef } from '../rpc/objects.ts';
import { procedures } from '../rpc/procedures.ts';

/** Calls at once, of the four that the control lane has. */
export const parallelLooks = 3;
/** What was noted longer ago may be of a time when the guest did not hang yet, and any guest has moved on since. */
const notedForMs = 3_000;
/** In so long most idle guests have met an interrupt of their clock (18 a second in a guest without a system). */
const momentMs = 120;
/** Processor times have no reserved worker of the daemon. */
const deadlineMs = 3_000;
/** The totals of `virDomainGetCPUStats`: all, user, system. */
const cpuTotals = 3;

export type SignsOfLife = {
  /** The processor time it has used; `null`: nobody told in time. */
  cpuTimeNs(domain: DomainRef): Promise<bigint | null>;
  /** Notes what each has used, for a doubt that comes soon. */
  note(domains: readonly DomainRef[]): Promise<void>;
  /** What was noted, once: `null` when it is too old to tell anything. */
  takeNoted(): ReadonlyMap<Uuid, bigint> | null;
  /** Those of them that have run within the last moment. */
  moving(domains: readonly DomainRef[]): Promise<readonly DomainRef[]>;
};

type Seen = { readonly cpuTimeNs: bigint; readonly atMs: number };

/** `over`: of the connection. */
export function createSignsOfLife(lanes: Lanes, clock: Clock, over: AbortSignal): SignsOfLife {
  const patience: CallOptions & { deadlineMs: number } = { signal: over, priority: 'background', deadlineMs };
  let noted: { readonly atMs: number; readonly cpuTimesNs: ReadonlyMap<Uuid, bigint> } | null = null;
  let lastSeen: ReadonlyMap<Uuid, Seen> = new Map();

  /**
   * From the control group to the nanosecond; where there is none, from the kernel's count in hundredths of a second, of
   * which an idle guest may need few.
   */
  async function cpuTimeNs(domain: DomainRef): Promise<bigint | null> {
    try {
      const args = { domain, paramCount: cpuTotals, startCpu: -1, cpus: 1, flags: 0 };
      const stats = await orNull(lanes.call(procedures.domainGetCpuStats, args, patience));
      const total = stats?.params.find(({ field }) => field === 'cpu_time')?.value;
      if (typeof total?.value === 'bigint') return total.value;
      return (await orNull(lanes.call(procedures.domainGetInfo, { domain }, patience)))?.cpuTimeNs ?? null;
    } catch (error) {
      if (over.aborted) throw error;
      return null;
    }
  }

  async function see(domains: readonly DomainRef[]): Promise<ReadonlyMap<Uuid, Seen>> {
    const seen = new Map<Uuid, Seen>();
    await mapLimited(domains, parallelLooks, async (domain) => {
      const used = await cpuTimeNs(domain);
      if (used !== null) seen.set(domain.uuid, { cpuTimeNs: used, atMs: clock.monotonic() });
    });
    return seen;
  }

  return {
    cpuTimeNs,
    async note(domains) {
      const cpuTimesNs = new Map<Uuid, bigint>();
      noted = { atMs: clock.monotonic(), cpuTimesNs };
      await mapLimited(domains, parallelLooks, async (domain) => {
        const used = await cpuTimeNs(domain);
        if (used !== null) cpuTimesNs.set(domain.uuid, used);
      });
    },
    takeNoted() {
      const recent = noted !== null && clock.monotonic() - noted.atMs < notedForMs ? noted.cpuTimesNs : null;
      noted = null;
      return recent;
    },
    async moving(domains) {
      const before = lastSeen;
      const now = await see(domains);
      await sleep(clock, momentMs, over);
      const later = await see(domains);
      lastSeen = later;
      return domains.filter(({ uuid }) => {
        const to = later.get(uuid);
        return ran(now.get(uuid), to) || (to !== undefined && isCoarse(to) && ran(before.get(uuid), to));
      });
    },
  };
}

function ran(from: Seen | undefined, to: Seen | undefined): boolean {
  if (from === undefined || to === undefined || to.atMs - from.atMs > notedForMs) return false;
  return to.cpuTimeNs !== from.cpuTimeNs;
}

/** In hundredths of a second, of which an idle guest uses less than one in a moment: it is given until the last look. */
function isCoarse({ cpuTimeNs }: Seen): boolean {
  return cpuTimeNs % 10_000_000n === 0n;
}
