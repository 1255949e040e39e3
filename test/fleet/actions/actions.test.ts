import { afterEach, describe, expect, test } from 'vitest';
import { VirtgraphError } from '../../../src/errors.ts';
import type { ActionRequest } from '../../../src/fleet/actions/action.ts';
import type { Change } from '../../../src/fleet/journal/change.ts';
import type { Fleet } from '../../../src/fleet/types.ts';
import type { Uuid } from '../../../src/model/brands.ts';
import type { Network } from '../../../src/model/network.ts';
import { parseMac } from '../../../src/net/mac.ts';
import { deriveTapMac } from '../../../src/net/tap.ts';
import { settle } from '../../support/fake-clock.ts';
import { createFakeHost, type FakeHost, fakeXml, refused, uuidOf } from '../fake-host.ts';
import { brief, gather, openChanges, openTestFleet } from '../fleet-under-test.ts';

const { signal } = new AbortController();

const open: Fleet[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((fleet) => fleet.close()));
});

async function fleetOf(hosts: FakeHost[], options: Parameters<typeof openTestFleet>[1] = {}) {
  const made = await openTestFleet(hosts, options);
  open.push(made.fleet);
  return made;
}

async function oneHost(options: Parameters<typeof openTestFleet>[1] = {}) {
  const host = createFakeHost('alpha');
  const off = host.add('off', { macs: [mac1] });
  const on = host.add('on', { state: 'RUNNING', libvirtId: 7 });
  const made = await fleetOf([host], options);
  const { items } = gather(openChanges(made.fleet, { snapshot: 'NEVER', filter: { kinds: ['domain'] } }));
  host.calls.length = 0;
  return { host, off, on, ...made, told: () => items.map((item: Change) => brief(item)) };
}

const mac1 = parseMac('52:54:00:00:00:01');
const mac2 = parseMac('52:54:00:00:00:02');

function request(uuid: Uuid, part: Partial<ActionRequest> = {}): ActionRequest {
  return { hostName: 'alpha', uuid, dryRun: false, expectedVersion: null, signal, ...part };
}
const card = {
  source: { kind: 'bridge', name: 'br0' },
  model: null,
  macAddress: null,
  live: null,
  persistent: null,
  force: false,
} as const;

const network = (uuid: Uuid, active: boolean): Network => ({
  uuid,
  name: 'lan',
  active,
  persistent: true,
  autostart: false,
  bridge: 'virbr1',
  macAddress: null,
  forwardMode: null,
  dnsDomain: null,
  addresses: [],
});

