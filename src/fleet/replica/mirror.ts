import { retryDelayMs } from '../../backoff.ts';
import type { Clock } from '../../clock.ts';
import type { CallOptions, Driver } from '../../drivers/driver.ts';
import { VirtgraphError } from '../../errors.ts';
import { detach, errorFields, type Log } from '../../log.ts';
import type { Uuid } from '../../model/brands.ts';
import type { DomainMoment } from '../../model/domain.ts';
import type { HostHint } from '../../model/hints.ts';
import type { ChangeOrigin } from '../objects.ts';
import { shareRuns } from '../shared-run.ts';
import { createDomainLists } from './domain-lists.ts';
import { createFailedReads } from './failed-reads.ts';
import { type JobEnd, jobEnd } from './job-end.ts';
import { createListedObjects, readOrRemove } from './listed-objects.ts';
import { createObjectReads, type ReadReason } from './object-reads.ts';
import type { Replica } from './replica.ts';

export type MirrorPeriods = {
  /** Between two readings of everything, give or take a tenth. */
  readonly reconcileMs: number;
  /** Between two lists of a host that tells of nothing by itself. */
  readonly pollMs: number;
};

export type MirrorOptions = {
  readonly driver: Driver;
  readonly replica: Replica;
  readonly periods: MirrorPeriods;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** The daemon told that a guest was started anew by itself. */
  readonly onReboot?: (uuid: Uuid) => void;
  readonly onJobEnd?: (uuid: Uuid, end: JobEnd) => void;
};

/**
 * Keeps a replica true over one connection, and ends with it. Hints are followed from the beginning, so that what happens
 * while everything is read is missed by neither: a list's line is only believed for objects that nobody reads meanwhile.
 */
export type Mirror = {
  /** Lists, compares, and reads everything again. Whoever asks while one is under way gets the next. Rejects when listing failed. */
  reconcile(): Promise<void>;
  /** Lists and compares states now, and reads what is new or in another state. Shared like `reconcile`. */
  refreshList(): Promise<void>;
  /** From now on reconciles, and polls where need be, by itself. */
  keepTrue(): void;
  /** Reads one domain now, after whatever is being read of it. Rejects with `NOT_FOUND` when the host does not have it. */
  refreshDomain(uuid: Uuid): Promise<void>;
  lastEventAt(): number | null;
  lastReconcileAt(): number | null;
  /** When something last confirmed that the replica is true: an event, a list. */
  lastHeardAt(): number | null;
  /** How many domains could not be read when that was last tried; what was never read is not in the replica. */
  unreadDomains(): number;
  close(): void;
};

/** Somebody waits for these; the driver has 4 out at a time in each lane and sorts by priority what it cannot send yet. */
const urgentReads = 32;
/** Enough to keep a lane busy, few enough that a person's question never waits behind many. */
const backgroundReads = 8;

/**
 * Hosts are read at the same moments, so many in a period, a few hosts at each: to read a thousand without guests one by one
 * takes twice the CPU, for each finds nothing of what it needs in the processor's caches.
 */
const beatsInPeriod = 100;

