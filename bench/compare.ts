/** `npm run bench:compare`: what got worse since the last release. It judges, and fails nothing. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { SetupError } from '../scripts/setup.mjs';
import { formatFigure } from './report.ts';
import { type Results, readResults, releaseResults } from './results.ts';
import { chooseRows, runRows, wholeNumber } from './run-rows.ts';
import { formatTable } from './table.ts';
import { findMissing, findWorsened, type Worsened } from './worsened.ts';

const usage = `npm run bench:compare -- [FILE.json | ROW…] [--rounds N]

Compares with bench/results/release.json, which is a copy of last.json made at a release. Runs the rows (all, or those
named); or takes the results of a run that \`npm run bench -- --write\` has kept, such as bench/results/last.json.
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string', default: '15' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) return console.log(usage);
  if (!existsSync(releaseResults))
    throw new SetupError(`there is no ${releaseResults}: copy last.json there at a release`);
  const release = readResults(releaseResults);
  const now = await resultsOf(positionals, wholeNumber(values.rounds));
  if (now.machine !== release.machine) {
    console.log(`The release was measured on another machine:\n  ${release.machine}\n  ${now.machine}`);
  }
  for (const missing of findMissing(release, now)) console.log(`not compared: ${missing}`);
  const worsened = findWorsened(release, now);
  console.log(worsened.length === 0 ? 'Nothing got worse by more than the noise.' : `Worse by more than the noise:\n`);
  if (worsened.length > 0) console.log(formatTable(shown(worsened)));
}

async function resultsOf(positionals: readonly string[], rounds: number): Promise<Results> {
  const [file = ''] = positionals;
  if (file.endsWith('.json')) return readResults(file);
  return (await runRows(chooseRows(positionals, []), rounds)).results;
}

const shown = (worsened: readonly Worsened[]) => ({
  header: ['', 'release', 'quartiles', 'now', 'quartiles', 'wanted'],
  lines: worsened.map(({ row, text, before, after }) => [
    `${row}: ${text}`,
    formatFigure(before.ratio),
    before.spread?.map(formatFigure).join(' … ') ?? '-',
    formatFigure(after.ratio),
    after.spread?.map(formatFigure).join(' … ') ?? '-',
    `${after.better === 'lower' ? '≤' : '≥'} ${formatFigure(after.target)}`,
  ]),
});

try {
  await main();
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
