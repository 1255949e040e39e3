import { expect, test } from 'vitest';
import { createFragmentStore } from '../../../src/server/execution/fragments.ts';

const text = (length: number) => ({ basis: null, texts: ['x'.repeat(length)] });

test('equal selections share the texts of a record', () => {
  const store = createFragmentStore(10_000);
  const record = {};
  store.ofSelection('Domain{name}').put(record, text(3));
  expect(store.ofSelection('Domain{name}').get(record)).toEqual(text(3));
  expect(store.ofSelection('Domain{id}').get(record)).toBe(undefined);
});

test('past its bound, the selection that was used least recently goes, and can be kept again', () => {
  const store = createFragmentStore(1_000);
  const record = {};
  for (const name of ['a', 'b']) store.ofSelection(name).put(record, text(300));
  store.ofSelection('a');
  store.ofSelection('c').put(record, text(300));
  expect(['a', 'b', 'c'].map((name) => store.ofSelection(name).get(record)?.texts.length)).toEqual([1, undefined, 1]);
  expect(store.characters).toBeLessThanOrEqual(1_000);
  store.ofSelection('b').put(record, text(300));
  expect(store.ofSelection('b').get(record)).toEqual(text(300));
  expect(store.characters).toBeLessThanOrEqual(1_000);
});

test('one text that is larger than all the room is not kept', () => {
  const store = createFragmentStore(1_000);
  const kept = store.ofSelection('a');
  kept.put({}, text(5_000));
  expect(store.characters).toBe(0);
});
