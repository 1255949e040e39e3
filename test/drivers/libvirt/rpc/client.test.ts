import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../src/clock.ts';
import type { ClientCallOptions } from '../../../../src/drivers/libvirt/rpc/call.ts';
import { connectionLost } from '../../../../src/drivers/libvirt/rpc/call-failures.ts';
import { type ClientOptions, RpcClient } from '../../../../src/drivers/libvirt/rpc/client.ts';
import { messageHeader } from '../../../../src/drivers/libvirt/rpc/events.ts';
import { domainEvents } from '../../../../src/drivers/libvirt/rpc/events-domain.ts';
import {
  encodeFrame,
  type FrameHeader,
  messageStatuses,
  messageTypes,
  programs,
} from '../../../../src/drivers/libvirt/rpc/frame.ts';
import { keepaliveProcedures, pingFrame, pongFrame } from '../../../../src/drivers/libvirt/rpc/keepalive.ts';
import { procedures } from '../../../../src/drivers/libvirt/rpc/procedures.ts';
import { int, nothing } from '../../../../src/drivers/libvirt/rpc/xdr.ts';
import { parseUuid, type Uuid } from '../../../../src/model/brands.ts';
import type { HostHint } from '../../../../src/model/hints.ts';
import { eventually } from '../../../support/eventually.ts';
import { createFakeClock } from '../../../support/fake-clock.ts';
import { openScriptedDaemon, replyFrame, type ScriptedDaemon } from './scripted-daemon.ts';

const uuid = parseUuid('00112233-4455-6677-8899-aabbccddeeff') as Uuid;
const domain = { name: 'vm', uuid, id: 1 };
const version = procedures.connectGetLibVersion;
const suspend = procedures.domainSuspend;

let daemon: ScriptedDaemon;
let hints: HostHint[];

beforeEach(async () => {
  daemon = await openScriptedDaemon();
  hints = [];
});
afterEach(() => daemon.close());

const open = (options: Partial<ClientOptions> = {}) =>
  new RpcClient(daemon.client, { clock: systemClock, onHint: (hint) => hints.push(hint), ...options });
const patient = (options: Partial<ClientCallOptions> = {}): ClientCallOptions => ({
  signal: new AbortController().signal,
  deadlineMs: 60_000,
  ...options,
});
const lifecycleEvent = (event: number) =>
  encodeFrame(messageHeader(domainEvents.lifecycle.procedure), domainEvents.lifecycle.message, {
    callbackId: 1,
    domain,
    event,
    detail: 0,
  });
const header = (changes: Partial<FrameHeader>): FrameHeader => ({ ...messageHeader(1), ...changes });

