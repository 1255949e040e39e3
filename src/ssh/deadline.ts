import type { Clock } from '../clock.ts';

/**
 * Runs `work` with a signal that is aborted after `timeoutMs` (reason: `onTimeout()`) or when `signal` is.
 * The wait ends at that moment, whether or not `work` takes notice; what `work` yields too late goes to `discard`.
 */
export async function withDeadline<T>(
  options: {
    readonly clock: Clock;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
    readonly onTimeout: () => Error;
    readonly discard?: (late: T) => void;
  },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, timeoutMs, signal, onTimeout, discard } = options;
  signal.throwIfAborted();
  const controller = new AbortController();
  const forward = () => controller.abort(signal.reason);
  signal.addEventListener('abort', forward, { once: true });
  const cancelTimer = clock.after(timeoutMs, () => controller.abort(onTimeout()));
  try {
    return await new Promise<T>((resolve, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
      work(controller.signal).then((value) => {
        if (controller.signal.aborted) discard?.(value);
        else resolve(value);
      }, reject);
    });
  } finally {
    cancelTimer();
    signal.removeEventListener('abort', forward);
  }
}

/**
 * As `withDeadline`, for work that takes no signal, and with as many signals as there are: any of them ends the wait. It
 * makes none of its own, which is much of what a wait costs.
 */
export function beforeDeadline<T>(
  options: {
    readonly clock: Clock;
    readonly timeoutMs: number;
    readonly signals: readonly AbortSignal[];
    readonly onTimeout: () => Error;
    readonly discard?: (late: T) => void;
  },
  work: () => Promise<T>,
): Promise<T> {
  const { clock, timeoutMs, signals, onTimeout, discard } = options;
  return new Promise((resolve, reject) => {
    for (const signal of signals) signal.throwIfAborted();
    let isOver = false;
    const onAbort = () => fail(signals.find(({ aborted }) => aborted)?.reason);
    const cancelTimer = clock.after(timeoutMs, () => fail(onTimeout()));
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
    work().then((value) => {
      if (isOver) {
        discard?.(value);
        return;
      }
      end();
      resolve(value);
    }, fail);
  });
}
