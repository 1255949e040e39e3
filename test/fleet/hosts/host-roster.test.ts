import { afterEach, describe, expect, test } from 'vitest';
import type { Fleet } from '../../../src/fleet/types.ts';
import { settle } from '../../support/fake-clock.ts';
import { createFakeHost, keyChanged, refused, targetOf } from '../fake-host.ts';
import { brief, gather, openChanges, openTestFleet } from '../fleet-under-test.ts';

const { signal } = new AbortController();

let open: Fleet | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

/** A fleet that begins with `alpha` and can reach `beta` too. */
async function twoHosts() {
  const alpha = createFakeHost('alpha');
  const beta = createFakeHost('beta');
  const made = await openTestFleet([alpha, beta], { targets: [targetOf('alpha')] });
  open = made.fleet;
  return { ...made, alpha, beta };
}

const page = (fleet: Fleet) =>
  fleet.listDomains({ filter: {}, orderBy: { field: 'NAME', direction: 'ASC' }, first: 10, after: null });

describe('a host that is added while the gateway runs', () => {
  test('is told of, then connected to and read like one of the start', async () => {
    const { fleet, beta } = await twoHosts();
    beta.add('web');
    const { items } = gather(openChanges(fleet, { snapshot: 'NEVER' }));
    fleet.setHosts([targetOf('alpha'), targetOf('beta')]);
    expect(fleet.host('beta')).toMatchObject({ name: 'beta', status: 'CONNECTING' });
    await settle();
    expect(items.map(brief)).toEqual([
      'EVENT beta=CONNECTING',
      expect.stringContaining('EVENT beta=SYNCING'),
      'RECONCILE web=SHUTOFF',
      'EVENT beta=READY (status,stale)',
    ]);
    expect(page(fleet).totalCount).toBe(1);
  });
});