describe('calls', () => {
  test('are answered by serial, in whatever order the replies come', async () => {
    const client = open();
    const first = client.call(version, null, patient());
    const second = client.call(procedures.connectGetHostname, null, patient());
    const firstCall = await daemon.nextCall('connectGetLibVersion');
    const secondCall = await daemon.nextCall('connectGetHostname');
    daemon.reply(secondCall, 'connectGetHostname', { hostname: 'h' });
    expect(await second).toEqual({ hostname: 'h' });
    daemon.reply(firstCall, 'connectGetLibVersion', { version: 9_000_000 });
    expect(await first).toEqual({ version: 9_000_000 });
  });

  test('that libvirt refuses carry its own words', async () => {
    const client = open();
    const call = client.call(suspend, { domain }, patient());
    daemon.refuse(await daemon.nextCall('domainSuspend'), 55, 'domain is not running');
    await expect(call).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: 'domain is not running',
      detail: { outcome: 'FAILED', libvirt: { code: 55, domainName: 'QEMU' } },
    });
  });

  test('that cannot be written are refused before anything is sent', async () => {
    const client = open();
    const tooLong = { name: 'x'.repeat(4_194_305) };
    await expect(client.call(procedures.domainLookupByName, tooLong, patient())).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    expect(client.reading).toMatchObject({ callsInFlight: 0, callsQueued: 0 });
  });

  test('past the fourth wait for a place, and go by priority', async () => {
    const client = open();
    const running = [1, 2, 3, 4].map(() => client.call(version, null, patient()));
    const order: string[] = [];
    const queued = (['background', 'read', 'mutation'] as const).map(async (priority) => {
      await client.call(version, null, patient({ priority }));
      order.push(priority);
    });
    const calls = [];
    for (let i = 0; i < 4; i += 1) calls.push(await daemon.nextCall('connectGetLibVersion'));
    expect(client.reading).toMatchObject({ callsInFlight: 4, callsQueued: 3 });
    expect(daemon.waiting).toBe(0);
    for (let i = 0; i < 3; i += 1) {
      const [call] = calls.splice(0, 1);
      if (call) daemon.reply(call, 'connectGetLibVersion', { version: 1 });
      calls.push(await daemon.nextCall('connectGetLibVersion'));
    }
    for (const call of calls) daemon.reply(call, 'connectGetLibVersion', { version: 1 });
    await Promise.all([...running, ...queued]);
    expect(order).toEqual(['mutation', 'read', 'background']);
  });

  test('of one guest take two places and leave the others to other guests', async () => {
    const client = open();
    const ofGuest = (guest: string) => client.call(version, null, patient({ turn: guest }));
    const calls = [ofGuest('a'), ofGuest('a'), ofGuest('a'), ofGuest('b')];
    const sent = [];
    for (let i = 0; i < 3; i += 1) sent.push(await daemon.nextCall('connectGetLibVersion'));
    expect(client.reading).toMatchObject({ callsInFlight: 3, callsQueued: 1 });
    for (const call of sent) daemon.reply(call, 'connectGetLibVersion', { version: 1 });
    daemon.reply(await daemon.nextCall('connectGetLibVersion'), 'connectGetLibVersion', { version: 1 });
    await Promise.all(calls);
  });

  test('that find the queue full are told so at once', async () => {
    const client = open({ maxInFlight: 1, maxQueued: 1 });
    const waiting = [client.call(version, null, patient()), client.call(version, null, patient())];
    await expect(client.call(suspend, { domain }, patient())).rejects.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      detail: { outcome: 'NOT_SENT' },
    });
    client.fail(connectionLost('over'));
    await Promise.allSettled(waiting);
  });
});

test('calls of a burst go out past the limit, and others wait until they are answered', async () => {
  const client = open({ maxInFlight: 1 });
  const burst = [1, 2, 3].map(() => client.call(version, null, patient({ inBurst: true })));
  const other = client.call(version, null, patient());
  expect(client.reading).toMatchObject({ callsInFlight: 3, callsQueued: 1 });
  const sent = [];
  for (const _ of burst) sent.push(await daemon.nextCall('connectGetLibVersion'));
  for (const [place, call] of sent.entries()) {
    expect(client.reading.callsQueued).toBe(1);
    daemon.reply(call, 'connectGetLibVersion', { version: place });
    await burst[place];
  }
  daemon.reply(await daemon.nextCall('connectGetLibVersion'), 'connectGetLibVersion', { version: 9 });
  expect(await other).toEqual({ version: 9 });
  expect(await Promise.all(burst)).toEqual([{ version: 0 }, { version: 1 }, { version: 2 }]);
});

