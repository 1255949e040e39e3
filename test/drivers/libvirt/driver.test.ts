import { type Duplex, duplexPair } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Driver } from '../../../src/drivers/driver.ts';
import { openLibvirtDriver } from '../../../src/drivers/libvirt/driver.ts';
import { encodeFrame, FrameParser } from '../../../src/drivers/libvirt/rpc/frame.ts';
import { procedures } from '../../../src/drivers/libvirt/rpc/procedures.ts';
import { opaque } from '../../../src/drivers/libvirt/rpc/xdr.ts';
import { createSimDaemon, type SimDaemon } from '../../../src/drivers/libvirt/sim/daemon.ts';
import { populateMany } from '../../../src/drivers/libvirt/sim/embedded-fleet.ts';
import type { Transport } from '../../../src/drivers/libvirt/transport/transport.ts';
import { hostProblem } from '../../../src/errors.ts';
import { silentLog } from '../../../src/log.ts';
import { parseUuid, type Uuid } from '../../../src/model/brands.ts';
import { statsGroups } from '../../../src/model/stats.ts';
import type { HostTarget } from '../../../src/model/target.ts';
import { eventually } from '../../support/eventually.ts';
import { createFakeClock, type FakeClock, settle } from '../../support/fake-clock.ts';
import { createWireTap } from '../../support/wire-tap.ts';

const options = { signal: new AbortController().signal };
const nobody = parseUuid('0badc0de-0000-4000-8000-000000000001') as Uuid;

let clock: FakeClock;
let daemon: SimDaemon;
const opened: Driver[] = [];

beforeEach(() => {
  clock = createFakeClock();
  daemon = createSimDaemon({ name: 'sim', hypervisor: 'qemu', clock, populate: (host) => populateMany(host, 4) });
});
afterEach(async () => {
  daemon.setFaults({ stalled: false, latencyMs: 0 });
  for (const driver of opened.splice(0)) {
    const closing = driver.close();
    await clock.advance(2_000);
    await closing;
  }
  daemon.close();
});

const target = (changes: Partial<HostTarget> = {}): HostTarget => ({
  name: 'h1',
  uri: 'qemu+sim://sim/system',
  labels: {},
  readOnly: false,
  driver: 'qemu',
  transport: { kind: 'sim', daemonName: 'sim', options: {} },
  connectName: 'qemu:///system',
  session: false,
  socket: null,
  mode: 'auto',
  keepaliveIntervalMs: 5_000,
  keepaliveCount: 5,
  ...changes,
});

async function open(changes: Partial<HostTarget> = {}, transport: Transport = transportTo(daemon)): Promise<Driver> {
  const driver = await openLibvirtDriver(target(changes), transport, { clock, log: silentLog }, options);
  opened.push(driver);
  return driver;
}

function transportTo(far: SimDaemon): Transport & { closes: number; refuseMore: boolean } {
  const transport = {
    closes: 0,
    refuseMore: false,
    routes: [
      {
        label: 'sim',
        kind: 'socket' as const,
        open: async () => {
          if (transport.refuseMore) throw hostProblem('SOCKET_REFUSED', 'No more channels.', 'Wait.');
          return far.connect();
        },
      },
    ],
    close: async () => {
      transport.closes += 1;
    },
  };
  return transport;
}

const laneNames = (driver: Driver) => driver.link().lanes.map(({ name }) => name);
const firstUuid = async (driver: Driver, state: string) => {
  const found = (await driver.listDomains(options)).find((domain) => domain.state === state);
  if (!found) throw new Error(`No domain is ${state}.`);
  return found.uuid;
};

