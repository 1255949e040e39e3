import { afterEach, describe, expect, test } from 'vitest';
import type { Change } from '../../../src/fleet/journal/change.ts';
import type { Fleet } from '../../../src/fleet/types.ts';
import type { Cursor } from '../../../src/model/brands.ts';
import { settle } from '../../support/fake-clock.ts';
import { createFakeHost, type FakeDomain, type FakeHost } from '../fake-host.ts';
import { brief, cursorOf, gather, openChanges, openTestFleet, times } from '../fleet-under-test.ts';

const open: Fleet[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((fleet) => fleet.close()));
});

async function fleetOf(hosts: FakeHost[], limits = {}) {
  const made = await openTestFleet(hosts, { limits });
  open.push(made.fleet);
  return made;
}

async function oneHost(limits = {}) {
  const host = createFakeHost('alpha');
  const web = host.add('web');
  return { host, web, ...(await fleetOf([host], limits)) };
}

/** Changes one domain so often that each time is a change of its own. */
async function changeTimes(host: FakeHost, domain: FakeDomain, count: number) {
  for (let time = 0; time < count; time++) {
    host.change(domain.uuid, { memoryBytes: domain.memoryBytes + 1 });
    await settle();
  }
}

async function take(stream: AsyncIterator<Change>, count: number): Promise<Change[]> {
  const taken: Change[] = [];
  while (taken.length < count) {
    const { value, done } = await stream.next();
    if (done) throw new Error(`The stream ended after ${taken.length} of ${count}.`);
    taken.push(value);
  }
  return taken;
}

const domainsOnly = { kinds: ['domain'] } as const;

