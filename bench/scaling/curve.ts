import { formatFigure } from '../report.ts';
import type { Timed } from '../rounds.ts';
import type { Plot } from '../row.ts';
import { openPoint, type ScalingPoint } from './point.ts';

/** What one point of a curve is made of. */
export type Found = { readonly timed: Timed; readonly memoryMib: number };

export async function withPoint<T>(
  hosts: number,
  domainsPerHost: number,
  use: (point: ScalingPoint) => Promise<T>,
): Promise<T> {
  const point = await openPoint(hosts, domainsPerHost);
  try {
    return await use(point);
  } finally {
    await point.close();
  }
}

/** One after the other: side by side they would measure each other. */
export async function eachOf<T>(
  counts: readonly number[],
  measure: (count: number) => Promise<T>,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (const count of counts) found.push(await measure(count));
  return found;
}

export const memoryFacts = (found: readonly Found[]) =>
  found.map(({ timed, memoryMib }) => ({ name: `memory, ${timed.name}`, value: `${formatFigure(memoryMib)} MiB` }));

export const medianMs = ({ timed }: Found) => timed.medianMs;

export function plotOf(
  file: string,
  title: string,
  x: string,
  y: string,
  counts: readonly number[],
  found: readonly Found[],
  figure: (at: Found) => number,
): Plot {
  return { file, title, x, y, points: found.map((at, index) => [counts[index] ?? Number.NaN, figure(at)] as const) };
}
