import type { Clock } from '../clock.ts';

export type DeadlineOptions<T> = {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Any of them ends the wait. */
  readonly signals: readonly AbortSignal[];
  readonly onTimeout: () => Error;
  readonly discard?: (late: T) => void;
};

/**
 * Waits for `work` for so long at the most (then: `onTimeout()`), and no longer than any of `signals` lets it. The wait ends
 * at that moment, whether or not `work` takes notice; what `work` yields too late goes to `discard`. The signal that work is
 * given is aborted when the wait ends without it, and is made when it is asked for: most work needs none, and it is much of
 * what a wait costs.
 */
export function withDeadline<T>(
  { clock, timeoutMs, signals, onTimeout, discard }: DeadlineOptions<T>,
  work: (wait: { readonly signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    for (const signal of signals) signal.throwIfAborted();
    let isOver = false;
    let givenUp: { readonly reason: unknown } | null = null;
    let controller: AbortController | null = null;
    const onAbort = () => giveUp(signals.find(({ aborted }) => aborted)?.reason);
    const cancelTimer = clock.after(timeoutMs, () => giveUp(onTimeout()));
    for (const signal of signals) signal.addEventListener('abort', onAbort);

    function end() {
      isOver = true;
      cancelTimer();
      for (const signal of signals) signal.removeEventListener('abort', onAbort);
    }
    function fail(reason: unknown) {
      if (isOver) return;
      end();
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- a signal's reason is whatever it was aborted with
      reject(reason);
    }
    function giveUp(reason: unknown) {
      givenUp = { reason };
      fail(reason);
      controller?.abort(reason);
    }
    const wait = {
      get signal() {
        controller ??= new AbortController();
        if (givenUp !== null) controller.abort(givenUp.reason);
        return controller.signal;
      },
    };
    work(wait).then((value) => {
      if (isOver) {
        discard?.(value);
        return;
      }
      end();
      resolve(value);
    }, fail);
  });
}
