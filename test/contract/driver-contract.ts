/**
 * What every libvirt host must do, whatever is behind it: run against the embedded host and against a real libvirtd.
 * Where the two differ, the embedded host is wrong. It speaks of QEMU guests, which both have.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Driver } from '../../src/drivers/driver.ts';
import { VirtgraphError } from '../../src/errors.ts';
import { type MacAddress, parseUuid, type Uuid } from '../../src/model/brands.ts';
import type { DomainMoment } from '../../src/model/domain.ts';
import type { HostHint } from '../../src/model/hints.ts';
import { statsGroups } from '../../src/model/stats.ts';
import { plainSample } from '../drivers/libvirt/plain-samples.ts';
import { eventually } from '../support/eventually.ts';
import { type GuestSpec, tinyGuestXml } from './tiny-guest.ts';

/** A host for the suite alone: it may have domains of its own, but none whose name begins with `contract-`. */
export type ContractHost = {
  /** A driver over a connection of its own, which the suite closes. */
  openDriver(options: { readonly readOnly: boolean }): Promise<Driver>;
  /** A network that is active and that guests may use. */
  readonly network: string;
  close(): Promise<void>;
};

type Collected = { readonly hints: HostHint[]; readonly done: Promise<void> };

const signal = new AbortController().signal;
const options = { signal };
const nowhere = parseUuid('0badc0de-0000-4000-8000-000000000001') as Uuid;

