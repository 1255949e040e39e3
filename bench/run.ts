/** `npm run bench`: every figure of docs/BENCHMARKS.md, ours beside others in one run; `-- --help` has the options. */
import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { SetupError } from '../scripts/setup.mjs';
import { benchmarksPage, benchmarksPagePath } from './benchmarks-page.ts';
import { plotPath, plotSvg, plotsOf } from './plot.ts';
import { lastResults, type Results, readResults, writeResults } from './results.ts';
import { rows } from './rows.ts';
import { chooseRows, runRows, wholeNumber } from './run-rows.ts';

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
    const { results, failed } = await runRows(chooseRows(positionals, values.except), wholeNumber(values.rounds));
    if (values.write) keep(results);
    if (failed.length > 0) throw new SetupError(`failed: ${failed.join(', ')}`);
  }
}

/** Rows that did not run stay as they were, if they were measured on this machine too. */
function keep(results: Results): void {
  const before = existsSync(lastResults) ? readResults(lastResults) : null;
  const others = before?.machine === results.machine ? before.rows : {};
  const all = { ...others, ...results.rows };
  // In the order of the rows, so that what was written in another order does not differ.
  const inOrder = rows.flatMap(({ name }) => (all[name] === undefined ? [] : [[name, all[name]] as const]));
  const kept = { ...results, rows: Object.fromEntries(inOrder) };
  writeResults(lastResults, kept);
  writePage(kept);
}

function writePage(results: Results): void {
  writeFileSync(benchmarksPagePath, benchmarksPage(results, rows));
  for (const plot of plotsOf(results)) writeFileSync(plotPath(plot), plotSvg(plot));
}

// By way of `exit`, where processes that were started are ended.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  await main();
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
