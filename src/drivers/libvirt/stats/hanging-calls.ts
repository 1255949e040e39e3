/** How many calls of a host hang in its guests, each with one of the daemon's 20 workers, and what that still allows. */
import type { Clock } from '../../../clock.ts';

/**
 * So many for finding out about guests that show no life, so that the lane has two of its four places left; with so many
 * a storm is likely; and with so many nobody's monitor is asked any more: one more would wedge the lane's replacement too.
 */
const most = { trying: 2, trusting: 2, asking: 5 } as const;

/**
 * Guests that stop one after the other (their storage goes, and each hangs when it next writes) would cost a worker each.
 * So after the third and the fourth call that hangs nobody is asked for so long, in which most such storms are over.
 */
const pausesMs: Readonly<Record<number, number>> = { 3: 4_000, 4: 20_000 };
/** And so much longer only those are asked that are seen to run just before. */
const vigilMs = 6_000;

export type HangingCalls = {
  /** None hangs. */
  isNone(): boolean;
  /** One has been given up, and keeps its worker. */
  begun(): void;
  /** It was answered after all. */
  ended(): void;
  /** Whether anybody's monitor may be asked now. */
  mayAsk(): boolean;
  /** Whether a guest may be asked of which it is not known that it answers. */
  mayTry(): boolean;
  /** Of those that may be asked, only those that are seen to run. */
  isVigil(): boolean;
};

export function createHangingCalls(clock: Clock): HangingCalls {
  let count = 0;
  let askAgainAtMs = 0;
  let vigilUntilMs = 0;
  return {
    isNone: () => count === 0,
    begun() {
      count += 1;
      askAgainAtMs = clock.monotonic() + (pausesMs[count] ?? 0);
      if (count >= most.trusting) vigilUntilMs = askAgainAtMs + vigilMs;
    },
    ended() {
      count -= 1;
    },
    mayAsk: () => count < most.asking && clock.monotonic() >= askAgainAtMs,
    mayTry: () => count < most.trying,
    isVigil: () => clock.monotonic() < vigilUntilMs,
  };
}
