import { afterEach, describe, expect, test } from 'vitest';
import { VirtgraphError } from '../../../src/errors.ts';
import { type Feed, feedOf } from '../../../src/fleet/journal/feed.ts';
import type { StatsQuery, StatsTick } from '../../../src/fleet/stats/reading.ts';
import type { Fleet } from '../../../src/fleet/types.ts';
import { createFakeClock, settle } from '../../support/fake-clock.ts';
import { createFakeHost, type FakeHost, refused } from '../fake-host.ts';
import { gather, openTestFleet, times } from '../fleet-under-test.ts';

const { signal } = new AbortController();

const open: Fleet[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((fleet) => fleet.close()));
});

async function fleetOf(...hosts: FakeHost[]) {
  const made = await openTestFleet(hosts);
  open.push(made.fleet);
  const watch = (part: Partial<StatsQuery> = {}) => {
    const stream = made.fleet.openStats({ filter: {}, groups: ['cpu'], intervalMs: 2_000, ...part });
    return { stream, ...gather(stream) };
  };
  return { ...made, watch };
}

function runningHost(name: string) {
  const host = createFakeHost(name);
  const guest = host.add(`${name}-guest`, { state: 'RUNNING', libvirtId: 1 });
  return { host, guest, statsCalls: () => host.calls.filter((call) => call.startsWith('stats')) };
}

const usages = (ticks: readonly StatsTick[]) =>
  ticks.map((tick) => tick.readings.map(({ rates }) => rates?.cpuUsage ?? null));

describe('one poller for each host', () => {
  test('reads at once, then at each tick, and rates follow from two readings', async () => {
    const { host, guest } = runningHost('alpha');
    const { clock, watch } = await fleetOf(host);
    const { items } = watch();
    await settle();
    guest.cpuNs = 1_000_000_000n;
    await clock.advance(2_000);
    guest.cpuNs = 5_000_000_000n;
    await clock.advance(2_000);
    expect(usages(items)).toEqual([[null], [0.5], [2]]);
    expect(items.map(({ at }) => at - (items[0]?.at ?? 0))).toEqual([0, 2_000, 4_000]);
  });

  test('costs a host one call a tick, however many watch it', async () => {
    const { host, statsCalls } = runningHost('alpha');
    const { clock, watch } = await fleetOf(host);
    const watchers = Array.from({ length: 20 }, () => watch());
    await settle();
    await clock.advance(10_000);
    expect(statsCalls()).toHaveLength(6);
    expect(watchers.map(({ items }) => items.length)).toEqual(Array.from({ length: 20 }, () => 6));
  });

  test('runs at the shortest interval, and asks for all groups that anyone wants', async () => {
    const { host, statsCalls } = runningHost('alpha');
    const { clock, watch } = await fleetOf(host);
    const slow = watch({ groups: ['block'], intervalMs: 10_000 });
    const fast = watch({ groups: ['cpu'], intervalMs: 1_000 });
    await settle();
    host.calls.length = 0;
    await clock.advance(10_000);
    expect(statsCalls()).toEqual(times(10, 'stats block,cpu'));
    expect(fast.items).toHaveLength(11);
    expect(slow.items).toHaveLength(2);
    await fast.stream.return?.();
    host.calls.length = 0;
    await clock.advance(20_000);
    expect(statsCalls()).toEqual(['stats block', 'stats block']);
  });

  test('ends with the last who watches', async () => {
    const { host } = runningHost('alpha');
    const { clock, watch, fleet } = await fleetOf(host);
    const one = watch();
    const two = watch();
    await settle();
    await one.stream.return?.();
    await two.stream.return?.();
    host.calls.length = 0;
    await clock.advance(60_000);
    expect(host.calls).toEqual([]);
    expect([one.isOver(), two.isOver(), fleet.metrics().statsStreams]).toEqual([true, true, 0]);
  });

  test('a host that is late is missing once a tick, also where timers are a little early', async () => {
    const { host } = runningHost('alpha');
    const clock = createFakeClock();
    const earlyClock = {
      ...clock,
      after: (delayMs: number, callback: () => void) => clock.after(delayMs - 1, callback),
    };
    const { fleet } = await openTestFleet([host], { clock: earlyClock });
    open.push(fleet);
    const { items } = gather(fleet.openStats({ filter: {}, groups: ['cpu'], intervalMs: 2_000 }));
    await settle();
    host.gate = (verb) => (verb === 'stats' ? new Promise(() => {}) : undefined);
    await clock.advance(9_000);
    expect(items.map(({ missing }) => missing.length)).toEqual([0, 1, 1, 1, 1]);
  });

  test('never has two readings out, and tells who is late as missing', async () => {
    const { host, statsCalls } = runningHost('alpha');
    const well = runningHost('beta');
    const { promise: answer, resolve } = Promise.withResolvers<void>();
    const { clock, watch } = await fleetOf(host, well.host);
    const { items } = watch();
    await settle();
    host.gate = (verb) => (verb === 'stats' ? answer : undefined);
    await clock.advance(12_000);
    expect(host.statsOut.most).toBe(1);
    expect(statsCalls()).toHaveLength(2);
    expect(items.slice(1).map(({ readings, missing }) => [readings.length, missing.length])).toEqual(times(5, [1, 1]));
    expect(items.at(-1)?.missing).toEqual([{ hostName: 'alpha', reason: 'It did not answer within 1000 ms.' }]);
    host.gate = () => {};
    resolve();
    await settle();
    await clock.advance(3_000);
    expect(items.at(-1)?.missing).toEqual([]);
  });

  test('a reading that comes too late is dropped, and never compared with', async () => {
    const { host, guest } = runningHost('alpha');
    const { clock, watch } = await fleetOf(host);
    const { items } = watch();
    await settle();
    const { promise: answer, resolve } = Promise.withResolvers<void>();
    host.gate = (verb) => (verb === 'stats' ? answer : undefined);
    guest.cpuNs = 1_000_000_000n;
    await clock.advance(5_000);
    host.gate = () => {};
    guest.cpuNs = 10_000_000_000n;
    resolve();
    await settle();
    await clock.advance(1_000);
    const readings = items.flatMap((tick) => tick.readings);
    expect(readings.map(({ sample }) => sample.cpu?.timeNs)).not.toContain(1_000_000_000n);
    expect(usages(items).at(-1)).toEqual([2]);
  });

  test('a reading bears the time before the host was asked', async () => {
    const { host } = runningHost('alpha');
    const { clock, watch } = await fleetOf(host);
    const begun = clock.now();
    host.gate = (verb) => (verb === 'stats' ? new Promise((resolve) => void clock.after(300, resolve)) : undefined);
    const { items } = watch();
    await clock.advance(400);
    expect(items[0]?.readings[0]?.sampledAt).toBe(begun);
  });
});

