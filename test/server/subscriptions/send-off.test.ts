import { expect, test } from 'vitest';
import { sendOff } from '../../../src/server/subscriptions/send-off.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

test('each leaves in a slot of its own, and all within the time', async () => {
  const clock = createFakeClock();
  const leftAt: number[] = [];
  const all = sendOff(Array.from({ length: 300 }).keys().toArray(), 3_000, clock, async () => {
    leftAt.push(clock.monotonic());
  });
  await clock.advance(3_000);
  await all;
  for (let second = 0; second < 3; second++) {
    const within = leftAt.filter((at) => at >= second * 1000 && at < (second + 1) * 1000);
    expect(within).toHaveLength(100);
  }
  // Jitter: not all slots are left at the same place.
  expect(new Set(leftAt.map((at) => Math.floor(at % 10))).size).toBeGreaterThan(3);
});

test('it lasts until the last farewell', async () => {
  const clock = createFakeClock();
  const farewell = Promise.withResolvers<void>();
  let isOver = false;
  const all = sendOff(['slow'], 0, clock, () => farewell.promise).then(() => {
    isOver = true;
  });
  await clock.advance(10);
  expect(isOver).toBe(false);
  farewell.resolve();
  await all;
});
