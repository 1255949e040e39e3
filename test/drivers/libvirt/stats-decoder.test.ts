import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { domainStatsRecord } from '../../../src/drivers/libvirt/rpc/procedures-connect.ts';
import type { TypedParam, TypedValue } from '../../../src/drivers/libvirt/rpc/typed-params.ts';
import { array, decode, encode } from '../../../src/drivers/libvirt/rpc/xdr.ts';
import { statsReply } from '../../../src/drivers/libvirt/stats-decoder.ts';
import { parseUuid, type Uuid } from '../../../src/model/brands.ts';

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
  );

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
      cpu: { timeNs: 2n ** 60n, userNs: 10n, systemNs: 20n },
      memory: {
        currentBytes: 2 ** 20,
        maximumBytes: 2 ** 21,
        availableBytes: null,
        unusedBytes: null,
        usableBytes: null,
        rssBytes: 2 ** 19,
      },
      vcpus: [
        { index: 0, state: 'RUNNING', timeNs: 7n },
        { index: 2, state: 'OFFLINE', timeNs: null },
      ],
      interfaces: [
        {
          name: 'vnet3',
          rxBytes: 1n,
          rxPackets: 2n,
          rxErrors: 3n,
          rxDrops: 4n,
          txBytes: 5n,
          txPackets: 6n,
          txErrors: 7n,
          txDrops: 8n,
        },
      ],
      disks: [
        {
          name: 'vda',
          path: '/größe.qcow2',
          readRequests: 1n,
          readBytes: 2n,
          writeRequests: 3n,
          writeBytes: 4n,
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
        list.find(({ field }) => field === wanted)?.value.value ?? null;
      const expected = lists.map((list) => {
        const cpu = { timeNs: of(list, 'cpu.time'), userNs: of(list, 'cpu.user'), systemNs: of(list, 'cpu.system') };
        return Object.values(cpu).every((value) => value === null) ? null : cpu;
      });
      expect(samplesOf(...lists).map(({ cpu }) => cpu)).toEqual(expected);
    }),
  );
});

describe('a hostile reply', () => {
  test('whose numbers jump ahead makes no long list', () => {
    expect(() => samplesOf(params({ 'net.40000.name': text('x') }))).toThrow(/jump/);
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