describe('the beginning of a stream', () => {
  test('is the present state, then a mark, then what happens', async () => {
    const { host, web, fleet } = await oneHost();
    const { items } = gather(openChanges(fleet));
    await settle();
    host.change(web.uuid, { autostart: true });
    await settle();
    expect(items.map(brief)).toEqual([
      'SNAPSHOT alpha=READY',
      'SNAPSHOT web=SHUTOFF',
      'snapshotComplete',
      'EVENT web=SHUTOFF (autostart)',
    ]);
  });

  test('with a cursor is what was missed, in order', async () => {
    const { host, web, fleet } = await oneHost();
    const cursor = fleet.journal.cursor();
    await changeTimes(host, web, 3);
    const { items } = gather(openChanges(fleet, { after: cursor }));
    await settle();
    expect(items.map(brief)).toEqual(times(3, 'EVENT web=SHUTOFF (memory,maxMemory,xml,version)'));
    expect(
      items.map((item) => item.type === 'upserted' && item.object.kind === 'domain' && item.object.config.memoryBytes),
    ).toEqual([1025, 1026, 1027]);
  });

  test('may be any change that was ever told: what follows is the same', async () => {
    const { host, web, fleet } = await oneHost();
    const { items } = gather(openChanges(fleet, { snapshot: 'NEVER' }));
    await changeTimes(host, web, 4);
    for (const [index, item] of items.entries()) {
      const resumed = gather(openChanges(fleet, { after: cursorOf(item) }));
      await settle();
      expect(resumed.items).toEqual(items.slice(index + 1));
    }
  });

  test('is told in full to whoever returns, however much he missed', async () => {
    const { host, web, fleet } = await oneHost({ readerLag: 2 });
    const cursor = fleet.journal.cursor();
    await changeTimes(host, web, 10);
    const { items } = gather(openChanges(fleet, { after: cursor }));
    await settle();
    expect(items.map(({ type }) => type)).toEqual(times(10, 'upserted'));
  });

  test('without a snapshot is the next change', async () => {
    const { host, web, fleet } = await oneHost();
    const { items } = gather(openChanges(fleet, { snapshot: 'NEVER' }));
    await changeTimes(host, web, 1);
    expect(items).toHaveLength(1);
  });

  test('is the present state in any case where that is asked for, and no change is told twice', async () => {
    const { host, web, fleet } = await oneHost();
    const cursor = fleet.journal.cursor();
    await changeTimes(host, web, 3);
    const { items } = gather(openChanges(fleet, { after: cursor, snapshot: 'ALWAYS', filter: domainsOnly }));
    await settle();
    expect(items.map(brief)).toEqual(['SNAPSHOT web=SHUTOFF', 'snapshotComplete']);
  });

  test.each(['IF_NEEDED', 'NEVER', 'ALWAYS'] as const)(
    'with a cursor that the journal no longer reaches is said to be so, and a snapshot follows (%s)',
    async (snapshot) => {
      const { host, web, fleet } = await oneHost({ entries: 5 });
      const cursor = fleet.journal.cursor();
      await changeTimes(host, web, 7);
      const { items } = gather(openChanges(fleet, { after: cursor, snapshot, filter: domainsOnly }));
      await settle();
      expect(items.map(brief)).toEqual(['resyncRequired CURSOR_EXPIRED', 'SNAPSHOT web=SHUTOFF', 'snapshotComplete']);
    },
  );

  test('with a cursor of another run is said to be so, and a snapshot follows', async () => {
    const { fleet } = await oneHost();
    const other = await oneHost();
    const { items } = gather(openChanges(fleet, { after: other.fleet.journal.cursor(), filter: domainsOnly }));
    await settle();
    expect(items.map(brief)).toEqual(['resyncRequired EPOCH_CHANGED', 'SNAPSHOT web=SHUTOFF', 'snapshotComplete']);
  });

  test('from within a snapshot is that snapshot again', async () => {
    const { fleet } = await oneHost();
    const [first] = await take(openChanges(fleet), 1);
    const { items } = gather(openChanges(fleet, { after: cursorOf(first) }));
    await settle();
    expect(items.map(brief)).toEqual(['SNAPSHOT alpha=READY', 'SNAPSHOT web=SHUTOFF', 'snapshotComplete']);
  });

  test.each(['', 'x', 'MS4wLjA', '💥', 'a'.repeat(10_000)])(
    'with something that is no cursor is refused: %j',
    async (text) => {
      const { fleet } = await oneHost();
      expect(() => openChanges(fleet, { after: text as Cursor })).toThrow(
        expect.objectContaining({ code: 'BAD_USER_INPUT' }),
      );
    },
  );

  test('for a host that is not configured is refused', async () => {
    const { fleet } = await oneHost();
    expect(() => openChanges(fleet, { filter: { hosts: ['beta'] } })).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
    expect(() => openChanges(fleet, { filter: { domains: { hosts: ['beta'] } } })).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
  });

  test('is the state of that moment, whoever began before', async () => {
    const { host, web, fleet } = await oneHost();
    const stateAt = async () => (await take(openChanges(fleet, { filter: domainsOnly }), 1)).map(brief);
    expect(await stateAt()).toEqual(['SNAPSHOT web=SHUTOFF']);
    host.change(web.uuid, { state: 'RUNNING', libvirtId: 1 });
    await settle();
    expect(await stateAt()).toEqual(['SNAPSHOT web=RUNNING']);
  });

  test('what changes while a snapshot is read comes after it', async () => {
    const { host, web, fleet } = await oneHost();
    const stream = openChanges(fleet);
    const [first] = await take(stream, 1);
    await changeTimes(host, web, 1);
    const rest = await take(stream, 3);
    expect([first, ...rest].map((change) => change && brief(change))).toEqual([
      'SNAPSHOT alpha=READY',
      'SNAPSHOT web=SHUTOFF',
      'snapshotComplete',
      'EVENT web=SHUTOFF (memory,maxMemory,xml,version)',
    ]);
  });
});

describe('a filter', () => {
  test('lets a domain through that stops matching by its change', async () => {
    const { host, web, fleet } = await oneHost();
    const { items } = gather(openChanges(fleet, { snapshot: 'NEVER', filter: { domains: { states: ['RUNNING'] } } }));
    await changeTimes(host, web, 1);
    host.change(web.uuid, { state: 'RUNNING', libvirtId: 1 });
    await settle();
    host.change(web.uuid, { state: 'SHUTOFF', libvirtId: null });
    await settle();
    await changeTimes(host, web, 1);
    expect(items.map(brief)).toEqual(['EVENT web=RUNNING (state)', 'EVENT web=SHUTOFF (state)']);
  });

  test('on domains leaves other kinds out, but no marks of their hosts', async () => {
    const [alpha, beta] = [createFakeHost('alpha'), createFakeHost('beta')];
    alpha.add('web');
    const { fleet } = await fleetOf([alpha, beta]);
    const { items } = gather(openChanges(fleet, { snapshot: 'NEVER', filter: { domains: { hosts: ['alpha'] } } }));
    beta.drop();
    alpha.drop();
    await settle();
    expect(items.map(brief)).toEqual(['hostInterrupted alpha']);
  });

  test('on labels looks at the host of a domain', async () => {
    const host = createFakeHost('alpha');
    host.add('web');
    const made = await openTestFleet([host], { target: { labels: { site: 'berlin' } } });
    open.push(made.fleet);
    const count = (value: string | null) =>
      made.fleet.listDomains({
        filter: { labels: [{ key: 'site', value }] },
        orderBy: { field: 'NAME', direction: 'ASC' },
        first: 1,
        after: null,
      }).totalCount;
    expect([count('berlin'), count(null), count('paris')]).toEqual([1, 1, 0]);
  });
});

