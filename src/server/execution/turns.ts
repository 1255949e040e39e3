/**
 * Long work in small pieces: all that is long shares so many milliseconds in each turn of the event loop, whoever it is for,
 * so that many long answers at once hold up the others no longer than one does.
 */
export type Turns = {
  /** What is done from here on is of this turn's time. */
  readonly begin: () => void;
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

  /** Mostly with a request, before the immediates of the same turn: the first who waits comes with the next ones. */
  function begin() {
    if (endsAt !== null) return;
    endsAt = now() + turnMs;
    setImmediate(() => setImmediate(goOn));
  }

  function goOn() {
    endsAt = null;
    const next = waiting.shift();
    if (!next) return;
    endsAt = now() + turnMs;
    setImmediate(goOn);
    next();
  }

  return {
    begin,
    isOver() {
      begin();
      return now() > (endsAt ?? 0);
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
  };
}
