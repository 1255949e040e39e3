import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change, ChangeFilter } from '../../../src/fleet/journal/change.ts';
import type { Feed } from '../../../src/fleet/journal/feed.ts';
import { createMemoryFleet, someDomain } from '../../support/memory-fleet.ts';

/** Reads a feed as a cohort does, one by one, and can be stopped between two changes. */
function follow(feed: Feed<Change>) {
  const told: string[] = [];
  let current = feed;
  async function read(own: Feed<Change>) {
    for (;;) {
      const step = await own.next();
      if (own !== current || step.done) return;
      if (step.value.type === 'upserted') told.push(step.value.cursor);
    }
  }
  void read(feed);
  return {
    told,
    get feed() {
      return current;
    },
    /** Goes on with another one, that begins where this one is. */
    goOnWith(next: Feed<Change>) {
      const before = current;
      current = next;
      void before.return();
      void read(next);
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const hosts = ['alpha', 'beta', 'gamma'];
const filters: readonly ChangeFilter[] = [
  {},
  { hosts: ['alpha'] },
  { hosts: ['alpha', 'beta'] },
  { hosts: [] },
  { kinds: ['domain'] },
  { kinds: ['host'] },
  { kinds: [] },
  { domains: { hosts: ['beta'] } },
  { hosts: ['alpha'], domains: { hosts: ['beta'] } },
  { kinds: ['host', 'network'], domains: {} },
  { domains: { nameContains: '1' } },
];

describe('readers of the journal', () => {
  test('are told what their filters let through, whatever else is told to others', async () => {
    const steps = fc.array(
      fc.record({ host: fc.constantFrom(...hosts), number: fc.nat(3), isHost: fc.boolean(), wait: fc.boolean() }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (changes) => {
        const fleet = createMemoryFleet();
        for (const name of hosts) fleet.putHost({ name });
        const start = fleet.journal.cursor();
        const readers = filters.map((filter) => ({
          filter,
          reader: follow(fleet.journal.open({ filter, after: null, snapshot: 'NEVER' })),
        }));
        for (const { host, number, isHost, wait } of changes) {
          if (isHost) fleet.putHost({ name: host });
          else fleet.putDomain(someDomain(host, number));
          if (wait) await turn();
        }
        await turn();
        for (const { filter, reader } of readers) {
          const { changes: expected } = fleet.journal.since({ filter, after: start, first: 1_000 });
          expect(reader.told).toEqual(expected.flatMap((each) => ('cursor' in each ? each.cursor : [])));
        }
        await fleet.close();
      }),
      { numRuns: 40 },
    );
  });

  test('that become one, and part again, are told the same as one that stays alone', async () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ do: fc.constant('change' as const), host: fc.constantFrom(...hosts), number: fc.nat(3) }),
        fc.record({ do: fc.constantFrom('wait' as const, 'merge' as const, 'fork' as const, 'join' as const) }),
      ),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(...filters), async (all, filter) => {
        const fleet = createMemoryFleet({ limits: { readerLag: 1_000 } });
        for (const name of hosts) fleet.putHost({ name });
        const open = () => fleet.journal.open({ filter, after: null, snapshot: 'NEVER' });
        const alone = follow(open());
        const edge = follow(open());
        let other: { readonly from: number; readonly reader: ReturnType<typeof follow> } | null = null;
        /** Of those that were merged: what they had been told, and what the one that stays alone had. */
        const merged: [told: readonly string[], since: readonly string[]][] = [];
        for (const step of all) {
          if (step.do === 'change') fleet.putDomain(someDomain(step.host, step.number));
          else await turn();
          if (step.do === 'join') other ??= { from: alone.told.length, reader: follow(open()) };
          if (step.do === 'fork') edge.goOnWith(edge.feed.fork());
          if (step.do !== 'merge' || !other?.reader.feed.mergeInto(edge.feed)) continue;
          merged.push([other.reader.told, alone.told.slice(other.from)]);
          other = null;
        }
        for (const [told, since] of merged) expect(told).toEqual(since);
        await turn();
        expect(edge.told).toEqual(alone.told);
        await fleet.close();
      }),
      { numRuns: 60 },
    );
  });
});
