import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { openDriver } from '../../../src/drivers/index.ts';
import { simDaemon, simTargets, stopSimDaemons } from '../../../src/drivers/libvirt/sim/targets.ts';
import { openFleet } from '../../../src/fleet/fleet.ts';
import type { Change } from '../../../src/fleet/journal/change.ts';
import type { DomainRecord } from '../../../src/fleet/objects.ts';
import { unpackText } from '../../../src/fleet/replica/packed-text.ts';
import type { StatsTick } from '../../../src/fleet/stats/reading.ts';
import type { Fleet } from '../../../src/fleet/types.ts';
import { silentLog } from '../../../src/log.ts';
import type { HostTarget } from '../../../src/model/target.ts';
import { createHandshakeLimiter } from '../../../src/ssh/handshake-limiter.ts';
import { eventually } from '../../support/eventually.ts';
import { gather } from '../fleet-under-test.ts';

const deps = {
  log: silentLog,
  clock: systemClock,
  limiter: createHandshakeLimiter({ perFirstHop: 4, total: 8 }),
};
const { signal } = new AbortController();
let open: Fleet | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
  stopSimDaemons();
});

/** The embedded fleet without its own life, so that nothing happens but what a test does. */
function quietTargets(): HostTarget[] {
  return simTargets().map((target) => ({
    ...target,
    transport: { kind: 'sim', daemonName: target.name, options: { activity: 'off' } },
  }));
}

async function openQuietFleet(): Promise<Fleet> {
  const fleet = openFleet({
    id: 'test',
    targets: quietTargets(),
    clock: systemClock,
    log: silentLog,
    random: Math.random,
    openDriver: (target, options) => openDriver(target, deps, options),
  });
  open = fleet;
  await eventually(() => expect(fleet.hosts().map(({ status }) => status)).toEqual(['READY', 'READY', 'READY']));
  return fleet;
}

function find(fleet: Fleet, hostName: string, name: string): DomainRecord {
  const domain = fleet.domainByName(hostName, name);
  if (!domain) throw new Error(`${hostName} has no domain ${name}.`);
  return domain;
}

function targetOf(hostName: string): HostTarget {
  const target = quietTargets().find(({ name }) => name === hostName);
  if (!target) throw new Error(`There is no embedded host ${hostName}.`);
  return target;
}