describe('lanes', () => {
  test('are opened when first needed, and listing needs only the control lane', async () => {
    const driver = await open();
    await driver.listDomains(options);
    expect(laneNames(driver)).toEqual(['control']);
    const uuid = await firstUuid(driver, 'SHUTOFF');
    await driver.startDomain(uuid, options);
    expect(laneNames(driver)).toEqual(['control', 'work']);
    await driver.readDomainStats(['cpu'], null, options);
    expect(laneNames(driver)).toEqual(['control', 'work', 'stats']);
    expect(daemon.connectionCount).toBe(3);
  });

  test('are opened once for all who need them at the same time', async () => {
    const driver = await open();
    const uuids = (await driver.listDomains(options)).map(({ uuid }) => uuid);
    await Promise.all(uuids.map((uuid) => driver.readDomain(uuid, options)));
    expect(daemon.connectionCount).toBe(2);
  });

  test('that cannot be opened fail those who wait, who are told that nothing was sent', async () => {
    const transport = transportTo(daemon);
    const driver = await open({}, transport);
    const uuid = await firstUuid(driver, 'SHUTOFF');
    transport.refuseMore = true;
    await expect(driver.startDomain(uuid, options)).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      detail: { host: 'h1', outcome: 'NOT_SENT', problem: 'SOCKET_REFUSED' },
    });
    transport.refuseMore = false;
    await driver.startDomain(uuid, options);
    expect(await driver.listDomains(options)).toContainEqual(expect.objectContaining({ uuid, state: 'RUNNING' }));
  });

  test('are one and the same for a driver whose every connection is a world of its own', async () => {
    daemon.close();
    daemon = createSimDaemon({ name: 'sim', hypervisor: 'test', clock, populate: (host) => populateMany(host, 2) });
    const driver = await open({ driver: 'test', connectName: 'test:///srv/world.xml' });
    await driver.readDomain(await firstUuid(driver, 'RUNNING'), options);
    await driver.readDomainStats(['state'], null, options);
    expect(daemon.connectionCount).toBe(1);
  });

  test('keep a stuck guest from the calls about all others', async () => {
    const driver = await open();
    const stuck = await firstUuid(driver, 'RUNNING');
    daemon.stick(stuck);
    const waiting = Promise.allSettled([1, 2, 3].map(() => driver.suspendDomain(stuck, options)));
    await eventually(() => {
      expect(driver.link().lanes.find(({ name }) => name === 'work')).toMatchObject({
        callsInFlight: 2,
        callsQueued: 1,
      });
    });
    expect(await driver.listDomains(options)).toHaveLength(4);
    const other = (await driver.listDomains(options)).find(({ uuid }) => uuid !== stuck)?.uuid ?? nobody;
    expect((await driver.readDomain(other, options)).status.uuid).toBe(other);
    const destroying = driver.destroyDomain(stuck, { ...options, graceful: false });
    await clock.advance(20_000);
    await destroying;
    for (const outcome of await waiting) expect(outcome.status).toBe('rejected');
  });
});

describe('opening', () => {
  test('does not wait for a daemon that hangs in DNS over its own name, nor for anything else that is slow', async () => {
    daemon.setFaults({ latencyMs: 2_500 });
    const opening = open();
    // Replies come after 2.5 s: in time for everything but the host's name, which has 2 s.
    for (let round = 0; round < 30; round += 1) await clock.advance(2_500);
    const driver = await opening;
    expect(driver.facts).toMatchObject({ hostname: null, driverType: 'QEMU' });
    expect(driver.facts.libvirtVersion).not.toBeNull();
  });

  test('ends with its deadline when the daemon says nothing, and lets the transport go', async () => {
    daemon.setFaults({ stalled: true });
    const transport = transportTo(daemon);
    const opening = open({}, transport);
    const outcome = Promise.allSettled([opening]);
    await clock.advance(5_000);
    expect(await outcome).toMatchObject([
      { reason: { code: 'HOST_UNREACHABLE', detail: { host: 'h1', problem: 'LIBVIRT_OPEN_FAILED' } } },
    ]);
    expect(transport.closes).toBe(1);
  });

  test('that is given up half way leaves no connection behind', async () => {
    daemon.setFaults({ latencyMs: 1_000 });
    const transport = transportTo(daemon);
    const controller = new AbortController();
    const opening = openLibvirtDriver(target(), transport, { clock, log: silentLog }, { signal: controller.signal });
    const outcome = Promise.allSettled([opening]);
    // Into the registration for events.
    for (let round = 0; round < 5; round += 1) await clock.advance(1_000);
    expect(daemon.connectionCount).toBe(1);
    controller.abort();
    await clock.advance(2_000);
    expect(await outcome).toMatchObject([{ status: 'rejected' }]);
    expect(daemon.connectionCount).toBe(0);
    expect(transport.closes).toBe(1);
  });

  test('fails by name when the far end is no libvirt', async () => {
    const [ours, theirs] = duplexPair();
    theirs.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    const route = { label: 'x', kind: 'socket' as const, open: async () => ours };
    await expect(open({}, { routes: [route], close: async () => {} })).rejects.toMatchObject({
      detail: { host: 'h1', problem: 'PROTOCOL_ERROR' },
    });
  });
});

