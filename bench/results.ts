import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Comparison, Plot, Row } from './row.ts';

/** What `npm run bench -- --write` keeps: the source of docs/BENCHMARKS.md, and of a release's ratios. */
export type Results = {
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  /** By the row's name. */
  readonly rows: Readonly<Record<string, RowResult>>;
};

export type RowResult = {
  readonly title: string;
  /** YYYY-MM-DD */
  readonly measuredOn: string;
  readonly comparisons: readonly Comparison[];
};

const folder = new URL('results/', import.meta.url);

/** Of the last run that was written. */
export const lastResults = new URL('last.json', folder).pathname;
/** Of the last release: what `npm run bench:compare` compares with. */
export const releaseResults = new URL('release.json', folder).pathname;

export function resultOf({ title }: Row, comparisons: readonly Comparison[]): RowResult {
  return { title, measuredOn: new Date().toISOString().slice(0, 10), comparisons: comparisons.map(keptOf) };
}

/** Without what a row may have added for itself, such as every single time. */
function keptOf({ title, contenders, facts, goals, plots }: Comparison): Comparison {
  return {
    title,
    contenders: contenders.map(({ name, medianMs, minMs, cpuMs, rounds, note }) => ({
      name,
      medianMs: rounded(medianMs),
      minMs: rounded(minMs),
      cpuMs: cpuMs === null ? null : rounded(cpuMs),
      rounds,
      ...(note !== undefined && { note }),
    })),
    ...(facts !== undefined && { facts }),
    ...(plots !== undefined && { plots: plots.map(keptPlot) }),
    goals: goals.map(({ spread, ratio, ...goal }) => ({
      ...goal,
      ratio: rounded(ratio),
      ...(spread !== undefined && { spread: [rounded(spread[0]), rounded(spread[1])] as const }),
    })),
  };
}

const keptPlot = (plot: Plot): Plot => ({ ...plot, points: plot.points.map(([x, y]) => [x, rounded(y)]) });

const rounded = (value: number) => Number(value.toPrecision(4));

export function readResults(path: string): Results {
  const text = readFileSync(path, 'utf8');
  // A file that `writeResults` wrote: JSON has no NaN and says null for it, but where a CPU time is not known.
  return JSON.parse(text, (key, value) => (value === null && key !== 'cpuMs' ? Number.NaN : value)) as Results;
}

/** As the formatter has it, which asks of JSON what `JSON.stringify` does not know: short arrays on one line. */
export function writeResults(path: string, results: Results): void {
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
  const biome = fileURLToPath(import.meta.resolve('@biomejs/biome/bin/biome'));
  execFileSync(process.execPath, [biome, 'format', '--write', path], { stdio: ['ignore', 'ignore', 'inherit'] });
}
