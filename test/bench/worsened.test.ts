import { expect, test } from 'vitest';
import type { Results } from '../../bench/results.ts';
import type { Goal } from '../../bench/row.ts';
import { findMissing, findWorsened } from '../../bench/worsened.ts';

const resultsWith = (goal: Partial<Goal>, text = 'to the other'): Results => ({
  machine: 'a machine',
  versions: {},
  rows: {
    decode: {
      title: 'Decoding',
      measuredOn: '2026-11-22',
      comparisons: [
        {
          title: 'much',
          contenders: [],
          goals: [{ text, ratio: 1, target: 1, better: 'lower', ...goal }],
        },
      ],
    },
  },
});

test('a ratio whose quartiles lie above those of the release got worse', () => {
  const release = resultsWith({ ratio: 1, spread: [0.9, 1.1] });
  const [found] = findWorsened(release, resultsWith({ ratio: 1.3, spread: [1.2, 1.4] }));
  expect(found).toMatchObject({
    row: 'decode',
    text: 'much: to the other',
    before: { ratio: 1 },
    after: { ratio: 1.3 },
  });
});

test('a ratio that is higher within the noise of either run did not', () => {
  const release = resultsWith({ ratio: 1, spread: [0.9, 1.1] });
  expect(findWorsened(release, resultsWith({ ratio: 1.15, spread: [1.05, 1.4] }))).toEqual([]);
});

test('a ratio that got better is not told of', () => {
  const release = resultsWith({ ratio: 1, spread: [0.9, 1.1] });
  expect(findWorsened(release, resultsWith({ ratio: 0.5, spread: [0.4, 0.6] }))).toEqual([]);
});

test('where more is better, less is worse', () => {
  const release = resultsWith({ ratio: 100, better: 'higher', spread: [90, 110] });
  expect(findWorsened(release, resultsWith({ ratio: 50, better: 'higher', spread: [40, 60] }))).toHaveLength(1);
  expect(findWorsened(release, resultsWith({ ratio: 200, better: 'higher', spread: [180, 220] }))).toEqual([]);
});

test('a ratio that was measured once got worse when it differs by more than a tenth', () => {
  expect(findWorsened(resultsWith({ ratio: 1 }), resultsWith({ ratio: 1.09 }))).toEqual([]);
  expect(findWorsened(resultsWith({ ratio: 1 }), resultsWith({ ratio: 1.12 }))).toHaveLength(1);
});

test('a goal of the release that was not measured now is named', () => {
  expect(findMissing(resultsWith({}), resultsWith({}, 'to another'))).toEqual(['decode: much: to the other']);
});
