import { expect, test } from 'vitest';
import { createFragmentStore } from '../../../src/server/execution/fragments.ts';

const record = {};
const text = (length: number) => ({ record, basis: null, texts: ['x'.repeat(length)] });

test('equal selections share the texts of a record', () => {
  const store = createFragmentStore(10_000);
  store.ofSelection('Domain{name}').put('alpha', '1', text(3));
  expect(store.ofSelection('Domain{name}').get('alpha', '1')).toEqual(text(3));
  expect(store.ofSelection('Domain{id}').get('alpha', '1')).toBe(undefined);
});

test('past its bound, the selection that was used least recently goes, and can be kept again', () => {
  const store = createFragmentStore(1_000);
  for (const name of ['a', 'b']) store.ofSelection(name).put('alpha', '1', text(300));
  store.ofSelection('a');
  store.ofSelection('c').put('alpha', '1', text(300));
  expect(['a', 'b', 'c'].map((name) => store.ofSelection(name).get('alpha', '1')?.texts.length)).toEqual([
    1,
    undefined,
    1,
  ]);
  expect(store.characters).toBeLessThanOrEqual(1_000);
  store.ofSelection('b').put('alpha', '1', text(300));
  expect(store.ofSelection('b').get('alpha', '1')).toEqual(text(300));
  expect(store.characters).toBeLessThanOrEqual(1_000);
});

test('one text that is larger than all the room is not kept', () => {
  const store = createFragmentStore(1_000);
  const kept = store.ofSelection('a');
  kept.put('alpha', '1', text(5_000));
  expect(store.characters).toBe(0);
});

test('a text takes the place of the one before it', () => {
  const store = createFragmentStore(1_000);
  const kept = store.ofSelection('a');
  for (let round = 0; round < 50; round++) kept.put('alpha', '1', text(300));
  expect(kept.get('alpha', '1')).toEqual(text(300));
  kept.put('alpha', '2', text(300));
  expect(['1', '2', '3'].map((id) => kept.get('alpha', id)?.texts.length)).toEqual([1, 1, undefined]);
});