describe('a change', () => {
  test('is asked of the host, read back, and told once', async () => {
    const { fleet, off, told } = await oneHost();
    const outcome = await fleet.actions.start({ ...request(off.uuid), paused: false, discardManagedSave: false });
    expect(outcome).toMatchObject({ domain: { state: 'RUNNING' }, summary: 'off on alpha was started.', warnings: [] });
    expect(fleet.domain('alpha', off.uuid)).toBe(outcome.domain);
    await settle();
    expect(told()).toEqual(['EVENT off=RUNNING (state)']);
  });

  test('that starts a guest warns of an address that another guest has, before and after', async () => {
    const shared = parseMac('52:54:00:00:00:07');
    const { host, fleet } = await oneHost();
    const first = host.add('first', { macs: [shared], state: 'RUNNING', libvirtId: 70 });
    const second = host.add('second', { macs: [shared] });
    for (const { uuid } of [first, second]) await fleet.refreshDomain('alpha', uuid, signal);
    const start = (dryRun: boolean) =>
      fleet.actions.start({ ...request(second.uuid), dryRun, paused: false, discardManagedSave: false });
    const warnings = expect.arrayContaining([expect.stringContaining(`${shared} is also the address of`)]);
    expect(await start(true)).toMatchObject({ domain: { state: 'SHUTOFF' }, warnings });
    expect(await start(false)).toMatchObject({ domain: { state: 'RUNNING' }, warnings });
  });

  test('is told once also on a host that tells of nothing', async () => {
    const { host, fleet, on, told } = await oneHost();
    host.eventful = false;
    const outcome = await fleet.actions.suspend(request(on.uuid));
    expect(outcome.domain?.state).toBe('PAUSED');
    await settle();
    expect(told()).toEqual(['EVENT on=PAUSED (state)']);
  });

  test('of a transient domain that ends it leaves no domain', async () => {
    const { host, fleet } = await oneHost();
    const job = host.add('job', { state: 'RUNNING', libvirtId: 9, persistent: false });
    await settle();
    const outcome = await fleet.actions.forceOff({ ...request(job.uuid), graceful: false });
    expect(outcome).toMatchObject({ domain: null, summary: 'job on alpha was forced off.' });
  });

  test('that the host refuses fails with the host’s reason, and nothing is repeated', async () => {
    const { host, fleet, on } = await oneHost();
    const start = fleet.actions.start({ ...request(on.uuid), paused: false, discardManagedSave: false });
    await expect(start).rejects.toMatchObject({ code: 'INVALID_STATE', message: 'domain is already running' });
    expect(host.calls.filter((call) => call.startsWith('start'))).toHaveLength(1);
  });

  test('whose outcome nobody knows says so, and is not repeated', async () => {
    const { host, fleet, on, clock } = await oneHost();
    host.gate = (verb) => {
      if (verb === 'destroy')
        throw new VirtgraphError('OUTCOME_UNKNOWN', 'the connection died', { outcome: 'UNKNOWN' });
    };
    await expect(fleet.actions.forceOff({ ...request(on.uuid), graceful: false })).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
    });
    host.drop();
    await clock.advance(60_000);
    expect(host.calls.filter((call) => call.startsWith('destroy'))).toHaveLength(1);
    expect(fleet.domain('alpha', on.uuid)?.state).toBe('SHUTOFF');
  });

  test('that was done but cannot be read afterwards succeeds with a warning', async () => {
    const { host, fleet, on } = await oneHost();
    host.gate = (verb) => {
      if (verb === 'read') throw new VirtgraphError('TIMEOUT', 'no answer in time');
    };
    const outcome = await fleet.actions.suspend(request(on.uuid));
    expect(outcome.summary).toBe('on on alpha was paused.');
    expect(outcome.warnings).toEqual(['It was done, but the domain could not be read afterwards: no answer in time']);
  });

  test.each([
    [
      'start',
      (fleet: Fleet, uuid: Uuid) => fleet.actions.start({ ...request(uuid), paused: false, discardManagedSave: false }),
    ],
    ['define', (fleet: Fleet) => fleet.actions.define({ ...request(uuidOf(1)), xml: 'x', validate: false })],
    ['attach', (fleet: Fleet, uuid: Uuid) => fleet.actions.attachInterface({ ...request(uuid), ...card })],
    [
      'detach',
      (fleet: Fleet, uuid: Uuid) => fleet.actions.detachInterface({ ...request(uuid), ...card, macAddress: mac1 }),
    ],
  ])('of a read-only host is forbidden before the host is asked: %s', async (_, act) => {
    const { host, fleet, off } = await oneHost({ target: { readOnly: true } });
    await expect(act(fleet, off.uuid)).rejects.toMatchObject({ code: 'FORBIDDEN', detail: { outcome: 'NOT_SENT' } });
    host.drop();
    await expect(act(fleet, off.uuid)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(host.calls).toEqual([]);
  });

  test('on a host that is down, of a domain or a host that does not exist', async () => {
    const { host, fleet, on } = await oneHost();
    await expect(fleet.actions.suspend(request(uuidOf(999_999)))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(fleet.actions.suspend(request(on.uuid, { hostName: 'beta' }))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    host.refuse = refused();
    host.drop();
    await settle();
    await expect(fleet.actions.suspend(request(on.uuid))).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      detail: { host: 'alpha', outcome: 'NOT_SENT' },
    });
    // Whoever only reads has asked for nothing that could have an outcome.
    expect(() => fleet.driver('alpha')).toThrow(
      expect.objectContaining({ detail: expect.not.objectContaining({ outcome: expect.anything() }) }),
    );
  });
});

