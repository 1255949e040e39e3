import type { Clock } from '../../clock.ts';

/** Bounds what is done without letting others have the event loop. */
export type Turns = {
  /** `null`: go on. Otherwise wait, for a turn of the event loop in which there is time left. */
  take(urgency: Urgency): Promise<void> | null;
};

/**
 * What is `live` is what all are told: it has a time of its own, which nothing else takes from it. All that is `patient`,
 * handshakes and catching up, comes behind it.
 */
export type Urgency = 'live' | 'patient';

/** Work that takes longer than this is gone on with in the next turn: so long, something live waits behind what is not. */
const turnMs = 2;
/**
 * So many are let go at a time, who find out for themselves when the time is over. Of the patient, each goes on as far
 * as he can, and many little steps of many would all be written on their own.
 */
const mostAtOnce: Readonly<Record<Urgency, number>> = { live: 64, patient: 8 };

/** Of each urgency, first come, first served. */
export function createTurns(clock: Pick<Clock, 'monotonic'>): Turns {
  /** When the first was let go in this turn, of either for those who are patient; `null`: nobody was. */
  const since: Record<Urgency, number | null> = { live: null, patient: null };
  const waiting: Readonly<Record<Urgency, (() => void)[]>> = { live: [], patient: [] };
  let isScheduled = false;

  function hasTime(urgency: Urgency): boolean {
    const now = clock.monotonic();
    since[urgency] ??= now;
    since.patient ??= now;
    return now - since[urgency] <= turnMs;
  }

  function schedule() {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(begin);
  }

  function begin() {
    isScheduled = false;
    since.live = null;
    since.patient = null;
    // Of both, or what is live all the time would keep everybody else out.
    const next = [...waiting.live.splice(0, mostAtOnce.live), ...waiting.patient.splice(0, mostAtOnce.patient)];
    // What is let go here runs when this function has returned.
    for (const go of next) go();
    if (next.length > 0) schedule();
  }

  return {
    take(urgency) {
      schedule();
      if (hasTime(urgency)) return null;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting[urgency].push(resolve);
      return promise;
    },
  };
}
