import { retryDelayMs } from '../../backoff.ts';
import type { Clock } from '../../clock.ts';
import type { Driver } from '../../drivers/driver.ts';
import { type VirtgraphError, withHost } from '../../errors.ts';
import { detach, type Log } from '../../log.ts';
import type { Uuid } from '../../model/brands.ts';
import type { HostTarget } from '../../model/target.ts';
import type { DomainRecord, HostView } from '../objects.ts';
import type { JobEnd } from '../replica/job-end.ts';
import { type Mirror, type MirrorPeriods, openMirror } from '../replica/mirror.ts';
import { createReplica, type Replica, type ReplicaListener } from '../replica/replica.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { type HostConnection, lastTrueAt, linkOf } from './host-connection.ts';
import { isSameWay } from './host-diff.ts';
import type { HostLinkView } from './host-link.ts';
import { noSuchDomain, reconfiguredHost, removedHost, stoppingHost, unusableHost } from './host-problem.ts';
import { createHostStanding } from './host-standing.ts';
import { createRetries } from './retries.ts';
import type { SessionNews } from './session-news.ts';

export type OpenDriver = (target: HostTarget, options: { readonly signal: AbortSignal }) => Promise<Driver>;

export type SessionOptions = {
  readonly openDriver: OpenDriver;
  readonly periods: MirrorPeriods;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
  /** As an earlier run of the gateway last knew it; `null`: it did not. */
  readonly restored?: HostView | null;
  readonly listener: Pick<ReplicaListener, 'domainStored'> & {
    tell(news: SessionNews): void;
    /** The guest was started anew by itself: its record shows nothing of it. */
    rebooted(hostName: string, uuid: Uuid): void;
    jobEnded(hostName: string, uuid: Uuid, end: JobEnd): void;
  };
};

/**
 * One host's life: CONNECTING → SYNCING → READY → LOST → SYNCING → …, or BLOCKED, which waits for `refresh`.
 * The only place that connects again; nothing it does is waited for by anybody who asks about another host.
 */
export type HostSession = {
  /** As it is now: see `retarget`. */
  readonly target: HostTarget;
  readonly replica: Replica;
  readonly view: () => HostView;
  readonly link: () => HostLinkView | null;
  /** @throws HOST_UNREACHABLE or HOST_BLOCKED, with the reason. */
  readonly driver: () => Driver;
  /** @throws also NOT_FOUND. */
  readonly readDomain: (uuid: Uuid, signal: AbortSignal) => Promise<DomainRecord>;
  /** Lists now: which domains there are, and their states. */
  readonly readList: (signal: AbortSignal) => Promise<void>;
  /** Tries now, if it waits for its next try; reads everything; returns when that is done or has failed. */
  readonly refresh: (signal: AbortSignal) => Promise<HostView>;
  readonly attempts: { readonly connected: number; readonly failed: number };
  /**
   * The host is described in another way from now on. Where that changes how it is reached, it is connected to anew at
   * once, and what is known of it stays, stale, until it has been compared.
   */
  readonly retarget: (target: HostTarget) => void;
  /** The host is no longer part of the fleet: its objects are gone at once, and readers are told. Then as `close`. */
  readonly retire: () => Promise<void>;
  /** May be called twice. */
  readonly close: () => Promise<void>;
};

