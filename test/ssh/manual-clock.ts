import type { Clock } from '../../src/clock.ts';

export type ManualClock = Clock & {
  /** Lets time pass; what is due runs, in order. */
  advance(byMs: number): void;
  /** How many waits are set. */
  readonly pending: number;
};

/** A clock that stands still until it is told. */
export function createManualClock(): ManualClock {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  return {
    now: () => now,
    monotonic: () => now,
    after(delayMs, run) {
      const timer = { at: now + delayMs, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(byMs) {
      now += byMs;
      const due = [...timers].filter((timer) => timer.at <= now).sort((a, b) => a.at - b.at);
      for (const timer of due) {
        if (timers.delete(timer)) timer.run();
      }
    },
    get pending() {
      return timers.size;
    },
  };
}
