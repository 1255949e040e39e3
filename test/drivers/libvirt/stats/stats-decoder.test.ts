import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { domainStatsRecord } from '../../../../src/drivers/libvirt/rpc/procedures-connect.ts';
import type { TypedParam, TypedValue } from '../../../../src/drivers/libvirt/rpc/typed-params.ts';
import { array, decode, encode } from '../../../../src/drivers/libvirt/rpc/xdr.ts';
import { statsReply } from '../../../../src/drivers/libvirt/stats/stats-decoder.ts';
import { parseUuid, type Uuid } from '../../../../src/model/brands.ts';
import { plainSample, sampleOfRecord } from '../plain-samples.ts';

const records = array(domainStatsRecord, 'REMOTE_DOMAIN_LIST_MAX');
const uuid = parseUuid('00112233-4455-6677-8899-aabbccddeeff') as Uuid;
const domain = { name: 'vm', uuid, id: 1 };

const int = (value: number): TypedValue => ({ type: 'INT', value });
const uint = (value: number): TypedValue => ({ type: 'UINT', value });
const ull = (value: bigint): TypedValue => ({ type: 'ULLONG', value });
const text = (value: string): TypedValue => ({ type: 'STRING', value });

const params = (fields: Readonly<Record<string, TypedValue>>): TypedParam[] =>
  Object.entries(fields).map(([field, value]) => ({ field, value }));
const samplesOf = (...lists: readonly (readonly TypedParam[])[]) =>
  decode(
    statsReply,
    encode(
      records,
      lists.map((list) => ({ domain, params: list })),
    ),
  ).map(plainSample);

const nothing = { state: null, stateReason: null, cpu: null, memory: null, vcpus: null, interfaces: null, disks: null };

test('a record with all groups becomes a sample', () => {
  const fields = {
    'state.state': int(3),
    'state.reason': int(5),
    'cpu.time': ull(2n ** 60n),
    'cpu.user': ull(10n),
    'cpu.system': ull(20n),
    'cpu.haltpoll.success.time': ull(1n),
    'balloon.current': ull(1_024n),
    'balloon.maximum': ull(2_048n),
    'balloon.rss': ull(512n),
    'vcpu.current': uint(1),
    'vcpu.maximum': uint(4),
    'vcpu.0.state': int(1),
    'vcpu.0.time': ull(7n),
    'vcpu.2.state': int(0),
    'net.count': uint(1),
    'net.0.name': text('vnet3'),
    'net.0.rx.bytes': ull(1n),
    'net.0.rx.pkts': ull(2n),
    'net.0.rx.errs': ull(3n),
    'net.0.rx.drop': ull(4n),
    'net.0.tx.bytes': ull(5n),
    'net.0.tx.pkts': ull(6n),
    'net.0.tx.errs': ull(7n),
    'net.0.tx.drop': ull(8n),
    'block.count': uint(1),
    'block.0.name': text('vda'),
    'block.0.path': text('/größe.qcow2'),
    'block.0.rd.reqs': ull(1n),
    'block.0.rd.bytes': ull(2n),
    'block.0.wr.reqs': ull(3n),
    'block.0.wr.bytes': ull(4n),
    'block.0.capacity': ull(5n),
    'block.0.allocation': ull(6n),
    'block.0.physical': ull(2n ** 64n - 1n),
  };
  expect(samplesOf(params(fields))).toEqual([
    {
      uuid,
      state: 'PAUSED',
      stateReason: 'I/O error',
      cpu: { timeNs: 2n ** 60n, userNs: 10, systemNs: 20 },
      memory: {
        currentBytes: 2 ** 20,
        maximumBytes: 2 ** 21,
        availableBytes: null,
        unusedBytes: null,
        usableBytes: null,
        rssBytes: 2 ** 19,
      },
      vcpus: [
        { index: 0, state: 'RUNNING', timeNs: 7 },
        { index: 2, state: 'OFFLINE', timeNs: null },
      ],
      interfaces: [
        {
          name: 'vnet3',
          rxBytes: 1,
          rxPackets: 2,
          rxErrors: 3,
          rxDrops: 4,
          txBytes: 5,
          txPackets: 6,
          txErrors: 7,
          txDrops: 8,
        },
      ],
      disks: [
        {
          name: 'vda',
          path: '/größe.qcow2',
          readRequests: 1,
          readBytes: 2,
          writeRequests: 3,
          writeBytes: 4,
          capacityBytes: 5,
          allocationBytes: 6,
          physicalBytes: null,
        },
      ],
      missing: null,
    },
  ]);
});

