import { retryDelayMs } from '../backoff.ts';
import { type Clock, sleep } from '../clock.ts';
import type { Driver } from '../drivers/driver.ts';
import { hostProblem, type ProblemCode, problemCodes, VirtgraphError, withHost } from '../errors.ts';
import { detach, errorFields, type Log } from '../log.ts';
import type { Uuid } from '../model/brands.ts';
import type { HostStatus } from '../model/host.ts';
import type { HostTarget } from '../model/target.ts';
import { changedHostFields } from './changed-fields.ts';
import { type Mirror, type MirrorPeriods, openMirror } from './mirror.ts';
import { createReplica, type ObjectChange, type Replica, type ReplicaListener } from './replica.ts';
import type { DomainRecord, HostLinkView, HostProblemView, HostView } from './types.ts';

export type OpenDriver = (target: HostTarget, options: { readonly signal: AbortSignal }) => Promise<Driver>;

/** What a session tells the fleet, in the order in which it happened. */
export type SessionNews =
  | ObjectChange
  | { readonly type: 'hostInterrupted'; readonly host: HostView }
  | { readonly type: 'hostResumed'; readonly host: HostView };

export type SessionOptions = {
  readonly openDriver: OpenDriver;
  readonly periods: MirrorPeriods;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
  readonly listener: Pick<ReplicaListener, 'domainStored'> & { tell(news: SessionNews): void };
};

/**
 * One host's life: CONNECTING → SYNCING → READY → LOST → SYNCING → …, or BLOCKED, which waits for `refresh`.
 * The only place that connects again; nothing it does is waited for by anybody who asks about another host.
 */
export type HostSession = {
  readonly target: HostTarget;
  readonly replica: Replica;
  readonly view: () => HostView;
  readonly link: () => HostLinkView | null;
  /** @throws HOST_UNREACHABLE or HOST_BLOCKED, with the reason. */
  readonly driver: () => Driver;
  /** @throws also NOT_FOUND. */
  readonly readDomain: (uuid: Uuid, signal: AbortSignal) => Promise<DomainRecord>;
  /** Tries now, if it waits for its next try; reads everything; returns when that is done or has failed. */
  readonly refresh: (signal: AbortSignal) => Promise<HostView>;
  readonly attempts: { readonly connected: number; readonly failed: number };
  /** May be called twice. */
  readonly close: () => Promise<void>;
};

/** The row of failures is forgotten only after so much health: a host that flaps is not dialled at full pace. */
const healthyAfterMs = 60_000;
/** A ready host's `asOf` moves with the clock; the same view is handed out for so long. */
const viewLifeMs = 1_000;

/** What is there while connected. */
type Connection = { readonly driver: Driver; readonly mirror: Mirror; readonly since: number };

