import { describe, expect, test } from 'vitest';
import { closeEvent, readDaemonMessage } from '../../../../src/drivers/libvirt/rpc/events.ts';
import { domainEvents } from '../../../../src/drivers/libvirt/rpc/events-domain.ts';
import { objectEvents } from '../../../../src/drivers/libvirt/rpc/events-objects.ts';
import { type Codec, encode } from '../../../../src/drivers/libvirt/rpc/xdr.ts';
import { parseUuid, type Uuid } from '../../../../src/model/brands.ts';

const uuid = parseUuid('00112233-4455-6677-8899-aabbccddeeff') as Uuid;
const domain = { name: 'vm', uuid, id: 3 };
const base = { callbackId: 1, domain };

describe('a domain event', () => {
  test('of golden bytes is read', () => {
    // callback 1, name "vm", uuid, id 3, event STOPPED (5), detail DESTROYED (1).
    const payload = Buffer.from(
      '0000000100000002766d000000112233445566778899aabbccddeeff000000030000000500000001',
      'hex',
    );
    expect(readDaemonMessage({ procedure: 318, payload })).toEqual({
      kind: 'hint',
      hint: { kind: 'domain', uuid, name: 'vm', event: 'lifecycle', detail: { event: 'stopped', detail: 'destroyed' } },
    });
  });

  const address = { family: 1, node: '::1', service: '5900' };
  const pm = { ...base, reason: 0 };
  const cases: readonly [keyof typeof domainEvents, object, object][] = [
    ['lifecycle', { event: 2, detail: 0 }, { event: 'started', detail: 'booted' }],
    ['reboot', {}, {}],
    ['rtc-change', { offset: -3600n }, { offset: '-3600' }],
    ['watchdog', { action: 2 }, { action: 'reset' }],
    ['io-error', { path: '/a', alias: 'vda', action: 1 }, { path: '/a', alias: 'vda', action: 'pause' }],
    [
      'graphics',
      { phase: 0, local: address, remote: address, authScheme: 'vnc', subject: [{ type: 'x509dname', name: 'me' }] },
      { phase: 'connect', local: 'ipv6 ::1 5900', remote: 'ipv6 ::1 5900', authScheme: 'vnc', subject: 'x509dname=me' },
    ],
    [
      'io-error-reason',
      { path: '/a', alias: 'vda', action: 2, reason: 'enospc' },
      { path: '/a', alias: 'vda', action: 'report', reason: 'enospc' },
    ],
    ['control-error', {}, {}],
    ['block-job', { path: '/a', type: 2, status: 3 }, { path: '/a', type: 'copy', status: 'ready' }],
    [
      'disk-change',
      { oldPath: '/a', newPath: null, alias: 'cd', reason: 1 },
      { oldPath: '/a', newPath: null, alias: 'cd', reason: 'dropped' },
    ],
    ['tray-change', { alias: 'cd', reason: 0 }, { alias: 'cd', reason: 'opened' }],
    ['pm-wakeup', pm, { reason: 0 }],
    ['pm-suspend', pm, { reason: 0 }],
    ['balloon-change', { actualKib: 1024n }, { actualKib: '1024' }],
    ['pm-suspend-disk', pm, { reason: 0 }],
    ['device-removed', { alias: 'net0' }, { alias: 'net0' }],
    [
      'block-job-2',
      { target: 'vda', type: 4, status: 0 },
      { target: 'vda', type: 'active-commit', status: 'completed' },
    ],
    [
      'tunable',
      { params: [{ field: 'cputune.vcpupin0', value: { type: 'STRING', value: '1-2' } }] },
      { 'cputune.vcpupin0': '1-2' },
    ],
    ['agent-lifecycle', { state: 1, reason: 2 }, { state: 'connected', reason: 'channel event' }],
    ['device-added', { alias: 'net1' }, { alias: 'net1' }],
    ['migration-iteration', { iteration: 4 }, { iteration: 4 }],
    ['job-completed', { params: [{ field: 'time', value: { type: 'ULLONG', value: 5n } }] }, { time: '5' }],
    ['device-removal-failed', { alias: 'net1' }, { alias: 'net1' }],
    ['metadata-change', { type: 2, namespace: 'urn:x' }, { type: 'element', namespace: 'urn:x' }],
    [
      'block-threshold',
      { device: 'vda', path: null, threshold: 10n, excess: 1n },
      { device: 'vda', path: null, threshold: '10', excess: '1' },
    ],
    ['memory-failure', { recipient: 1, action: 3, flags: 2 }, { recipient: 'guest', action: 'reset', flags: 2 }],
    ['memory-device-size-change', { alias: 'mem0', sizeKib: 9n }, { alias: 'mem0', sizeKib: '9' }],
    [
      'nic-mac-change',
      { alias: 'net0', oldMac: '52:54:00:00:00:01', newMac: '52:54:00:00:00:02' },
      { alias: 'net0', oldMac: '52:54:00:00:00:01', newMac: '52:54:00:00:00:02' },
    ],
  ];

  test.each(cases)('%s becomes a hint with its numbers as names', (name, fields, detail) => {
    const { procedure, message } = domainEvents[name];
    // The rows above pair each event with the fields of its own message.
    const payload = encode(message as Codec<object>, { ...base, ...fields });
    expect(readDaemonMessage({ procedure, payload })).toEqual({
      kind: 'hint',
      hint: { kind: 'domain', uuid, name: 'vm', event: name, detail },
    });
  });

  test('every event of the table is tried above', () => {
    expect(cases.map(([name]) => name)).toEqual(Object.keys(domainEvents));
  });

  test('ids count up without a hole, as libvirt numbers them', () => {
    expect(Object.values(domainEvents).map(({ id }) => id)).toEqual(cases.map((_, index) => index));
  });

  test('of a number that a newer libvirt has keeps the number', () => {
    const { procedure, message } = domainEvents.lifecycle;
    const payload = encode(message, { ...base, event: 77, detail: 5 });
    expect(readDaemonMessage({ procedure, payload })).toMatchObject({
      hint: { detail: { event: 'unknown (77)', detail: 'unknown (5)' } },
    });
  });

  test('that is cut is a protocol error', () => {
    const { procedure, message } = domainEvents.reboot;
    const payload = encode(message, base).subarray(0, -1);
    expect(() => readDaemonMessage({ procedure, payload })).toThrow(/too early/);
  });
});

