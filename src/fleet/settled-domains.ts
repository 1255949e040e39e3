import type { Clock } from '../clock.ts';
import type { DomainState } from '../model/domain.ts';
import type { Change, DomainRecord } from './types.ts';

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

/**
 * The domains of a stream of changes, each time one of them changes, but for states that come and go within `settleMs`: a
 * new state is told when it has lasted so long. Whatever else changes meanwhile is told with it. A domain that is back in
 * the state told last is told at once if anything else about it has changed, and else not at all.
 *
 * It reads the stream below only when it is asked itself, so that who reads slowly is known there. `return()` settles a
 * waiting `next()`.
 */
export function settledDomains(
  source: AsyncIterableIterator<Change>,
  clock: Clock,
): AsyncIterableIterator<DomainRecord> {
  const restless = new Map<string, Restless>();
  let isReading = false;
  /** What the stream below said and nobody has taken yet. */
  let arrived: (() => IteratorResult<Change>) | null = null;
  let wake: (() => void) | null = null;
  let hasLagged = false;
  let over = false;

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
    if (!isReading) read();
    if (arrived !== null || over) return;
    const dueMs = Math.min(...[...restless.values()].map((one) => one.dueMs));
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    const cancel = restless.size === 0 ? null : clock.after(dueMs - clock.monotonic(), resolve);
    await promise;
    wake = null;
    cancel?.();
  }

  /** Its answer is kept for whoever asks next: a race would leave a reaction behind on it for every domain that is told. */
  function read() {
    isReading = true;
    source.next().then(
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
  return {
    async next() {
      for (;;) {
        if (over) return end;
        const rested = takeRested();
        if (rested !== null) return { value: rested, done: false };
        await wait();
        if (arrived === null) continue;
        const step = arrived();
        arrived = null;
        isReading = false;
        if (step.done) over = true;
        const domain = step.done ? null : take(step.value);
        if (domain !== null) return { value: domain, done: false };
      }
    },
    async return() {
      over = true;
      restless.clear();
      wake?.();
      await source.return?.();
      return end;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
