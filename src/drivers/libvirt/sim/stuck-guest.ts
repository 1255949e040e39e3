import type { Clock } from '../../../clock.ts';
import { failure } from './failure.ts';

/** How long the daemon waits for a guest that another call is busy with: VIR_JOB_WAIT_TIME of virdomainjob.c. */
const jobWaitMs = 30_000;

/**
 * A guest whose monitor does not answer, as when its process is stopped or its storage is gone. The first call
 * that enters the monitor stays in it; those after it wait for that one, at most 30 s.
 */
export type StuckGuest = {
  /** Since when a call is in the monitor, by the monotonic clock; `null` while nobody has tried. */
  readonly heldSince: number | null;
  /**
   * Waits as a call that needs the guest would. True: it may go on; false: `noWait`, or the 30 s are over.
   * @throws Failure when the guest was killed meanwhile.
   */
  enter(options: { readonly noWait: boolean }): Promise<boolean>;
  /** The guest answers again, or is gone. Whoever waits goes on. */
  release(outcome: 'answers' | 'gone'): void;
};

export function createStuckGuest(clock: Clock, domainName: string): StuckGuest {
  let heldSince: number | null = null;
  let outcome: 'answers' | 'gone' | null = null;
  const waiting = new Set<() => void>();

  function released(timeoutMs: number | null): Promise<void> {
    if (outcome !== null) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = timeoutMs === null ? null : clock.after(timeoutMs, wake);
      function wake() {
        cancel?.();
        waiting.delete(wake);
        resolve();
      }
      waiting.add(wake);
    });
  }

  return {
    get heldSince() {
      return heldSince;
    },
    async enter({ noWait }) {
      const isFirst = heldSince === null;
      if (!isFirst && noWait) return false;
      heldSince ??= clock.monotonic();
      await released(isFirst ? null : jobWaitMs);
      if (outcome === 'gone') {
        throw isFirst
          ? failure('INTERNAL_ERROR', 'QEMU', `End of file from qemu monitor (vm='${domainName}')`)
          : failure('OPERATION_INVALID', 'DOMAIN', 'domain is not running');
      }
      return outcome === 'answers';
    },
    release(how) {
      outcome = how;
      for (const wake of waiting) wake();
    },
  };
}

/** What the calls that needed the guest are told after their 30 s. */
export function jobTimeout() {
  return failure(
    'OPERATION_TIMEOUT',
    'QEMU',
    'cannot acquire state change lock (held by monitor=remoteDispatchConnectGetAllDomainStats)',
  );
}