test('a guest without cards and disks has none, which is not the same as not being told', () => {
  expect(samplesOf(params({ 'net.count': uint(0), 'block.count': uint(0) }))).toEqual([
    { uuid, ...nothing, interfaces: [], disks: [], missing: null },
  ]);
  expect(samplesOf([])).toEqual([{ uuid, ...nothing, missing: null }]);
});

test('what was learnt of one record is never put upon another', () => {
  const one = params({ 'state.state': int(1), 'state.reason': int(1), 'net.count': uint(0), 'cpu.time': ull(1n) });
  const other = params({ 'cpu.time': ull(2n), 'net.0.name': text('a'), 'cpu.user': ull(3n), 'state.state': int(5) });
  const alone = [...samplesOf(one), ...samplesOf(other), ...samplesOf(one)];
  expect(samplesOf(one, other, one)).toEqual(alone);
});

test('names in any order and of any kind give the same sample as their values alone say', () => {
  const name = fc.constantFrom('cpu.time', 'cpu.user', 'cpu.system', 'cpu.other', 'perf.x', '', 'cpu.timer', 'größe');
  const fields = fc.uniqueArray(fc.record({ field: name, value: fc.bigInt(0n, 2n ** 64n - 1n).map(ull) }), {
    selector: ({ field }) => field,
  });
  fc.assert(
    fc.property(fc.array(fields, { maxLength: 5 }), (lists) => {
      const of = (list: readonly TypedParam[], wanted: string) =>
        counterOf(list.find(({ field }) => field === wanted)?.value.value);
      const expected = lists.map((list) => {
        const cpu = { timeNs: of(list, 'cpu.time'), userNs: of(list, 'cpu.user'), systemNs: of(list, 'cpu.system') };
        return Object.values(cpu).every((value) => value === null) ? null : cpu;
      });
      expect(samplesOf(...lists).map(({ cpu }) => cpu)).toEqual(expected);
    }),
  );
});

const counterOf = (value: unknown) =>
  typeof value === 'bigint' ? (value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value) : null;

/** Names that mean something, in the orders and with the values in which no daemon would send them. */
const fieldNames = [
  'state.state',
  'state.reason',
  'cpu.time',
  'cpu.user',
  'cpu.system',
  'cpu.haltpoll.fail.time',
  'perf.cmt',
  'balloon.current',
  'balloon.maximum',
  'balloon.rss',
  'balloon.swap_in',
  'vcpu.current',
  'vcpu.maximum',
  'vcpu.0.state',
  'vcpu.0.time',
  'vcpu.3.state',
  'vcpu.3.wait',
  'net.count',
  'net.0.name',
  'net.0.rx.bytes',
  'net.0.tx.drop',
  'net.0.rx.other',
  'block.count',
  'block.0.name',
  'block.0.path',
  'block.0.rd.bytes',
  'block.0.fl.times',
  'block.0.capacity',
  'block.0.physical',
  '',
  'größe',
  'toString',
  '__proto__',
];
const edges = [0n, 1n, 1024n, 2n ** 43n - 1n, 2n ** 43n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n];
const typedValues: fc.Arbitrary<TypedValue> = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map(int),
  fc.nat({ max: 2 ** 32 - 1 }).map(uint),
  fc.oneof(fc.constantFrom(...edges), fc.bigInt(0n, 2n ** 64n - 1n)).map(ull),
  fc
    .oneof(
      fc.constantFrom(...edges).chain((edge) => fc.constantFrom(edge, -edge)),
      fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    )
    .map((value): TypedValue => ({ type: 'LLONG', value })),
  fc.double().map((value): TypedValue => ({ type: 'DOUBLE', value })),
  fc.boolean().map((value): TypedValue => ({ type: 'BOOLEAN', value })),
  fc
    .oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('vda', 'vnet0', 'größe', '/a/very/long/path/of/some/image.qcow2'),
    )
    .map(text),
);
const shuffledParams = fc
  .shuffledSubarray(fieldNames)
  .chain((names) =>
    fc
      .array(typedValues, { minLength: names.length, maxLength: names.length })
      .map((values) => names.map((field, index): TypedParam => ({ field, value: values[index] ?? int(0) }))),
  );
/** As daemons send them: the same names again and again, here and there one record of another kind between them. */
const replies = fc.array(shuffledParams, { minLength: 1, maxLength: 3 }).chain((kinds) =>
  fc.array(
    fc
      .record({ kind: fc.nat({ max: kinds.length - 1 }), values: fc.array(typedValues, { maxLength: 40 }) })
      .map(({ kind, values }) =>
        (kinds[kind] ?? []).map(({ field, value }, index): TypedParam => {
          const other = values[index];
          return { field, value: other?.type === value.type ? other : value };
        }),
      ),
    { maxLength: 8 },
  ),
);

