import { array, assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { createSpeakers } from '../../src/commands/speakers.ts';

test('the first speaks at once, the next are heard when it is done', () => {
  let heard = '';
  const speakers = createSpeakers(3, (text) => {
    heard += text;
  });
  speakers.say(1, 'b1 ');
  speakers.say(0, 'a1 ');
  expect(heard).toBe('a1 ');
  speakers.done(1);
  speakers.say(2, 'c1 ');
  speakers.done(0);
  expect(heard).toBe('a1 b1 c1 ');
  speakers.say(2, 'c2 ');
  expect(heard).toBe('a1 b1 c1 c2 ');
  expect(speakers.current).toBe(2);
});

test('whatever the order in which they speak, each is heard whole, one after the other', () => {
  assert(
    property(array(integer({ min: 0, max: 3 }), { maxLength: 40 }), (order) => {
      let heard = '';
      const speakers = createSpeakers(4, (text) => {
        heard += text;
      });
      const left = [0, 1, 2, 3].map((speaker) => order.filter((each) => each === speaker).length);
      for (const speaker of [0, 1, 2, 3]) if (left[speaker] === 0) speakers.done(speaker);
      for (const speaker of order) {
        speakers.say(speaker, String(speaker));
        const rest = (left[speaker] ?? 0) - 1;
        left[speaker] = rest;
        if (rest === 0) speakers.done(speaker);
      }
      expect(heard).toBe(order.toSorted((a, b) => a - b).join(''));
    }),
  );
});