describe('an event of another object', () => {
  const pool = { name: 'p', uuid };
  const secret = { uuid, usageType: 0, usageId: '' };
  const cases: readonly [keyof typeof objectEvents, object, object][] = [
    [
      'network lifecycle',
      { network: { name: 'n', uuid }, event: 2, detail: 0 },
      { kind: 'network', name: 'n', uuid, event: 'started' },
    ],
    ['storage pool lifecycle', { pool, event: 5, detail: 0 }, { kind: 'storagePool', ...pool, event: 'deleted' }],
    ['storage pool refresh', { pool }, { kind: 'storagePool', ...pool, event: 'refresh' }],
    [
      'node device lifecycle',
      { device: { name: 'net_vnet0' }, event: 1, detail: 0 },
      { kind: 'nodeDevice', name: 'net_vnet0', event: 'deleted' },
    ],
    ['node device update', { device: { name: 'd' } }, { kind: 'nodeDevice', name: 'd', event: 'update' }],
    ['secret lifecycle', { secret, event: 0, detail: 0 }, { kind: 'secret', uuid, event: 'defined' }],
    ['secret value-changed', { secret }, { kind: 'secret', uuid, event: 'value-changed' }],
  ];

  test.each(cases)('%s becomes a hint', (name, fields, hint) => {
    const { procedure, message } = objectEvents[name];
    // The rows above pair each event with the fields of its own message.
    const payload = encode(message as Codec<object>, { callbackId: 1, ...fields });
    expect(readDaemonMessage({ procedure, payload })).toEqual({ kind: 'hint', hint });
  });

  test('every event of the table is tried above', () => {
    expect(cases.map(([name]) => name)).toEqual(Object.keys(objectEvents));
  });
});

test('the daemon losing its own driver is told with the reason', () => {
  const payload = encode(closeEvent.message, { reason: 2 });
  expect(readDaemonMessage({ procedure: closeEvent.procedure, payload })).toEqual({
    kind: 'driverClosed',
    reason: 'keepalive',
  });
});

test('an event of a procedure that we do not know is no failure', () => {
  expect(readDaemonMessage({ procedure: 9_999, payload: Buffer.from('00', 'hex') })).toEqual({
    kind: 'unknown',
    procedure: 9_999,
  });
});