export function openMirror(options: MirrorOptions): Mirror {
  const { driver, replica, periods, clock, log, random } = options;
  const over = new AbortController();
  const { signal } = over;
  const background: CallOptions = { signal, priority: 'background' };
  const selfOrigin: ChangeOrigin = driver.capabilities.domainEvents ? 'EVENT' : 'POLL';
  const timers = new Set<() => void>();
  let lastEventAt: number | null = null;
  let lastReconcileAt: number | null = null;
  let lastHeardAt: number | null = null;

  const domainReads = createObjectReads<Uuid>({
    urgentLimit: urgentReads,
    backgroundLimit: backgroundReads,
    read: readDomain,
  });
  const failedReads = createFailedReads<Uuid>({
    what: 'Reading a domain',
    signal,
    log,
    later,
    again: (uuid, origin) => void domainReads.request(uuid, { origin, priority: 'background' }),
  });
  const networks = createListedObjects(
    {
      plural: 'networks',
      isSupported: driver.capabilities.networks,
      list: () => driver.listNetworks(background),
      read: (uuid, { priority }) => driver.readNetwork(uuid, { signal, priority }),
      known: replica.networks,
      put: replica.putNetwork,
      remove: replica.removeNetwork,
    },
    { signal, log, later },
  );
  const storagePools = createListedObjects(
    {
      plural: 'storage pools',
      isSupported: driver.capabilities.storagePools,
      list: () => driver.listStoragePools(background),
      read: (uuid, { priority }) => driver.readStoragePool(uuid, { signal, priority }),
      known: replica.storagePools,
      put: replica.putStoragePool,
      remove: replica.removeStoragePool,
    },
    { signal, log, later },
  );

  function schedule(delayMs: number, work: () => void) {
    const cancel = clock.after(delayMs, () => {
      timers.delete(cancel);
      work();
    });
    timers.add(cancel);
  }

  function later(failures: number, work: () => void) {
    schedule(retryDelayMs('network', failures, random()) ?? periods.reconcileMs, work);
  }

  async function readDomain(uuid: Uuid, { origin, priority, listed }: ReadReason) {
    const onMoment = (moment: DomainMoment) => {
      if (!signal.aborted) replica.putDomainMoment(moment, origin);
    };
    const known = replica.knownDomain(uuid);
    await failedReads.attempt(uuid, origin, () =>
      readOrRemove(signal, {
        read: () =>
          driver.readDomain(uuid, { signal, priority, onMoment, ...(known && { known }), ...(listed && { listed }) }),
        put: (snapshot) => replica.putDomain(snapshot, (xml) => driver.inspectDomainXml(xml).interfaces, origin),
        remove: () => replica.removeDomain(uuid, origin),
      }),
    );
  }

  const lists = createDomainLists({
    driver,
    replica,
    reads: domainReads,
    hasFailed: (uuid) => failedReads.has(uuid),
    onListed() {
      lastHeardAt = clock.now();
    },
    signal,
  });

  async function reconcileOnce() {
    const origin = 'RECONCILE';
    const others = [networks.reconcile(origin), storagePools.reconcile(origin)];
    await Promise.all([lists.readAll(origin), ...others]);
    signal.throwIfAborted();
    lastReconcileAt = clock.now();
    lastHeardAt = lastReconcileAt;
  }

  async function pollOnce() {
    // The reads go on by themselves, as after events: the next poll waits for nobody's XML.
    void (await lists.compare('POLL', 'background'));
  }

  const reconcile = shareRuns(reconcileOnce);
  const refreshList = shareRuns(async () => {
    // One that cannot be read is logged and tried again; who asked gets what there is.
    await Promise.all(await lists.compare('RECONCILE', 'read'));
  });

  /** Work that nobody waits for. Never rejects. */
  async function logged(name: string, work: Promise<void>) {
    try {
      await work;
    } catch (error) {
      if (!signal.aborted) log.warn(errorFields(error), `${name} failed`);
    }
  }

  /** Again and again, each time a period after the last was done; give or take a tenth, so that hosts fall out of step. */
  function repeat(name: string, periodMs: number, work: () => Promise<void>) {
    const now = clock.monotonic();
    const beatMs = periodMs / beatsInPeriod;
    const dueAt = Math.round((now + periodMs * (0.9 + 0.2 * random())) / beatMs) * beatMs;
    schedule(dueAt - now, () => {
      const done = logged(name, work());
      detach(
        log,
        name,
        done.then(() => void (signal.aborted || repeat(name, periodMs, work))),
      );
    });
  }

  function follow(hint: HostHint) {
    lastEventAt = clock.now();
    lastHeardAt = lastEventAt;
    const reason: ReadReason = { origin: 'EVENT', priority: 'read' };
    switch (hint.kind) {
      case 'domain': {
        if (hint.event === 'reboot') options.onReboot?.(hint.uuid);
        const end = jobEnd(hint);
        if (end !== null) options.onJobEnd?.(hint.uuid, end);
        void domainReads.request(hint.uuid, reason);
        return;
      }
      case 'network':
        networks.follow(hint.uuid, reason);
        return;
      case 'storagePool':
        storagePools.follow(hint.uuid, reason);
        return;
      case 'overflow':
        detach(log, 'reconcile', logged('Reading everything after too many events', reconcile()));
        return;
      // Asked of the host when somebody wants to know; nothing is kept of them.
      case 'nodeDevice':
      case 'secret':
        return;
      default:
        hint satisfies never;
    }
  }

  async function followHints() {
    for await (const hint of driver.hints) {
      if (signal.aborted) return;
      follow(hint);
    }
  }
  detach(log, 'following events', followHints());

  return {
    reconcile,
    refreshList,
    keepTrue() {
      repeat('The periodic reconcile', periods.reconcileMs, reconcile);
      if (!driver.capabilities.domainEvents) repeat('Polling', periods.pollMs, () => reconcile.current() ?? pollOnce());
    },
    async refreshDomain(uuid) {
      const { error } = await domainReads.request(uuid, { origin: selfOrigin, priority: 'read' });
      if (error !== null) throw error;
    },
    lastEventAt: () => lastEventAt,
    lastReconcileAt: () => lastReconcileAt,
    lastHeardAt: () => lastHeardAt,
    unreadDomains: () => failedReads.size(),
    close() {
      over.abort(new VirtgraphError('HOST_UNREACHABLE', 'The connection is over.'));
      for (const cancel of timers) cancel();
      timers.clear();
    },
  };
}
