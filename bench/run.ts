/** `npm run bench`: every figure of docs/BENCHMARKS.md, ours beside others in one run; `-- --help` has the options. */
import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { debianPackages } from '../scripts/debian-packages.mjs';
import { ensureDebianPackages, SetupError } from '../scripts/setup.mjs';
import { benchmarksPage, benchmarksPagePath } from './benchmarks-page.ts';
import { openContext } from './context.ts';
import { describeMachine, readVersions } from './machine.ts';
import { shownContenders, shownGoals } from './report.ts';
import { lastResults, type Results, type RowResult, readResults, resultOf, writeResults } from './results.ts';
import type { BenchContext, Comparison, Row } from './row.ts';
import { rows } from './rows.ts';
import { formatTable } from './table.ts';

const usage = `npm run bench -- [ROW]… [--rounds N] [--except ROW]… [--list] [--write] [--page]

Without a name, all rows; --except leaves one out. --list prints their names.
--write keeps what was measured in bench/results/last.json, beside the rows that did not run, and writes
docs/BENCHMARKS.md from it. --page writes that page alone, from what was kept.
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '15' },
      except: { type: 'string', multiple: true, default: [] },
      list: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) console.log(usage);
  else if (values.list) for (const { name, title } of rows) console.log(`${name.padEnd(20)} ${title}`);
  else if (values.page) writePage(readResults(lastResults));
  else {
    const { results, failed } = await runRows(chosenRows(positionals, values.except), wholeNumber(values.rounds));
    if (values.write) keep(results);
    if (failed.length > 0) throw new SetupError(`failed: ${failed.join(', ')}`);
  }
}

function chosenRows(names: readonly string[], except: readonly string[]): readonly Row[] {
  const known = new Set(rows.map(({ name }) => name));
  const unknown = [...names, ...except].filter((name) => !known.has(name));
  if (unknown.length > 0) throw new SetupError(`no such row: ${unknown.join(', ')}; rows are ${[...known].join(', ')}`);
  return rows.filter(({ name }) => (names.length === 0 || names.includes(name)) && !except.includes(name));
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new SetupError(`--rounds takes a whole number, not ${text}`);
  return number;
}

async function runRows(chosen: readonly Row[], rounds: number) {
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

/** Rows that did not run stay as they were, if they were measured on this machine too. */
function keep(results: Results): void {
  const before = existsSync(lastResults) ? readResults(lastResults) : null;
  const others = before?.machine === results.machine ? before.rows : {};
  const known = new Set(rows.map(({ name }) => name));
  const merged = Object.entries({ ...others, ...results.rows }).filter(([name]) => known.has(name));
  const kept = { ...results, rows: Object.fromEntries(merged) };
  writeResults(lastResults, kept);
  writePage(kept);
}

const writePage = (results: Results) => writeFileSync(benchmarksPagePath, benchmarksPage(results, rows));

function print(comparison: Comparison): void {
  console.log(`\n${comparison.title}`);
  console.log(formatTable(shownContenders(comparison)));
  for (const { name, value } of comparison.facts ?? []) console.log(`${name}: ${value}`);
  if (comparison.goals.length > 0) console.log(`\n${formatTable(shownGoals(comparison))}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
