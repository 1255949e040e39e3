import { retryDelayMs } from '../../backoff.ts';
import { type Clock, sleep } from '../../clock.ts';
import { type ProblemLadder, problemCodes } from '../../errors.ts';
import { problemCodeOf } from './host-problem.ts';

/** The row of failures is forgotten only after so much health: a host that flaps is not dialled at full pace. */
const healthyAfterMs = 60_000;

/** How often a host failed in a row, and the wait that follows from it. */
export type Retries = {
  /** Counts a failure. `null`: not again before a person acts. */
  delayAfter(error: unknown): number | null;
  /** A connection is over that was there for so long. */
  connectedFor(ms: number): void;
  /** Ends with the delay (`null`: never by itself), with `now`, or with the signal. Never rejects. */
  wait(delayMs: number | null, signal: AbortSignal): Promise<void>;
  /** Ends the wait, if there is one. */
  now(): void;
  /** What failed so far says nothing of what is tried next. */
  forget(): void;
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
    async wait(delayMs, signal) {
      // Not by racing against a promise that lives as long as the host: each wait would leave something behind in it.
      const over = new AbortController();
      const end = () => over.abort();
      endWait = end;
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
      const waited = delayMs === null ? untilAborted(over.signal) : sleep(clock, delayMs, over.signal);
      // Rejects only when it is over.
      await waited.catch(() => {});
      signal.removeEventListener('abort', end);
      if (endWait === end) endWait = null;
    },
    now() {
      endWait?.();
    },
    forget() {
      failures = 0;
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
