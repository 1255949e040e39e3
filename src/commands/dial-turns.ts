import type { Clock } from '../clock.ts';

/** Who waited for the gateway to come back has asked and is answered within this time. */
const firstDialAfterMs = 100;

/**
 * Lets hosts be dialled one in each turn of the event loop, and the first a moment after `begin`: however many there
 * are, requests are welcome before any is dialled, and answers come in between.
 */
export function createDialTurns(begin: Promise<void>, clock: Clock): () => Promise<void> {
  let last = begin.then(() => new Promise<void>((resolve) => void clock.after(firstDialAfterMs, resolve)));
  return () => {
    last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return last;
  };
}
