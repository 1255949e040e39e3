import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { packSamples } from '../../../src/fleet/stats/packed-samples.ts';
import type { Uuid } from '../../../src/model/brands.ts';
import { StatsRow, type StatsShape } from '../../../src/model/stats-columns.ts';

const width = 5;
const shapes: readonly StatsShape[] = [0, 1].map((cpu) => ({
  width,
  state: -1,
  reason: -1,
  cpu: { timeNs: cpu, userNs: cpu + 1, systemNs: -1 },
  memory: {
    currentBytes: 2,
    maximumBytes: 3,
    availableBytes: -1,
    unusedBytes: -1,
    usableBytes: -1,
    rssBytes: 4,
  },
  vcpus: null,
  interfaces: null,
  disks: null,
}));

const value = fc.oneof(
  fc.nat({ max: 300 }),
  fc.nat({ max: 70_000 }),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -1, 2 ** 32 - 1, 2 ** 32, Number.NaN, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
);
const row = fc.record({
  values: fc.array(value, { minLength: width, maxLength: width }),
  shape: fc.constantFrom(...shapes),
  state: fc.constantFrom('RUNNING' as const, 'SHUTOFF' as const, null),
  missing: fc.constantFrom('No readings of cpu.', null),
});
const reply = fc.record({
  rows: fc.array(row, { maxLength: 12 }),
  /** Of which value the exact one is more than a number can say. */
  exact: fc.option(fc.tuple(fc.nat(11), fc.nat(width - 1))),
});

test('gives every sample back as it was, however many replies they are of', () => {
  fc.assert(
    fc.property(fc.array(reply, { maxLength: 3 }), (replies) => {
      const rows = replies.flatMap(rowsOf);
      const packed = packSamples(rows, (uuid) => uuid);
      expect(packed.uuids).toEqual(rows.map(({ uuid }) => uuid));
      expect(packed.at(rows.length)).toBeNull();
      for (const [place, before] of rows.entries()) expect(lookAt(packed.at(place))).toEqual(lookAt(before));
    }),
  );
});

test('keeps texts, and samples that are no rows', () => {
  const bytes = Buffer.from('vnet7\0\0\0');
  const texts = Int32Array.of(5, bytes.readInt32LE(0), bytes.readInt32LE(4));
  const columns = {
    values: Float64Array.of(0),
    exact: new Map(),
    texts,
    textBytes: Buffer.from(texts.buffer),
    packed: null,
  };
  const none = { timeNs: -1, userNs: -1, systemNs: -1 };
  const shape: StatsShape = {
    width: 1,
    state: -1,
    reason: -1,
    cpu: none,
    memory: null,
    vcpus: null,
    interfaces: null,
    disks: null,
  };
  const one = new StatsRow({ columns, shape, start: 0 }, uuidOf(0), 'RUNNING', 'booted', null);
  const [packed, plain] = [packSamples([one], (uuid) => uuid).at(0), { ...lookAt(one) }];
  expect(packed).toBeInstanceOf(StatsRow);
  expect((packed as StatsRow).text(0)).toBe('vnet7');
  expect(packSamples([plain, one], (uuid) => uuid).at(0)).toBe(plain);
});

test('keeps the UUID that somebody has already, and not the reply', () => {
  const [one] = rowsOf({
    rows: [{ values: [1, 2, 3, 4, 5], shape: shapeOf(0), state: null, missing: null }],
    exact: null,
  });
  if (one === undefined) throw new Error('There is one row.');
  const packed = packSamples([one], () => uuidOf(9));
  expect(packed.uuids).toEqual([uuidOf(9)]);
  const again = packed.at(0);
  expect(again?.uuid).toBe(uuidOf(9));
  expect((again as StatsRow).place.columns.values).not.toBe(one.place.columns.values);
});

type Reply = Parameters<Parameters<typeof reply.map>[0]>[0];

function rowsOf({ rows, exact }: Reply): readonly StatsRow[] {
  const beyond = exact && exact[0] < rows.length ? exact[0] * width + exact[1] : null;
  const values = Float64Array.from(rows.flatMap((one) => one.values));
  if (beyond !== null) values[beyond] = 2 ** 60;
  const columns = {
    values,
    exact: new Map(beyond === null ? [] : [[beyond, 2n ** 60n + 1n] as const]),
    texts: new Int32Array(0),
    textBytes: Buffer.alloc(0),
    packed: null,
  };
  return rows.map(
    ({ shape, state, missing }, at) =>
      new StatsRow({ columns, shape, start: at * width }, uuidOf(at), state, state && 'booted', missing),
  );
}

function lookAt(sample: ReturnType<ReturnType<typeof packSamples>['at']>) {
  if (sample === null) throw new Error('There is a sample.');
  const { uuid, state, stateReason, cpu, memory, vcpus, interfaces, disks, missing } = sample;
  return { uuid, state, stateReason, cpu, memory, vcpus, interfaces, disks, missing };
}

function shapeOf(index: number): StatsShape {
  const shape = shapes[index];
  if (shape === undefined) throw new Error('There is such a shape.');
  return shape;
}

/** The form is of no interest here. */
const uuidOf = (index: number) => `uuid-${index}` as Uuid;