describe('a host that is removed while the gateway runs', () => {
  test('takes its objects along, each told as deleted, the host last', async () => {
    const { fleet, alpha, clock } = await twoHosts();
    const domain = alpha.add('web', { macs: ['52:54:00:00:00:01'] as never });
    await fleet.refreshHost('alpha', signal);
    expect(fleet.macs.owners('52:54:00:00:00:01' as never)).toHaveLength(1);
    const { items } = gather(openChanges(fleet, { snapshot: 'NEVER' }));

    fleet.setHosts([]);
    expect(fleet.host('alpha')).toBeNull();
    expect(fleet.domain('alpha', domain.uuid)).toBeNull();
    expect(page(fleet)).toMatchObject({ totalCount: 0, edges: [] });
    expect(fleet.macs.owners('52:54:00:00:00:01' as never)).toEqual([]);
    expect(() => fleet.driver('alpha')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    await settle();
    expect(items.map(brief)).toEqual(['EVENT -domain', 'EVENT -host']);
    expect(alpha.isConnected).toBe(false);
    await clock.advance(3_600_000);
    expect(alpha.opens).toBe(1);
    expect(items.filter(({ type }) => type !== 'bookmark')).toHaveLength(2);
  });

  test('is told to who comes back by its end alone, and what was had of it still names it', async () => {
    const { fleet, alpha } = await twoHosts();
    const before = fleet.journal.cursor();
    const { uuid } = alpha.add('web');
    await fleet.refreshHost('alpha', signal);
    const domain = fleet.domain('alpha', uuid);
    const since = () => fleet.journal.since({ filter: {}, after: before, first: 10 }).changes.map(brief);
    expect(since()).toEqual([expect.stringContaining('web=SHUTOFF')]);
    fleet.setHosts([]);
    expect(since()).toEqual(['EVENT -domain', 'EVENT -host']);
    const { items } = gather(openChanges(fleet, { after: before, snapshot: 'NEVER' }));
    await settle();
    expect(items.map(brief)).toEqual(['EVENT -domain', 'EVENT -host']);
    expect(domain && fleet.hostOf(domain)).toMatchObject({ name: 'alpha', stale: true });
    fleet.setHosts([targetOf('alpha')]);
    expect(domain && fleet.hostOf(domain)).toMatchObject({ name: 'alpha', status: 'CONNECTING' });
  });

  test('is told to a reader who watches by its labels', async () => {
    const host = createFakeHost('alpha');
    host.add('web');
    const { fleet } = await openTestFleet([host], { target: { labels: { site: 'berlin' } } });
    open = fleet;
    const filter = { domains: { labels: [{ key: 'site', value: 'berlin' }] } };
    const { items } = gather(openChanges(fleet, { filter, snapshot: 'NEVER' }));
    fleet.setHosts([]);
    await settle();
    expect(items.map(brief)).toEqual(['EVENT -domain']);
  });

  test('stays gone when an answer of it arrives late', async () => {
    const { fleet, alpha } = await twoHosts();
    alpha.add('web');
    const { promise: answer, resolve } = Promise.withResolvers<void>();
    alpha.gate = () => answer;
    const reading = fleet.refreshHost('alpha', signal).catch((error: unknown) => error);
    await settle();
    fleet.setHosts([]);
    resolve();
    await settle();
    await reading;
    expect(page(fleet).totalCount).toBe(0);
    expect(fleet.host('alpha')).toBeNull();
  });

  test('ends the wait of whoever asked for it while it was blocked', async () => {
    const host = createFakeHost('alpha');
    host.refuse = keyChanged();
    const { fleet } = await openTestFleet([host]);
    open = fleet;
    const asked = fleet.refreshHost('alpha', signal);
    fleet.setHosts([]);
    await expect(asked).resolves.toMatchObject({ name: 'alpha' });
  });

  test('may come back under its name', async () => {
    const { fleet, alpha } = await twoHosts();
    alpha.add('web');
    fleet.setHosts([]);
    fleet.setHosts([targetOf('alpha')]);
    await settle();
    expect(fleet.host('alpha')?.status).toBe('READY');
    expect(page(fleet).totalCount).toBe(1);
  });

  test('is polled for readings no more, and again when it is back', async () => {
    const { fleet, alpha, clock } = await twoHosts();
    alpha.add('web', { state: 'RUNNING', libvirtId: 1 });
    await fleet.refreshHost('alpha', signal);
    const ticks = gather(fleet.openStats({ filter: {}, groups: ['cpu'], intervalMs: 1_000 }));
    await clock.advance(1_000);
    expect(ticks.items.at(-1)?.readings).toHaveLength(1);
    fleet.setHosts([]);
    await clock.advance(2_000);
    expect(ticks.items.at(-1)).toMatchObject({ readings: [], missing: [] });
    fleet.setHosts([targetOf('alpha')]);
    await clock.advance(3_000);
    expect(ticks.items.at(-1)?.readings).toHaveLength(1);
  });
});

describe('a host that is described in another way while the gateway runs', () => {
  test('keeps its connection when only its labels differ', async () => {
    const { fleet, alpha } = await twoHosts();
    alpha.add('web');
    await fleet.refreshHost('alpha', signal);
    const { items } = gather(openChanges(fleet, { snapshot: 'NEVER' }));
    fleet.setHosts([targetOf('alpha', { labels: { site: 'berlin' } })]);
    await settle();
    expect(items.map(brief)).toEqual(['EVENT alpha=READY (labels)']);
    expect(alpha.opens).toBe(1);
    const filter = { labels: [{ key: 'site', value: 'berlin' }] };
    const found = fleet.listDomains({ filter, orderBy: { field: 'NAME', direction: 'ASC' }, first: 10, after: null });
    expect(found.totalCount).toBe(1);
  });

  test('is connected to anew, keeps its objects meanwhile, and is compared', async () => {
    const { fleet, alpha } = await twoHosts();
    const kept = alpha.add('kept');
    await fleet.refreshHost('alpha', signal);
    const { items } = gather(openChanges(fleet, { snapshot: 'NEVER' }));
    fleet.setHosts([targetOf('alpha', { connectName: 'test:///default' })]);
    expect(fleet.host('alpha')).toMatchObject({ status: 'CONNECTING', stale: true, problem: null });
    expect(fleet.domain('alpha', kept.uuid)).not.toBeNull();
    await settle();
    expect(items.map(brief)).toEqual([
      expect.stringContaining('EVENT alpha=CONNECTING'),
      'hostInterrupted alpha',
      expect.stringContaining('EVENT alpha=SYNCING'),
      'EVENT alpha=READY (status,stale)',
      'hostResumed alpha',
    ]);
    expect(alpha.opens).toBe(2);
  });

  test('is tried at once, although it was blocked or waited for its next try', async () => {
    const { fleet, alpha } = await twoHosts();
    for (const refuse of [keyChanged(), refused()]) {
      alpha.refuse = refuse;
      fleet.setHosts([targetOf('alpha', { connectName: refuse.message })]);
      await settle();
      expect(fleet.host('alpha')?.status).toBe(refuse.code === 'HOST_BLOCKED' ? 'BLOCKED' : 'CONNECTING');
    }
    alpha.refuse = null;
    fleet.setHosts([targetOf('alpha')]);
    await settle();
    expect(fleet.host('alpha')?.status).toBe('READY');
  });

  test('forgets the failures of the way that was configured before', async () => {
    const { fleet, alpha, clock } = await twoHosts();
    alpha.refuse = refused();
    alpha.drop();
    await clock.advance(60_000);
    fleet.setHosts([targetOf('alpha', { connectName: 'test:///default' })]);
    await settle();
    const { nextAttemptAt } = fleet.host('alpha')?.problem ?? {};
    expect((nextAttemptAt ?? 0) - clock.now()).toBe(550);
  });
});

describe('a list of hosts', () => {
  test('is made the fleet by what differs alone', async () => {
    const { fleet, alpha, beta } = await twoHosts();
    expect(fleet.setHosts([targetOf('alpha'), targetOf('beta')])).toMatchObject({ added: ['beta'], removed: [] });
    await settle();
    expect(fleet.hosts().map(({ name, status }) => `${name} ${status}`)).toEqual(['alpha READY', 'beta READY']);
    fleet.setHosts([targetOf('beta')]);
    await settle();
    expect(fleet.hosts().map(({ name }) => name)).toEqual(['beta']);
    expect([alpha.opens, beta.opens]).toEqual([1, 1]);
  });

  test('leaves no timer behind when the fleet is closed', async () => {
    const { fleet, clock } = await twoHosts();
    fleet.setHosts([targetOf('beta')]);
    fleet.setHosts([targetOf('alpha'), targetOf('beta', { readOnly: true })]);
    await settle();
    await fleet.close();
    expect(clock.pending).toBe(0);
  });
});
