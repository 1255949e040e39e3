/** Bounds what is done without letting others have the event loop. */
export type Turns = {
  /**
   * `null`: go on. Otherwise wait, for a turn of the event loop in which there is time left. What is `live` comes before
   * all that is not: handshakes, and who catches up.
   */
  take(urgency: Urgency): Promise<void> | null;
};

export type Urgency = 'live' | 'patient';

/** Work that takes longer than this is gone on with in the next turn: so long, something live waits behind what is not. */
const turnMs = 2;

/** Of each urgency, first come, first served. */
export function createTurns(): Turns {
  let startedAt: number | null = null;
  const live: (() => void)[] = [];
  const patient: (() => void)[] = [];

  const isOver = () => startedAt !== null && performance.now() - startedAt > turnMs;

  function begin() {
    startedAt = performance.now();
    // What is let go here runs when this function has returned; who finds the time over by then waits again, at the end.
    const next = live.splice(0, atOnce);
    // At least one, or what is live all the time would keep everybody else out.
    next.push(...patient.splice(0, Math.max(1, atOnce - next.length)));
    for (const go of next) go();
    setImmediate(live.length + patient.length > 0 ? begin : end);
  }

  function end() {
    if (live.length + patient.length > 0) begin();
    else startedAt = null;
  }

  return {
    take(urgency) {
      if (startedAt === null) {
        startedAt = performance.now();
        setImmediate(end);
      }
      if (!isOver()) return null;
      const { promise, resolve } = Promise.withResolvers<void>();
      (urgency === 'live' ? live : patient).push(resolve);
      return promise;
    },
  };
}

const atOnce = 64;
