/**
 * Long work in small pieces: all that is long shares so many milliseconds in each turn of the event loop, whoever it is for,
 * so that many long answers at once hold up the others no longer than one does.
 */
export type Turns = {
  /** This turn's time is used up: what is long should wait for the next. */
  readonly isOver: () => boolean;
  /** Settles in a later turn; who waits longest comes first, one in each. */
  readonly next: () => Promise<void>;
};

/** `now` in milliseconds. */
export function createTurns(turnMs: number, now: () => number): Turns {
  const waiting: (() => void)[] = [];
  /** `null`: nothing long has been done in this turn. */
  let endsAt: number | null = null;

  function begin() {
    endsAt = now() + turnMs;
    setImmediate(() => {
      endsAt = null;
      const next = waiting.shift();
      if (!next) return;
      begin();
      next();
    });
  }

  return {
    isOver() {
      if (endsAt === null) begin();
      return now() > (endsAt ?? 0);
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
  };
}
