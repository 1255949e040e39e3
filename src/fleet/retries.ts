import { retryDelayMs } from '../backoff.ts';
import { type Clock, sleep } from '../clock.ts';
import { type ProblemLadder, problemCodes } from '../errors.ts';
import { problemCodeOf } from './host-problem.ts';

/** The row of failures is forgotten only after so much health: a host that flaps is not dialled at full pace. */
const healthyAfterMs = 60_000;

/** How often a host failed in a row, and the wait that follows from it. */
export type Retries = {
  /** Counts a failure. `null`: not again before a person acts. */
  delayAfter(error: unknown): number | null;
  /** A connection is over that was there for so long. */
  connectedFor(ms: number): void;
  /** Ends with the delay (`null`: never by itself), with `now`, or with `orUntil`. Never rejects. */
  wait(delayMs: number | null, orUntil: Promise<unknown>): Promise<void>;
  /** Ends the wait, if there is one. */
  now(): void;
};

/** @param random in [0, 1) */
export function createRetries(clock: Clock, random: () => number): Retries {
  let ladder: ProblemLadder = 'network';
  let failures = 0;
  let endWait: (() => void) | null = null;

  return {
    delayAfter(error) {
      const { ladder: ofThis } = problemCodes[problemCodeOf(error)];
      // Each ladder is climbed from its first step: a long outage says nothing of keys.
      failures = ofThis === ladder ? failures + 1 : 1;
      ladder = ofThis;
      return retryDelayMs(ladder, failures, random());
    },
    connectedFor(ms) {
      if (ms >= healthyAfterMs) failures = 0;
    },
    async wait(delayMs, orUntil) {
      const { promise: woken, resolve } = Promise.withResolvers<void>();
      const over = new AbortController();
      endWait = resolve;
      // Rejects only when it is taken back below.
      const timer = delayMs === null ? [] : [sleep(clock, delayMs, over.signal).catch(() => {})];
      await Promise.race([woken, orUntil, ...timer]);
      over.abort();
      if (endWait === resolve) endWait = null;
    },
    now() {
      endWait?.();
    },
  };
}
