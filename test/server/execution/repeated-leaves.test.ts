import { array, assert, constantFrom, property, tuple } from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createContext, type Gateway } from '../../../src/resolvers/context.ts';
import { createIdCodec } from '../../../src/resolvers/ids.ts';
import { createFragmentStore } from '../../../src/server/execution/fragments.ts';
import { type Leaf, repeatedLeaves } from '../../../src/server/execution/repeated-leaves.ts';
import { createRun } from '../../../src/server/execution/run.ts';
import { createSlabs } from '../../../src/server/execution/slabs.ts';
import { wordsOf } from '../../../src/server/execution/words.ts';
import { noConfiguration, noHostAdmin, testLimits } from '../../support/gateway.ts';
import { createMemoryFleet } from '../../support/memory-fleet.ts';

const fleet = createMemoryFleet();
const gateway: Gateway = {
  fleet,
  ids: createIdCodec(fleet.id),
  info: { version: 'test', startedAt: 0, limits: { ...testLimits, tokens: 1, depth: 1, aliases: 1 } },
  hostAdmin: noHostAdmin,
  configuration: () => noConfiguration,
  signal: new AbortController().signal,
};

type Row = readonly [unknown, unknown, unknown];

const propertyOf = (name: string): Leaf['access'] => ({ name, resolve: null, args: null, isNarrow: true });
const resolved: Leaf['access'] = {
  name: 'second',
  resolve: (parent, args, context) => (context === null ? null : Object(parent)[String(args)]),
  args: 'second',
  isNarrow: false,
};
const write: Leaf['write'] = (value, out) => out.ascii(JSON.stringify(value));

const openRun = (slabBytes: number) =>
  createRun(
    createContext(gateway),
    createFragmentStore(1_000, createSlabs({ slabBytes, referredBytes: 1 })),
    () => systemClock.monotonic() < 0,
  );
const openLeaves = () =>
  repeatedLeaves([
    { lead: wordsOf('{"first":'), access: propertyOf('first'), write },
    { lead: wordsOf(',"second":'), access: resolved, write },
    { lead: wordsOf(',"third":'), access: propertyOf('third'), write },
  ]);
const parentOf = ([first, second, third]: Row) => ({ first, second, third });
const textOf = (rows: readonly Row[]) => rows.map((row) => JSON.stringify(parentOf(row)).slice(0, -1)).join('');

const value = constantFrom<unknown>(null, true, 0, -0, 1.5, 'a', 'b', '', 'x'.repeat(57), 'x'.repeat(500));
const rows = array(tuple(value, value, value), { maxLength: 100 });
const slabBytes = constantFrom(10, 100, 10_000);

test('whatever is repeated and whatever is not, each value is written', () => {
  assert(
    property(rows, slabBytes, (someRows, size) => {
      const run = openRun(size);
      const put = openLeaves();
      for (const row of someRows) put(parentOf(row), run);
      expect(Buffer.concat(run.out.finish()).toString()).toBe(textOf(someRows));
    }),
  );
});

test('answers that are made at the same time have each its own, and so has one that begins after another was given up', () => {
  assert(
    property(rows, slabBytes, (someRows, size) => {
      const put = openLeaves();
      const [one, other] = [openRun(size), openRun(size)];
      for (const row of someRows) {
        put(parentOf(row), one);
        put(parentOf([row[2], row[1], row[0]]), other);
      }
      const swapped = someRows.map(([first, second, third]): Row => [third, second, first]);
      expect(Buffer.concat(one.out.finish()).toString()).toBe(textOf(someRows));
      expect(Buffer.concat(other.out.finish()).toString()).toBe(textOf(swapped));
      const givenUp = openRun(size);
      expect(() => put(parentOf([1, 2n, 3]), givenUp)).toThrow(TypeError);
      givenUp.out.finish();
      const next = openRun(size);
      put(parentOf([1, 2, 3]), next);
      expect(Buffer.concat(next.out.finish()).toString()).toBe(textOf([[1, 2, 3]]));
    }),
  );
});

test('an object that was changed meanwhile is written as it is now', () => {
  const changing = { count: 0, toJSON: () => changing.count++ };
  const run = openRun(10_000);
  const put = openLeaves();
  for (let time = 0; time < 2; time++) put(parentOf([changing, 'same', 'same']), run);
  expect(Buffer.concat(run.out.finish()).toString()).toBe(
    textOf([
      [0, 'same', 'same'],
      [1, 'same', 'same'],
    ]),
  );
});
