import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { createChangeFilters } from '../../../src/fleet/journal/change-filter.ts';
import type { Feed } from '../../../src/fleet/journal/feed.ts';
import { createJournal, defaultJournalLimits } from '../../../src/fleet/journal/journal.ts';
import { settledDomains, settleMs } from '../../../src/fleet/journal/settled-domains.ts';
import type { DomainRecord } from '../../../src/fleet/objects.ts';
import { createDomainFilters } from '../../../src/fleet/replica/domain-filter.ts';
import { silentLog } from '../../../src/log.ts';
import type { DomainState } from '../../../src/model/domain.ts';
import { createFakeClock, type FakeClock, settle } from '../../support/fake-clock.ts';
import { domainRecord } from '../domain-record.ts';

let clock: FakeClock;
let fleet: ReturnType<typeof openFleet>;

beforeEach(() => {
  clock = createFakeClock();
  fleet = openFleet(clock);
});

function noTap(): never {
  throw new Error('Nobody here filters by addresses.');
}

/** Domains of one host, a journal of what becomes of them, and feeds of their settled states. */
function openFleet(ofClock: FakeClock) {
  const domains = new Map([1, 2, 3].map((number) => [number, domainRecord({ number, state: 'RUNNING' })]));
  const journal = createJournal({
    newEpoch: () => 'epoch',
    log: silentLog,
    limits: { ...defaultJournalLimits, bookmarkMs: 3_600_000 },
    clock: ofClock,
    predicates: createChangeFilters(createDomainFilters({ labels: () => ({}), tap: noTap }), () => true),
    snapshot: () => [...domains.values()],
  });

  function put(number: number, part: Partial<DomainRecord>, changedFields: readonly string[]) {
    const previous = domains.get(number);
    if (!previous) throw new Error(`There is no domain ${number}.`);
    const object = { ...previous, ...part };
    domains.set(number, object);
    journal.append({ type: 'upserted', object, previous, origin: 'EVENT', changedFields });
    return settle();
  }
  return {
    state: (number: number, state: DomainState) => put(number, { state }, ['state', 'stateReason']),
    name: (number: number, name: string) => put(number, { name }, ['name']),
    truth: () => [...domains.values()].map(lineOf).sort(),
    open: () => follow(settledDomains(journal.open({ filter: {}, after: null, snapshot: 'ALWAYS' }), ofClock)),
  };
}

const lineOf = ({ uuid, name, state }: DomainRecord) => `${uuid.slice(-2)} ${name} ${state}`;

/** Reads a feed as a cohort does: one by one, and so that it can go on with another one. */
function follow(first: Feed<DomainRecord>) {
  const told: string[] = [];
  let feed = first;
  async function read(own: Feed<DomainRecord>) {
    for (;;) {
      const step = await own.next();
      if (own !== feed || step.done) return;
      told.push(lineOf(step.value));
    }
  }
  void read(first);
  return {
    told,
    get feed() {
      return feed;
    },
    goOnWith(next: Feed<DomainRecord>) {
      const before = feed;
      feed = next;
      void before.return();
      void read(next);
    },
  };
}

/** What was told last of each domain. */
const lastOf = (lines: readonly string[]) =>
  [...new Map(lines.map((line) => [line.slice(0, 2), line])).values()].sort();

