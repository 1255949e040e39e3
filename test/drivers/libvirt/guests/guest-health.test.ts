import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fromLibvirtError } from '../../../../src/drivers/libvirt/errors.ts';
import { holderOf } from '../../../../src/drivers/libvirt/guests/control-info.ts';
import type { Uuid } from '../../../../src/model/brands.ts';
import type { DomainStatsSample } from '../../../../src/model/stats.ts';
import { settle } from '../../../support/fake-clock.ts';
import { openSimDriver, type SimDriver } from '../sim-driver.ts';

const { signal } = new AbortController();
const guestCount = 40;

let sim: SimDriver;
const hinted: Uuid[] = [];

beforeEach(async () => {
  sim = await openSimDriver({ guests: guestCount });
  hinted.length = 0;
  void follow();
  await sim.driver.listDomains({ signal });
});
afterEach(() => sim.close());

async function follow() {
  for await (const hint of sim.driver.hints)
    if (hint.kind === 'domain' && hint.event === 'monitor') hinted.push(hint.uuid);
}

const guest = (number: number): Uuid => sim.running[number] ?? expect.fail(`There is no guest ${number}.`);
const stick = (count: number) => sim.running.slice(0, count).forEach((uuid) => sim.daemon.stick(uuid));

/** A round of readings, as a poller takes one every two seconds. */
async function round(): Promise<readonly DomainStatsSample[]> {
  const reading = sim.driver.readDomainStats(['state', 'cpu', 'balloon', 'interface'], null, { signal });
  await sim.clock.advance(2_000);
  return reading;
}
const whole = (samples: readonly DomainStatsSample[]) =>
  samples.filter(({ memory, missing }) => memory?.rssBytes != null && missing === null).map(({ uuid }) => uuid);
const monitorOf = async (uuid: Uuid) => (await sim.driver.readDomain(uuid, { signal })).monitor;
const abandoned = () => sim.driver.link().lanes.reduce((sum, { callsAbandoned }) => sum + callsAbandoned, 0);

describe.each([1, 5, 25])('with %i of 40 guests stuck', (count) => {
  test('the first NOWAIT prober hangs, and the round ends all the same, with what the daemon knows', async () => {
    stick(count);
    const samples = await round();
    expect(samples).toHaveLength(guestCount);
    expect(samples.every(({ state }) => state === 'RUNNING')).toBe(true);
    // Where it is the only one, the others' readings are whole in the same round.
    expect(whole(samples)).toEqual(count === 1 ? sim.running.slice(1) : []);
    expect(abandoned()).toBe(count === 1 ? 1 : 2);
  });

  test('the healthy keep their tick from the fourth on, and few calls hang however long it lasts', async () => {
    stick(count);
    for (let tick = 0; tick < 3; tick += 1) await round();
    for (let tick = 0; tick < 60; tick += 1) {
      expect(whole(await round())).toEqual(sim.running.slice(count));
    }
    expect(abandoned()).toBeLessThanOrEqual(2);
    expect(sim.driver.link().lanes.map(({ name }) => name)).not.toContain('stats (replacement)');
  });

  test('they are all well again soon after they answer again', async () => {
    stick(count);
    for (let tick = 0; tick < 5; tick += 1) await round();
    for (const uuid of sim.running.slice(0, count)) sim.daemon.unstick(uuid);
    for (let tick = 0; tick < 7; tick += 1) await round();
    expect(whole(await round())).toHaveLength(guestCount);
    expect(abandoned()).toBe(0);
    expect(await monitorOf(guest(0))).toBeNull();
  });
});

test('guests that stop one after the other are told from those that run by signs of life after that, not before', async () => {
  for (const count of [1, 5, 25]) {
    stick(count);
    for (let tick = 0; tick < 4; tick += 1) await round();
    expect(whole(await round())).toEqual(sim.running.slice(count));
  }
  expect(abandoned()).toBeLessThanOrEqual(3);
});

test('guests that stop one in each round do not blind the host: those that run are read again when it is over', async () => {
  for (let count = 1; count <= 25; count += 1) {
    stick(count);
    await round();
  }
  for (let tick = 0; tick < 20; tick += 1) await round();
  expect(whole(await round())).toEqual(sim.running.slice(25));
  expect(abandoned()).toBeLessThan(5);
});

