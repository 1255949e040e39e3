import type { Clock } from '../../../clock.ts';
import type { ProcedureName } from '../rpc/procedures.ts';
import { apiNames } from './api-names.ts';
import { type Failure, failure } from './failure.ts';

/** How long the daemon waits for a guest that another call is busy with: VIR_JOB_WAIT_TIME of virdomainjob.c. */
const jobWaitMs = 30_000;

/**
 * A guest whose monitor does not answer, as when its process is stopped or its storage is gone. The first call
 * that enters the monitor stays in it; those after it wait for that one, at most 30 s.
 */
export type StuckGuest = {
  /** Since when it does nothing, by the monotonic clock. */
  readonly since: number;
  /** Since when a call is in the monitor, by the monotonic clock; `null` while nobody has tried. */
  readonly heldSince: number | null;
  /**
   * Waits as a call that needs the guest would. True: it may go on; false: `noWait`, or the 30 s are over.
   * @throws Failure when the guest was killed meanwhile.
   */
  enter(options: { readonly caller: ProcedureName; readonly noWait: boolean }): Promise<boolean>;
  /** What those are told whose 30 s are over: that they waited, and for whom. */
  timeout(): Failure;
  /** The guest answers again, or is gone. Whoever waits goes on. */
  release(outcome: 'answers' | 'gone'): void;
};

export function createStuckGuest(clock: Clock): StuckGuest {
  const since = clock.monotonic();
  let heldSince: number | null = null;
  let heldBy: ProcedureName | null = null;
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
    since,
    get heldSince() {
      return heldSince;
    },
    async enter({ caller, noWait }) {
      const isFirst = heldSince === null;
      if (!isFirst && noWait) return false;
      heldSince ??= clock.monotonic();
      heldBy ??= caller;
      await released(isFirst ? null : jobWaitMs);
      if (outcome === 'gone') {
        throw isFirst
          ? failure('SYSTEM_ERROR', 'QEMU', 'Unable to read from monitor: Connection reset by peer')
          : failure('OPERATION_INVALID', 'DOMAIN', 'domain is not running');
      }
      return outcome === 'answers';
    },
    timeout() {
      const holder = heldBy === null ? 'unknown' : dispatchName(heldBy);
      const reason = `cannot acquire state change lock (held by monitor=${holder})`;
      return failure('OPERATION_TIMEOUT', 'NONE', reason);
    },
    release(how) {
      outcome = how;
      for (const wake of waiting) wake();
    },
  };
}

/** What the daemon calls the one who holds the guest: its own function for that call. */
function dispatchName(name: ProcedureName): string {
  const apiName = apiNames[name]?.replace(/^vir/, '') ?? name.charAt(0).toUpperCase() + name.slice(1);
  return `remoteDispatch${apiName}`;
}
