import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { trendOf } from './slope.ts';

test('the trend of a straight line is that line', () => {
  fc.assert(
    fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 0, max: 1000 }), (slope, start) => {
      const trend = trendOf(Array.from({ length: 20 }, (_, at) => ({ at: at * 5, value: start + slope * at * 5 })));
      expect(trend.rise).toBeCloseTo(slope * 95, 6);
      expect(trend.perHour).toBeCloseTo(slope * 3600, 4);
    }),
  );
});

test('what goes up and down has no trend, and neither has a single reading', () => {
  const waves = [1, -1, -1, 1, 1, -1, -1, 1].map((value, at) => ({ at, value }));
  expect(Math.abs(trendOf(waves).rise)).toBeLessThan(0.1);
  expect(trendOf([{ at: 3, value: 7 }])).toEqual({ mean: 7, perHour: 0, rise: 0 });
});
