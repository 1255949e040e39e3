import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { createChannel } from '../../../src/channel.ts';
import type { Change } from '../../../src/fleet/journal/change.ts';
import { feedOf } from '../../../src/fleet/journal/feed.ts';
import { settledDomains, settleMs } from '../../../src/fleet/journal/settled-domains.ts';
import type { DomainRecord } from '../../../src/fleet/objects.ts';
import type { Cursor } from '../../../src/model/brands.ts';
import type { DomainState } from '../../../src/model/domain.ts';
import { createFakeClock, type FakeClock, settle } from '../../support/fake-clock.ts';
import { domainRecord } from '../domain-record.ts';
import { gather } from '../fleet-under-test.ts';

let clock: FakeClock;
let host: ReturnType<typeof openHost>;

beforeEach(() => {
  clock = createFakeClock();
  host = openHost(clock);
});

/** A stream of changes of domains, and what is made of it. */
function openHost(ofClock: FakeClock) {
  const changes = createChannel<Change>({ capacity: 10_000 });
  const known = new Map<number, DomainRecord>();
  const told = settledDomains(feedOf(changes), ofClock);
  const { items, isOver } = gather(told);

  function put(number: number, part: Partial<DomainRecord>, changedFields: readonly string[] | null) {
    const previous = known.get(number) ?? null;
    const object = { ...(previous ?? domainRecord({ number, state: 'RUNNING' })), ...part };
    known.set(number, object);
    const origin = changedFields === null ? 'SNAPSHOT' : 'EVENT';
    // Nothing here reads it.
    const cursor = '' as Cursor;
    changes.push({ type: 'upserted', cursor, observedAt: 0, origin, object, previous, changedFields });
    return settle();
  }
  return {
    changes,
    told,
    isOver,
    known,
    present: (number: number) => put(number, {}, null),
    state: (number: number, state: DomainState) => put(number, { state }, ['state', 'stateReason']),
    title: (number: number, name: string) => put(number, { name }, ['name']),
    items,
    lines: () => items.map(({ name, state }) => `${name} ${state}`),
  };
}

describe('a domain whose state changes', () => {
  test('is told when the new state has lasted', async () => {
    await host.present(1);
    await host.state(1, 'SHUTOFF');
    await clock.advance(settleMs - 1);
    expect(host.lines()).toEqual(['guest-1 RUNNING']);
    await clock.advance(1);
    expect(host.lines()).toEqual(['guest-1 RUNNING', 'guest-1 SHUTOFF']);
    await clock.advance(60_000);
    expect(host.items).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  test('and is back within a second, as in a reboot, is not told at all', async () => {
    await host.present(1);
    await host.state(1, 'SHUTOFF');
    await clock.advance(300);
    await host.state(1, 'RUNNING');
    await clock.advance(60_000);
    expect(host.lines()).toEqual(['guest-1 RUNNING']);
  });

  test('and is back with something else changed is told once', async () => {
    await host.present(1);
    await host.state(1, 'SHUTOFF');
    await host.title(1, 'renamed');
    expect(host.items).toHaveLength(1);
    await host.state(1, 'RUNNING');
    await clock.advance(60_000);
    expect(host.lines()).toEqual(['guest-1 RUNNING', 'renamed RUNNING']);
  });

  test('again before the first new state has lasted is told with the second alone', async () => {
    await host.present(1);
    await host.state(1, 'SHUTDOWN');
    await clock.advance(900);
    await host.state(1, 'SHUTOFF');
    await clock.advance(999);
    expect(host.items).toHaveLength(1);
    await clock.advance(1);
    expect(host.lines()).toEqual(['guest-1 RUNNING', 'guest-1 SHUTOFF']);
  });

  test('all the time is told after ten seconds as it is then', async () => {
    await host.present(1);
    for (let turn = 0; turn < 12; turn += 1) {
      await host.state(1, turn % 2 === 0 ? 'SHUTOFF' : 'PAUSED');
      await clock.advance(900);
    }
    expect(host.items).toHaveLength(2);
  });

  test('does not hold up others, nor what else changes about it later', async () => {
    await host.present(1);
    await host.present(2);
    await host.state(1, 'SHUTOFF');
    await host.title(2, 'other');
    expect(host.lines().slice(2)).toEqual(['other RUNNING']);
    await clock.advance(settleMs);
    await host.title(1, 'later');
    expect(host.lines().slice(3)).toEqual(['guest-1 SHUTOFF', 'later SHUTOFF']);
  });

  test('and is deleted is not told any more', async () => {
    await host.present(1);
    await host.state(1, 'SHUTOFF');
    const ref = { kind: 'domain', hostName: 'a', uuid: domainRecord({ number: 1 }).uuid } as const;
    host.changes.push({ type: 'deleted', cursor: '' as Cursor, observedAt: 0, origin: 'EVENT', ref });
    await clock.advance(60_000);
    expect(host.items).toHaveLength(1);
  });

  test('is told also when it is back, to a reader that was told in short', async () => {
    await host.present(1);
    host.changes.push({ type: 'lagged', dropped: 3 });
    await host.state(1, 'SHUTOFF');
    await host.state(1, 'RUNNING');
    expect(host.lines()).toEqual(['guest-1 RUNNING', 'guest-1 RUNNING']);
  });
});

test('a reader that leaves is let go at once, with its timers', async () => {
  await host.present(1);
  await host.state(1, 'SHUTOFF');
  await host.told.return?.();
  await settle();
  expect(host.isOver()).toBe(true);
  expect(host.changes.ended).toBe(true);
  expect(clock.pending).toBe(0);
});

test('a failure of the stream below is handed on', async () => {
  const changes = createChannel<Change>({ capacity: 1 });
  const told = settledDomains(feedOf(changes), clock);
  const next = told.next();
  changes.fail(new Error('lagged for too long'));
  await expect(next).rejects.toThrow('lagged for too long');
});

test('when it is quiet, the last that was told of each domain is the truth', async () => {
  const states = ['RUNNING', 'PAUSED', 'SHUTOFF'] as const;
  const step = fc.oneof(
    fc.record({ number: fc.integer({ min: 1, max: 3 }), state: fc.constantFrom(...states) }),
    fc.record({ number: fc.integer({ min: 1, max: 3 }), name: fc.string({ maxLength: 3 }) }),
    fc.record({ waitMs: fc.integer({ min: 1, max: 1_500 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const ofClock = createFakeClock();
      const one = openHost(ofClock);
      for (const number of [1, 2, 3]) await one.present(number);
      for (const what of steps) {
        if ('waitMs' in what) await ofClock.advance(what.waitMs);
        else if ('name' in what) await one.title(what.number, what.name);
        else if (one.known.get(what.number)?.state !== what.state) await one.state(what.number, what.state);
      }
      await ofClock.advance(settleMs);
      const last = new Map(one.items.map((domain) => [domain.uuid, domain]));
      expect([...last.values()].map(({ name, state }) => ({ name, state })).sort(byName)).toEqual(
        [...one.known.values()].map(({ name, state }) => ({ name, state })).sort(byName),
      );
      await one.told.return?.();
    }),
    { numRuns: 60 },
  );
});

function byName(a: { name: string; state: string }, b: { name: string; state: string }): number {
  return `${a.name} ${a.state}` < `${b.name} ${b.state}` ? -1 : 1;
}
