import { isDeepStrictEqual } from 'node:util';
import { type CpuMeter, cpuOfThisProcess } from './cpu.ts';
import type { Goal, Measured } from './row.ts';

/** One way of doing a piece of work. */
export type Contender = {
  readonly name: string;
  /**
   * Does it once. `answer` must be the same for all contenders. `ms` where the contender measures itself; otherwise the
   * time until the promise settles.
   */
  readonly run: () => Promise<{ readonly answer: unknown; readonly ms?: number }>;
  /** Whose CPU it takes; this process's when absent, null where it cannot be told apart. */
  readonly cpu?: CpuMeter | null;
  /** Fewer rounds for what is slow; all of them when absent. */
  readonly rounds?: number;
  readonly note?: string;
};

/** A contender's figures with what they were made of, round by round. */
export type Timed = Measured & { readonly timesMs: readonly number[]; readonly cpusMs: readonly number[] };

/**
 * Side by side: each round runs every contender once, each round starting with another one, after one round that does
 * not count, in which caches fill and code is compiled. Throws when an answer is not `expected`.
 */
export async function measureSideBySide<const Names extends readonly Contender[]>(
  contenders: Names,
  rounds: number,
  expected: unknown,
): Promise<{ readonly [Index in keyof Names]: Timed }> {
  const samples = contenders.map(() => ({ timesMs: [] as number[], cpusMs: [] as number[] }));
  for (let round = -1; round < rounds; round += 1) {
    for (let i = 0; i < contenders.length; i += 1) {
      const index = (i + Math.max(0, round)) % contenders.length;
      const contender = contenders[index];
      if (contender === undefined || round >= (contender.rounds ?? rounds)) continue;
      const sample = await measureOnce(contender, expected);
      if (round < 0) continue;
      samples[index]?.timesMs.push(sample.ms);
      if (sample.cpuMs !== null) samples[index]?.cpusMs.push(sample.cpuMs);
    }
  }
  const timed = contenders.map(({ name, note }, index) =>
    timedOf(name, note, samples[index] ?? { timesMs: [], cpusMs: [] }),
  );
  // `map` forgets how long a tuple is.
  return timed as { readonly [Index in keyof Names]: Timed };
}

async function measureOnce({ name, run, cpu = cpuOfThisProcess }: Contender, expected: unknown) {
  const cpuBefore = cpu?.() ?? null;
  const startedAt = performance.now();
  const { answer, ms } = await run();
  const elapsedMs = performance.now() - startedAt;
  const cpuAfter = cpu?.() ?? null;
  if (!isDeepStrictEqual(answer, expected)) {
    throw new Error(`${name} answered ${brief(answer)}, not ${brief(expected)}`);
  }
  return { ms: ms ?? elapsedMs, cpuMs: cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore };
}

/** The figures of samples that were taken otherwise than by `measureSideBySide`. */
export function timedOf(
  name: string,
  note: string | undefined,
  { timesMs, cpusMs }: { readonly timesMs: readonly number[]; readonly cpusMs: readonly number[] },
): Timed {
  return {
    name,
    medianMs: quantile(timesMs, 0.5),
    minMs: timesMs.length === 0 ? Number.NaN : Math.min(...timesMs),
    // A mean: a reading of ticks is 0 or 10 ms, and only many of them together tell what it was.
    cpuMs: cpusMs.length === 0 ? null : cpusMs.reduce((sum, ms) => sum + ms, 0) / cpusMs.length,
    rounds: timesMs.length,
    ...(note !== undefined && { note }),
    timesMs,
    cpusMs,
  };
}

/** In the place of a contender that this machine cannot have, so that the table says so. */
export function notAvailable(name: string, reason: string): Timed {
  return timedOf(name, `not available: ${reason}`, { timesMs: [], cpusMs: [] });
}

type RatioGoal = {
  readonly of: Timed;
  readonly to: Timed;
  /** What of them: time by default. */
  readonly by?: 'time' | 'cpu';
} & ({ readonly atMost: number } | { readonly atLeast: number });

/** A goal for the ratio of two contenders' medians (means of CPU), with how much it differed from round to round. */
export function ratioGoal(text: string, { of, to, by = 'time', ...bound }: RatioGoal): Goal {
  const samplesOf = ({ timesMs, cpusMs }: Timed) => (by === 'time' ? timesMs : cpusMs);
  const figureOf = ({ medianMs, cpuMs }: Timed) => (by === 'time' ? medianMs : (cpuMs ?? Number.NaN));
  const bottoms = samplesOf(to);
  const ratios = samplesOf(of).flatMap((top, index) => {
    const bottom = bottoms[index];
    return bottom === undefined || bottom === 0 ? [] : [top / bottom];
  });
  return {
    text,
    ratio: figureOf(of) / figureOf(to),
    ...('atMost' in bound
      ? { target: bound.atMost, better: 'lower' as const }
      : { target: bound.atLeast, better: 'higher' as const }),
    ...(ratios.length > 1 && { spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)] as const }),
  };
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}… (${text.length} characters)` : text;
}