test('any reply is read as its records say by name, whichever records were read before', () => {
  fc.assert(
    fc.property(replies, fc.boolean(), (lists, isOdd) => {
      const bytes = encode(
        records,
        lists.map((list) => ({ domain, params: list })),
      );
      // As it lies in a chunk that other frames came in, too: at no whole word.
      const placed = isOdd ? Buffer.concat([Buffer.alloc(1), bytes]).subarray(1) : bytes;
      expect(decode(statsReply, placed).map(plainSample)).toEqual(decode(records, bytes).map(sampleOfRecord));
    }),
    { numRuns: 400 },
  );
});

test('more kinds of records than are remembered are all read right', () => {
  const lists = Array.from({ length: 1_200 }, (_, index) =>
    params({
      [`x.${index % 40}.${index}`]: ull(1n),
      'cpu.time': ull(BigInt(index)),
      ...(index % 3 === 0 && { y: int(1) }),
    }),
  );
  expect(samplesOf(...lists, ...lists).map(({ cpu }) => cpu?.timeNs)).toEqual(
    [...lists, ...lists].map((_, index) => index % lists.length),
  );
});

test('a reply cut anywhere is an error of the protocol', () => {
  const whole = encode(records, [
    { domain, params: params({ 'cpu.time': ull(1n), 'net.0.name': text('vnet0'), 'block.0.path': text('größe') }) },
    { domain, params: params({ 'cpu.time': ull(2n), 'net.0.name': text('vnet1'), 'block.0.path': text('x') }) },
  ]);
  for (let length = 0; length < whole.length; length += 1) {
    expect(outcome(whole.subarray(0, length))).toBe('PROTOCOL_ERROR');
  }
  expect(outcome(whole)).toBe('sample');
});

test('cards that have no device on the host are counted by libvirt, and leave holes in its numbers', () => {
  const fields = {
    'net.count': uint(4),
    'net.1.name': text('vnet0'),
    'net.1.rx.bytes': ull(1n),
    'net.3.name': text('vnet1'),
    'net.3.rx.bytes': ull(3n),
  };
  const [sample] = samplesOf(params(fields));
  expect(sample?.interfaces).toMatchObject([
    { name: 'vnet0', rxBytes: 1 },
    { name: 'vnet1', rxBytes: 3 },
  ]);
});

describe('a hostile reply', () => {
  test('whose numbers jump ahead makes no long list', () => {
    const [sample] = samplesOf(params({ 'net.40000.name': text('x'), 'block.99999.name': text('y') }));
    expect([sample?.interfaces, sample?.disks]).toMatchObject([[{ name: 'x' }], [{ name: 'y' }]]);
  });

  test('that promises more records or parameters than it can hold is refused before there is a place for them', () => {
    const promise = (count: number) => Buffer.from(Uint32Array.of(count).buffer).swap32();
    expect(outcome(promise(16_384))).toBe('PROTOCOL_ERROR');
    expect(outcome(promise(16_385))).toBe('PROTOCOL_ERROR');
    const head = encode(records, [{ domain, params: [] }]).subarray(0, -4);
    expect(outcome(Buffer.concat([head, promise(262_144)]))).toBe('PROTOCOL_ERROR');
    expect(outcome(Buffer.concat([head, promise(1), Buffer.alloc(8)]))).toBe('PROTOCOL_ERROR');
  });

  test('whose padding is not zero is refused, known layout or not', () => {
    const reply = encode(records, [{ domain, params: params({ 'net.0.name': text('vnet0') }) }]);
    expect(outcome(reply)).toBe('sample');
    for (const last of [reply.length - 1, reply.length - 3]) {
      const padded = Buffer.from(reply);
      padded[last] = 1;
      expect(outcome(padded)).toBe('PROTOCOL_ERROR');
    }
  });

  test('of any bytes is a sample or a protocol error', () => {
    const whole = encode(records, [{ domain, params: params({ 'cpu.time': ull(1n), 'net.0.name': text('vnet0') }) }]);
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), (place, byte) => {
        const bytes = Buffer.from(whole);
        bytes[place] = byte;
        expect(['sample', 'PROTOCOL_ERROR']).toContain(outcome(bytes));
      }),
      { numRuns: 500 },
    );
  });
});

function outcome(bytes: Buffer): unknown {
  try {
    decode(statsReply, bytes);
    return 'sample';
  } catch (error) {
    return (error as { detail?: { problem?: string } }).detail?.problem ?? error;
  }
}