describe('an expected version', () => {
  test('is compared with what the host has now, not with what we remember', async () => {
    const { host, fleet, on } = await oneHost();
    const remembered = fleet.domain('alpha', on.uuid)?.version ?? '';
    host.eventful = false;
    host.change(on.uuid, { memoryBytes: 9999 });
    const change = fleet.actions.suspend(request(on.uuid, { expectedVersion: remembered }));
    const present = (await fleet.refreshDomain('alpha', on.uuid, signal)).version;
    await expect(change).rejects.toMatchObject({
      code: 'CONFLICT',
      message: `on on alpha has been changed: its version is ${present}, not ${remembered}.`,
      detail: { outcome: 'NOT_SENT' },
    });
    expect(host.domains.get(on.uuid)?.state).toBe('RUNNING');
    await fleet.actions.suspend(request(on.uuid, { expectedVersion: present }));
    expect(host.domains.get(on.uuid)?.state).toBe('PAUSED');
  });
});

test('a paused guest that libvirt calls "not running" is said to be paused, with what to do', async () => {
  const { host, fleet, on } = await oneHost();
  host.change(on.uuid, { state: 'PAUSED' });
  await settle();
  host.gate = (verb) => {
    if (verb === 'shutdown') throw new VirtgraphError('INVALID_STATE', 'domain is not running', { outcome: 'FAILED' });
  };
  await expect(fleet.actions.shutdown({ ...request(on.uuid), mode: 'DEFAULT' })).rejects.toMatchObject({
    message: 'domain is not running',
    detail: { outcome: 'FAILED', remedy: expect.stringContaining('is PAUSED') },
  });
});

describe('a dry run', () => {
  test('says that a paused guest of QEMU is not asked to shut down', async () => {
    const { host, fleet, on } = await oneHost();
    host.change(on.uuid, { state: 'PAUSED' });
    await settle();
    const shutdown = fleet.actions.shutdown({ ...request(on.uuid, { dryRun: true }), mode: 'DEFAULT' });
    await expect(shutdown).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringContaining('is PAUSED'),
    });
  });

  test('says what would happen, and asks nothing of the host', async () => {
    const { host, fleet, off } = await oneHost();
    const outcome = await fleet.actions.start({
      ...request(off.uuid, { dryRun: true }),
      paused: true,
      discardManagedSave: false,
    });
    expect(outcome.summary).toBe('off on alpha would be started, and be paused.');
    expect(host.calls).toEqual([]);
  });

  test.each([
    [
      'start',
      'on',
      (fleet: Fleet, of: ActionRequest) => fleet.actions.start({ ...of, paused: false, discardManagedSave: false }),
    ],
    ['shutdown', 'off', (fleet: Fleet, of: ActionRequest) => fleet.actions.shutdown({ ...of, mode: 'DEFAULT' })],
    ['reboot', 'off', (fleet: Fleet, of: ActionRequest) => fleet.actions.reboot({ ...of, mode: 'DEFAULT' })],
    ['reset', 'off', (fleet: Fleet, of: ActionRequest) => fleet.actions.reset(of)],
    ['force off', 'off', (fleet: Fleet, of: ActionRequest) => fleet.actions.forceOff({ ...of, graceful: false })],
    ['suspend', 'off', (fleet: Fleet, of: ActionRequest) => fleet.actions.suspend(of)],
    ['resume', 'on', (fleet: Fleet, of: ActionRequest) => fleet.actions.resume(of)],
  ] as const)('fails where the real thing would: %s of a domain that is %s', async (_, which, act) => {
    const world = await oneHost();
    await expect(act(world.fleet, request(world[which].uuid, { dryRun: true }))).rejects.toMatchObject({
      code: 'INVALID_STATE',
    });
  });

  test('of a definition says what is new, and what would change', async () => {
    const { host, fleet, off } = await oneHost();
    const define = (xml: string) =>
      fleet.actions.define({ ...request(off.uuid, { dryRun: true }), xml, validate: false });
    expect(await define(fakeXml({ ...off, memoryBytes: 2 }))).toMatchObject({
      domain: { name: 'off' },
      summary: 'off on alpha would be redefined; changes: memory, maxMemory.',
    });
    expect(await define(fakeXml({ ...off, uuid: uuidOf(0xabc), name: 'new', macs: [] }))).toMatchObject({
      domain: null,
      summary: 'new would be defined on alpha.',
    });
    await expect(define(fakeXml({ ...off, uuid: uuidOf(0xabc) }))).rejects.toMatchObject({
      code: 'CONFLICT',
      detail: { outcome: 'NOT_SENT', remedy: expect.stringContaining('<uuid>') },
    });
    // The host is asked whether it would run them, and for nothing else.
    expect(host.calls).toEqual(['check', 'check']);
  });
});