describe('silence', () => {
  test('is broken by a bookmark, from which a stream can go on', async () => {
    const { host, web, fleet, clock } = await oneHost();
    const { items } = gather(
      openChanges(fleet, { snapshot: 'NEVER', filter: { hosts: ['alpha'], kinds: ['network'] } }),
    );
    await changeTimes(host, web, 3);
    await clock.advance(14_000);
    expect(items).toEqual([]);
    await clock.advance(1_000);
    expect(items).toEqual([{ type: 'bookmark', cursor: fleet.journal.cursor() }]);
    await clock.advance(30_000);
    expect(items).toHaveLength(3);
  });
});

describe('a slow reader', () => {
  test('is told how much he will not see, and of each object the latest', async () => {
    const { host, web, fleet } = await oneHost({ readerLag: 5 });
    const other = host.add('other');
    await settle();
    const stream = openChanges(fleet, { snapshot: 'NEVER', filter: domainsOnly });
    await changeTimes(host, web, 6);
    await changeTimes(host, other, 3);
    host.change(web.uuid, { autostart: true });
    await settle();
    expect((await take(stream, 3)).map(brief)).toEqual([
      'lagged 8',
      'EVENT other=SHUTOFF (memory,maxMemory,xml,version)',
      'EVENT web=SHUTOFF (autostart,memory,maxMemory,xml,version)',
    ]);
    await changeTimes(host, web, 1);
    expect((await take(stream, 1)).map(brief)).toEqual(['EVENT web=SHUTOFF (memory,maxMemory,xml,version)']);
  });

  test('is told that an object left his filter, even if the last step did not touch the filter', async () => {
    const { host, web, fleet } = await oneHost({ readerLag: 2 });
    host.change(web.uuid, { state: 'RUNNING', libvirtId: 1 });
    await settle();
    const stream = openChanges(fleet, { snapshot: 'NEVER', filter: { domains: { states: ['RUNNING'] } } });
    host.change(web.uuid, { state: 'PAUSED' });
    await settle();
    host.change(web.uuid, { state: 'SHUTOFF', libvirtId: null });
    await settle();
    await changeTimes(host, web, 2);
    const changes = await take(stream, 1);
    expect(changes.map(brief)).toEqual(['EVENT web=SHUTOFF (memory,maxMemory,xml,version,state)']);
  });

  test('is told of what came and went while he slept only if he knew it', async () => {
    const { host, web, fleet } = await oneHost({ readerLag: 2 });
    const stream = openChanges(fleet, { snapshot: 'NEVER', filter: domainsOnly });
    const passing = host.add('short-lived');
    await settle();
    host.remove(passing.uuid);
    await settle();
    host.remove(web.uuid);
    await settle();
    expect((await take(stream, 2)).map(brief)).toEqual(['lagged 2', 'EVENT -domain']);
  });

  test('is told of all, when the beginning of what was cut short has left the journal meanwhile', async () => {
    const { host, web, fleet } = await oneHost({ readerLag: 4, entries: 8 });
    const others = ['a', 'b', 'c', 'd'].map((name) => host.add(name, { state: 'RUNNING', libvirtId: 1 }));
    host.change(web.uuid, { state: 'RUNNING', libvirtId: 1 });
    await settle();
    const stream = openChanges(fleet, { snapshot: 'NEVER', filter: { domains: { states: ['RUNNING'] } } });
    // The first of these takes web out of the filter, and only the last one stands for it.
    host.change(web.uuid, { state: 'PAUSED' });
    await settle();
    for (const other of others) await changeTimes(host, other, 1);
    host.change(web.uuid, { autostart: true });
    await settle();
    expect((await take(stream, 1)).map(brief)).toEqual(['EVENT a=RUNNING (memory,maxMemory,xml,version)']);
    // Now the entry that took it out leaves the journal.
    for (let more = 0; more < 3; more++) await changeTimes(host, others[0] ?? web, 1);
    const rest = await take(stream, 4);
    expect(rest.map(brief)).toEqual(['EVENT b=RUNNING', 'EVENT c=RUNNING', 'EVENT d=RUNNING', 'EVENT web=PAUSED']);
  });

  test('is never told of another host’s domains, even when nobody knows any more what matched', async () => {
    const [alpha, beta] = [createFakeHost('alpha'), createFakeHost('beta')];
    const [ofAlpha, ofBeta] = [alpha.add('of-alpha'), beta.add('of-beta')];
    const { fleet } = await fleetOf([alpha, beta], { readerLag: 3, entries: 6 });
    const stream = openChanges(fleet, { snapshot: 'NEVER', filter: { hosts: ['beta'] } });
    beta.add('early');
    await settle();
    await changeTimes(beta, ofBeta, 2);
    await changeTimes(alpha, ofAlpha, 2);
    expect((await take(stream, 2)).map(brief)).toEqual(['lagged 1', 'EVENT early=SHUTOFF']);
    await changeTimes(beta, ofBeta, 2);
    const rest = await take(stream, 3);
    expect(
      rest.map((change) => change.type === 'upserted' && change.object.kind === 'domain' && change.object.name),
    ).toEqual(times(3, 'of-beta'));
  });

  test('who falls off the journal is told so, and starts over with a snapshot', async () => {
    const { host, web, fleet } = await oneHost({ entries: 5, readerLag: 3 });
    const stream = openChanges(fleet, { snapshot: 'NEVER', filter: domainsOnly });
    await changeTimes(host, web, 9);
    expect((await take(stream, 4)).map(brief)).toEqual([
      'lagged 4',
      'resyncRequired CURSOR_EXPIRED',
      'SNAPSHOT web=SHUTOFF',
      'snapshotComplete',
    ]);
    await changeTimes(host, web, 1);
    expect((await take(stream, 1)).map(brief)).toEqual(['EVENT web=SHUTOFF (memory,maxMemory,xml,version)']);
  });

  test('costs the others nothing', async () => {
    const { host, web, fleet } = await oneHost({ readerLag: 2 });
    openChanges(fleet);
    const { items } = gather(openChanges(fleet, { snapshot: 'NEVER' }));
    await changeTimes(host, web, 20);
    expect(items).toHaveLength(20);
  });
});