export function openHostSession(firstTarget: HostTarget, options: SessionOptions): HostSession {
  const { clock, random, listener } = options;
  const hostName = firstTarget.name;
  const log = options.log.child({ host: hostName });
  let target = firstTarget;
  /** Why nothing follows; `null`: the session lives. */
  let over: VirtgraphError | null = null;
  /** Ends with the session, and when the host is to be reached in another way. */
  let course = new AbortController();
  const replica = createReplica(hostName, listener);
  let connection: HostConnection | null = null;
  const retries = createRetries(clock, random);
  const standing = createHostStanding({
    target,
    restored: options.restored ?? null,
    clock,
    log,
    tell: (news) => listener.tell(news),
  });
  const attempts = { connected: 0, failed: 0 };
  /** Those who wait for the end of this try: ready, or failed. */
  let outcome = Promise.withResolvers<void>();

  function settleOutcome() {
    outcome.resolve();
    outcome = Promise.withResolvers<void>();
  }

  async function live() {
    for (;;) {
      if (over !== null) break;
      const { signal } = course;
      let retryInMs: number | null;
      try {
        retryInMs = await connectAndUse(signal);
      } catch (error) {
        // What was tried is not what is configured now: that it failed says nothing.
        if (signal.aborted) continue;
        retryInMs = retries.delayAfter(error);
        standing.failed(error, retryInMs);
      }
      settleOutcome();
      await retries.wait(retryInMs, signal);
    }
    settleOutcome();
  }

  /** One connection from its first byte to its last. Returns how long to wait for the next; rejects when there was none. */
  async function connectAndUse(signal: AbortSignal): Promise<number | null> {
    const driver = await connect(signal);
    const openedAt = clock.monotonic();
    const mirror = openMirror({
      driver,
      replica,
      periods: options.periods,
      clock,
      log,
      random,
      onReboot: (uuid) => listener.rebooted(hostName, uuid),
      onJobEnd: (uuid, end) => listener.jobEnded(hostName, uuid, end),
    });
    const lost = new AbortController();
    let synchronising: Promise<void> | null = null;
    attempts.connected++;
    connection = { driver, mirror, since: clock.now() };
    try {
      standing.syncing({ facts: driver.facts, capabilities: driver.capabilities });
      synchronising = synchronise(driver, mirror, lost.signal);
      const reason = await unlessAborted(driver.closed, signal);
      retries.connectedFor(clock.monotonic() - openedAt);
      return lose(reason, lastTrueAt({ driver, mirror }));
    } finally {
      connection = null;
      mirror.close();
      lost.abort();
      await driver.close();
      await synchronising;
    }
  }

  async function connect(signal: AbortSignal): Promise<Driver> {
    // No deadline here: the stages below have theirs, and a handshake may have to wait for its turn behind a jump host.
    const opening = options.openDriver(target, { signal });
    try {
      return await unlessAborted(opening, signal);
    } catch (error) {
      if (!signal.aborted) attempts.failed++;
      // It may still come, when nobody waits for it any more.
      if (signal.aborted)
        detach(
          log,
          'closing a late connection',
          opening.then((late) => late.close(), ignore),
        );
      throw error;
    }
  }

  function lose(reason: VirtgraphError, trueAt: number | null): number | null {
    connection = null;
    const retryInMs = retries.delayAfter(reason);
    // After silence nobody knows since when it was not true any more; a connection that was cut told us at once.
    const wasSilent = reason.detail.problem === 'KEEPALIVE_TIMED_OUT';
    if (trueAt !== null) standing.trueAt(trueAt);
    standing.lost(reason, retryInMs, wasSilent ? standing.view().asOf : clock.now());
    return retryInMs;
  }

  /** Reads everything, as often as it takes; a slow host is not dialled anew for being slow. Never rejects. */
  async function synchronise(driver: Driver, mirror: Mirror, lost: AbortSignal) {
    let tries = 0;
    const isOver = () => connection?.driver !== driver;
    for (;;) {
      try {
        await mirror.reconcile();
        if (isOver()) return;
        standing.ready();
        mirror.keepTrue();
        settleOutcome();
        return;
      } catch (error) {
        if (isOver()) return;
        tries++;
        const retryInMs = retryDelayMs('network', tries, random());
        standing.notSynced(error, retryInMs);
        settleOutcome();
        await retries.wait(retryInMs, lost);
        if (isOver()) return;
      }
    }
  }

  function presentView(): HostView {
    if (connection !== null) {
      const asOf = lastTrueAt(connection);
      if (asOf !== null) standing.trueAt(asOf);
    }
    return standing.view();
  }

  function connected(): HostConnection {
    if (over !== null) throw over;
    if (connection === null) throw unusableHost(hostName, standing.view().problem);
    return connection;
  }

  const living = live();
  detach(log, 'a host session', living);

  function finish(reason: VirtgraphError): Promise<void> {
    over ??= reason;
    standing.end();
    course.abort(reason);
    return living;
  }

  return {
    get target() {
      return target;
    },
    replica,
    attempts,
    view: presentView,
    link: () => connection && linkOf(connection),
    driver: () => connected().driver,
    async readDomain(uuid, signal) {
      try {
        await unlessAborted(connected().mirror.refreshDomain(uuid), signal);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw withHost(error, hostName);
      }
      const domain = replica.domains.get(uuid);
      // Read, and gone again before we looked.
      if (!domain) throw noSuchDomain(hostName, uuid);
      return domain;
    },
    async readList(signal) {
      try {
        const asked = connected();
        await unlessAborted(asked.mirror.refreshList(), signal);
        standing.trueAt(lastTrueAt(asked) ?? clock.now(), 'exactly');
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw withHost(error, target.name);
      }
    },
    async refresh(signal) {
      if (over !== null) throw over;
      if (standing.view().status === 'READY' && connection !== null) {
        const { driver, mirror } = connection;
        const reading = mirror.reconcile().catch((error: unknown) => {
          // The view says why, once the connection is known to be over.
          if (connection?.driver === driver) throw withHost(error, hostName);
        });
        await unlessAborted(reading, signal);
        return presentView();
      }
      const done = outcome.promise;
      retries.now();
      await unlessAborted(done, signal);
      return presentView();
    },
    retarget(next) {
      const isReachedAnew = !isSameWay(target, next);
      const { uri, labels, readOnly } = next;
      target = next;
      if (!isReachedAnew) {
        standing.describedAs({ uri, labels });
        return;
      }
      connection = null;
      standing.toBeReachedAnew({ uri, labels, readOnly });
      retries.forget();
      const before = course;
      course = new AbortController();
      before.abort(reconfiguredHost(hostName));
    },
    retire() {
      const last = presentView();
      const ended = finish(removedHost(hostName));
      replica.retire('EVENT');
      listener.tell({ type: 'deleted', origin: 'EVENT', object: last });
      return ended;
    },
    close: () => finish(stoppingHost(hostName)),
  };
}

function ignore() {}