describe('the fleet over the real driver and embedded daemons', () => {
  test('holds every domain as the host lists it', async () => {
    const fleet = await openQuietFleet();
    for (const { name } of fleet.hosts()) {
      const listed = await fleet.driver(name).listDomains({ signal });
      const held = listed.map(({ uuid }) => fleet.domain(name, uuid));
      expect(listed.length).toBeGreaterThan(3);
      expect(held).toEqual(listed.map((status) => expect.objectContaining(status)));
      expect(held.every((domain) => domain && unpackText(domain.xml).includes('<domain'))).toBe(true);
    }
    expect(fleet.networks('alder').length).toBeGreaterThan(0);
  });

  test('tells of what somebody else does at the host, and of nothing twice', async () => {
    const fleet = await openQuietFleet();
    const domain = find(fleet, 'alder', 'web-1');
    const stream = fleet.journal.open({
      filter: { domains: { nameContains: 'web-1' } },
      after: null,
      snapshot: 'NEVER',
    });
    const { items } = gather(stream);
    const other = await openDriver(targetOf('alder'), deps, { signal });
    const stateIs = (state: string) => eventually(() => expect(fleet.domain('alder', domain.uuid)?.state).toBe(state));
    await other.suspendDomain(domain.uuid, { signal });
    await stateIs('PAUSED');
    await other.resumeDomain(domain.uuid, { signal });
    await stateIs('RUNNING');
    await other.close();
    // Reading it again, as an action or another event would, is no change.
    await fleet.refreshDomain('alder', domain.uuid, signal);
    const states = items.map((item: Change) =>
      item.type === 'upserted' && item.object.kind === 'domain' ? `${item.origin} ${item.object.state}` : item.type,
    );
    expect(states).toEqual(['EVENT PAUSED', 'EVENT RUNNING']);
  });

  test('reads its own writes through every action', async () => {
    const fleet = await openQuietFleet();
    const domain = find(fleet, 'alder', 'ci-runner-2');
    const request = () => ({
      hostName: 'alder',
      uuid: domain.uuid,
      dryRun: false,
      expectedVersion: null,
      signal,
    });
    const card = { model: null, macAddress: null, live: null, persistent: null, force: false } as const;
    const { actions } = fleet;
    expect((await actions.start({ ...request(), paused: false, discardManagedSave: false })).domain?.state).toBe(
      'RUNNING',
    );
    expect((await actions.suspend(request())).domain?.state).toBe('PAUSED');
    expect((await actions.resume(request())).domain?.state).toBe('RUNNING');
    expect((await actions.setAutostart({ ...request(), autostart: true })).domain?.autostart).toBe(true);
    const attached = await actions.attachInterface({
      ...request(),
      ...card,
      source: { kind: 'network', name: 'default' },
    });
    const macs = () => find(fleet, 'alder', 'ci-runner-2').config.interfaces.map(({ macAddress }) => macAddress);
    expect(macs()).toContain(attached.macAddress);
    await actions.detachInterface({ ...request(), ...card, macAddress: attached.macAddress });
    await eventually(() => expect(macs()).not.toContain(attached.macAddress));
    expect((await actions.forceOff({ ...request(), graceful: false })).domain?.state).toBe('SHUTOFF');
    const { xml, version } = find(fleet, 'alder', 'ci-runner-2');
    const redefined = await actions.define({
      ...request(),
      xml: unpackText(xml).replace('<name>', '<title>Built by us</title><name>'),
      validate: false,
      expectedVersion: version,
    });
    expect(redefined.domain?.config.title).toBe('Built by us');
    expect(redefined.domain?.version).not.toBe(version);
    const choices = {
      removeManagedSave: true,
      removeSnapshotMetadata: true,
      removeCheckpointMetadata: true,
      removeNvram: true,
      keepNvram: false,
      removeTpm: false,
      keepTpm: true,
    };
    expect((await actions.undefine({ ...request(), choices })).domain).toBeNull();
    expect(fleet.domain('alder', domain.uuid)).toBeNull();
  });

  test('a cut connection is told, and what changed meanwhile comes before the host is resumed', async () => {
    const fleet = await openQuietFleet();
    const daemon = simDaemon(targetOf('birch'));
    const domain = find(fleet, 'birch', 'monitoring');
    const { items } = gather(fleet.journal.open({ filter: { hosts: ['birch'] }, after: null, snapshot: 'NEVER' }));
    daemon.setFaults({ refuse: true });
    daemon.dropConnections();
    await eventually(() => expect(fleet.host('birch')?.status).toBe('LOST'));
    expect(fleet.host('birch')).toMatchObject({ stale: true, problem: { stage: expect.any(String) } });
    daemon.setFaults({ refuse: false });
    const other = await openDriver(targetOf('birch'), deps, { signal });
    await other.suspendDomain(domain.uuid, { signal });
    await other.close();
    await fleet.refreshHost('birch', signal);
    expect(fleet.host('birch')?.status).toBe('READY');
    await eventually(() => expect(items.at(-1)?.type).toBe('hostResumed'));
    expect(items.map(({ type }) => type)).toContain('hostInterrupted');
    const changes = items.filter((item) => item.type === 'upserted' && item.object.kind === 'domain');
    expect(changes.length).toBeGreaterThan(0);
    expect(changes).toEqual(
      changes.map(() =>
        expect.objectContaining({
          origin: 'RECONCILE',
          object: expect.objectContaining({ name: 'monitoring', state: 'PAUSED' }),
        }),
      ),
    );
  });

  test('readings come of all hosts, with rates from the second on', async () => {
    const fleet = await openQuietFleet();
    const stream = fleet.openStats({ filter: { states: ['RUNNING'] }, groups: ['state', 'cpu'], intervalMs: 500 });
    const ticks: StatsTick[] = [];
    while (ticks.length < 3) ticks.push((await stream.next()).value);
    await stream.return?.();
    const last = ticks.at(-1);
    expect(new Set(last?.readings.map(({ hostName }) => hostName))).toEqual(new Set(['alder', 'birch', 'cedar']));
    expect(last?.missing).toEqual([]);
    const usage = last?.readings.find(({ hostName }) => hostName === 'alder')?.rates?.cpuUsage;
    expect(usage).toBeGreaterThan(0);
  });

  test('the two addresses that collide in the embedded fleet are reported', async () => {
    const fleet = await openQuietFleet();
    const kinds = fleet.macs.conflicts(null).map(({ kind, macAddress }) => `${kind} ${macAddress}`);
    expect(kinds).toContain('DUPLICATE_MAC 52:54:00:1a:00:01');
    expect(kinds).toContain('SHADOWED_BY_TAP fe:54:00:1b:00:01');
  });

  test('tells of a guest that hangs, and that it is well again, as changes of its monitor alone', async () => {
    const fleet = await openQuietFleet();
    const { uuid } = find(fleet, 'alder', 'web-1');
    const stream = fleet.journal.open({
      filter: { domains: { nameContains: 'web-1' } },
      after: null,
      snapshot: 'NEVER',
    });
    const { items } = gather(stream);
    const ticks = gather(
      fleet.openStats({ filter: { hosts: ['alder'] }, groups: ['cpu', 'balloon'], intervalMs: 500 }),
    ).items;
    const ofGuest = () => ticks.at(-1)?.readings.find(({ sample }) => sample.uuid === uuid)?.sample;
    await eventually(() => expect(ofGuest()).toMatchObject({ missing: null }));

    simDaemon(targetOf('alder')).stick(uuid);
    await eventually(
      () => expect(ofGuest()).toMatchObject({ state: 'RUNNING', cpu: null, missing: expect.stringMatching(/monitor/) }),
      10_000,
    );
    expect(find(fleet, 'alder', 'web-1').monitor).toMatchObject({ status: 'OCCUPIED', heldBy: null });
    expect(ticks.at(-1)?.readings.filter(({ sample }) => sample.missing === null).length).toBeGreaterThan(0);

    simDaemon(targetOf('alder')).unstick(uuid);
    await eventually(() => expect(find(fleet, 'alder', 'web-1').monitor).toBeNull());
    await eventually(() => expect(ofGuest()).toMatchObject({ missing: null }));
    expect(items.map((change) => change.type === 'upserted' && change.changedFields)).toEqual([
      ['monitor'],
      ['monitor'],
    ]);
  });
});
