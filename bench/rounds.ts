/** One way of doing a piece of work. `run` returns how many domains it told of, which must be the same for all. */
export type Contender = {
  readonly name: string;
  /** Milliseconds where the contender measures itself; otherwise the time until the promise settles. */
  run(): Promise<{ readonly domains: number; readonly ms?: number }>;
  /** Fewer rounds for what is slow; all of them when absent. */
  readonly rounds?: number;
};

export type Measured = {
  readonly name: string;
  readonly medianMs: number;
  readonly minMs: number;
  readonly rounds: number;
};

/** Side by side: each round runs every contender once, each round starting with another one. */
export async function measureSideBySide(
  contenders: readonly Contender[],
  rounds: number,
  expectedDomains: number,
): Promise<readonly Measured[]> {
  const timesMs = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  // One round that does not count: caches fill and code is compiled.
  for (let round = -1; round < rounds; round += 1) {
    for (let i = 0; i < contenders.length; i += 1) {
      const contender = contenders[(i + Math.max(0, round)) % contenders.length];
      if (!contender || round >= (contender.rounds ?? rounds)) continue;
      const startedAt = performance.now();
      const { domains, ms } = await contender.run();
      const elapsedMs = ms ?? performance.now() - startedAt;
      if (domains !== expectedDomains) {
        throw new Error(`${contender.name} told of ${domains} domains, not of ${expectedDomains}`);
      }
      if (round >= 0) timesMs.get(contender.name)?.push(elapsedMs);
    }
  }
  return contenders.map(({ name }) => {
    const times = timesMs.get(name) ?? [];
    return { name, medianMs: quantile(times, 0.5), minMs: Math.min(...times), rounds: times.length };
  });
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}