describe('rates', () => {
  test('are unknown after a restart of the guest, and when a counter went back', async () => {
    const { host, guest } = runningHost('alpha');
    const { clock, watch } = await fleetOf(host);
    const { items } = watch();
    guest.cpuNs = 10_000_000_000n;
    await settle();
    await clock.advance(2_000);
    host.change(guest.uuid, { libvirtId: 2, cpuNs: 12_000_000_000n });
    await clock.advance(2_000);
    guest.cpuNs = 1n;
    await clock.advance(2_000);
    guest.cpuNs = 2_000_000_001n;
    await clock.advance(2_000);
    expect(usages(items).slice(2)).toEqual([[null], [null], [1]]);
  });
});

describe('a stream of readings', () => {
  test('has only the domains that match, and follows them when they change', async () => {
    const { host, guest } = runningHost('alpha');
    host.add('other', { state: 'RUNNING', libvirtId: 2 });
    const { clock, watch } = await fleetOf(host);
    const { items } = watch({ filter: { nameContains: 'guest' } });
    await settle();
    host.change(guest.uuid, { name: 'renamed' });
    await clock.advance(2_000);
    expect(items.map(({ readings }) => readings.length)).toEqual([1, 0]);
  });

  test('says why a host has no readings, while the others go on', async () => {
    const [down, busy, well] = [createFakeHost('down'), runningHost('busy'), runningHost('well')];
    down.refuse = refused();
    busy.host.gate = (verb) => {
      if (verb === 'stats') throw new VirtgraphError('TIMEOUT', 'no answer in time');
    };
    const { watch } = await fleetOf(down, busy.host, well.host);
    const { items } = watch();
    await settle();
    expect(items[0]?.readings.map(({ hostName }) => hostName)).toEqual(['well']);
    expect(items[0]?.missing).toEqual([
      { hostName: 'down', reason: 'down cannot be used: Nobody listens there.' },
      { hostName: 'busy', reason: 'no answer in time' },
    ]);
  });

  test('gives who reads slowly the newest tick, and keeps nothing else for him', async () => {
    const { host, guest } = runningHost('alpha');
    const { clock, fleet } = await fleetOf(host);
    const stream = fleet.openStats({ filter: {}, groups: ['cpu'], intervalMs: 1_000 });
    for (let second = 1; second <= 10; second++) {
      guest.cpuNs = BigInt(second);
      await clock.advance(1_000);
    }
    const { value } = await stream.next();
    expect(value?.readings[0]?.sample.cpu?.timeNs).toBe(10n);
    const waiting = stream.next();
    await stream.return?.();
    expect((await waiting).done).toBe(true);
  });

  test('for a host that is not configured is refused', async () => {
    const { fleet } = await fleetOf(createFakeHost('alpha'));
    expect(() => fleet.openStats({ filter: { hosts: ['beta'] }, groups: ['cpu'], intervalMs: 1_000 })).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
  });
});

