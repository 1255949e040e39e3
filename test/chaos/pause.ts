import { sleep, systemClock } from '../../src/clock.ts';

/** Settles after `delayMs`, or as soon as the signal is aborted; false then. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    signal.throwIfAborted();
    await sleep(systemClock, delayMs, signal);
    return true;
  } catch {
    return false; // nothing but the signal rejects it
  }
}
