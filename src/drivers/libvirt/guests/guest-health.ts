/**
 * Which guests of a host must not be asked. The first call that enters the monitor of a guest that hangs stays there
 * for ever, `NOWAIT` or not, and costs the daemon one of its 20 workers; only then does its control information tell.
 * So when one guest was found to hang, all others are doubted until they have answered, or until their processors are
 * seen to run: whatever stopped one (storage, often) has seldom stopped it alone.
 */
import type { Clock } from '../../../clock.ts';
import { detach, errorFields, type Log } from '../../../log.ts';
import type { Uuid } from '../../../model/brands.ts';
import { type DomainMonitor, monitorOk } from '../../../model/monitor.ts';
import type { CallOptions } from '../../driver.ts';
import type { Lanes } from '../lanes.ts';
import { mapLimited } from '../map-limited.ts';
import type { DomainRef } from '../rpc/objects.ts';
import { type ControlReading, holderOf, readControl } from './control-info.ts';
import { createSignsOfLife, parallelLooks } from './signs-of-life.ts';

/** A guest in whose monitor one command has been for so long hangs; most take a few milliseconds. */
const hangsAfterMs = 500;
/** A call that needs one guest and has no answer after so long is a reason to look at that guest. */
const lateCallMs = 2_000;
/** Looking costs next to nothing. Never a multiple of 15 or 30 s: in step with libvirt's own 30 s it would see waits as ends. */
const lookAgainMs = [1_000, 2_000, 4_000, 7_000] as const;
/** Three seconds: within them an idle guest uses a hundredth of a second of processor time. */
const looksBeforeTrying = 2;
/** Doubted for so long, a guest is shown as doubted: most have answered before that. */
const tellDoubtAfterMs = 3_000;

export type GuestHealth = {
  /** Nobody is known to hang, and nobody is doubted. */
  isCalm(): boolean;
  /** Whether a question that enters its monitor may be put to it. */
  mayAsk(uuid: Uuid): boolean;
  /** Why it is not asked, as a sentence. */
  whyNot(uuid: Uuid): string | null;
  /** Asked of the host now; `null` where nothing is the matter. */
  readMonitor(domain: DomainRef, options: CallOptions): Promise<DomainMonitor | null>;
  /** A call that may enter the guest's monitor: the guest is looked at when the answer is late, or says who holds it. */
  watch<T>(domain: DomainRef, call: Promise<T>): Promise<T>;
  /** Looks at all of them; those that hang are held from now on, and returned. */
  findStuck(domains: readonly DomainRef[], options: CallOptions): Promise<ReadonlySet<Uuid>>;
  /** Notes what shows life, so that a doubt that comes soon is over soon. */
  noteLife(domains: readonly DomainRef[]): void;
  /** Those of them that run, as far as their processor times tell: what asks nobody, and costs a call or two for each. */
  moving(domains: readonly DomainRef[]): Promise<readonly DomainRef[]>;
  /** Holds those that are not known to hang until they show life. */
  doubt(domains: readonly DomainRef[]): void;
  /** They have answered. */
  trust(domains: readonly DomainRef[]): void;
  /** A doubted guest without a sign of life, for whoever can afford that it hangs; `null` when there is none. */
  nextToTry(): DomainRef | null;
  /** Something was answered that had been given up: looks at once. */
  lookNow(): void;
  close(): void;
};

type Held = {
  readonly domain: DomainRef;
  /** OCCUPIED, ERROR, or UNKNOWN for one that is doubted. */
  monitor: DomainMonitor;
  /** Others have been told of it. */
  told: boolean;
  /** Of a doubted guest, when the doubt began. */
  cpuTimeNs: bigint | null;
  alive: boolean;
};

export type GuestHealthOptions = {
  readonly lanes: Lanes;
  readonly clock: Clock;
  readonly log: Log;
  /** What is to be said of the guest's monitor has changed. */
  readonly onChange: (domain: DomainRef) => void;
};