describe('two who watch the same', () => {
  /** As a cohort reads them: one by one. */
  function follow(feed: Feed<StatsTick>) {
    return { feed, ...gather(feed) };
  }

  async function two() {
    const { host, guest } = runningHost('alpha');
    const made = await fleetOf(host);
    const open = () => follow(feedOf(made.fleet.openStats({ filter: {}, groups: ['cpu'], intervalMs: 2_000 })));
    return { ...made, host, guest, open, edge: open(), other: open() };
  }

  test('become one when they have been told the same, and the one that is left tells on', async () => {
    const { clock, fleet, edge, other } = await two();
    await settle();
    expect(other.feed.mergeInto(edge.feed)).toBe(true);
    await clock.advance(4_000);
    expect([edge.items.length, other.items.length]).toEqual([3, 1]);
    expect([edge.isOver(), other.isOver(), fleet.metrics().statsStreams]).toEqual([false, true, 1]);
  });

  test('stay two while a tick is under way, which both are still to be told', async () => {
    const { clock, host, edge, other } = await two();
    await settle();
    const { promise: answer, resolve } = Promise.withResolvers<void>();
    host.gate = (verb) => (verb === 'stats' ? answer : undefined);
    await clock.advance(2_000);
    expect(other.feed.mergeInto(edge.feed)).toBe(false);
    resolve();
    await settle();
    expect([edge.items.length, other.items.length]).toEqual([2, 2]);
    expect(other.feed.mergeInto(edge.feed)).toBe(true);
  });

  test('stay two while one has not been told of the last readings', async () => {
    const { clock, host, open, edge } = await two();
    await clock.advance(1_900);
    const { promise: answer, resolve } = Promise.withResolvers<void>();
    host.gate = (verb) => (verb === 'stats' ? answer : undefined);
    // The readings are too old for it, and so it has none yet.
    const late = open();
    await settle();
    expect(late.feed.mergeInto(edge.feed)).toBe(false);
    resolve();
    await settle();
    expect(late.items).toHaveLength(1);
    expect(late.feed.mergeInto(edge.feed)).toBe(false);
  });

  test('part again: who goes on alone is told each later tick once, and nothing twice', async () => {
    const { clock, guest, edge } = await two();
    await clock.advance(2_000);
    const fork = follow(edge.feed.fork());
    await settle();
    expect(fork.items).toEqual([]);
    guest.cpuNs = 2_000_000_000n;
    await clock.advance(4_000);
    expect(fork.items).toEqual(edge.items.slice(2));
    expect(fork.items).toHaveLength(2);
    expect(fork.feed.mergeInto(edge.feed)).toBe(true);
  });
});

describe('one reading now', () => {
  test('has rates where somebody watches the host, and fails with the host’s name', async () => {
    const { host, guest } = runningHost('alpha');
    const { clock, fleet, watch } = await fleetOf(host);
    const read = () => fleet.readStats('alpha', [guest.uuid], ['cpu'], signal);
    expect((await read())[0]?.rates).toBeNull();
    watch();
    await settle();
    await clock.advance(1_000);
    guest.cpuNs = 3_000_000_000n;
    expect((await read())[0]?.rates?.cpuUsage).toBe(3);
    host.gate = () => {
      throw new VirtgraphError('TIMEOUT', 'no answer in time');
    };
    await expect(read()).rejects.toMatchObject({ code: 'TIMEOUT', detail: { host: 'alpha' } });
  });
});
