import { formatFigure, isReached, type Shown, shownContenders, shownGoals } from './report.ts';
import type { Results, RowResult } from './results.ts';
import type { Comparison, Row } from './row.ts';

const introduction = `# Benchmarks

Written by \`npm run bench -- --write\`; a test holds this page equal to what it is written from.

Each table is one piece of work, done by several side by side in the same run: in each round everybody does it once, and
who begins changes from round to round. All are checked to give the same answer. Times are medians; CPU is that of the
process which did the work, user and system, for one operation. Machines differ, and on a machine with neighbours so do
runs: ratios are what to look at. Their quartiles over the rounds say how steady they were.
`;

const repeating = `## How to repeat it

    npm run bench                        # all rows; as root, on Debian, for real hosts are made
    npm run bench -- --list              # their names
    npm run bench -- bulk-stats          # one of them
    npm run bench -- --except fleet-list # all but one
    npm run bench -- --rounds 31         # steadier
    npm run bench -- --write             # writes this page
    npm run bench:compare                # what got worse since the last release

What it compares with it fetches itself: Debian's packages, and npm's into a folder of the user's cache.
`;

export const benchmarksPagePath = new URL('../docs/BENCHMARKS.md', import.meta.url).pathname;

/** docs/BENCHMARKS.md. */
export function benchmarksPage({ machine, versions, rows: results }: Results, rows: readonly Row[]): string {
  const measured = rows.flatMap(({ name }) => (results[name] === undefined ? [] : [[name, results[name]] as const]));
  const missing = rows.filter(({ name }) => results[name] === undefined);
  return [
    introduction,
    `## Where\n\n${machine}.\n\n${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(' · ')}\n`,
    `## Goals\n\n${table(goalsOf(measured))}`,
    ...measured.map(([name, result]) => section(name, result)),
    ...missing.map(({ name, title }) => `## ${title}\n\n\`${name}\`: not measured yet.\n`),
    repeating,
  ].join('\n');
}

/** All goals at once: what most readers come for. */
function goalsOf(measured: readonly (readonly [string, RowResult])[]): Shown {
  return {
    header: ['Row', 'Goal', 'Wanted', 'Measured', ''],
    lines: measured.flatMap(([name, { comparisons }]) =>
      comparisons.flatMap(({ title, goals }) =>
        goals.map((goal) => [
          `\`${name}\``,
          `${title}: ${goal.text}`,
          `${goal.better === 'lower' ? '≤' : '≥'} ${formatFigure(goal.target)}`,
          formatFigure(goal.ratio),
          isReached(goal) ? 'reached' : '**not reached**',
        ]),
      ),
    ),
  };
}

function section(name: string, { title, measuredOn, comparisons }: RowResult): string {
  return [`## ${title}\n\n\`${name}\`, measured on ${measuredOn}.\n`, ...comparisons.map(comparisonText)].join('\n');
}

function comparisonText(comparison: Comparison): string {
  const { title, facts = [], goals } = comparison;
  return [
    `### ${title}\n\n${table(shownContenders(comparison))}`,
    ...(facts.length === 0 ? [] : [facts.map(({ name, value }) => `- ${name}: ${value}\n`).join('')]),
    ...(goals.length === 0 ? [] : [table(shownGoals(comparison))]),
  ].join('\n');
}

function table({ header, lines }: Shown): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return [
    line(header),
    `|${header.map((_, column) => (column === 0 ? '---|' : '---:|')).join('')}\n`,
    ...lines.map(line),
  ].join('');
}
