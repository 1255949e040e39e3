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
