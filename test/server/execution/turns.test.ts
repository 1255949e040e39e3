import { expect, test } from 'vitest';
import { createTurns } from '../../../src/server/execution/turns.ts';

test('what is long shares one time in each turn, and goes on in the order it waited, one in each', async () => {
  let now = 0;
  const turns = createTurns(5, () => now);
  const order: string[] = [];
  const work = async (name: string) => {
    for (let step = 0; step < 2; step++) {
      order.push(`${name}${step}`);
      now += 10;
      if (turns.isOver()) await turns.next();
    }
  };
  // The first begins the turn, and its time is over for the second at once.
  expect(turns.isOver()).toBe(false);
  const all = Promise.all([work('a'), work('b')]);
  expect(order).toEqual(['a0', 'b0']);
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  // What began in the midst of a turn has used it up, its immediates too.
  await turn();
  expect(order).toEqual(['a0', 'b0']);
  await turn();
  expect(order).toEqual(['a0', 'b0', 'a1']);
  await turn();
  expect(order).toEqual(['a0', 'b0', 'a1', 'b1']);
  await all;
});

test('a turn in which nothing long was done uses up nobody’s time', async () => {
  let now = 0;
  const turns = createTurns(5, () => now);
  turns.begin();
  now = 4;
  expect(turns.isOver()).toBe(false);
  now = 6;
  expect(turns.isOver()).toBe(true);
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  now = 100;
  expect(turns.isOver()).toBe(false);
});