test('a list tells of each domain what the host says of it by itself, however often it is asked', async () => {
  const wire = createWireTap();
  const route = { label: 'sim', kind: 'socket' as const, open: async () => wire.tap(daemon.connect()) };
  const driver = await open({}, { routes: [route], close: async () => {} });
  const [first] = await driver.listDomains(options);
  if (!first) throw new Error('The host has no domains.');
  // Now most of them start with the host, so that the next list but one asks for those that do not.
  const others = (await driver.listDomains(options)).slice(1);
  for (const { uuid } of others) await driver.setDomainAutostart(uuid, true, options);
  for (let round = 0; round < 3; round += 1) {
    const listed = await driver.listDomains(options);
    const read = await Promise.all(listed.map(async ({ uuid }) => (await driver.readDomain(uuid, options)).status));
    expect(listed).toEqual(read);
    expect(listed.filter(({ autostart }) => autostart)).toHaveLength(others.length);
  }
  const flags = new Set(wire.calls(procedures.connectListAllDomains).map((args) => args.flags));
  expect(flags).toEqual(new Set([8, 256, 1024, 2048]));
});

test('a host without domains is asked for them by one call, until it has one', async () => {
  const wire = createWireTap();
  const route = { label: 'sim', kind: 'socket' as const, open: async () => wire.tap(daemon.connect()) };
  const driver = await open({}, { routes: [route], close: async () => {} });
  const before = await driver.listDomains(options);
  const uuid = before.find(({ state }) => state === 'SHUTOFF')?.uuid ?? nobody;
  const xml = await driver.readDomainXml(uuid, { ...options, inactive: true });
  for (const domain of before) {
    if (domain.libvirtId !== null) await driver.destroyDomain(domain.uuid, { ...options, graceful: false });
    await driver.undefineDomain(domain.uuid, options);
  }
  expect(await driver.listDomains(options)).toEqual([]);
  const listsNow = () => wire.calls(procedures.connectListAllDomains).length;
  const lists = listsNow();
  for (let round = 0; round < 3; round += 1) expect(await driver.listDomains(options)).toEqual([]);
  expect(listsNow()).toBe(lists);
  await driver.defineDomain(xml, { ...options, validate: false });
  const [only, ...others] = await driver.listDomains(options);
  expect(others).toEqual([]);
  expect(only).toEqual((await driver.readDomain(uuid, options)).status);
  expect(listsNow()).toBe(lists + 3);
});

test('domains are listed also when all workers of the daemon but the reserved ones are held', async () => {
  const held = { bulkStats: false, heldCalls: 0 };
  const route = {
    label: 'sim',
    kind: 'socket' as const,
    open: async () => withoutBulkStats(daemon.connect(), held),
  };
  const driver = await open({}, { routes: [route], close: async () => {} });
  held.bulkStats = true;
  const listing = driver.listDomains(options);
  await clock.advance(3_000);
  expect((await listing).map(({ state }) => state).sort()).toEqual(['RUNNING', 'RUNNING', 'SHUTOFF', 'SHUTOFF']);
  // The next one does not ask again while the last question hangs.
  expect(await driver.listDomains(options)).toHaveLength(4);
  expect(held.heldCalls).toBe(1);
});

