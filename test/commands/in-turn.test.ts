import { array, assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { createTurns } from '../../src/commands/in-turn.ts';

test('the first speaks at once, the next are heard when it is done', () => {
  let heard = '';
  const turns = createTurns(3, (text) => {
    heard += text;
  });
  turns.say(1, 'b1 ');
  turns.say(0, 'a1 ');
  expect(heard).toBe('a1 ');
  turns.done(1);
  turns.say(2, 'c1 ');
  turns.done(0);
  expect(heard).toBe('a1 b1 c1 ');
  turns.say(2, 'c2 ');
  expect(heard).toBe('a1 b1 c1 c2 ');
  expect(turns.current).toBe(2);
});

test('whatever the order in which they speak, each is heard whole, one after the other', () => {
  assert(
    property(array(integer({ min: 0, max: 3 }), { maxLength: 40 }), (order) => {
      let heard = '';
      const turns = createTurns(4, (text) => {
        heard += text;
      });
      const left = [0, 1, 2, 3].map((speaker) => order.filter((each) => each === speaker).length);
      for (const speaker of [0, 1, 2, 3]) if (left[speaker] === 0) turns.done(speaker);
      for (const speaker of order) {
        turns.say(speaker, String(speaker));
        const rest = (left[speaker] ?? 0) - 1;
        left[speaker] = rest;
        if (rest === 0) turns.done(speaker);
      }
      expect(heard).toBe(order.toSorted((a, b) => a - b).join(''));
    }),
  );
});
