import type { Clock } from '../../clock.ts';
import type { DomainState } from '../../model/domain.ts';
import type { DomainRecord } from '../objects.ts';
import type { Change } from './change.ts';
import type { Feed } from './feed.ts';

/** A state that lasts shorter is not told: a reboot looks like a stop and a start, and is neither. */
export const settleMs = 1_000;
/** A domain whose state does not rest for so long is told as it is then. */
const longestUnrestMs = 10_000;

type Restless = {
  /** What was told before. */
  readonly toldState: DomainState;
  readonly sinceMs: number;
  latest: DomainRecord;
  /** When its state has rested. */
  dueMs: number;
  /** To be told whatever its state is then. */
  mustTell: boolean;
};

/** What it goes on with that was forked. */
type Progress = {
  readonly restless: Map<string, Restless>;
  readonly hasLagged: boolean;
  /** Asked of the stream below already. */
  readonly reading: Promise<IteratorResult<Change>> | null;
};

/** What another one must know of a stream that is to be merged into it. */
type Inside = {
  readonly source: Feed<Change>;
  readonly restless: Map<string, Restless>;
};
const insides = new WeakMap<Feed<DomainRecord>, Inside>();

/**
 * The domains of a stream of changes, each time one of them changes, but for states that come and go within `settleMs`: a
 * new state is told when it has lasted so long. Whatever else changes meanwhile is told with it. A domain that is back in
 * the state told last is told at once if anything else about it has changed, and else not at all.
 *
 * It reads the stream below only when it is asked itself, so that who reads slowly is known there. `return()` settles a
 * waiting `next()`.
 */
export function settledDomains(source: Feed<Change>, clock: Clock): Feed<DomainRecord> {
  return goOn(source, clock, { restless: new Map(), hasLagged: false, reading: null });
}

function goOn(source: Feed<Change>, clock: Clock, { restless, ...progress }: Progress): Feed<DomainRecord> {
  let { hasLagged, reading } = progress;
  /** What the stream below said and nobody has taken yet. */
  let arrived: (() => IteratorResult<Change>) | null = null;
  let wake: (() => void) | null = null;
  let over = false;
  if (reading) listen(reading);

  /** What is to be told of this change, now. */
  function take(change: Change): DomainRecord | null {
    if (change.type === 'lagged') {
      // Among what was skipped there may be the state that was told last: from now on nothing is left out for being as before.
      hasLagged = true;
      for (const one of restless.values()) one.mustTell = true;
    }
    if (change.type === 'deleted') restless.delete(`${change.ref.hostName}/${change.ref.uuid}`);
    if (change.type !== 'upserted' || change.object.kind !== 'domain') return null;
    const { object, changedFields, previous } = change;
    const key = `${object.hostName}/${object.uuid}`;
    const known = restless.get(key);
    const toldState = known?.toldState ?? (previous?.kind === 'domain' ? previous.state : null);
    const nowMs = clock.monotonic();
    const hasOtherNews =
      hasLagged ||
      (known?.mustTell ?? false) ||
      (changedFields?.some((field) => field !== 'state' && field !== 'stateReason') ?? true);
    const stateMoved = object.state !== (known?.latest.state ?? toldState);
    // New, or part of a snapshot.
    if (toldState === null || changedFields === null) return tell(key, object);
    if (object.state === toldState) return hasOtherNews || known === undefined ? tell(key, object) : forget(key);
    const sinceMs = known?.sinceMs ?? nowMs;
    const dueMs = stateMoved || !known ? Math.min(nowMs + settleMs, sinceMs + longestUnrestMs) : known.dueMs;
    restless.set(key, { toldState, sinceMs, latest: object, dueMs, mustTell: hasOtherNews });
    return null;
  }

  function tell(key: string, domain: DomainRecord): DomainRecord {
    restless.delete(key);
    return domain;
  }

  function forget(key: string): null {
    restless.delete(key);
    return null;
  }

  /** Whose state has rested long enough. */
  function takeRested(): DomainRecord | null {
    const nowMs = clock.monotonic();
    for (const [key, { dueMs, latest }] of restless) if (dueMs <= nowMs) return tell(key, latest);
    return null;
  }

  /** Returns when the stream below has said something, a domain is due, or this stream is over. */
  async function wait(): Promise<void> {
    if (reading === null) {
      reading = source.next();
      listen(reading);
    }
    if (arrived !== null || over) return;
    const dueMs = Math.min(...[...restless.values()].map((one) => one.dueMs));
    const { promise, resolve } = Promise.withResolvers<void>();
    const goOn = () => {
      wake = null;
      resolve();
    };
    wake = goOn;
    const cancel = restless.size === 0 ? null : clock.after(dueMs - clock.monotonic(), goOn);
    await promise;
    cancel?.();
  }

  /** Its answer is kept for whoever asks next: a race would leave a reaction behind on it for every domain that is told. */
  function listen(steps: Promise<IteratorResult<Change>>) {
    steps.then(
      (step) => arrive(() => step),
      (error: unknown) =>
        arrive(() => {
          throw error;
        }),
    );
  }

  function arrive(step: () => IteratorResult<Change>) {
    arrived = step;
    wake?.();
  }

  const end: IteratorResult<DomainRecord> = { value: undefined, done: true };
  const feed: Feed<DomainRecord> = {
    get isWaiting() {
      return wake !== null && arrived === null && source.isWaiting;
    },
    mergeInto(edge) {
      const other = insides.get(edge);
      if (!other || !feed.isWaiting || !edge.isWaiting) return false;
      // One that rests there already would never be told to whoever is told of it here.
      for (const key of restless.keys()) if (!other.restless.has(key)) return false;
      if (!source.mergeInto(other.source)) return false;
      for (const [key, one] of other.restless) {
        const own = restless.get(key);
        // Whose state has come and gone for one of the two, and not for the other, is told to both.
        if (own === undefined || own.mustTell || own.toldState !== one.toldState) one.mustTell = true;
      }
      void feed.return();
      return true;
    },
    fork() {
      const copies = new Map([...restless].map(([key, one]) => [key, { ...one }]));
      // What the stream below has said already, its fork will not say again.
      return goOn(source.fork(), clock, {
        restless: copies,
        hasLagged,
        reading: source.isWaiting ? null : reading,
      });
    },
    async next() {
      for (;;) {
        if (over) return end;
        const rested = takeRested();
        if (rested !== null) return { value: rested, done: false };
        await wait();
        if (arrived === null) continue;
        const step = arrived();
        arrived = null;
        reading = null;
        if (step.done) over = true;
        const domain = step.done ? null : take(step.value);
        if (domain !== null) return { value: domain, done: false };
      }
    },
    async return() {
      over = true;
      restless.clear();
      wake?.();
      await source.return();
      return end;
    },
    [Symbol.asyncIterator]() {
      return feed;
    },
  };
  insides.set(feed, { source, restless });
  return feed;
}