describe('a connection that is lost', () => {
  test('ends the hints and tells its reason, with the host’s name, after letting everything go', async () => {
    const transport = transportTo(daemon);
    const driver = await open({}, transport);
    await driver.readDomain(await firstUuid(driver, 'RUNNING'), options);
    daemon.dropConnections();
    const reason = await driver.closed;
    expect(reason).toMatchObject({ code: 'HOST_UNREACHABLE', detail: { host: 'h1', problem: 'CONNECTION_LOST' } });
    expect(transport.closes).toBe(1);
    expect(daemon.connectionCount).toBe(0);
    expect(await driver.hints.next()).toMatchObject({ done: true });
  });

  test('after a change was sent leaves its outcome unknown', async () => {
    const driver = await open();
    const uuid = await firstUuid(driver, 'RUNNING');
    await driver.readDomainXml(uuid, { ...options, inactive: false });
    daemon.setFaults({ cutNextReplyAfter: 10 });
    await expect(driver.suspendDomain(uuid, options)).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      detail: { host: 'h1', outcome: 'UNKNOWN' },
    });
  });

  test('tells whoever waits on another lane the reason, not that the gateway closed it', async () => {
    const driver = await open();
    const uuid = await firstUuid(driver, 'RUNNING');
    await clock.advance(9_000);
    // That lane has been heard of later than the control lane, which is the first to be given up.
    await driver.readDomainStats(['cpu'], [uuid], options);
    daemon.setFaults({ stalled: true });
    await clock.advance(22_000);
    const waiting = driver.readDomainStats(['cpu'], [uuid], options).catch((error: unknown) => error);
    await clock.advance(9_500);
    expect(await waiting).toMatchObject({ detail: { problem: 'KEEPALIVE_TIMED_OUT' } });
    expect(await driver.closed).toMatchObject({ detail: { problem: 'KEEPALIVE_TIMED_OUT' } });
  });

  test('is noticed by keepalive when the daemon just stops', async () => {
    const driver = await open();
    daemon.setFaults({ stalled: true });
    await clock.advance(40_000);
    expect(await driver.closed).toMatchObject({ detail: { problem: 'KEEPALIVE_TIMED_OUT' } });
  });

  test('by garbage is over at once', async () => {
    const driver = await open();
    daemon.setFaults({ garbleNextReply: true });
    await expect(driver.ping(options)).rejects.toMatchObject({ detail: { problem: 'PROTOCOL_ERROR' } });
    expect(await driver.closed).toMatchObject({ detail: { problem: 'PROTOCOL_ERROR' } });
  });
});

describe('a host without bulk statistics', () => {
  beforeEach(() => {
    daemon.close();
    daemon = createSimDaemon({ name: 'sim', hypervisor: 'lxc', clock, populate: (host) => populateMany(host, 4) });
  });

  test('is listed and read by calls about each domain', async () => {
    const driver = await open({ driver: 'lxc', connectName: 'lxc:///system' });
    expect(driver.capabilities.bulkStats).toBe(false);
    const states = (await driver.listDomains(options)).map(({ state }) => state);
    expect(states.sort()).toEqual(['RUNNING', 'RUNNING', 'SHUTOFF', 'SHUTOFF']);
    const samples = await driver.readDomainStats(statsGroups, null, options);
    expect(samples).toHaveLength(2);
    expect(samples[0]).toMatchObject({
      state: 'RUNNING',
      cpu: { timeNs: expect.any(BigInt) },
      memory: { maximumBytes: expect.any(Number) },
      vcpus: null,
      missing: expect.stringContaining('vcpu'),
    });
  });

  test('leaves out of its readings a domain that is not there', async () => {
    const driver = await open({ driver: 'lxc', connectName: 'lxc:///system' });
    const uuid = await firstUuid(driver, 'RUNNING');
    const samples = await driver.readDomainStats(['state'], [nobody, uuid], options);
    expect(samples.map((sample) => sample.uuid)).toEqual([uuid]);
  });
});

test('readings of a guest that is off say why there are none of its cards', async () => {
  const driver = await open();
  const uuid = await firstUuid(driver, 'SHUTOFF');
  const [sample] = await driver.readDomainStats(['state', 'cpu', 'interface'], [uuid], options);
  expect(sample).toMatchObject({ state: 'SHUTOFF', interfaces: null, missing: expect.stringContaining('not running') });
});

test('a host whose control lane is lost while another is being opened is lost at once, for that one reason', async () => {
  const [control, silent] = [daemon.connect(), duplexPair()[0]];
  const streams: Duplex[] = [control, silent];
  const next = async () => streams.shift() ?? Promise.reject(new Error('There is no third.'));
  const driver = await open({}, { routes: [{ label: 'sim', kind: 'socket', open: next }], close: async () => {} });
  const waiting = driver.readCapabilities(options);
  const failed = waiting.catch((error: unknown) => error);
  await settle();
  control.destroy();
  expect(await driver.closed).toMatchObject({ message: 'The daemon closed the connection.' });
  expect(await failed).toMatchObject({ message: 'The daemon closed the connection.' });
  expect(silent.destroyed).toBe(true);
});

