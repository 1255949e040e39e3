import type { Clock } from '../../clock.ts';

/** Answers to what several are told one after the other, made once. */
export type SharedAnswers<Answer> = {
  of(value: object): Promise<Answer>;
  /** Nobody comes after. */
  forget(): void;
};

/** An answer may show more than what changed, such as when its host was last seen: for longer it is not taken for true. */
const trueForMs = 1_000;
const mostAnswers = 10_000;

/**
 * `version` moves with every change of anything: an answer is given again only while nothing has changed since it was
 * made, for it may show what has.
 */
export function createSharedAnswers<Answer>(
  make: (value: object) => Promise<Answer>,
  version: () => number,
  clock: Clock,
): SharedAnswers<Answer> {
  let known = new Map<object, Promise<Answer>>();
  let madeAt = 0;
  let madeOf = -1;

  return {
    of(value) {
      const nowMs = clock.monotonic();
      const present = version();
      if (madeOf !== present || nowMs - madeAt > trueForMs || known.size >= mostAnswers) {
        known = new Map();
        madeOf = present;
        madeAt = nowMs;
      }
      const answer = known.get(value) ?? make(value);
      known.set(value, answer);
      return answer;
    },
    forget() {
      if (known.size > 0) known = new Map();
    },
  };
}
