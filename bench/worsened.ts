import type { Results } from './results.ts';
import type { Goal } from './row.ts';

export type Worsened = {
  readonly row: string;
  /** What was done, and the goal. */
  readonly text: string;
  readonly before: Goal;
  readonly after: Goal;
};

/** The goals of both whose ratio got worse by more than the noise of either run; the worst first. */
export function findWorsened(before: Results, after: Results): readonly Worsened[] {
  const known = goalsByKey(before);
  return [...goalsByKey(after)]
    .flatMap(([key, { row, text, goal }]) => {
      const earlier = known.get(key)?.goal;
      return earlier === undefined || !gotWorse(earlier, goal) ? [] : [{ row, text, before: earlier, after: goal }];
    })
    .toSorted((a, b) => worseBy(b) - worseBy(a));
}

/** Goals of `before` that `after` does not have: a row that did not run, or one that was renamed. */
export function findMissing(before: Results, after: Results): readonly string[] {
  const present = goalsByKey(after);
  return [...goalsByKey(before).keys()].filter((key) => !present.has(key));
}

/** Worse, and apart: the noise of one run does not reach that of the other. */
function gotWorse(before: Goal, after: Goal): boolean {
  const [beforeLow, beforeHigh] = noiseOf(before);
  const [afterLow, afterHigh] = noiseOf(after);
  return after.better === 'lower' ? afterLow > beforeHigh : afterHigh < beforeLow;
}

/** A twentieth to each side where a row has measured once: runs on a quiet machine differ by as much. */
const unmeasuredNoise = 0.05;

function noiseOf({ ratio, spread }: Goal): readonly [low: number, high: number] {
  const [low, high] = spread ?? [ratio * (1 - unmeasuredNoise), ratio * (1 + unmeasuredNoise)];
  // The ratio of two medians need not lie between the quartiles of the rounds' ratios.
  return [Math.min(low, ratio), Math.max(high, ratio)];
}

/** How many times worse. */
function worseBy({ before, after }: Worsened): number {
  return after.better === 'lower' ? after.ratio / before.ratio : before.ratio / after.ratio;
}

function goalsByKey({ rows }: Results) {
  return new Map(
    Object.entries(rows).flatMap(([row, { comparisons }]) =>
      comparisons.flatMap(({ title, goals }) =>
        goals.map((goal) => {
          const text = `${title}: ${goal.text}`;
          return [`${row}: ${text}`, { row, text, goal }] as const;
        }),
      ),
    ),
  );
}