export function createGuestHealth({ lanes, clock, log, onChange }: GuestHealthOptions): GuestHealth {
  const over = new AbortController();
  const background: CallOptions = { signal: over.signal, priority: 'background' };
  const life = createSignsOfLife(lanes, clock, over.signal);
  const held = new Map<Uuid, Held>();
  /** Jobs under way, so that their beginning is told the same at each reading. */
  const jobs = new Map<Uuid, DomainMonitor>();
  const holders = new Map<Uuid, string>();
  let cancelLook: (() => void) | null = null;
  let looks = 0;
  let looking = false;

  const hangs = ({ status, forMs }: ControlReading) =>
    status === 'ERROR' || (status === 'OCCUPIED' && forMs >= hangsAfterMs);

  function hold(domain: DomainRef, { status, forMs }: ControlReading): DomainMonitor {
    const known = held.get(domain.uuid);
    const heldBy = holders.get(domain.uuid) ?? null;
    if (known && known.monitor.status === status && known.monitor.heldBy === heldBy) return known.monitor;
    const since = known?.monitor.status === status ? known.monitor.since : clock.now() - forMs;
    const monitor: DomainMonitor = { status, since, heldBy };
    held.set(domain.uuid, { domain, monitor, told: true, cpuTimeNs: null, alive: false });
    log.warn({ domain: domain.name, status, heldBy }, 'A guest does not answer');
    onChange(domain);
    lookSoon();
    return monitor;
  }

  function release(uuid: Uuid) {
    holders.delete(uuid);
    const known = held.get(uuid);
    if (!known) return;
    held.delete(uuid);
    if (known.told) onChange(known.domain);
  }

  function lookSoon() {
    looks = 0;
    scheduleLook();
  }

  function scheduleLook() {
    cancelLook?.();
    cancelLook = null;
    if (held.size === 0 || over.signal.aborted) return;
    const delayMs = lookAgainMs[Math.min(looks, lookAgainMs.length - 1)] ?? 0;
    cancelLook = clock.after(delayMs, () => {
      looks += 1;
      detach(log, 'looking at guests that hang', look());
    });
  }

  /** Never rejects: what could not be seen now is looked at again. */
  async function look() {
    if (looking) return;
    looking = true;
    try {
      const unsure = [...held.values()].filter(({ alive }) => !alive);
      await mapLimited(unsure, parallelLooks, (one) =>
        one.monitor.status === 'UNKNOWN' ? lookForLife(one) : lookAtStuck(one),
      );
    } catch (error) {
      if (!over.signal.aborted) log.debug(errorFields(error), 'Guests that hang could not be looked at');
    } finally {
      looking = false;
      scheduleLook();
    }
  }

  async function lookAtStuck({ domain }: Held) {
    const reading = await readControl(lanes, domain, background);
    if (reading === null || !hangs(reading)) release(domain.uuid);
    else hold(domain, reading);
  }

  async function lookForLife(one: Held) {
    const { domain } = one;
    // The call that hung in another guest may have come to this one.
    const reading = await readControl(lanes, domain, background);
    if (reading === null) {
      release(domain.uuid);
      return;
    }
    if (hangs(reading)) {
      hold(domain, reading);
      return;
    }
    const cpuTimeNs = await life.cpuTimeNs(domain);
    // It answered, or was found to hang, while we asked.
    if (held.get(domain.uuid) !== one) return;
    one.alive = cpuTimeNs !== null && one.cpuTimeNs !== null && cpuTimeNs !== one.cpuTimeNs;
    one.cpuTimeNs ??= cpuTimeNs;
    const tell = !one.alive && (one.told || clock.now() - (one.monitor.since ?? 0) >= tellDoubtAfterMs);
    if (tell === one.told) return;
    one.told = tell;
    onChange(domain);
  }

  async function check(domain: DomainRef) {
    const reading = await readControl(lanes, domain, background);
    if (reading !== null && hangs(reading)) hold(domain, reading);
  }

  /** Work that nobody waits for. */
  function logged(work: Promise<unknown>, what: string) {
    const done = work.catch((error: unknown) => {
      if (!over.signal.aborted) log.debug(errorFields(error), what);
    });
    detach(log, 'looking at guests', done.then(nothing));
  }

  const checkQuietly = (domain: DomainRef) => logged(check(domain), 'A guest could not be looked at');

  return {
    isCalm: () => held.size === 0,
    mayAsk(uuid) {
      const known = held.get(uuid);
      return known === undefined || known.alive;
    },
    whyNot(uuid) {
      const known = held.get(uuid);
      return known === undefined || known.alive ? null : sentence(known.monitor);
    },
    async readMonitor(domain, options) {
      const { uuid } = domain;
      const reading = await readControl(lanes, domain, options);
      if (reading?.status !== 'JOB') jobs.delete(uuid);
      if (reading === null) {
        release(uuid);
        return null;
      }
      if (hangs(reading)) return hold(domain, reading);
      const known = held.get(uuid);
      if (known?.monitor.status === 'UNKNOWN') return known.told ? known.monitor : null;
      release(uuid);
      if (reading.status !== 'JOB') return null;
      const job = jobs.get(uuid) ?? { ...monitorOk, status: 'JOB', since: clock.now() - reading.forMs };
      jobs.set(uuid, job);
      return job;
    },
    async watch(domain, call) {
      const cancel = clock.after(lateCallMs, () => checkQuietly(domain));
      try {
        return await call;
      } catch (error) {
        const holder = holderOf(error);
        if (holder !== null) {
          holders.set(domain.uuid, holder);
          checkQuietly(domain);
        }
        throw error;
      } finally {
        cancel();
      }
    },
    async findStuck(domains, options) {
      const found = new Set<Uuid>();
      await mapLimited(domains, parallelLooks, async (domain) => {
        const reading = await readControl(lanes, domain, options);
        if (reading === null || !hangs(reading)) return;
        hold(domain, reading);
        found.add(domain.uuid);
      });
      return found;
    },
    noteLife(domains) {
      logged(life.note(domains), 'Guests could not be looked at');
    },
    moving: (domains) => life.moving(domains),
    doubt(domains) {
      const noted = life.takeNoted();
      const monitor: DomainMonitor = { status: 'UNKNOWN', since: clock.now(), heldBy: null };
      for (const domain of domains) {
        const known = held.get(domain.uuid);
        if (known && !known.alive) continue;
        held.set(domain.uuid, {
          domain,
          monitor,
          told: known?.told ?? false,
          cpuTimeNs: noted?.get(domain.uuid) ?? null,
          alive: false,
        });
      }
      lookSoon();
      detach(log, 'looking for signs of life', look());
    },
    trust(domains) {
      for (const { uuid } of domains) release(uuid);
    },
    nextToTry() {
      for (const { domain, monitor, alive, cpuTimeNs } of held.values()) {
        if (monitor.status !== 'UNKNOWN' || alive || cpuTimeNs === null || looks < looksBeforeTrying) continue;
        return domain;
      }
      return null;
    },
    lookNow() {
      if (held.size > 0) detach(log, 'looking at guests that hang', look());
    },
    close() {
      over.abort(new Error('The connection is over.'));
      cancelLook?.();
      held.clear();
    },
  };
}

function nothing() {}

function sentence({ status, since, heldBy }: DomainMonitor): string {
  if (status === 'UNKNOWN') {
    return 'The guest is not asked: another of its host hangs, and this one shows no sign of life either.';
  }
  if (status === 'ERROR') return 'libvirt cannot use the monitor of the guest any more.';
  const from = since === null ? '' : ` since ${new Date(since).toISOString()}`;
  return `The monitor of the guest has not answered${from}${heldBy === null ? '' : ` (held by ${heldBy})`}.`;
}