describe('what is said of a guest', () => {
  test('is that its monitor is occupied, since when, and that this has changed', async () => {
    stick(1);
    const since = sim.clock.now();
    await round();
    const monitor = await monitorOf(guest(0));
    expect(monitor).toEqual({ status: 'OCCUPIED', since, heldBy: null });
    await sim.clock.advance(60_000);
    expect(await monitorOf(guest(0))).toEqual(monitor);
    expect(hinted).toEqual([guest(0)]);
    sim.daemon.unstick(guest(0));
    await sim.clock.advance(8_000);
    expect(hinted).toEqual([guest(0), guest(0)]);
    expect(await monitorOf(guest(0))).toBeNull();
  });

  test('names who holds it as soon as libvirt has said so to somebody who waited', async () => {
    stick(1);
    await round();
    const waiting = sim.driver.suspendDomain(guest(0), { signal }).catch((error: unknown) => error);
    await sim.clock.advance(30_000);
    expect(await waiting).toMatchObject({ code: 'GUEST_BUSY', detail: { host: 'h1' } });
    await settle();
    expect(await monitorOf(guest(0))).toMatchObject({
      status: 'OCCUPIED',
      heldBy: 'monitor=remoteDispatchConnectGetAllDomainStats',
    });
    expect((await round()).find(({ uuid }) => uuid === guest(0))?.missing).toMatch(
      /^The monitor of the guest has not answered since .*Z \(held by monitor=remoteDispatchConnectGetAllDomainStats\)\.$/,
    );
  });

  test('is UNKNOWN where nobody can afford to ask it; healthy guests are never shown as that', async () => {
    stick(10);
    for (let tick = 0; tick < 10; tick += 1) await round();
    const statuses = await Promise.all(sim.running.map(async (uuid) => (await monitorOf(uuid))?.status ?? 'OK'));
    expect(statuses.filter((status) => status === 'OCCUPIED')).toHaveLength(2);
    expect(statuses.filter((status) => status === 'UNKNOWN')).toHaveLength(8);
    expect(statuses.slice(10).every((status) => status === 'OK')).toBe(true);
    expect(new Set(hinted).size).toBe(10);
  });

  test('is found out too when only a change meets it, without any readings', async () => {
    stick(1);
    const change = sim.driver.suspendDomain(guest(0), { signal }).catch((error: unknown) => error);
    await sim.clock.advance(2_000);
    expect(hinted).toEqual([guest(0)]);
    expect(await monitorOf(guest(0))).toMatchObject({ status: 'OCCUPIED' });
    await sim.clock.advance(33_000);
    expect(await change).toMatchObject({ code: 'TIMEOUT' });
  });
});

describe('a guest that hangs', () => {
  test('can be forced off, which frees who waits for it', async () => {
    stick(1);
    await round();
    const off = sim.driver.destroyDomain(guest(0), { graceful: false, signal });
    await sim.clock.advance(15_000);
    await off;
    await sim.clock.advance(8_000);
    expect(abandoned()).toBe(0);
    expect((await sim.driver.readDomain(guest(0), { signal })).status.state).toBe('SHUTOFF');
    expect(whole(await round())).toHaveLength(guestCount - 1);
  });

  test('is still asked for changes, and all such guests together hold two places of the work lane', async () => {
    stick(5);
    for (let tick = 0; tick < 5; tick += 1) await round();
    const changes = [0, 1, 2, 3, 4].map((number) =>
      sim.driver.suspendDomain(guest(number), { signal }).catch((error: unknown) => error),
    );
    await sim.clock.advance(2_100);
    await sim.driver.suspendDomain(guest(10), { signal });
    for (const uuid of sim.running.slice(0, 5)) sim.daemon.unstick(uuid);
    await sim.clock.advance(1_000);
    await Promise.all(changes);
    expect((await sim.driver.readDomain(guest(0), { signal })).status.state).toBe('PAUSED');
  });

  test('does not keep a reading of another waiting, or one that needs no monitor', async () => {
    stick(1);
    for (let tick = 0; tick < 3; tick += 1) await round();
    const [one] = await sim.driver.readDomainStats(['balloon'], [guest(7)], { signal });
    expect(one?.memory?.rssBytes).toBeGreaterThan(0);
    expect(await sim.driver.readDomainStats(['state', 'interface'], null, { signal })).toHaveLength(guestCount);
    const [stuck] = await sim.driver.readDomainStats(['balloon'], [guest(0)], { signal });
    expect(stuck).toMatchObject({ state: 'RUNNING', memory: null, missing: expect.stringMatching(/has not answered/) });
  });
});

test('a host that is merely slow loses no reading and nobody is doubted', async () => {
  const { driver, daemon, clock } = sim;
  await round();
  daemon.setFaults({ latencyMs: 4_000 });
  const reading = driver.readDomainStats(['cpu'], null, { signal });
  await clock.advance(4_000);
  expect(await reading).toHaveLength(guestCount);
  daemon.setFaults({ latencyMs: 0 });
  await clock.advance(5_000);
  expect(hinted).toEqual([]);
  expect(abandoned()).toBe(0);
});

test('the connection is not closed after 30 s, however many guests hang', async () => {
  stick(25);
  const connections = sim.daemon.connectionCount + 2;
  for (let tick = 0; tick < 40; tick += 1) await round();
  expect(sim.daemon.connectionCount).toBeLessThanOrEqual(connections);
  const found = sim.driver.findDomain('guest-30', { signal });
  await sim.clock.advance(100);
  expect(await found).toBe(guest(29));
});

test.each([
  ['cannot acquire state change lock (held by monitor=remoteDispatchDomainReset)', 'monitor=remoteDispatchDomainReset'],
  [
    'cannot acquire state change lock (held by agent=remoteDispatchDomainFSFreeze)',
    'agent=remoteDispatchDomainFSFreeze',
  ],
  ['cannot acquire state change lock (held by monitor=a agent=b)', 'monitor=a agent=b'],
  ['cannot acquire state change lock due to max_queued limit', null],
])('of the error %j, the holder is %j', (message, holder) => {
  expect(holderOf(fromLibvirtError({ code: 68, domain: 10, level: 2, message }))).toBe(holder);
  expect(holderOf(fromLibvirtError({ code: 1, domain: 10, level: 2, message }))).toBeNull();
});
