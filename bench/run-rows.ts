import { debianPackages } from '../scripts/debian-packages.mjs';
import { ensureDebianPackages, SetupError } from '../scripts/setup.mjs';
import { openContext } from './context.ts';
import { describeMachine, readVersions } from './machine.ts';
import { shownContenders, shownGoals } from './report.ts';
import { type Results, type RowResult, resultOf } from './results.ts';
import type { BenchContext, Comparison, Row } from './row.ts';
import { rows } from './rows.ts';
import { formatTable } from './table.ts';

/** Those named, or all; without the exceptions. */
export function chooseRows(names: readonly string[], except: readonly string[]): readonly Row[] {
  const known = new Set(rows.map(({ name }) => name));
  const unknown = [...names, ...except].filter((name) => !known.has(name));
  if (unknown.length > 0) throw new SetupError(`no such row: ${unknown.join(', ')}; rows are ${[...known].join(', ')}`);
  return rows.filter(({ name }) => (names.length === 0 || names.includes(name)) && !except.includes(name));
}

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new SetupError(`--rounds takes a whole number, not ${text}`);
  return number;
}

/** Prints what each row finds. One that fails is told, and the others go on. */
export async function runRows(chosen: readonly Row[], rounds: number) {
  const needs = new Set(chosen.flatMap((row) => row.needs));
  await ensureDebianPackages([...needs].flatMap((need) => debianPackages[need]));
  const machine = describeMachine();
  const versions = readVersions();
  console.log(machine);
  for (const [name, version] of Object.entries(versions)) console.log(`  ${name} ${version}`);

  const context = openContext(rounds);
  const measured: Record<string, RowResult> = {};
  const failed: string[] = [];
  try {
    for (const row of chosen) {
      console.log(`\n# ${row.name}: ${row.title}`);
      const comparisons = await runRow(row, context);
      if (comparisons === null) failed.push(row.name);
      else measured[row.name] = resultOf(row, comparisons);
    }
  } finally {
    await context.close();
  }
  return { results: { machine, versions, rows: measured } satisfies Results, failed };
}

/** Null where it failed, which is told: the other rows go on. */
async function runRow(row: Row, context: BenchContext): Promise<readonly Comparison[] | null> {
  try {
    const comparisons = await row.run(context);
    for (const comparison of comparisons) print(comparison);
    return comparisons;
  } catch (error) {
    console.error(`${row.name} failed:`, error);
    return null;
  }
}

function print(comparison: Comparison): void {
  console.log(`\n${comparison.title}`);
  console.log(formatTable(shownContenders(comparison)));
  for (const { name, value } of comparison.facts ?? []) console.log(`${name}: ${value}`);
  if (comparison.goals.length > 0) console.log(`\n${formatTable(shownGoals(comparison))}`);
}
