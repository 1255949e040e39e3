import { array, assert, constantFrom, property } from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createContext, type Gateway } from '../../../src/resolvers/context.ts';
import { createIdCodec } from '../../../src/resolvers/ids.ts';
import { createFragmentStore } from '../../../src/server/execution/fragments.ts';
import { repeatedLeaf } from '../../../src/server/execution/repeated-leaf.ts';
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

function written(values: readonly unknown[], slabBytes: number): string {
  const fragments = createFragmentStore(1_000, createSlabs({ slabBytes, referredBytes: 1 }));
  const run = createRun(createContext(gateway), fragments, () => systemClock.monotonic() < 0);
  const put = repeatedLeaf(
    wordsOf(',"key":'),
    ({ value }: { readonly value: unknown }) => value,
    (value, out) => out.ascii(JSON.stringify(value)),
  );
  for (const value of values) put({ value }, run);
  return Buffer.concat(run.out.finish()).toString();
}

const value = constantFrom<unknown>(null, true, 0, -0, 1.5, 'a', 'b', '', 'x'.repeat(57), 'x'.repeat(200));

test('whatever is repeated and whatever is not, each value is written', () => {
  assert(
    property(array(value, { maxLength: 200 }), constantFrom(10, 100, 10_000), (values, slabBytes) => {
      expect(written(values, slabBytes)).toBe(values.map((each) => `,"key":${JSON.stringify(each)}`).join(''));
    }),
  );
});

test('an object that was changed meanwhile is written as it is now', () => {
  const changing = { count: 0, toJSON: () => changing.count++ };
  expect(written([changing, changing], 10_000)).toBe(',"key":0,"key":1');
});
