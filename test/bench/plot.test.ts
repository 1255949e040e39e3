import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { plotPath, plotSvg, plotsOf } from '../../bench/plot.ts';
import { lastResults, readResults } from '../../bench/results.ts';

const plots = plotsOf(readResults(lastResults));
const folder = new URL('../../docs/scaling/', import.meta.url);

test.each(plots.map((plot) => [plot.file, plot] as const))('docs/scaling/%s.svg is what the bench draws', (_, plot) => {
  expect(readFileSync(plotPath(plot), 'utf8')).toBe(plotSvg(plot));
});

test('docs/scaling has every plot and no other, and docs/SCALING.md shows them all', () => {
  const files = plots.map(({ file }) => `${file}.svg`).toSorted();
  expect(readdirSync(folder).toSorted()).toEqual(files);
  const page = readFileSync(new URL('../SCALING.md', folder), 'utf8');
  expect([...page.matchAll(/\]\(scaling\/([^)]*)\)/g)].map(([, file = '']) => file).toSorted()).toEqual(files);
});

test('a decade takes as much room wherever it is', () => {
  const svg = plotSvg({
    file: 'f',
    title: 't',
    x: 'x',
    y: 'y',
    points: [
      [1, 10],
      [10, 10],
      [100, 10],
    ],
  });
  const [first = 0, second = 0, third = 0] = [...svg.matchAll(/cx="(\d+)"/g)].map(([, at]) => Number(at));
  expect(second - first).toBeGreaterThan(0);
  expect(third - second).toBe(second - first);
});

test('more is further up, and every point tells its value', () => {
  const svg = plotSvg({
    file: 'f',
    title: 't',
    x: 'x',
    y: 'y',
    points: [
      [1, 3],
      [10, 42],
    ],
  });
  const [low = 0, high = 0] = [...svg.matchAll(/cy="(\d+)"/g)].map(([, at]) => Number(at));
  expect(high).toBeLessThan(low);
  expect(svg).toContain('>3</text>');
  expect(svg).toContain('>42</text>');
});
