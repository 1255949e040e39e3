import { expect, test } from 'vitest';
import {
  createFragmentStore,
  type Fragment,
  type KeptFragments,
  noBasis,
} from '../../../src/server/execution/fragments.ts';
import { createSlabs, noSlab } from '../../../src/server/execution/slabs.ts';

const slabBytes = 1_000;
const record = {};

function openStore(maxBytes: number) {
  const slabs = createSlabs({ slabBytes, referredBytes: 1 });
  return { slabs, store: createFragmentStore(maxBytes, slabs) };
}

/** As an answer writes it, in a slab of its own. */
function put(kept: KeptFragments, id: string, bytes: number): Fragment {
  const fragment = kept.find('alpha', id);
  const slab = { ...noSlab, bytes: Buffer.alloc(Math.max(slabBytes, bytes)), end: bytes };
  kept.put(fragment, record, noBasis, { slab, start: 0, end: bytes, cuts: [] });
  return fragment;
}

const isKept = (kept: KeptFragments, id: string) => kept.find('alpha', id).record === record;

test('equal selections share the texts of a record', () => {
  const { store } = openStore(10_000);
  const fragment = put(store.ofSelection('Domain{name}'), '1', 3);
  expect(store.ofSelection('Domain{name}').find('alpha', '1')).toBe(fragment);
  expect(isKept(store.ofSelection('Domain{id}'), '1')).toBe(false);
});

test('past its bound, the selection that was used least recently goes, and can be kept again', () => {
  const { store } = openStore(3_000);
  for (const name of ['a', 'b']) put(store.ofSelection(name), '1', 900);
  store.ofSelection('a');
  put(store.ofSelection('c'), '1', 900);
  expect(['c', 'b', 'a'].map((name) => isKept(store.ofSelection(name), '1'))).toEqual([true, false, true]);
  expect(store.heldBytes).toBeLessThanOrEqual(3_000);
  put(store.ofSelection('b'), '1', 900);
  expect(isKept(store.ofSelection('b'), '1')).toBe(true);
  expect(store.heldBytes).toBeLessThanOrEqual(3_000);
});

test('one text that is larger than all the room is not kept', () => {
  const { store } = openStore(1_000);
  put(store.ofSelection('a'), '1', 5_000);
  expect(isKept(store.ofSelection('a'), '1')).toBe(false);
  expect(store.heldBytes).toBe(0);
});

test('a text takes the place of the one before it, and a slab of which nothing is kept is let go', () => {
  const { store } = openStore(100_000);
  const kept = store.ofSelection('a');
  for (let round = 0; round < 50; round++) put(kept, '1', 900);
  expect(isKept(kept, '1')).toBe(true);
  expect(store.heldBytes).toBeLessThan(2 * slabBytes);
  put(kept, '2', 900);
  expect(['1', '2', '3'].map((id) => isKept(kept, id))).toEqual([true, true, false]);
});

test('a text that is copied holds its slab no longer', () => {
  const { slabs, store } = openStore(100_000);
  const kept = store.ofSelection('a');
  const fragment = put(kept, '1', 900);
  const { slab: old } = fragment;
  const slab = slabs.take(2_000);
  kept.move(fragment, slab, 10);
  expect([fragment.start, fragment.end, old.kept, slab.kept]).toEqual([10, 910, 0, 900]);
  expect(slabs.heldBytes).toBe(slab.bytes.length);
});

test('what is mostly of no use any more is not referred to, nor what is short', () => {
  const slabs = createSlabs({ slabBytes, referredBytes: 100 });
  const slab = { ...noSlab, bytes: Buffer.alloc(slabBytes), end: 900, kept: 500 };
  expect([slabs.isReferred(slab, 100), slabs.isReferred(slab, 99)]).toEqual([true, false]);
  slab.kept = 400;
  expect(slabs.isReferred(slab, 100)).toBe(false);
});
