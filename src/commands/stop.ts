import { errorFields, type Log } from '../log.ts';
import { longestCloseMs } from '../server/open-server.ts';

/** What asks the gateway to stop, and with what it then ends. */
export type Stop = {
  /** Settles at the first SIGTERM or SIGINT, or after a mistake of ours that nobody caught. */
  readonly asked: Promise<void>;
  /** To be called when everything is closed. The exit code: 1 after such a mistake, whenever it happened; else 0. */
  finish(): number;
  readonly unhandledErrors: () => number;
};

/** Hosts are told goodbye, and each has a second for it. What takes longer than all of that hangs. */
const longestStopMs = longestCloseMs + 5_000;

/**
 * Listens for signals and for mistakes. What is left in memory after a mistake cannot be trusted, but what was begun is
 * still finished rather than cut: the gateway stops as for a signal. A second signal ends the process at once.
 */
export function listenForStop(log: Log): Stop {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  let isStopping = false;
  let unhandledErrors = 0;
  let givingUp: NodeJS.Timeout | null = null;

  function stop() {
    isStopping = true;
    // Also keeps the process alive until all is closed: the gateway's own timers do not.
    givingUp = setTimeout(() => {
      log.error({ open: process.getActiveResourcesInfo() }, 'stopping takes too long; ending at once');
      process.exit(1);
    }, longestStopMs);
    resolve();
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(128 + (signal === 'SIGINT' ? 2 : 15));
      log.info({ signal }, 'stopping; a second signal ends the gateway at once');
      stop();
    });
  }
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      unhandledErrors++;
      log.error({ event, ...errorFields(error) }, 'a mistake of the gateway itself; stopping');
      if (!isStopping) stop();
    });
  }
  return {
    asked,
    finish() {
      // Something that was left open would still keep the process, and is named then.
      givingUp?.unref();
      return unhandledErrors > 0 ? 1 : 0;
    },
    unhandledErrors: () => unhandledErrors,
  };
}