describe('the end', () => {
  test('lets go of a reader that waits', async () => {
    const { fleet } = await oneHost();
    const stream = openChanges(fleet, { snapshot: 'NEVER' });
    const waiting = stream.next();
    expect(fleet.metrics().journal.readers).toBe(1);
    await stream.return?.();
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect(await stream.next()).toEqual({ value: undefined, done: true });
    expect(fleet.metrics().journal.readers).toBe(0);
  });

  test('of the fleet is the end of every stream, also of one opened later', async () => {
    const { fleet } = await oneHost();
    const stream = openChanges(fleet, { snapshot: 'NEVER' });
    const waiting = stream.next();
    await fleet.close();
    expect((await waiting).done).toBe(true);
    expect((await openChanges(fleet).next()).done).toBe(true);
  });
});

describe('the bounds of the journal', () => {
  test('are the number, the age and the size of what it holds', async () => {
    const few = await oneHost({ entries: 4 });
    await changeTimes(few.host, few.web, 10);
    expect(few.fleet.metrics().journal).toMatchObject({ entries: 4 });

    const young = await oneHost({ ageMs: 60_000 });
    await changeTimes(young.host, young.web, 5);
    await young.clock.advance(61_000);
    await changeTimes(young.host, young.web, 2);
    expect(young.fleet.metrics().journal.entries).toBe(2);

    const small = await oneHost({ bytes: 10_000 });
    await changeTimes(small.host, small.web, 20);
    expect(small.fleet.metrics().journal.estimatedBytes).toBeLessThanOrEqual(10_000);
    expect(small.fleet.metrics().journal.entries).toBeGreaterThan(2);
  });

  test('hold over many times their size', async () => {
    const { host, web, fleet } = await oneHost({ entries: 3 });
    const { items } = gather(openChanges(fleet, { snapshot: 'NEVER' }));
    for (let time = 0; time < 2_500; time++) {
      host.change(web.uuid, { memoryBytes: web.memoryBytes + 1 });
      if (time % 50 === 0) await settle();
      else await new Promise((resolve) => void setImmediate(resolve));
    }
    await settle();
    expect(fleet.metrics().journal.entries).toBe(3);
    expect(items.length).toBeGreaterThan(2_000);
    expect(items.every(({ type }) => type === 'upserted')).toBe(true);
  });
});

