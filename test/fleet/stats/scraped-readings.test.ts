import { afterEach, describe, expect, test } from 'vitest';
import type { Fleet } from '../../../src/fleet/types.ts';
import { settle } from '../../support/fake-clock.ts';
import { createFakeHost, type FakeHost, refused, targetOf } from '../fake-host.ts';
import { openTestFleet } from '../fleet-under-test.ts';

const open: Fleet[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((fleet) => fleet.close()));
});

async function scrapedFleet(...names: string[]) {
  const hosts = names.map((name) => {
    const host = createFakeHost(name);
    host.add(`${name}-guest`, { state: 'RUNNING', libvirtId: 1 });
    return host;
  });
  const made = await openTestFleet(hosts);
  open.push(made.fleet);
  const statsCalls = (host: FakeHost) => host.calls.filter((call) => call.startsWith('stats')).length;
  return {
    ...made,
    hosts,
    /** By host, how many guests have readings. */
    scrape: () =>
      Object.fromEntries(
        made.fleet.metrics({ readings: true }).hosts.map(({ name, readings }) => [name, readings?.length ?? 0]),
      ),
    calls: () => hosts.map(statsCalls),
  };
}

describe('readings for monitoring', () => {
  test('are those of the last tick: however often somebody scrapes, a host has one call a tick', async () => {
    const { clock, scrape, calls } = await scrapedFleet('alpha', 'beta');
    expect([scrape(), calls()]).toEqual([{ alpha: 0, beta: 0 }, [1, 1]]);
    await settle();
    for (let times = 0; times < 10; times++) expect(scrape()).toEqual({ alpha: 1, beta: 1 });
    expect(calls()).toEqual([1, 1]);
    await clock.advance(15_000);
    expect(calls()).toEqual([2, 2]);
  });

  test('are asked of nobody where nobody scrapes, or no more', async () => {
    const { fleet, clock, scrape, calls } = await scrapedFleet('alpha');
    expect(fleet.metrics().hosts[0]?.readings).toBe(null);
    await clock.advance(60_000);
    expect(calls()).toEqual([0]);
    scrape();
    await clock.advance(600_000);
    // At once, and at each tick before two minutes and a half were over.
    expect(calls()).toEqual([10]);
    expect(scrape()).toEqual({ alpha: 0 });
  });

  test('are not there of a host that could not be read, or is gone', async () => {
    const { fleet, clock, hosts, scrape } = await scrapedFleet('alpha', 'beta', 'gamma');
    scrape();
    await settle();
    expect(scrape()).toEqual({ alpha: 1, beta: 1, gamma: 1 });
    for (const host of hosts) {
      host.gate = (verb) => (verb === 'stats' && host.name === 'beta' ? Promise.reject(refused()) : undefined);
    }
    fleet.setHosts([targetOf('alpha'), targetOf('beta')]);
    await clock.advance(15_000);
    expect(scrape()).toEqual({ alpha: 1, beta: 0 });
  });
});
