import { type Clock, systemClock } from '../../src/clock.ts';

/** The system's clock, which knows how many are waiting for it: everything in the gateway that waits does so here. */
export type CountingClock = Clock & { readonly pending: number };

export function createCountingClock(): CountingClock {
  let pending = 0;
  return {
    now: () => systemClock.now(),
    monotonic: () => systemClock.monotonic(),
    after(delayMs, callback) {
      pending++;
      let isWaiting = true;
      const leave = () => {
        if (isWaiting) pending--;
        isWaiting = false;
      };
      const cancel = systemClock.after(delayMs, () => {
        leave();
        callback();
      });
      return () => {
        leave();
        cancel();
      };
    },
    get pending() {
      return pending;
    },
  };
}
