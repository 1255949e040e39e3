import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { benchmarksPage, benchmarksPagePath } from '../../bench/benchmarks-page.ts';
import { lastResults, readResults } from '../../bench/results.ts';
import { rows } from '../../bench/rows.ts';

const page = readFileSync(benchmarksPagePath, 'utf8');

test('docs/BENCHMARKS.md is what the bench writes from the results that it kept', () => {
  expect(page).toBe(benchmarksPage(readResults(lastResults), rows));
});

test('docs/BENCHMARKS.md shows every row of the bench', () => {
  expect(rows.filter(({ name }) => !page.includes(`\`${name}\``)).map(({ name }) => name)).toEqual([]);
});

test('every file of bench/rows is a row of its name', () => {
  const files = readdirSync(new URL('../../bench/rows', import.meta.url)).toSorted();
  expect(files).toEqual(rows.map(({ name }) => `${name}.ts`).toSorted());
});