test('a domain that was renamed under us is still found by its UUID', async () => {
  const driver = await open();
  const uuid = await firstUuid(driver, 'SHUTOFF');
  const before = await driver.readDomain(uuid, options);
  const xml = before.xml.replace(`<name>${before.status.name}</name>`, '<name>another</name>');
  await driver.undefineDomain(uuid, options);
  await driver.defineDomain(xml, { ...options, validate: false });
  expect((await driver.readDomain(uuid, options)).status.name).toBe('another');
});

// Numbers of libvirt: `virDomainUndefineFlagsValues`.
test.each([
  ['removeManagedSave', 1],
  ['removeSnapshotMetadata', 2],
  ['removeNvram', 4],
  ['keepNvram', 8],
  ['removeCheckpointMetadata', 16],
  ['removeTpm', 32],
  ['keepTpm', 64],
])('to undefine with %s is the flag %i', async (choice, flag) => {
  const wire = createWireTap();
  const route = { label: 'sim', kind: 'socket' as const, open: async () => wire.tap(daemon.connect()) };
  const driver = await open({}, { routes: [route], close: async () => {} });
  const uuid = await firstUuid(driver, 'SHUTOFF');
  await driver.undefineDomain(uuid, { ...options, [choice]: true });
  expect(wire.calls(procedures.domainUndefineFlags)).toMatchObject([{ flags: flag }]);
});

test('a device change that is neither live nor persistent is refused before the host is asked', async () => {
  const driver = await open();
  const uuid = await firstUuid(driver, 'SHUTOFF');
  await expect(
    driver.attachDevice(uuid, '<interface/>', { ...options, live: false, persistent: false }),
  ).rejects.toMatchObject({ code: 'BAD_USER_INPUT', detail: { outcome: 'NOT_SENT' } });
});

/** A stream to the daemon on which calls for bulk statistics vanish while `held.bulkStats`. */
function withoutBulkStats(far: Duplex, held: { bulkStats: boolean; heldCalls: number }): Duplex {
  const [ours, theirs] = duplexPair();
  const parser = new FrameParser();
  far.pipe(theirs);
  theirs.on('data', (chunk: Buffer) => {
    parser.push(chunk, ({ payload, ...header }) => {
      if (held.bulkStats && header.procedure === procedures.connectGetAllDomainStats.number) held.heldCalls += 1;
      else far.write(encodeFrame(header, opaque(payload.length), payload));
    });
  });
  ours.once('close', () => far.destroy());
  return ours;
}

describe('reading a domain', () => {
  const running = async (driver: Driver) => {
    const found = (await driver.listDomains(options)).find((domain) => domain.state === 'RUNNING');
    if (!found) throw new Error('No domain is RUNNING.');
    return found;
  };

  test('believes its line of a list where the XML agrees', async () => {
    const driver = await open();
    const listed = await running(driver);
    const { status, config } = await driver.readDomain(listed.uuid, { ...options, listed });
    expect(status).toBe(listed);
    expect(config.name).toBe(listed.name);
  });

  test('asks for all of it where it stopped or started since the list was made', async () => {
    const driver = await open();
    const listed = await running(driver);
    await driver.destroyDomain(listed.uuid, { ...options, graceful: false });
    const stopped = await driver.readDomain(listed.uuid, { ...options, listed });
    expect(stopped.status).toMatchObject({ state: 'SHUTOFF', libvirtId: null });
    expect(stopped.version).toBe((await driver.readDomain(listed.uuid, options)).version);
  });

  test('takes what was read of the same texts before, and only of the same', async () => {
    const driver = await open();
    const listed = await running(driver);
    const first = await driver.readDomain(listed.uuid, options);
    const known = {
      // Not what the text says: so that it shows where it came from.
      config: { ...first.config, title: 'known' },
      version: 'known',
      isOf: (xml: string, inactiveXml: string | null) => xml === first.xml && inactiveXml === first.inactiveXml,
    };
    expect(await driver.readDomain(listed.uuid, { ...options, known })).toEqual({
      ...first,
      config: known.config,
      version: 'known',
    });
    await driver.destroyDomain(listed.uuid, { ...options, graceful: false });
    const stopped = await driver.readDomain(listed.uuid, { ...options, known });
    expect(stopped).toEqual(await driver.readDomain(listed.uuid, options));
  });

  test('reads again where a known text and a line of a list are of different runs of the guest', async () => {
    const driver = await open();
    const listed = await running(driver);
    const { config, version } = await driver.readDomain(listed.uuid, options);
    const known = { config, version, isOf: () => true };
    const earlier = { ...listed, libvirtId: (listed.libvirtId ?? 0) + 100 };
    expect((await driver.readDomain(listed.uuid, { ...options, known, listed: earlier })).status).toEqual(listed);
  });
});