describe('a call that was given up', () => {
  test('still counts until its reply comes, which then harms nobody', async () => {
    const client = open({ maxInFlight: 1 });
    const controller = new AbortController();
    const call = client.call(version, null, patient({ signal: controller.signal }));
    const sent = await daemon.nextCall('connectGetLibVersion');
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(client.reading).toMatchObject({ callsInFlight: 1, callsAbandoned: 1 });
    const next = client.call(version, null, patient());
    expect(client.reading).toMatchObject({ callsQueued: 1 });
    daemon.reply(sent, 'connectGetLibVersion', { version: 1 });
    daemon.reply(await daemon.nextCall('connectGetLibVersion'), 'connectGetLibVersion', { version: 2 });
    expect(await next).toEqual({ version: 2 });
    expect(client.reading).toMatchObject({ callsInFlight: 0, callsAbandoned: 0 });
  });

  test('before it was sent leaves the queue and changes nothing', async () => {
    const client = open({ maxInFlight: 1 });
    const first = client.call(version, null, patient());
    const controller = new AbortController();
    const call = client.call(suspend, { domain }, patient({ signal: controller.signal }));
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'TIMEOUT', detail: { outcome: 'NOT_SENT' } });
    expect(client.reading).toMatchObject({ callsQueued: 0 });
    daemon.reply(await daemon.nextCall('connectGetLibVersion'), 'connectGetLibVersion', { version: 1 });
    await first;
    expect(daemon.waiting).toBe(0);
  });

  test('after a change was sent leaves its outcome unknown', async () => {
    const client = open();
    const controller = new AbortController();
    const call = client.call(suspend, { domain }, patient({ signal: controller.signal }));
    await daemon.nextCall('domainSuspend');
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', detail: { outcome: 'UNKNOWN' } });
  });

  test('with a signal that was aborted before is never sent', async () => {
    const client = open();
    await expect(client.call(version, null, patient({ signal: AbortSignal.abort() }))).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
    expect(client.reading.callsInFlight).toBe(0);
  });
});

// After go-libvirt's pull requests #96, #105, #182: calls without a deadline.
test('a call whose reply never comes ends with its deadline', async () => {
  const clock = createFakeClock();
  const client = open({ clock, maxInFlight: 1 });
  const sent = client.call(suspend, { domain }, patient({ deadlineMs: 5_000 }));
  const queued = client.call(suspend, { domain }, patient({ deadlineMs: 5_000 }));
  const ended = Promise.allSettled([sent, queued]);
  await daemon.nextCall('domainSuspend');
  await clock.advance(5_000);
  expect(await ended).toMatchObject([
    { reason: { code: 'TIMEOUT', retryable: false, detail: { outcome: 'UNKNOWN' } } },
    { reason: { code: 'TIMEOUT', retryable: true, detail: { outcome: 'NOT_SENT' } } },
  ]);
});

