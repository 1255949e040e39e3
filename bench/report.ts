import type { Comparison, Goal, Measured } from './row.ts';

/** What a comparison shows, before anybody lays it out: cells of text. */
export type Shown = { readonly header: readonly string[]; readonly lines: readonly (readonly string[])[] };

export function shownContenders({ contenders }: Comparison): Shown {
  const hasNotes = contenders.some(({ note }) => note !== undefined);
  return {
    header: ['', 'median ms', 'least ms', 'CPU ms', 'rounds', ...(hasNotes ? ['note'] : [])],
    lines: contenders.map(({ name, medianMs, minMs, cpuMs, rounds, note }: Measured) => [
      name,
      formatFigure(medianMs),
      formatFigure(minMs),
      cpuMs === null ? '-' : formatFigure(cpuMs),
      String(rounds),
      ...(hasNotes ? [note ?? ''] : []),
    ]),
  };
}

export function shownGoals({ goals }: Comparison): Shown {
  return {
    header: ['goal', 'wanted', 'measured', 'quartiles', ''],
    lines: goals.map((goal) => [
      goal.text,
      `${goal.better === 'lower' ? '≤' : '≥'} ${formatFigure(goal.target)}`,
      formatFigure(goal.ratio),
      goal.spread === undefined ? '-' : goal.spread.map(formatFigure).join(' … '),
      isReached(goal) ? 'reached' : 'not reached',
    ]),
  };
}

export function isReached({ ratio, target, better }: Goal): boolean {
  return better === 'lower' ? ratio <= target : ratio >= target;
}

/** Three digits, which is more than these figures are good for. */
export function formatFigure(value: number): string {
  if (Number.isNaN(value)) return '-';
  const size = Math.abs(value);
  return size >= 100 || Number.isInteger(value)
    ? value.toFixed(0)
    : size >= 10
      ? value.toFixed(1)
      : value.toFixed(size >= 1 ? 2 : 3);
}