test('a definition whose name another domain has is a conflict, and not just a failure', async () => {
  const driver = await open();
  const [first] = await driver.listDomains(options);
  if (!first) throw new Error('There is no domain.');
  const { inactiveXml, xml } = await driver.readDomain(first.uuid, options);
  const other = (inactiveXml ?? xml).replace(first.uuid, '0badc0de-0000-4000-8000-000000000002');
  await expect(driver.defineDomain(other, { ...options, validate: false })).rejects.toMatchObject({
    code: 'CONFLICT',
    detail: { libvirt: { codeName: 'OPERATION_FAILED' } },
  });
});

test('a definition whose UUID another domain has is a conflict, and not just a failure', async () => {
  const driver = await open();
  const [first] = await driver.listDomains(options);
  if (!first) throw new Error('There is no domain.');
  const { inactiveXml, xml } = await driver.readDomain(first.uuid, options);
  const other = (inactiveXml ?? xml).replace(/<name>.*?<\/name>/, '<name>another</name>');
  await expect(driver.defineDomain(other, { ...options, validate: false })).rejects.toMatchObject({
    code: 'CONFLICT',
    detail: { libvirt: { codeName: 'OPERATION_FAILED' } },
  });
});

test.each([
  ['GUEST_AGENT', 'GUEST_AGENT_UNAVAILABLE', 'qemu-guest-agent'],
  ['INITCTL', 'UNSUPPORTED', 'INITCTL'],
] as const)('a guest that cannot be asked in the mode %s is %s, with what to do', async (mode, code, remedy) => {
  const driver = await open();
  const uuid = await firstUuid(driver, 'RUNNING');
  for (const verb of ['shutdownDomain', 'rebootDomain'] as const) {
    await expect(driver[verb](uuid, { ...options, mode })).rejects.toMatchObject({
      code,
      detail: { outcome: 'FAILED', remedy: expect.stringContaining(remedy) },
    });
  }
});

test('a container cannot be forced off gracefully, which is UNSUPPORTED and not wrong input', async () => {
  daemon.close();
  daemon = createSimDaemon({ name: 'sim', hypervisor: 'lxc', clock, populate: (host) => populateMany(host, 4) });
  const driver = await open({ driver: 'lxc', connectName: 'lxc:///system' });
  const uuid = await firstUuid(driver, 'RUNNING');
  await expect(driver.destroyDomain(uuid, { ...options, graceful: true })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    detail: { outcome: 'FAILED', remedy: expect.stringContaining('`graceful`') },
  });
});

test('addresses asked of an agent that a guest has no channel for are GUEST_AGENT_UNAVAILABLE', async () => {
  const driver = await open();
  const uuid = await firstUuid(driver, 'RUNNING');
  await expect(driver.readInterfaceAddresses(uuid, 'AGENT', options)).rejects.toMatchObject({
    code: 'GUEST_AGENT_UNAVAILABLE',
    retryable: false,
  });
});

test('readings of very many domains come in as few calls as the last round has shown to fit', async () => {
  const many = createSimDaemon({
    name: 'many',
    hypervisor: 'qemu',
    clock,
    populate: (host) => populateMany(host, 10_000),
  });
  const ended: string[] = [];
  const calls = { tell: ({ lane }: { readonly lane: string }) => void ended.push(lane) };
  const driver = await openLibvirtDriver(target(), transportTo(many), { clock, log: silentLog, calls }, options);
  opened.push(driver);
  await driver.listDomains(options);
  const statsCalls = async () => {
    ended.length = 0;
    const samples = await driver.readDomainStats(['state', 'balloon'], null, options);
    return { samples: samples.length, calls: ended.filter((lane) => lane === 'stats').length };
  };
  const first = await statsCalls();
  expect(first.calls).toBe(2);
  expect(await statsCalls()).toEqual({ samples: first.samples, calls: 1 });
  many.close();
});