describe('when the connection is lost', () => {
  // After go-libvirt's pull request #132: calls that were never released.
  test('everybody who waits hears the one reason, and what became of their change', async () => {
    const client = open({ maxInFlight: 2 });
    const reading = client.call(version, null, patient());
    const changing = client.call(suspend, { domain }, patient());
    const unsent = client.call(suspend, { domain }, patient());
    await daemon.nextCall('connectGetLibVersion');
    await daemon.nextCall('domainSuspend');
    daemon.socket.destroy();
    const reason = await client.closed;
    expect(reason.detail.problem).toBe('CONNECTION_LOST');
    await expect(reading).rejects.toBe(reason);
    await expect(changing).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', detail: { outcome: 'UNKNOWN' } });
    await expect(unsent).rejects.toMatchObject({ code: 'HOST_UNREACHABLE', detail: { outcome: 'NOT_SENT' } });
    await expect(client.call(version, null, patient())).rejects.toBe(reason);
  });

  // After go-libvirt's pull request #159: a daemon that goes away during the handshake.
  test('before the first reply, the first call fails', async () => {
    daemon.socket.destroy();
    const client = open();
    const call = client.call(procedures.authList, null, patient());
    await expect(call).rejects.toMatchObject({ detail: { problem: 'CONNECTION_LOST' } });
  });

  test('in the middle of a message, the reason says so', async () => {
    const client = open();
    daemon.socket.end(lifecycleEvent(0).subarray(0, 20));
    expect((await client.closed).message).toMatch(/middle of a message \(20 bytes/);
  });

  test('by us, the far end sees the end', async () => {
    const client = open();
    const ended = new Promise((resolve) => daemon.socket.once('close', resolve));
    client.fail(connectionLost('enough'));
    await ended;
    expect((await client.closed).message).toBe('enough');
  });
});

describe('events', () => {
  test('are handed on in order', async () => {
    open();
    daemon.send(Buffer.concat([lifecycleEvent(2), lifecycleEvent(3)]));
    await eventually(() => expect(hints).toHaveLength(2));
    expect(hints).toMatchObject([{ detail: { event: 'started' } }, { detail: { event: 'suspended' } }]);
  });

  // After go-libvirt's issues #98, #190, #191: a consumer that calls back stopped the router.
  test('whose consumer calls libvirt back do not stop the reader', async () => {
    const answers: number[] = [];
    const client: RpcClient = open({
      onHint: () => void client.call(version, null, patient()).then((reply) => answers.push(reply.version)),
    });
    daemon.send(Buffer.concat([lifecycleEvent(2), lifecycleEvent(3)]));
    for (const number of [1, 2]) {
      daemon.reply(await daemon.nextCall('connectGetLibVersion'), 'connectGetLibVersion', { version: number });
    }
    await eventually(() => expect(answers).toEqual([1, 2]));
  });

  test('that we do not know are counted, and the connection lives on', async () => {
    const client = open();
    daemon.send(encodeFrame(messageHeader(9_999), int, 1));
    await eventually(() => expect(client.reading.framesIgnored).toBe(1));
    const call = client.call(version, null, patient());
    daemon.reply(await daemon.nextCall('connectGetLibVersion'), 'connectGetLibVersion', { version: 1 });
    expect(await call).toEqual({ version: 1 });
  });

  test('that end the driver behind the daemon end the connection', async () => {
    const client = open();
    daemon.send(encodeFrame(messageHeader(362), int, 0));
    expect((await client.closed).message).toMatch(/lost its own connection to the hypervisor \(error\)/);
  });
});

test('frames of a stream that nobody opened are counted and dropped', async () => {
  const client = open();
  for (const type of [messageTypes.STREAM, messageTypes.STREAM_HOLE]) {
    daemon.send(encodeFrame(header({ type, serial: 77, status: messageStatuses.CONTINUE }), nothing, null));
  }
  await eventually(() => expect(client.reading.framesIgnored).toBe(2));
});

describe('what a daemon must not send ends the connection', () => {
  test.each<[string, Buffer, RegExp]>([
    [
      'a reply to nobody',
      encodeFrame(header({ type: messageTypes.REPLY, serial: 9 }), nothing, null),
      /reply to call 9/,
    ],
    ['a call', encodeFrame(header({ type: messageTypes.CALL }), nothing, null), /type 0/],
    ['another program', encodeFrame(header({ program: 0x2000_8087 }), nothing, null), /unknown program 0x20008087/],
    ['another version', encodeFrame(header({ version: 2 }), nothing, null), /version 2/],
    ['a length of 4 GB', Buffer.from('ffffffff', 'hex'), /4294967295 bytes/],
    ['an event that is cut', encodeFrame(messageHeader(domainEvents.reboot.procedure), int, 1), /too early/],
  ])('%s', async (_what, bytes, message) => {
    const client = open();
    daemon.send(bytes);
    expect(await client.closed).toMatchObject({
      message: expect.stringMatching(message),
      detail: { problem: 'PROTOCOL_ERROR' },
    });
  });

  test('a reply that its procedure does not have fails its call too', async () => {
    const client = open();
    const call = client.call(version, null, patient());
    const sent = await daemon.nextCall('connectGetLibVersion');
    daemon.send(replyFrame(sent, int, 1));
    await expect(call).rejects.toMatchObject({ detail: { problem: 'PROTOCOL_ERROR' } });
    expect((await client.closed).detail.problem).toBe('PROTOCOL_ERROR');
  });

  test('a reply of another procedure than was called', async () => {
    const client = open();
    const call = client.call(version, null, patient());
    const sent = await daemon.nextCall('connectGetLibVersion');
    daemon.send(replyFrame({ ...sent, procedure: 59 }, int, 1));
    await expect(call).rejects.toThrow(/reply of procedure 59 to a call of 157/);
  });

  test('and nothing behind the bad frame is looked at', async () => {
    const client = open();
    daemon.send(Buffer.concat([Buffer.from('00000001', 'hex'), lifecycleEvent(2)]));
    await client.closed;
    await setImmediate();
    expect(hints).toEqual([]);
  });
});

describe('keepalive', () => {
  test('answers the daemon’s pings, also while every place is taken', async () => {
    const client = open({ maxInFlight: 1 });
    const call = client.call(version, null, patient());
    await daemon.nextCall('connectGetLibVersion');
    daemon.send(pingFrame);
    expect(await daemon.next()).toMatchObject({
      program: programs.keepalive.number,
      procedure: keepaliveProcedures.PONG,
    });
    client.fail(connectionLost('over'));
    await expect(call).rejects.toThrow('over');
  });

  test('measures the round trip', async () => {
    const clock = createFakeClock();
    const client = open({ clock });
    client.startKeepalive({ intervalMs: 1_000, count: 5 });
    expect(client.reading.roundTripMs).toBeNull();
    await clock.advance(1_000);
    expect(await daemon.next()).toMatchObject({ procedure: keepaliveProcedures.PING });
    await clock.advance(7);
    daemon.send(pongFrame);
    await eventually(() => expect(client.reading.roundTripMs).toBe(7));
  });

  test('pings after as long a silence as leaves time for two, and not before', async () => {
    const clock = createFakeClock();
    const client = open({ clock });
    client.startKeepalive({ intervalMs: 1_000, count: 5 });
    // The first ping measures the round trip.
    await clock.advance(1_000);
    expect(await daemon.next()).toMatchObject({ procedure: keepaliveProcedures.PING });
    daemon.send(pongFrame);
    await eventually(() => expect(client.reading.roundTripMs).not.toBeNull());
    await clock.advance(1_000);
    // Three silent intervals; what is sent then comes before any ping.
    await clock.advance(3_000);
    const call = client.call(version, null, patient());
    expect(await daemon.next()).toMatchObject({ program: programs.remote.number });
    await clock.advance(1_000);
    expect(await daemon.next()).toMatchObject({ procedure: keepaliveProcedures.PING });
    client.fail(connectionLost('over'));
    await expect(call).rejects.toThrow('over');
  });

  test('ends a connection that is silent for one interval more than its count', async () => {
    const clock = createFakeClock();
    const client = open({ clock });
    client.startKeepalive({ intervalMs: 1_000, count: 2 });
    let reason: unknown = null;
    void client.closed.then((error) => (reason = error));
    await clock.advance(3_000);
    await setImmediate();
    expect(reason).toBeNull();
    await clock.advance(1_000);
    expect((await client.closed).detail.problem).toBe('KEEPALIVE_TIMED_OUT');
  });

  test('takes whatever arrives as a sign of life', async () => {
    const clock = createFakeClock();
    const client = open({ clock });
    client.startKeepalive({ intervalMs: 1_000, count: 2 });
    for (let i = 1; i <= 6; i += 1) {
      await clock.advance(1_000);
      daemon.send(lifecycleEvent(0));
      await eventually(() => expect(hints).toHaveLength(i));
    }
    expect(client.reading.callsInFlight).toBe(0);
    const call = client.call(version, null, patient());
    await eventually(() => expect(client.reading.callsInFlight).toBe(1));
    client.fail(connectionLost('over'));
    await expect(call).rejects.toThrow('over');
  });
});