describe('defining', () => {
  const define = (fleet: Fleet, xml: string, part: Partial<ActionRequest> = {}) =>
    fleet.actions.define({ ...request(uuidOf(1), part), xml, validate: false });

  test('refuses what is no XML, and an address that no guest may have, before the host is asked', async () => {
    const { host, fleet } = await oneHost();
    await expect(define(fleet, 'no XML')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    const xml = fakeXml({ uuid: uuidOf(0xabc), name: 'new', memoryBytes: 1, macs: [parseMac('01:00:5e:00:00:01')] });
    await expect(define(fleet, xml)).rejects.toMatchObject({ code: 'INVALID_MAC_ADDRESS', detail: { host: 'alpha' } });
    expect(host.calls).toEqual([]);
  });

  test('warns of addresses that others have, as a guest’s or as a tap’s, and not of its own', async () => {
    const { fleet, off } = await oneHost();
    const again = await define(fleet, fakeXml(off));
    expect(again).toMatchObject({ summary: 'off on alpha was redefined.', warnings: [] });
    const xml = fakeXml({
      uuid: uuidOf(0xabc),
      name: 'new',
      memoryBytes: 1,
      macs: [mac1, deriveTapMac(mac1), mac2, mac2],
    });
    const { warnings, domain } = await define(fleet, xml);
    expect(domain?.name).toBe('new');
    expect(warnings).toEqual([
      `Several of its own network cards have ${mac2}.`,
      `${mac1} is also the address of a network card of off on alpha (off).`,
      `The tap device of ${mac1} would have ${deriveTapMac(mac1)}, which is also the address of a tap device of off on alpha (off).`,
      `${deriveTapMac(mac1)} is also the address of a tap device of off on alpha (off).`,
    ]);
  });

  test('with a name that its host finds taken says how to redefine', async () => {
    const { host, fleet, off } = await oneHost();
    host.gate = (verb) => {
      if (verb === 'define') throw new VirtgraphError('CONFLICT', 'It exists.', { outcome: 'FAILED' });
    };
    await expect(define(fleet, fakeXml({ ...off, uuid: uuidOf(0xabc) }))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'It exists.',
      detail: { outcome: 'FAILED', remedy: expect.stringContaining('<uuid>') },
    });
  });

  test('with an expected version fails when that domain is another now, or is gone', async () => {
    const { fleet, off } = await oneHost();
    const expectedVersion = fleet.domain('alpha', off.uuid)?.version ?? '';
    const gone = fakeXml({ ...off, uuid: uuidOf(0xabc), name: 'new' });
    await expect(define(fleet, gone, { expectedVersion })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(define(fleet, fakeXml(off), { expectedVersion: 'v0' })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(
      (await define(fleet, fakeXml({ ...off, memoryBytes: 5 }), { expectedVersion })).domain?.config.memoryBytes,
    ).toBe(5);
  });
});

describe('attaching a network card', () => {
  test('allocates an address that is free, and changes what fits the state of the domain', async () => {
    const { host, fleet, off, on } = await oneHost();
    const live = await fleet.actions.attachInterface({ ...request(on.uuid), ...card });
    expect(live.summary).toBe(
      `A network card with ${live.macAddress} was added to the running guest and the stored configuration of on on alpha.`,
    );
    expect(live.domain?.config.interfaces.map(({ macAddress }) => macAddress)).toEqual([live.macAddress]);
    const stored = await fleet.actions.attachInterface({ ...request(off.uuid), ...card });
    expect(stored.summary).toContain('was added to the stored configuration of off');
    expect(host.domains.get(off.uuid)?.macs).toEqual([mac1, stored.macAddress]);
    expect(fleet.macs.owners(stored.macAddress)).toMatchObject([{ domainName: 'off' }]);
  });

  test('gives each of many at once an address of its own', async () => {
    const { host, fleet, on, off } = await oneHost({ random: () => 0.25 });
    const { promise: answer, resolve } = Promise.withResolvers<void>();
    host.gate = (verb) => (verb === 'attach' ? answer : undefined);
    const attaching = Array.from({ length: 20 }, (_, number) =>
      fleet.actions.attachInterface({ ...request(number % 2 === 0 ? on.uuid : off.uuid), ...card }),
    );
    await settle();
    resolve();
    const macs = (await Promise.all(attaching)).map(({ macAddress }) => macAddress);
    expect(new Set(macs).size).toBe(20);
  });

  test('with an address that is taken fails and names the owner, unless forced', async () => {
    const { host, fleet, on } = await oneHost();
    const attach = (force: boolean) =>
      fleet.actions.attachInterface({ ...request(on.uuid), ...card, macAddress: mac1, force });
    await expect(attach(false)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: `${mac1} is taken: it is the address of a network card of off on alpha (off).`,
    });
    expect(host.calls).toEqual([]);
    expect((await attach(true)).warnings).toContain(
      `${mac1} is also the address of a network card of off on alpha (off).`,
    );
  });

  test('with an address that several have names the owner on the same host', async () => {
    const hosts = ['0-far', 'alpha'].map((name) => createFakeHost(name));
    for (const host of hosts) host.add('off', { macs: [mac1] });
    const on = hosts[1]?.add('on', { state: 'RUNNING', libvirtId: 7 });
    const { fleet } = await fleetOf(hosts);
    const attaching = fleet.actions.attachInterface({ ...request(on?.uuid ?? uuidOf(0)), ...card, macAddress: mac1 });
    await expect(attaching).rejects.toMatchObject({ message: expect.stringMatching(/ on alpha .* and of 1 more\.$/) });
  });

  test('with an address that another request is just using fails', async () => {
    const { host, fleet, on, off } = await oneHost();
    const { promise: answer, resolve } = Promise.withResolvers<void>();
    host.gate = (verb) => (verb === 'attach' ? answer : undefined);
    const first = fleet.actions.attachInterface({ ...request(on.uuid), ...card, macAddress: mac2 });
    await expect(
      fleet.actions.attachInterface({ ...request(off.uuid), ...card, macAddress: mac2 }),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    resolve();
    expect((await first).macAddress).toBe(mac2);
  });

  test('with an address that no guest may have is refused before the host is asked', async () => {
    const { host, fleet, on } = await oneHost();
    const attach = fleet.actions.attachInterface({
      ...request(on.uuid),
      ...card,
      macAddress: parseMac('ff:ff:ff:ff:ff:ff'),
    });
    await expect(attach).rejects.toMatchObject({ code: 'INVALID_MAC_ADDRESS' });
    expect(host.calls).toEqual([]);
  });

  test('releases the address when the host refuses, and keeps it while nobody knows', async () => {
    const { host, fleet, on, clock } = await oneHost();
    const attach = () => fleet.actions.attachInterface({ ...request(on.uuid), ...card, macAddress: mac2 });
    let error = new VirtgraphError('LIBVIRT_ERROR', 'no');
    host.gate = (verb) => {
      if (verb !== 'attach') return;
      // The double has done it already: this one has not.
      host.change(on.uuid, { macs: [], storedMacs: null });
      throw error;
    };
    await expect(attach()).rejects.toMatchObject({ code: 'LIBVIRT_ERROR' });
    await settle();
    expect(fleet.macs.isFree(mac2)).toBe(true);
    error = new VirtgraphError('OUTCOME_UNKNOWN', 'the connection died', { outcome: 'UNKNOWN' });
    await expect(attach()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    await settle();
    expect(fleet.macs.isFree(mac2)).toBe(false);
    await clock.advance(600_000);
    expect(fleet.macs.isFree(mac2)).toBe(true);
  });

  test('nowhere, or live to a guest that is off, makes no sense', async () => {
    const { fleet, on, off } = await oneHost();
    const nowhere = fleet.actions.attachInterface({ ...request(on.uuid), ...card, live: false, persistent: false });
    await expect(nowhere).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    const live = fleet.actions.attachInterface({ ...request(off.uuid, { dryRun: true }), ...card, live: true });
    await expect(live).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });

  test('a dry run shows an address and reserves none', async () => {
    const { host, fleet, on } = await oneHost();
    const outcome = await fleet.actions.attachInterface({ ...request(on.uuid, { dryRun: true }), ...card });
    expect(outcome.summary).toContain(outcome.macAddress);
    expect(fleet.macs.isFree(outcome.macAddress)).toBe(true);
    expect(host.calls).toEqual([]);
  });

  test.each([
    [{ active: true }, []],
    [{ active: false }, ['The network "lan" of alpha is not active.']],
    [null, ['alpha has no network "lan", as far as is known.']],
  ])('to a network %j warns of what is wrong with it: %j', async (lan, warnings) => {
    const { host, fleet, on } = await oneHost();
    if (lan !== null) {
      host.networks.set(uuidOf(9), network(uuidOf(9), lan.active));
      host.hint({ kind: 'network', uuid: uuidOf(9), name: 'lan', event: 'defined' });
      await settle();
    }
    const source = { kind: 'network', name: 'lan' } as const;
    const asked = { ...request(on.uuid, { dryRun: true }), ...card, source };
    expect((await fleet.actions.attachInterface(asked)).warnings).toEqual(warnings);
  });

  test('to the stored configuration alone is known from then on, and can be taken away again', async () => {
    const { host, fleet, on } = await oneHost();
    const attached = await fleet.actions.attachInterface({ ...request(on.uuid), ...card, live: false });
    expect(fleet.macs.owners(attached.macAddress)).toMatchObject([{ domainName: 'on', active: false }]);
    const detached = await fleet.actions.detachInterface({
      ...request(on.uuid),
      ...card,
      macAddress: attached.macAddress,
    });
    expect(detached.summary).toContain('was taken from the stored configuration of on');
    expect(host.domains.get(on.uuid)?.storedMacs ?? []).toEqual([]);
  });
});

describe('detaching a network card', () => {
  test('whose address another card of the guest has is a conflict, also when it is only tried', async () => {
    const { host, fleet, on } = await oneHost();
    host.change(on.uuid, { macs: [mac1, mac1] });
    await settle();
    host.calls.length = 0;
    for (const dryRun of [true, false]) {
      const detach = fleet.actions.detachInterface({ ...request(on.uuid, { dryRun }), ...card, macAddress: mac1 });
      await expect(detach).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining('2 network cards'),
        detail: { host: 'alpha', outcome: 'NOT_SENT' },
      });
    }
    expect(host.calls).toEqual([]);
  });

  test('that no card has fails before the host is asked', async () => {
    const { host, fleet, off } = await oneHost();
    const detach = fleet.actions.detachInterface({ ...request(off.uuid), ...card, macAddress: mac2 });
    await expect(detach).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(host.calls).toEqual([]);
  });

  test('frees its address', async () => {
    const { fleet, off } = await oneHost();
    const { domain } = await fleet.actions.detachInterface({ ...request(off.uuid), ...card, macAddress: mac1 });
    expect(domain?.config.interfaces).toEqual([]);
    expect(fleet.macs.isFree(mac1)).toBe(true);
  });
});