describe('feeds of settled domains that become one', () => {
  test('are told what was unsettled for both of them', async () => {
    const [edge, other] = [fleet.open(), fleet.open()];
    await settle();
    await fleet.state(1, 'SHUTOFF');
    expect(other.feed.mergeInto(edge.feed)).toBe(true);
    const before = edge.told.length;
    await clock.advance(settleMs);
    expect(edge.told.slice(before)).toEqual(['01 guest-1 SHUTOFF']);
  });

  test('stay two while one waits for a state to settle of which the other does not know', async () => {
    const early = fleet.open();
    await settle();
    await fleet.state(1, 'SHUTOFF');
    const late = fleet.open();
    await settle();
    expect(late.told).toContain('01 guest-1 SHUTOFF');
    expect(early.feed.mergeInto(late.feed)).toBe(false);
    await clock.advance(settleMs);
    expect(early.told.at(-1)).toBe('01 guest-1 SHUTOFF');
    expect(early.feed.mergeInto(late.feed)).toBe(true);
  });

  test('are told of a state that has come and gone for one of them, and not for the other', async () => {
    const edge = fleet.open();
    await settle();
    await fleet.state(1, 'SHUTOFF');
    // It begins with the state in between.
    const late = fleet.open();
    await settle();
    expect(late.feed.mergeInto(edge.feed)).toBe(true);
    const before = edge.told.length;
    await fleet.state(1, 'RUNNING');
    await clock.advance(settleMs);
    expect(edge.told.slice(before)).toEqual(['01 guest-1 RUNNING']);
  });
});

test('a fork goes on waiting for the states that were unsettled', async () => {
  const edge = fleet.open();
  await settle();
  await fleet.state(1, 'SHUTOFF');
  await clock.advance(settleMs - 1);
  const fork = follow(edge.feed.fork());
  await settle();
  expect(fork.told).toEqual([]);
  await clock.advance(1);
  expect(fork.told).toEqual(['01 guest-1 SHUTOFF']);
});

type Step =
  | { readonly do: 'state'; readonly number: number; readonly state: DomainState }
  | { readonly do: 'name'; readonly number: number; readonly name: string }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'fork' | 'join' | 'merge' };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('state' as const),
    number: fc.integer({ min: 1, max: 3 }),
    state: fc.constantFrom('RUNNING' as const, 'PAUSED' as const, 'SHUTOFF' as const),
  }),
  fc.record({
    do: fc.constant('name' as const),
    number: fc.integer({ min: 1, max: 3 }),
    name: fc.constantFrom('a', 'b', 'c'),
  }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 1_500 }) }),
  fc.record({ do: fc.constantFrom('fork' as const, 'join' as const, 'merge' as const) }),
);

async function change(one: ReturnType<typeof openFleet>, ofClock: FakeClock, what: Step) {
  if (what.do === 'state') await one.state(what.number, what.state);
  else if (what.do === 'name') await one.name(what.number, what.name);
  else if (what.do === 'wait') await ofClock.advance(what.ms);
}

test('whoever goes on with forks, again and again, is told the same as who stays alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const ofClock = createFakeClock();
      const one = openFleet(ofClock);
      const [alone, forking] = [one.open(), one.open()];
      await settle();
      for (const what of steps) {
        await change(one, ofClock, what);
        if (what.do === 'fork') forking.goOnWith(forking.feed.fork());
      }
      await ofClock.advance(settleMs);
      expect(forking.told).toEqual(alone.told);
    }),
    { numRuns: 60 },
  );
});

test('when it is quiet, all who were merged have been told the truth last', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const ofClock = createFakeClock();
      const one = openFleet(ofClock);
      const edge = one.open();
      /** Of each who was merged: what he had been told, and how much the other one had. */
      const merged: { readonly told: readonly string[]; readonly from: number }[] = [];
      let other: ReturnType<typeof follow> | null = null;
      await settle();
      for (const what of steps) {
        await change(one, ofClock, what);
        if (what.do === 'fork') edge.goOnWith(edge.feed.fork());
        if (what.do === 'join') other ??= one.open();
        await settle();
        if (what.do !== 'merge' || !other?.feed.mergeInto(edge.feed)) continue;
        merged.push({ told: other.told, from: edge.told.length });
        other = null;
      }
      await ofClock.advance(settleMs);
      expect(lastOf(edge.told)).toEqual(one.truth());
      for (const { told, from } of merged) {
        expect(lastOf([...told, ...edge.told.slice(from)])).toEqual(one.truth());
      }
    }),
    { numRuns: 60 },
  );
});