describe('a page of changes', () => {
  test('without a cursor is empty and says where the journal is', async () => {
    const { fleet } = await oneHost();
    const cursor = fleet.journal.cursor();
    expect(fleet.journal.since({ filter: {}, after: null, first: 10 })).toEqual({
      changes: [],
      cursor,
      hasMore: false,
    });
  });

  test('leads to the next, and together they are what a stream tells', async () => {
    const { host, web, fleet } = await oneHost();
    let after = fleet.journal.cursor();
    const { items } = gather(openChanges(fleet, { after, filter: domainsOnly }));
    await changeTimes(host, web, 5);
    const pages: Change[] = [];
    for (let hasMore = true; hasMore; ) {
      const page = fleet.journal.since({ filter: domainsOnly, after, first: 2 });
      expect(page.changes.length).toBeLessThanOrEqual(2);
      pages.push(...page.changes);
      ({ cursor: after, hasMore } = page);
    }
    expect(pages).toEqual(items);
    expect(after).toBe(fleet.journal.cursor());
  });

  test('from an expired or foreign cursor fails', async () => {
    const { host, web, fleet } = await oneHost({ entries: 2 });
    const expired = fleet.journal.cursor();
    const foreign = (await oneHost()).fleet.journal.cursor();
    await changeTimes(host, web, 5);
    for (const after of [expired, foreign]) {
      expect(() => fleet.journal.since({ filter: {}, after, first: 10 })).toThrow(
        expect.objectContaining({ code: 'CURSOR_EXPIRED' }),
      );
    }
  });
});

describe('a reader who stays too far behind', () => {
  const limits = { readerLag: 2, slowReaderMs: 60_000 };
  const slow = { code: 'SLOW_CONSUMER', retryable: true };

  test('is told that it lags, and after a minute of that its stream ends with an error', async () => {
    const { host, web, fleet, clock } = await oneHost(limits);
    const stream = openChanges(fleet, { filter: domainsOnly, snapshot: 'NEVER' });
    await changeTimes(host, web, 4);
    expect((await take(stream, 1)).map(brief)).toEqual(['lagged 3']);
    await clock.advance(40_000);
    await changeTimes(host, web, 4);
    await take(stream, 1);
    expect((await take(stream, 1)).map(brief)).toEqual(['lagged 3']);
    await clock.advance(40_000);
    await changeTimes(host, web, 4);
    await take(stream, 1);
    await expect(stream.next()).rejects.toMatchObject(slow);
    expect(await stream.next()).toEqual({ value: undefined, done: true });
    expect(fleet.metrics().journal.readers).toBe(0);
  });

  test('and reads nothing for all that time hears the same when it reads again', async () => {
    const { host, web, fleet, clock } = await oneHost(limits);
    const stream = openChanges(fleet, { filter: domainsOnly, snapshot: 'NEVER' });
    await changeTimes(host, web, 4);
    await clock.advance(61_000);
    await expect(stream.next()).rejects.toMatchObject(slow);
  });

  test('hears the same when what it missed is no longer held', async () => {
    const { host, web, fleet, clock } = await oneHost({ ...limits, entries: 3 });
    const stream = openChanges(fleet, { filter: domainsOnly, snapshot: 'NEVER' });
    await changeTimes(host, web, 8);
    await clock.advance(61_000);
    await expect(stream.next()).rejects.toMatchObject(slow);
  });

  test('is forgiven as soon as it has caught up', async () => {
    const { host, web, fleet, clock } = await oneHost(limits);
    const stream = openChanges(fleet, { filter: domainsOnly, snapshot: 'NEVER' });
    for (let minute = 0; minute < 4; minute++) {
      await changeTimes(host, web, 4);
      expect((await take(stream, 2)).map(brief)[0]).toBe('lagged 3');
      await changeTimes(host, web, 1);
      await take(stream, 1);
      await clock.advance(61_000);
    }
  });

  test('may take its time with the present state, and with what it came back for', async () => {
    const { host, web, fleet, clock } = await oneHost(limits);
    const cursor = fleet.journal.cursor();
    await changeTimes(host, web, 4);
    const fresh = openChanges(fleet, { filter: domainsOnly });
    const resumed = openChanges(fleet, { filter: domainsOnly, after: cursor });
    await changeTimes(host, web, 4);
    await clock.advance(120_000);
    expect((await take(fresh, 3)).map(brief)).toEqual(['SNAPSHOT web=SHUTOFF', 'snapshotComplete', 'lagged 3']);
    expect((await take(resumed, 5)).map(brief).at(-1)).toBe('lagged 3');
  });
});
