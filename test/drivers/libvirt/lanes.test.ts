import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Driver } from '../../../src/drivers/driver.ts';
import type { Uuid } from '../../../src/model/brands.ts';
import { settle } from '../../support/fake-clock.ts';
import { openSimDriver, type SimDriver } from './sim-driver.ts';

const { signal } = new AbortController();

let sim: SimDriver;
let driver: Driver;
let guests: readonly Uuid[];

beforeEach(async () => {
  sim = await openSimDriver({ guests: 16 });
  ({ driver, running: guests } = sim);
});
afterEach(() => sim.close());

const guest = (number: number): Uuid => {
  const uuid = guests[number];
  if (uuid === undefined) throw new Error(`There is no running guest ${number}.`);
  return uuid;
};
const laneOf = (name: string) => driver.link().lanes.find((lane) => lane.name === name);

/** Asks each of them for something that its monitor must answer, and gives up when the time for it is over. */
async function giveUpOn(...numbers: readonly number[]): Promise<unknown[]> {
  for (const number of numbers) sim.daemon.stick(guest(number));
  const calls = Promise.allSettled(numbers.map((number) => driver.suspendDomain(guest(number), { signal })));
  await sim.clock.advance(35_000);
  return (await calls).map((call) => (call.status === 'rejected' ? call.reason.code : 'answered'));
}

test('a wedged lane is left alone, and one more connection does its work', async () => {
  expect(await giveUpOn(0, 1, 2)).toEqual(['TIMEOUT', 'TIMEOUT', 'TIMEOUT']);
  expect(laneOf('work')).toMatchObject({ callsAbandoned: 3, wedged: true });
  await driver.suspendDomain(guest(3), { signal });
  expect(laneOf('work (replacement)')).toMatchObject({ callsInFlight: 0, wedged: false });
  expect(laneOf('work')).toMatchObject({ callsInFlight: 3, wedged: true });
});

test('when both are wedged, calls fail at once and say why, and nobody dials again', async () => {
  await giveUpOn(0, 1, 2);
  await giveUpOn(3, 4, 5);
  const connections = sim.daemon.connectionCount;
  for (let asked = 0; asked < 5; asked += 1) {
    await expect(driver.suspendDomain(guest(6), { signal })).rejects.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      message: expect.stringContaining('the work lane is wedged'),
      detail: { host: 'h1', outcome: 'NOT_SENT' },
    });
  }
  expect(sim.daemon.connectionCount).toBe(connections);
  expect((await driver.listDomains({ signal })).length).toBeGreaterThan(6);
  // Frees one place of the replacement: that is enough to go on.
  const off = driver.destroyDomain(guest(3), { graceful: false, signal });
  await sim.clock.advance(15_000);
  await off;
  await driver.suspendDomain(guest(6), { signal });
});

test('a lane whose calls are answered after all is used again, and its replacement is closed', async () => {
  await giveUpOn(0, 1, 2);
  await driver.suspendDomain(guest(3), { signal });
  for (const number of [0, 1, 2]) sim.daemon.unstick(guest(number));
  await settle();
  expect(laneOf('work')).toMatchObject({ callsAbandoned: 0, wedged: false });
  await driver.resumeDomain(guest(3), { signal });
  await sim.clock.advance(1_000);
  expect(driver.link().lanes.map(({ name }) => name)).toEqual(['control', 'work']);
  expect(sim.daemon.connectionCount).toBe(2);
});

test('what waits behind calls that are never answered goes over the replacement', async () => {
  for (const number of [0, 1, 2]) sim.daemon.stick(guest(number));
  const stuck = Promise.allSettled([0, 1, 2].map((number) => driver.suspendDomain(guest(number), { signal })));
  await sim.clock.advance(20_000);
  sim.daemon.stick(guest(3));
  const fourth = driver.suspendDomain(guest(3), { signal }).catch((error: unknown) => error);
  const healthy = driver.suspendDomain(guest(4), { signal });
  await sim.clock.advance(14_999);
  expect(laneOf('work')).toMatchObject({ callsInFlight: 4, callsQueued: 1 });
  await sim.clock.advance(1);
  await healthy;
  await stuck;
  sim.daemon.unstick(guest(3));
  await fourth;
});

test('forcing guests off leaves room on the control lane: two at a time', async () => {
  for (const number of [0, 1, 2, 3, 4]) sim.daemon.stick(guest(number));
  const off = Promise.all(
    [0, 1, 2, 3].map((number) => driver.destroyDomain(guest(number), { graceful: false, signal })),
  );
  await settle();
  expect(laneOf('control')).toMatchObject({ callsInFlight: 2, callsQueued: 2 });
  await driver.listDomains({ signal });
  await sim.clock.advance(30_000);
  await off;
});

test('a slow daemon is not dialled again', async () => {
  const connections = sim.daemon.connectionCount;
  sim.daemon.setFaults({ latencyMs: 20_000 });
  const late = Promise.allSettled(Array.from({ length: 12 }, () => driver.findDomain('nobody', { signal })));
  await sim.clock.advance(20_000);
  await late;
  sim.daemon.setFaults({ latencyMs: 0 });
  await sim.clock.advance(20_000);
  expect(sim.daemon.connectionCount - connections).toBeLessThanOrEqual(1);
  expect(laneOf('control')).toMatchObject({ callsAbandoned: 0, wedged: false });
});

test('a lane that nobody uses is closed, and opened again for the next call', async () => {
  await driver.suspendDomain(guest(0), { signal });
  expect(laneOf('work')).toBeDefined();
  await sim.clock.advance(60_000);
  expect(laneOf('work')).toBeDefined();
  await sim.clock.advance(60_000);
  expect(driver.link().lanes.map(({ name }) => name)).toEqual(['control']);
  await settle();
  expect(sim.daemon.connectionCount).toBe(1);
  await driver.resumeDomain(guest(0), { signal });
  expect(laneOf('work')).toMatchObject({ callsInFlight: 0 });
});

test('a lane that is used now and then, or owes an answer, stays', async () => {
  for (let minute = 0; minute < 5; minute += 1) {
    await (minute % 2 ? driver.resumeDomain(guest(0), { signal }) : driver.suspendDomain(guest(0), { signal }));
    await sim.clock.advance(50_000);
    expect(laneOf('work')).toBeDefined();
  }
  expect(await giveUpOn(1)).toEqual(['TIMEOUT']);
  await sim.clock.advance(300_000);
  expect(laneOf('work')).toMatchObject({ callsAbandoned: 1 });
});
