import type { Clock } from '../../src/clock.ts';

/** Time that stands still until it is told to pass. */
export type FakeClock = Clock & {
  /** Lets time pass; what is due runs in order, and so does what its promises lead to. */
  advance(ms: number): Promise<void>;
  /** How many callbacks are waiting for their time. */
  readonly pending: number;
};

type Timer = { readonly at: number; readonly order: number; readonly callback: () => void };

export function createFakeClock(startAt = Date.UTC(2026, 0, 1)): FakeClock {
  const timers = new Set<Timer>();
  let elapsed = 0;
  let order = 0;

  function takeDue(until: number): Timer | null {
    let first: Timer | null = null;
    for (const timer of timers) {
      if (timer.at > until) continue;
      if (first === null || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    if (first !== null) timers.delete(first);
    return first;
  }

  return {
    now: () => startAt + elapsed,
    monotonic: () => elapsed,
    after(delayMs, callback) {
      const timer: Timer = { at: elapsed + Math.max(0, delayMs), order: order++, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async advance(ms) {
      const until = elapsed + ms;
      await settle();
      for (let timer = takeDue(until); timer !== null; timer = takeDue(until)) {
        elapsed = Math.max(elapsed, timer.at);
        timer.callback();
        await settle();
      }
      elapsed = until;
      await settle();
    },
    get pending() {
      return timers.size;
    },
  };
}

/** Lets everything run that waits for nothing but promises: a turn of the event loop comes after all of those. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
