import { expect, test } from 'vitest';
import { createJournalRuns } from '../../../src/fleet/journal/journal-runs.ts';

test('a store that fails again and again leaves no more runs in memory than are kept', () => {
  let begun = 0;
  const runs = createJournalRuns([], () => String(++begun).padStart(16, '0'));
  const [first, ...later] = Array.from({ length: 2_500 }, (_, index) => runs.begin(index * 10 + 1));
  expect(runs.all).toEqual(later.slice(-1_000));
  const place = { seq: 24_995, partial: false };
  expect(runs.locate({ ...place, epoch: later.at(-1)?.epoch ?? '' }, 25_000)).toBe(24_995);
  expect(runs.locate({ epoch: first?.epoch ?? '', seq: 5, partial: false }, 25_000)).toBeNull();
});