export function describeDriverContract(name: string, openHost: () => Promise<ContractHost>): void {
  describe(`${name} keeps the driver's contract`, () => {
    let host: ContractHost;
    let driver: Driver;
    let collected: Collected;
    const made = new Set<Uuid>();

    beforeAll(async () => {
      host = await openHost();
      driver = await host.openDriver({ readOnly: false });
      collected = collect(driver);
    });

    afterEach(async () => {
      for (const uuid of made) await removeDomain(driver, uuid);
      made.clear();
    });

    afterAll(async () => {
      await driver?.close();
      await collected?.done;
      await host?.close();
    });

    const newGuest = (spec: Partial<GuestSpec> = {}): GuestSpec => {
      const uuid = parseUuid(randomUUID()) as Uuid;
      made.add(uuid);
      return {
        name: `contract-${uuid.slice(0, 8)}`,
        uuid,
        network: host.network,
        macAddresses: [],
        description: null,
        ...spec,
      };
    };
    const define = async (spec: Partial<GuestSpec> = {}): Promise<GuestSpec> => {
      const guest = newGuest(spec);
      await driver.defineDomain(tinyGuestXml(guest), { ...options, validate: false });
      return guest;
    };
    const start = async (spec: Partial<GuestSpec> = {}): Promise<GuestSpec> => {
      const guest = await define(spec);
      await driver.startDomain(guest.uuid, options);
      return guest;
    };
    const listed = async (uuid: Uuid) => (await driver.listDomains(options)).find((domain) => domain.uuid === uuid);
    const status = async (uuid: Uuid) => (await driver.readDomain(uuid, options)).status;
    /** Resolves when that lifecycle event of that domain was told. */
    const told = (uuid: Uuid, event: string, detail: string) =>
      eventually(() => {
        const events = collected.hints.filter((hint) => hint.kind === 'domain' && hint.uuid === uuid);
        expect(events).toContainEqual(expect.objectContaining({ event: 'lifecycle', detail: { event, detail } }));
      });

    describe('the host', () => {
      test('says what it is', () => {
        expect(driver.facts).toMatchObject({ hypervisor: 'QEMU', driverType: 'QEMU', readOnly: false });
        expect(driver.facts.libvirtVersion).toMatch(/^\d+\.\d+\.\d+$/);
        expect(driver.facts.node?.cpus).toBeGreaterThan(0);
        expect(driver.facts.node?.memoryBytes).toBeGreaterThan(2 ** 20);
        expect(driver.facts.daemonUri).toMatch(/^qemu:\/\/\//);
      });

      test('says what may be asked of it', () => {
        expect(driver.capabilities).toMatchObject({
          bulkStats: true,
          domainEvents: true,
          networks: true,
          storagePools: true,
          writable: true,
        });
        expect(driver.capabilities.events).toEqual(expect.arrayContaining(['lifecycle', 'reboot', 'device-added']));
      });

      test('tells its capabilities', async () => {
        const { guests } = await driver.readCapabilities(options);
        const machine = guests.find(({ arch }) => arch === 'x86_64');
        expect(machine).toMatchObject({ osType: 'hvm' });
        expect(machine?.domainTypes).toContain('qemu');
      });

      test('answers a ping', async () => {
        await expect(driver.ping(options)).resolves.toBeUndefined();
      });

      test('lists its networks and reads one', async () => {
        const network = (await driver.listNetworks(options)).find((candidate) => candidate.name === host.network);
        expect(network).toMatchObject({ active: true, bridge: expect.any(String) });
        if (!network) throw new Error('The network was listed.');
        expect(await driver.readNetwork(network.uuid, options)).toEqual(network);
      });

      test('knows no network of an unknown UUID', async () => {
        await expect(driver.readNetwork(nowhere, options)).rejects.toMatchObject(libvirtFailure('NOT_FOUND', 43));
      });

      test('knows no storage pool of an unknown UUID', async () => {
        await expect(driver.readStoragePool(nowhere, options)).rejects.toMatchObject(libvirtFailure('NOT_FOUND', 49));
      });

      test('reads every storage pool that it lists', async () => {
        for (const pool of await driver.listStoragePools(options)) {
          expect(await driver.readStoragePool(pool.uuid, options)).toMatchObject({ name: pool.name, type: pool.type });
        }
      });
    });

    describe('a domain that is defined', () => {
      test('is listed, found by name, read, and told of', async () => {
        const guest = await define();
        const expected = {
          uuid: guest.uuid,
          name: guest.name,
          libvirtId: null,
          state: 'SHUTOFF',
          stateReason: 'unknown',
          persistent: true,
          autostart: false,
          hasManagedSave: false,
        };
        expect(await listed(guest.uuid)).toEqual(expected);
        expect(await driver.findDomain(guest.name, options)).toBe(guest.uuid);
        const snapshot = await driver.readDomain(guest.uuid, options);
        expect(snapshot.status).toEqual(expected);
        expect(snapshot.inactiveXml).toBeNull();
        await told(guest.uuid, 'defined', 'added');
      });

      test('reads back what was defined', async () => {
        const guest = await define({ macAddresses: ['52:54:00:c0:ff:01'], description: 'größer & <besser>' });
        const { config } = await driver.readDomain(guest.uuid, options);
        expect(config).toMatchObject({
          name: guest.name,
          uuid: guest.uuid,
          description: 'größer & <besser>',
          hypervisor: 'QEMU',
          osType: 'hvm',
          arch: 'x86_64',
          vcpus: 1,
          maxVcpus: 1,
          memoryBytes: 32 * 2 ** 20,
          interfaces: [{ macAddress: '52:54:00:c0:ff:01', type: 'network', source: host.network }],
        });
      });

      test('has another version after it was defined anew, and the same one when nothing changed', async () => {
        const guest = await define();
        const before = await driver.readDomain(guest.uuid, options);
        expect((await driver.readDomain(guest.uuid, options)).version).toBe(before.version);
        const changed = { ...guest, description: 'changed' };
        expect(await driver.defineDomain(tinyGuestXml(changed), { ...options, validate: false })).toBe(guest.uuid);
        expect((await driver.readDomain(guest.uuid, options)).version).not.toBe(before.version);
        await told(guest.uuid, 'defined', 'updated');
      });

      test('keeps its name to itself', async () => {
        const guest = await define();
        const other = newGuest({ name: guest.name });
        await expect(driver.defineDomain(tinyGuestXml(other), { ...options, validate: false })).rejects.toMatchObject(
          libvirtFailure('CONFLICT', 9),
        );
      });

      test('keeps its UUID to itself', async () => {
        const guest = await define();
        const other = newGuest({ uuid: guest.uuid });
        await expect(driver.defineDomain(tinyGuestXml(other), { ...options, validate: false })).rejects.toMatchObject(
          libvirtFailure('CONFLICT', 9),
        );
      });

      test('is gone when it is undefined', async () => {
        const guest = await define();
        await driver.undefineDomain(guest.uuid, options);
        expect(await listed(guest.uuid)).toBeUndefined();
        await expect(driver.readDomain(guest.uuid, options)).rejects.toMatchObject(libvirtFailure('NOT_FOUND', 42));
        await told(guest.uuid, 'undefined', 'removed');
      });

      test('remembers whether it starts with the host', async () => {
        const guest = await define();
        await driver.setDomainAutostart(guest.uuid, true, options);
        expect(await listed(guest.uuid)).toMatchObject({ autostart: true });
        expect(await status(guest.uuid)).toMatchObject({ autostart: true });
        await driver.setDomainAutostart(guest.uuid, false, options);
        expect(await listed(guest.uuid)).toMatchObject({ autostart: false });
      });
    });

    describe('a definition is refused', () => {
      test.each([
        ['that is not XML', 'not <xml'],
        ['of no domain', '<network><name>x</name></network>'],
      ])('%s', async (_what, xml) => {
        await expect(driver.defineDomain(xml, { ...options, validate: false })).rejects.toMatchObject({
          code: 'BAD_USER_INPUT',
          detail: { outcome: 'FAILED' },
        });
      });

      test('with a multicast address', async () => {
        const guest = newGuest({ macAddresses: ['53:54:00:c0:ff:02'] });
        await expect(driver.defineDomain(tinyGuestXml(guest), { ...options, validate: false })).rejects.toMatchObject(
          libvirtFailure('BAD_USER_INPUT', 27),
        );
        expect(await listed(guest.uuid)).toBeUndefined();
      });

      test('that the schema does not allow, when it is to be validated', async () => {
        const guest = newGuest();
        const xml = tinyGuestXml(guest).replace('</domain>', '<nonsense/></domain>');
        await expect(driver.defineDomain(xml, { ...options, validate: true })).rejects.toMatchObject(
          libvirtFailure('BAD_USER_INPUT', 92),
        );
      });
    });

    describe('a definition that is only to be judged', () => {
      test('is taken, and defined nowhere', async () => {
        const guest = newGuest();
        expect(await driver.checkDomainXml(tinyGuestXml(guest), options)).toBe(true);
        expect(await listed(guest.uuid)).toBeUndefined();
      });

      test('is refused in the words of the host', async () => {
        const xml = tinyGuestXml(newGuest()).replace(/<type [^>]*>hvm</, "<type arch='x86_64'>nonsense<");
        await expect(driver.checkDomainXml(xml, options)).rejects.toMatchObject({
          code: 'BAD_USER_INPUT',
          message: expect.stringMatching(/^The host would not run this: .*nonsense/),
          detail: { outcome: 'NOT_SENT', libvirt: expect.anything() },
        });
      });
    });

    describe('jobs', () => {
      test('there are none of a guest that just runs, nor of one that is off', async () => {
        const { uuid } = await start();
        expect(await driver.readJobs(uuid, [], options)).toEqual([]);
        expect(await driver.readLastJob(uuid, options)).toBeNull();
        await driver.destroyDomain(uuid, { ...options, graceful: false });
        expect(await driver.readJobs(uuid, [], options)).toEqual([]);
      });

      test('of an unknown domain cannot be asked for', async () => {
        await expect(driver.readJobs(nowhere, [], options)).rejects.toMatchObject(libvirtFailure('NOT_FOUND', 42));
        await expect(driver.abortJob(nowhere, 'domain', options)).rejects.toMatchObject(
          libvirtFailure('NOT_FOUND', 42),
        );
      });

      test('that are not there cannot be given up', async () => {
        const { uuid } = await start();
        const abort = (jobId: string) => driver.abortJob(uuid, jobId, options);
        await expect(abort('domain')).rejects.toMatchObject(libvirtFailure('INVALID_STATE', 55));
        await expect(abort('disk vda')).rejects.toMatchObject(libvirtFailure('INVALID_STATE', 8));
        await driver.destroyDomain(uuid, { ...options, graceful: false });
        await expect(abort('domain')).rejects.toMatchObject(libvirtFailure('INVALID_STATE', 55));
        await expect(abort('disk vda')).rejects.toMatchObject(libvirtFailure('INVALID_STATE', 55));
      });
    });

    describe('an unknown domain', () => {
      test.each<[string, () => Promise<unknown>]>([
        ['cannot be read', () => driver.readDomain(nowhere, options)],
        ['cannot be found by name', () => driver.findDomain('contract-nobody', options)],
        ['cannot be started', () => driver.startDomain(nowhere, options)],
        ['cannot be destroyed', () => driver.destroyDomain(nowhere, { ...options, graceful: false })],
        ['cannot be undefined', () => driver.undefineDomain(nowhere, options)],
        ['has no XML', () => driver.readDomainXml(nowhere, { ...options, inactive: true })],
      ])('%s', async (_what, action) => {
        await expect(action()).rejects.toMatchObject(libvirtFailure('NOT_FOUND', 42));
      });
    });

    describe('a domain that runs', () => {
      test('is RUNNING because it was booted, and that is told', async () => {
        const guest = await start();
        const state = { state: 'RUNNING', stateReason: 'booted', libvirtId: expect.any(Number) };
        expect(await listed(guest.uuid)).toMatchObject(state);
        expect(await status(guest.uuid)).toMatchObject(state);
        await told(guest.uuid, 'started', 'booted');
      });

      test('cannot be started again', async () => {
        const guest = await start();
        await expect(driver.startDomain(guest.uuid, options)).rejects.toMatchObject({
          ...libvirtFailure('INVALID_STATE', 55),
          detail: { outcome: 'FAILED', libvirt: { code: 55 } },
        });
      });

      test('may be started paused', async () => {
        const guest = await define();
        await driver.startDomain(guest.uuid, { ...options, paused: true });
        expect(await listed(guest.uuid)).toMatchObject({ state: 'PAUSED' });
        await driver.resumeDomain(guest.uuid, options);
        expect(await listed(guest.uuid)).toMatchObject({ state: 'RUNNING', stateReason: 'unpaused' });
      });

      test('is paused by the user and resumed, and both are told', async () => {
        const guest = await start();
        await driver.suspendDomain(guest.uuid, options);
        expect(await listed(guest.uuid)).toMatchObject({ state: 'PAUSED', stateReason: 'user' });
        await driver.resumeDomain(guest.uuid, options);
        expect(await listed(guest.uuid)).toMatchObject({ state: 'RUNNING', stateReason: 'unpaused' });
        await told(guest.uuid, 'suspended', 'paused');
        await told(guest.uuid, 'resumed', 'unpaused');
      });

      test('is not resumed when it was not paused', async () => {
        const guest = await start();
        await expect(driver.resumeDomain(guest.uuid, options)).rejects.toMatchObject(
          libvirtFailure('INVALID_STATE', 55),
        );
      });

      test('can be reset and keeps running', async () => {
        const guest = await start();
        await driver.resetDomain(guest.uuid, options);
        expect(await listed(guest.uuid)).toMatchObject({ state: 'RUNNING' });
      });

      test('is off when it was destroyed, and that is told', async () => {
        const guest = await start();
        await driver.destroyDomain(guest.uuid, { ...options, graceful: false });
        expect(await listed(guest.uuid)).toMatchObject({ state: 'SHUTOFF', stateReason: 'destroyed', libvirtId: null });
        await told(guest.uuid, 'stopped', 'destroyed');
      });

      test('loses its definition and runs on, transient, when it is undefined', async () => {
        const guest = await start();
        await driver.undefineDomain(guest.uuid, options);
        expect(await listed(guest.uuid)).toMatchObject({ state: 'RUNNING', persistent: false });
        const snapshot = await driver.readDomain(guest.uuid, options);
        expect(snapshot.status.persistent).toBe(false);
        expect(snapshot.inactiveXml).toBeNull();
        await driver.destroyDomain(guest.uuid, { ...options, graceful: false });
        expect(await listed(guest.uuid)).toBeUndefined();
      });

      test('has a device on the host for its card; what it starts with next time has none', async () => {
        const guest = await start({ macAddresses: ['52:54:00:c0:ff:03'] });
        const { config, inactiveXml } = await driver.readDomain(guest.uuid, options);
        expect(config.interfaces[0]).toMatchObject({ target: expect.stringMatching(/^vnet\d+$/) });
        expect(driver.inspectDomainXml(inactiveXml ?? '').interfaces[0]).toMatchObject({ target: null });
      });

      test('tells its state before the rest of it, once, and the same', async () => {
        const guest = await start();
        await driver.suspendDomain(guest.uuid, options);
        const moments: DomainMoment[] = [];
        const { status } = await driver.readDomain(guest.uuid, { ...options, onMoment: (one) => moments.push(one) });
        const { uuid, libvirtId, state, stateReason } = status;
        expect(moments).toMatchObject([{ uuid, libvirtId, state: 'PAUSED', stateReason }]);
        expect(state).toBe('PAUSED');
      });

      test('may have an address that begins with FE', async () => {
        const guest = await start({ macAddresses: ['fe:54:00:c0:ff:04'] });
        expect(await listed(guest.uuid)).toMatchObject({ state: 'RUNNING' });
      });
    });

    describe('a domain that is off', () => {
      test.each<[string, (uuid: Uuid) => Promise<unknown>]>([
        ['shut down', (uuid) => driver.shutdownDomain(uuid, { ...options, mode: 'DEFAULT' })],
        ['rebooted', (uuid) => driver.rebootDomain(uuid, { ...options, mode: 'DEFAULT' })],
        ['reset', (uuid) => driver.resetDomain(uuid, options)],
        ['suspended', (uuid) => driver.suspendDomain(uuid, options)],
        ['resumed', (uuid) => driver.resumeDomain(uuid, options)],
        ['destroyed', (uuid) => driver.destroyDomain(uuid, { ...options, graceful: false })],
      ])('cannot be %s', async (_what, action) => {
        const guest = await define();
        await expect(action(guest.uuid)).rejects.toMatchObject(libvirtFailure('INVALID_STATE', 55));
      });
    });

    describe('a network card', () => {
      const macAddress = '52:54:00:c0:ff:05' as MacAddress;
      const nic = () => ({ source: { kind: 'network' as const, name: host.network }, model: 'virtio', macAddress });
      const addresses = async (uuid: Uuid) =>
        (await driver.readDomain(uuid, options)).config.interfaces.map((card) => card.macAddress);

      test('is attached to and detached from a stored configuration', async () => {
        const guest = await define();
        const stored = { ...options, live: false, persistent: true };
        await driver.attachInterface(guest.uuid, nic(), stored);
        expect(await addresses(guest.uuid)).toEqual([macAddress]);
        await driver.detachInterface(guest.uuid, macAddress, stored);
        expect(await addresses(guest.uuid)).toEqual([]);
      });

      test('is attached to a running guest, which is told and has a device for it', async () => {
        const guest = await start();
        await driver.attachInterface(guest.uuid, nic(), { ...options, live: true, persistent: false });
        const { config, inactiveXml } = await driver.readDomain(guest.uuid, options);
        expect(config.interfaces).toMatchObject([{ macAddress, target: expect.stringMatching(/^vnet\d+$/) }]);
        expect(driver.inspectDomainXml(inactiveXml ?? '').interfaces).toEqual([]);
        await eventually(() => {
          expect(collected.hints).toContainEqual(expect.objectContaining({ uuid: guest.uuid, event: 'device-added' }));
        });
      });

      test('is not attached live to a guest that is off', async () => {
        const guest = await define();
        const live = { ...options, live: true, persistent: false };
        await expect(driver.attachInterface(guest.uuid, nic(), live)).rejects.toMatchObject(
          libvirtFailure('INVALID_STATE', 55),
        );
      });

      test('with a multicast address is refused', async () => {
        const guest = await define();
        const card = { ...nic(), macAddress: '53:54:00:c0:ff:06' as MacAddress };
        const stored = { ...options, live: false, persistent: true };
        await expect(driver.attachInterface(guest.uuid, card, stored)).rejects.toMatchObject(
          libvirtFailure('BAD_USER_INPUT', 27),
        );
        expect(await addresses(guest.uuid)).toEqual([]);
      });

      test('that nobody has cannot be detached', async () => {
        const guest = await define();
        const stored = { ...options, live: false, persistent: true };
        await expect(driver.detachInterface(guest.uuid, macAddress, stored)).rejects.toMatchObject({
          code: 'NOT_FOUND',
          detail: { outcome: 'NOT_SENT' },
        });
      });
    });

    describe('readings', () => {
      test('of all groups are there for a running guest', async () => {
        const guest = await start({ macAddresses: ['52:54:00:c0:ff:07'] });
        const [sample] = await driver.readDomainStats(statsGroups, [guest.uuid], options);
        expect(sample && plainSample(sample)).toMatchObject({
          uuid: guest.uuid,
          state: 'RUNNING',
          stateReason: 'booted',
          cpu: { timeNs: expect.any(Number) },
          memory: { maximumBytes: 32 * 2 ** 20 },
          vcpus: [{ index: 0, state: 'RUNNING' }],
          interfaces: [
            { name: expect.stringMatching(/^vnet\d+$/), rxBytes: expect.any(Number), txBytes: expect.any(Number) },
          ],
          disks: [],
          missing: null,
        });
      });

      test('hold what was asked for and nothing else', async () => {
        const guest = await start();
        const [sample] = await driver.readDomainStats(['state'], [guest.uuid], options);
        expect(sample && plainSample(sample)).toEqual({
          uuid: guest.uuid,
          state: 'RUNNING',
          stateReason: 'booted',
          cpu: null,
          memory: null,
          vcpus: null,
          interfaces: null,
          disks: null,
          missing: null,
        });
      });

      test('of all active domains leave out those that are off', async () => {
        const running = await start();
        const off = await define();
        const uuids = (await driver.readDomainStats(['state', 'cpu'], null, options)).map(({ uuid }) => uuid);
        expect(uuids).toContain(running.uuid);
        expect(uuids).not.toContain(off.uuid);
      });

      test('leave out a domain that is not there', async () => {
        const guest = await start();
        const samples = await driver.readDomainStats(['state'], [nowhere, guest.uuid], options);
        expect(samples.map(({ uuid }) => uuid)).toEqual([guest.uuid]);
      });

      test('grow with time', async () => {
        const guest = await start();
        const cpuTime = async () =>
          (await driver.readDomainStats(['cpu'], [guest.uuid], options))[0]?.cpu?.timeNs ?? 0n;
        const before = await cpuTime();
        await eventually(async () => expect(await cpuTime()).toBeGreaterThan(before));
      });
    });

    describe('events', () => {
      test('come in the order in which things happened', async () => {
        const guest = await start();
        await driver.suspendDomain(guest.uuid, options);
        await driver.resumeDomain(guest.uuid, options);
        await driver.destroyDomain(guest.uuid, { ...options, graceful: false });
        await driver.undefineDomain(guest.uuid, options);
        await told(guest.uuid, 'undefined', 'removed');
        const lifecycle = collected.hints.flatMap((hint) =>
          hint.kind === 'domain' && hint.uuid === guest.uuid && hint.event === 'lifecycle'
            ? [hint.detail['event']]
            : [],
        );
        // The last of each: a guest tells that it resumed also while it starts.
        const order = ['defined', 'started', 'suspended', 'resumed', 'stopped', 'undefined'];
        const places = order.map((event) => lifecycle.lastIndexOf(event));
        expect(places).not.toContain(-1);
        expect(places).toEqual([...places].sort((a, b) => a - b));
      });

      test('are told to every connection', async () => {
        const other = await host.openDriver({ readOnly: true });
        const heard = collect(other);
        const guest = await define();
        await eventually(() => {
          expect(heard.hints).toContainEqual(expect.objectContaining({ uuid: guest.uuid, event: 'lifecycle' }));
        });
        await other.close();
        await heard.done;
      });
    });

    describe('a read-only connection', () => {
      test('reads, and changes nothing', async () => {
        const guest = await define();
        const reader = await host.openDriver({ readOnly: true });
        try {
          expect(reader.capabilities.writable).toBe(false);
          expect(reader.facts.readOnly).toBe(true);
          expect((await reader.readDomain(guest.uuid, options)).status.name).toBe(guest.name);
          await expect(reader.startDomain(guest.uuid, options)).rejects.toMatchObject(libvirtFailure('FORBIDDEN', 29));
        } finally {
          await reader.close();
        }
        expect(await listed(guest.uuid)).toMatchObject({ state: 'SHUTOFF' });
      });
    });

    describe('a driver that was closed', () => {
      test('says so once, ends its hints, and sends nothing more', async () => {
        const other = await host.openDriver({ readOnly: false });
        const { done } = collect(other);
        await Promise.all([other.close(), other.close()]);
        await done;
        expect(await other.closed).toMatchObject({ detail: { problem: 'CONNECTION_LOST' } });
        await expect(other.listDomains(options)).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' });
        await expect(other.defineDomain('<domain/>', { ...options, validate: false })).rejects.toMatchObject({
          code: 'HOST_UNREACHABLE',
          detail: { outcome: 'NOT_SENT' },
        });
      });
    });

    test('a caller who has given up is let go at once', async () => {
      const reason = new VirtgraphError('TIMEOUT', 'given up');
      await expect(driver.listDomains({ signal: AbortSignal.abort(reason) })).rejects.toBeInstanceOf(VirtgraphError);
    });
  });
}

function libvirtFailure(code: string, number: number): object {
  return { code, detail: { libvirt: { code: number } } };
}

function collect(driver: Driver): Collected {
  const hints: HostHint[] = [];
  const read = async () => {
    for await (const hint of driver.hints) hints.push(hint);
  };
  return { hints, done: read() };
}

/** Whatever state it is in, or when it was never there. */
async function removeDomain(driver: Driver, uuid: Uuid): Promise<void> {
  await ignoring(['INVALID_STATE', 'NOT_FOUND'], driver.destroyDomain(uuid, { ...options, graceful: false }));
  await ignoring(['NOT_FOUND'], driver.undefineDomain(uuid, { ...options, removeManagedSave: true }));
}

async function ignoring(codes: readonly string[], action: Promise<void>): Promise<void> {
  try {
    await action;
  } catch (error) {
    if (!(error instanceof VirtgraphError) || !codes.includes(error.code)) throw error;
  }
}
