import { afterEach, describe, expect, test } from 'vitest';
import { hostProblem } from '../../../src/errors.ts';
import type { Fleet } from '../../../src/fleet/types.ts';
import { settle } from '../../support/fake-clock.ts';
import { createFakeHost, keyChanged, keyRefused, refused } from '../fake-host.ts';
import { brief, gather, openChanges, openTestFleet } from '../fleet-under-test.ts';

const { signal } = new AbortController();

let open: Fleet | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

async function fleetOf(...args: Parameters<typeof openTestFleet>) {
  const made = await openTestFleet(...args);
  open = made.fleet;
  return made;
}

describe('the life of a host', () => {
  test('a host that answers becomes ready, with its facts and its domains', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('web', { state: 'RUNNING', libvirtId: 3 });
    const { fleet } = await fleetOf([host]);

    expect(fleet.host('alpha')).toMatchObject({ status: 'READY', stale: false, problem: null });
    expect(fleet.host('alpha')?.facts?.libvirtVersion).toBe('9.0.0');
    expect(fleet.domain('alpha', domain.uuid)).toMatchObject({ name: 'web', state: 'RUNNING', hostName: 'alpha' });
    expect(fleet.link('alpha')).toMatchObject({ lastEventAt: null });
  });

  test('a host that is down, and one that never answers, delay neither the start nor the others', async () => {
    const down = createFakeHost('down');
    down.refuse = refused();
    const silent = createFakeHost('silent');
    silent.gate = () => new Promise(() => {});
    const well = createFakeHost('well');
    well.add('web');
    const { fleet } = await fleetOf([down, silent, well]);

    expect(fleet.hosts().map((host) => `${host.name} ${host.status}`)).toEqual([
      'down CONNECTING',
      'silent CONNECTING',
      'well READY',
    ]);
    expect(
      fleet.listDomains({ filter: {}, orderBy: { field: 'NAME', direction: 'ASC' }, first: 10, after: null })
        .totalCount,
    ).toBe(1);
  });

  test('a failed try is shown with its code, stage, remedy and next attempt', async () => {
    const host = createFakeHost('alpha');
    host.refuse = refused();
    const { fleet, clock } = await fleetOf([host]);

    expect(fleet.host('alpha')?.problem).toEqual({
      code: 'CONNECTION_REFUSED',
      stage: 'connect',
      message: 'Nobody listens there.',
      remedy: 'Start sshd.',
      since: clock.now(),
      nextAttemptAt: clock.now() + 550,
    });
    expect(() => fleet.driver('alpha')).toThrow(expect.objectContaining({ code: 'HOST_UNREACHABLE' }));
  });

  test('a ready host is said to be known as of its last sign of life, not as of now', async () => {
    const host = createFakeHost('alpha');
    const { fleet, clock } = await fleetOf([host]);
    const heardAt = clock.now() + 5_000;
    host.heardAt = heardAt;
    await clock.advance(20_000);
    expect(fleet.host('alpha')).toMatchObject({ status: 'READY', asOf: heardAt });
  });

  test('a host that is lost in silence is known as of no earlier than was said while it was ready', async () => {
    const host = createFakeHost('alpha');
    const { fleet, clock } = await fleetOf([host]);
    const heardAt = clock.now() + 5_000;
    host.heardAt = heardAt;
    await clock.advance(6_000);
    const before = fleet.host('alpha')?.asOf;
    await clock.advance(30_000);
    host.drop(hostProblem('KEEPALIVE_TIMED_OUT', 'It has said nothing for 35 s.', 'Look at it.'));
    await settle();
    expect(fleet.host('alpha')).toMatchObject({ status: 'LOST', asOf: before });
  });

  test('a list that was asked for is known as of that moment; of a host that does not answer it is older', async () => {
    const [well, frozen] = [createFakeHost('well'), createFakeHost('frozen')];
    const { fleet, clock } = await fleetOf([well, frozen]);
    await clock.advance(10_300);
    frozen.gate = () => new Promise(() => {});
    well.heardAt = clock.now();
    const asking = new AbortController();
    const asked = fleet.refreshDomains(null, asking.signal).catch(() => {});
    await settle();
    expect(fleet.host('well')?.asOf).toBe(clock.now());
    expect(fleet.host('frozen')?.asOf).toBeLessThan(clock.now() - 10_000);
    asking.abort();
    await asked;
  });

  test('the waits between tries grow, and the first success ends them', async () => {
    const host = createFakeHost('alpha');
    host.refuse = refused();
    const { fleet, clock } = await fleetOf([host]);
    await clock.advance(550);
    expect(host.opens).toBe(2);
    await clock.advance(879);
    expect(host.opens).toBe(2);
    host.refuse = null;
    await clock.advance(1);
    expect(host.opens).toBe(3);
    expect(fleet.host('alpha')?.status).toBe('READY');
  });

  test('a changed host key blocks the host until somebody asks for it', async () => {
    const host = createFakeHost('alpha');
    host.refuse = keyChanged();
    const { fleet, clock } = await fleetOf([host]);
    await clock.advance(24 * 3_600_000);
    expect(host.opens).toBe(1);
    expect(fleet.host('alpha')).toMatchObject({ status: 'BLOCKED', problem: { nextAttemptAt: null } });
    expect(() => fleet.driver('alpha')).toThrow(expect.objectContaining({ code: 'HOST_BLOCKED' }));

    const stillBlocked = await fleet.refreshHost('alpha', signal);
    expect(stillBlocked.status).toBe('BLOCKED');
    host.refuse = null;
    expect((await fleet.refreshHost('alpha', signal)).status).toBe('READY');
  });

  test('a lost host keeps its objects, stale, and comes back with reconcile changes and then resumed', async () => {
    const host = createFakeHost('alpha');
    const kept = host.add('kept');
    const changed = host.add('changed');
    const removed = host.add('removed');
    const { fleet, clock } = await fleetOf([host]);
    const { items } = gather(openChanges(fleet, { snapshot: 'NEVER' }));

    host.refuse = refused();
    host.drop();
    await settle();
    expect(fleet.host('alpha')).toMatchObject({ status: 'LOST', stale: true });
    expect(fleet.domain('alpha', kept.uuid)).not.toBeNull();

    host.change(changed.uuid, { memoryBytes: 4096 });
    host.remove(removed.uuid);
    host.add('new');
    host.refuse = null;
    await clock.advance(5_000);
    expect(items.map(brief)).toEqual([
      'EVENT alpha=LOST (status,statusReason,stale)',
      'hostInterrupted alpha',
      'EVENT alpha=SYNCING (status,statusReason)',
      'RECONCILE -domain',
      'RECONCILE changed=SHUTOFF (memory,maxMemory,xml,version)',
      'RECONCILE new=SHUTOFF',
      'EVENT alpha=READY (status,stale)',
      'hostResumed alpha',
    ]);
  });

  test('a long outage does not make the first refused key wait as long as the last', async () => {
    const host = createFakeHost('alpha');
    host.refuse = refused();
    const { fleet, clock } = await fleetOf([host]);
    await clock.advance(600_000);
    host.refuse = keyRefused();
    const opens = host.opens;
    while (host.opens === opens) await clock.advance(1_000);
    const problem = fleet.host('alpha')?.problem;
    expect(problem?.code).toBe('AUTHENTICATION_FAILED');
    expect((problem?.nextAttemptAt ?? 0) - (problem?.since ?? 0)).toBe(33_000);
  });

  test('only a minute of health makes the gateway forget how often a host failed', async () => {
    const host = createFakeHost('alpha');
    const { fleet, clock } = await fleetOf([host]);
    const delays: number[] = [];
    const loseAndReturn = async () => {
      host.drop();
      await settle();
      const delayMs = (fleet.host('alpha')?.problem?.nextAttemptAt ?? 0) - clock.now();
      delays.push(delayMs);
      await clock.advance(delayMs);
      expect(fleet.host('alpha')?.status).toBe('READY');
    };
    await loseAndReturn();
    await loseAndReturn();
    await loseAndReturn();
    await clock.advance(60_000);
    await loseAndReturn();
    expect(delays).toEqual([550, 880, 1408, 550]);
  });

  test('a list that fails is asked for again on the same connection', async () => {
    const host = createFakeHost('alpha');
    let failures = 2;
    host.gate = (verb) => {
      if (verb === 'list' && failures-- > 0) throw new Error('the daemon is busy');
    };
    const { fleet, clock } = await fleetOf([host]);
    expect(fleet.host('alpha')).toMatchObject({ status: 'SYNCING', problem: { message: 'the daemon is busy' } });
    await clock.advance(10_000);
    expect(fleet.host('alpha')).toMatchObject({ status: 'READY', problem: null });
    expect(host.opens).toBe(1);
  });

  test('closing ends a connection that is still being made, and one that comes too late', async () => {
    const host = createFakeHost('alpha');
    const { promise: answer, resolve } = Promise.withResolvers<void>();
    host.gate = () => answer;
    const { fleet } = await fleetOf([host]);
    await fleet.close();
    await fleet.close();
    resolve();
    await settle();
    expect(host.isConnected).toBe(false);
    expect(() => fleet.driver('alpha')).toThrow(expect.objectContaining({ code: 'HOST_UNREACHABLE' }));
  });

  test('closing lets go of every timer and ends every stream', async () => {
    const host = createFakeHost('alpha');
    const { fleet, clock } = await fleetOf([host]);
    const changes = gather(openChanges(fleet));
    const stats = gather(fleet.openStats({ filter: {}, groups: ['cpu'], intervalMs: 1_000 }));
    await settle();
    await fleet.close();
    await settle();
    expect([changes.isOver(), stats.isOver(), host.isConnected]).toEqual([true, true, false]);
    expect(clock.pending).toBe(0);
  });
});
