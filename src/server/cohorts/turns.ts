/** Bounds what is done without letting others have the event loop. */
export type Turns = {
  /** `null`: go on. Otherwise wait, for a turn of the event loop in which there is time left. */
  take(): Promise<void> | null;
};

/** Work that takes longer than this is gone on with in the next turn. */
const turnMs = 5;

/** First come, first served. */
export function createTurns(): Turns {
  let startedAt: number | null = null;
  let waiting: (() => void)[] = [];

  const isOver = () => startedAt !== null && performance.now() - startedAt > turnMs;

  function begin() {
    startedAt = performance.now();
    // What is let go here runs when this function has returned; who finds the time over by then waits again, at the end.
    const next = waiting.splice(0, atOnce);
    for (const go of next) go();
    if (waiting.length > 0) setImmediate(begin);
    else if (next.length > 0) setImmediate(end);
  }

  function end() {
    if (waiting.length > 0) begin();
    else startedAt = null;
  }

  return {
    take() {
      if (startedAt === null) {
        startedAt = performance.now();
        setImmediate(end);
      }
      if (!isOver()) return null;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      return promise;
    },
  };
}

const atOnce = 64;