export function openHostSession(target: HostTarget, options: SessionOptions): HostSession {
  const { clock, random, listener } = options;
  const tell = (news: SessionNews) => listener.tell(news);
  const log = options.log.child({ host: target.name });
  const over = new AbortController();
  const replica = createReplica(target.name, listener);
  let connection: Connection | null = null;
  let failures = 0;
  let wasReady = false;
  let interrupted = false;
  const attempts = { connected: 0, failed: 0 };
  /** Ends the wait for the next try. */
  let tryNow: (() => void) | null = null;
  /** Those who wait for the end of this try: ready, or failed. */
  let outcome = Promise.withResolvers<void>();

  let view: HostView = {
    kind: 'host',
    name: target.name,
    uri: target.uri,
    labels: target.labels,
    readOnly: target.readOnly,
    status: 'CONNECTING',
    problem: null,
    asOf: null,
    stale: true,
    facts: null,
    capabilities: null,
  };

  function change(part: Partial<HostView>) {
    const before = view;
    view = { ...view, ...part, stale: (part.status ?? view.status) !== 'READY' };
    const changedFields = changedHostFields(
      before,
      isSameProblem(before.problem, view.problem) ? { ...view, problem: before.problem } : view,
    );
    if (changedFields.length === 0) return;
    tell({ type: 'upserted', origin: 'EVENT', object: view, previous: before, changedFields });
  }

  function settleOutcome() {
    outcome.resolve();
    outcome = Promise.withResolvers<void>();
  }

  function logStatus(status: HostStatus, problem: HostProblemView | null) {
    const fields = { status, ...(problem && { code: problem.code, stage: problem.stage, remedy: problem.remedy }) };
    if (problem === null) log.info(fields, `Host is ${status}`);
    else log.warn(fields, `Host is ${status}: ${problem.message}`);
  }

  /** The host cannot be used now; `retryInMs` null: not before a person acts. */
  function setProblem(status: HostStatus, error: unknown, retryInMs: number | null, part: Partial<HostView> = {}) {
    const code = problemOf(error);
    const same = view.problem?.code === code && view.status === status ? view.problem : null;
    const problem: HostProblemView = {
      code,
      stage: problemCodes[code].stage,
      message: error instanceof Error ? error.message : String(error),
      remedy: (error instanceof VirtgraphError && error.detail.remedy) || 'The gateway keeps trying; see its log.',
      since: same?.since ?? clock.now(),
      nextAttemptAt: retryInMs === null ? null : clock.now() + retryInMs,
    };
    const isNews = same === null || same.message !== problem.message;
    change({ ...part, status, problem });
    if (isNews) logStatus(status, problem);
    if (!(error instanceof VirtgraphError))
      log.error(errorFields(error), 'A host failed in a way that was not foreseen');
  }

  async function live() {
    while (!over.signal.aborted) {
      const driver = await connect();
      if (driver) await use(driver);
    }
  }

  /** One try. `null`: it failed, and the wait after it is over. */
  async function connect(): Promise<Driver | null> {
    // No deadline here: the stages below have theirs, and a handshake may have to wait for its turn behind a jump host.
    const opening = options.openDriver(target, { signal: over.signal });
    try {
      return await unlessAborted(opening, over.signal);
    } catch (error) {
      if (over.signal.aborted) {
        detach(
          log,
          'closing a connection that came too late',
          opening.then(
            (late) => late.close(),
            () => {},
          ),
        );
        return null;
      }
      attempts.failed++;
      const retryInMs = nextDelay(error);
      setProblem(retryInMs === null ? 'BLOCKED' : wasReady ? 'LOST' : 'CONNECTING', error, retryInMs);
      settleOutcome();
      await waitForNextTry(retryInMs);
      return null;
    }
  }

  function nextDelay(error: unknown): number | null {
    failures++;
    return retryDelayMs(problemCodes[problemOf(error)].ladder, failures, random());
  }

  /** Returns early when somebody asks for it, or the session ends. */
  async function waitForNextTry(delayMs: number | null) {
    const woken = Promise.withResolvers<void>();
    const waiting = new AbortController();
    const stop = () => {
      waiting.abort();
      woken.resolve();
    };
    tryNow = stop;
    over.signal.addEventListener('abort', stop, { once: true });
    // Rejects only when it is woken.
    const timer = delayMs === null ? [] : [sleep(clock, delayMs, waiting.signal).catch(() => {})];
    await Promise.race([woken.promise, ...timer]);
    waiting.abort();
    over.signal.removeEventListener('abort', stop);
    tryNow = null;
  }

  async function use(driver: Driver) {
    attempts.connected++;
    const openedAt = clock.monotonic();
    const mirror = openMirror({ driver, replica, periods: options.periods, clock, log, random });
    connection = { driver, mirror, since: clock.now() };
    const stop = () => detach(log, 'closing a connection', driver.close());
    over.signal.addEventListener('abort', stop, { once: true });

    const asOf = view.asOf ?? clock.now();
    change({ status: 'SYNCING', problem: null, asOf, facts: driver.facts, capabilities: driver.capabilities });
    logStatus('SYNCING', null);
    const synchronising = synchronise(driver, mirror);
    const reason = await driver.closed;

    const lastHeardAt = mirror.lastHeardAt;
    connection = null;
    mirror.close();
    over.signal.removeEventListener('abort', stop);
    await synchronising;
    if (over.signal.aborted) return;
    if (clock.monotonic() - openedAt >= healthyAfterMs) failures = 0;
    const retryInMs = nextDelay(reason);
    const wasUp = view.status === 'READY';
    // After silence nobody knows since when it was not true any more; a connection that was cut told us at once.
    const lastTrueAt = reason.detail.problem === 'KEEPALIVE_TIMED_OUT' ? (lastHeardAt ?? view.asOf) : clock.now();
    const part = wasUp ? { asOf: lastTrueAt } : {};
    setProblem(retryInMs === null ? 'BLOCKED' : wasReady ? 'LOST' : 'CONNECTING', reason, retryInMs, part);
    if (wasUp) {
      interrupted = true;
      tell({ type: 'hostInterrupted', host: view });
    }
    settleOutcome();
    await waitForNextTry(retryInMs);
  }

  /** Reads everything, as often as it takes; a slow host is not dialled anew for being slow. Never rejects. */
  async function synchronise(driver: Driver, mirror: Mirror) {
    let tries = 0;
    const isOver = () => connection?.driver !== driver;
    while (!isOver()) {
      try {
        await mirror.reconcile();
        if (isOver()) return;
        setReady(mirror);
        return;
      } catch (error) {
        if (isOver()) return;
        tries++;
        const retryInMs = retryDelayMs('network', tries, random());
        setProblem('SYNCING', error, retryInMs);
        settleOutcome();
        await Promise.race([waitForNextTry(retryInMs), driver.closed]);
        tryNow?.();
      }
    }
  }

  function setReady(mirror: Mirror) {
    wasReady = true;
    change({ status: 'READY', problem: null, asOf: clock.now() });
    logStatus('READY', null);
    if (interrupted) {
      interrupted = false;
      tell({ type: 'hostResumed', host: view });
    }
    mirror.keepTrue();
    settleOutcome();
  }

  /** A ready host's `asOf` moves on; that is no change that anybody is told of. */
  function presentView(): HostView {
    if (view.status === 'READY' && connection !== null) {
      const asOf = connection.driver.capabilities.domainEvents ? clock.now() : connection.mirror.lastHeardAt;
      if (asOf !== null && asOf - (view.asOf ?? 0) >= viewLifeMs) view = { ...view, asOf };
    }
    return view;
  }

  function unusable(): VirtgraphError {
    const { problem } = view;
    const detail = { host: target.name, outcome: 'NOT_SENT' } as const;
    if (over.signal.aborted) return new VirtgraphError('HOST_UNREACHABLE', 'The gateway is stopping.', detail);
    if (problem === null) {
      return new VirtgraphError('HOST_UNREACHABLE', `${target.name} has not been reached yet.`, detail);
    }
    return hostProblem(problem.code, `${target.name} cannot be used: ${problem.message}`, problem.remedy, detail);
  }

  function connected(): Connection {
    if (connection === null || over.signal.aborted) throw unusable();
    return connection;
  }

  const living = live();
  detach(log, 'a host session', living);

  return {
    target,
    replica,
    attempts,
    view: presentView,
    link() {
      if (connection === null) return null;
      const { driver, mirror, since } = connection;
      const { roundTripMs, lanes } = driver.link();
      return {
        connectedAt: since,
        roundTripMs,
        lanes,
        lastEventAt: mirror.lastEventAt,
        lastReconcileAt: mirror.lastReconcileAt,
      };
    },
    driver: () => connected().driver,
    async readDomain(uuid, signal) {
      try {
        await unlessAborted(connected().mirror.refreshDomain(uuid), signal);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw withHost(error, target.name);
      }
      const domain = replica.domains.get(uuid);
      // Read, and gone again before we looked.
      if (!domain) throw noSuchDomain(target.name, uuid);
      return domain;
    },
    async refresh(signal) {
      if (view.status === 'READY' && connection !== null) {
        const { driver, mirror } = connection;
        const reading = mirror.reconcile().catch((error: unknown) => {
          // The view says why, once the connection is known to be over.
          if (connection?.driver === driver) throw withHost(error, target.name);
        });
        await unlessAborted(reading, signal);
        return presentView();
      }
      const done = outcome.promise;
      tryNow?.();
      await unlessAborted(done, signal);
      return presentView();
    },
    async close() {
      over.abort(new VirtgraphError('HOST_UNREACHABLE', 'The gateway is stopping.', { host: target.name }));
      connection?.mirror.close();
      settleOutcome();
      await living;
    },
  };
}

export function noSuchDomain(hostName: string, uuidOrName: string): VirtgraphError {
  return new VirtgraphError('NOT_FOUND', `${hostName} has no domain ${JSON.stringify(uuidOrName)}.`, {
    host: hostName,
  });
}

function problemOf(error: unknown): ProblemCode {
  return (error instanceof VirtgraphError ? error.detail.problem : undefined) ?? 'UNEXPECTED';
}

/** When the next try is does not make it another problem. */
function isSameProblem(a: HostProblemView | null, b: HostProblemView | null): boolean {
  return a === b || (a !== null && b !== null && a.code === b.code && a.message === b.message && a.since === b.since);
}

/** The wait ends with the signal; what is waited for goes on for the others. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => {});
    return Promise.reject(signal.reason);
  }
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}
