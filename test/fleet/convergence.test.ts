import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtgraphError } from '../../src/errors.ts';
import { openFleet } from '../../src/fleet/fleet.ts';
import type { Change, ChangeFilter } from '../../src/fleet/journal/change.ts';
import type { DomainRecord } from '../../src/fleet/objects.ts';
import type { Fleet } from '../../src/fleet/types.ts';
import { silentLog } from '../../src/log.ts';
import type { Cursor } from '../../src/model/brands.ts';
import { createFakeClock, settle } from '../support/fake-clock.ts';
import { createFakeHost, type FakeHost, gone, refused, targetOf } from './fake-host.ts';

/**
 * The promise of the whole house, on scripted hosts: whatever happens, in whatever order, with answers that are late,
 * events that are lost and connections that are cut – once it is quiet, the replica equals the host, and what each
 * subscriber has put together from his stream equals the replica.
 */

type Step =
  | { readonly do: 'add'; readonly host: number; readonly running: boolean }
  | {
      readonly do: 'change';
      readonly host: number;
      readonly which: number;
      readonly how: 'start' | 'stop' | 'memory' | 'rename';
    }
  | { readonly do: 'remove'; readonly host: number; readonly which: number }
  | { readonly do: 'loseEvents'; readonly host: number; readonly lost: boolean }
  | { readonly do: 'drop'; readonly host: number; readonly stayAway: boolean }
  | { readonly do: 'overflow'; readonly host: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'read'; readonly reader: number; readonly count: number }
  | { readonly do: 'resume'; readonly reader: number };

const host = fc.nat({ max: 1 });
const which = fc.nat({ max: 5 });
const reader = fc.nat({ max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('add' as const), host, running: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      host,
      which,
      how: fc.constantFrom('start' as const, 'stop' as const, 'memory' as const, 'rename' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), host, which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('loseEvents' as const), host, lost: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), host, stayAway: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('overflow' as const), host }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(0, 1, 20, 500, 70_000) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('read' as const), reader, count: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('resume' as const), reader }) },
);

/** Puts the world together from a stream, as a careful client would, and goes on from his last cursor. */
function createFolder(fleet: Fleet, filter: ChangeFilter) {
  const held = new Map<string, DomainRecord>();
  let shown: Set<string> | null = null;
  let cursor: Cursor | null = null;
  let waiting: Promise<void> | null = null;
  let stream = fleet.journal.open({ filter, after: null, snapshot: 'IF_NEEDED' });

  function open() {
    shown = null;
    stream = fleet.journal.open({ filter, after: cursor, snapshot: 'IF_NEEDED' });
  }

  function fold(change: Change) {
    if ('cursor' in change) ({ cursor } = change);
    switch (change.type) {
      case 'upserted': {
        if (change.object.kind !== 'domain') return;
        const key = `${change.object.hostName}/${change.object.uuid}`;
        if (change.origin === 'SNAPSHOT') (shown ??= new Set()).add(key);
        if (filter.domains && !fleet.matches(filter.domains, change.object)) held.delete(key);
        else held.set(key, change.object);
        return;
      }
      case 'deleted':
        held.delete(`${change.ref.hostName}/${change.ref.uuid}`);
        return;
      case 'snapshotComplete':
        for (const key of held.keys()) if (!shown?.has(key)) held.delete(key);
        shown = null;
        return;
      case 'resyncRequired':
        shown = null;
        return;
      case 'bookmark':
      case 'lagged':
      case 'hostInterrupted':
      case 'hostResumed':
        return;
      default:
        change satisfies never;
    }
  }

  return {
    held,
    /** Reads so many, or all there are. */
    async read(count: number) {
      for (let done = 0; done < count; done++) {
        waiting ??= stream.next().then(
          ({ value, done: over }) => {
            waiting = null;
            if (!over) fold(value);
          },
          (error: unknown) => {
            waiting = null;
            if (!(error instanceof VirtgraphError) || error.code !== 'SLOW_CONSUMER') throw error;
            // Told to come back: he does.
            open();
          },
        );
        await Promise.race([waiting, settle()]);
        if (waiting !== null) return;
      }
    },
    async resume() {
      const left = waiting;
      await stream.return?.();
      await left;
      open();
    },
  };
}

function take(step: Exclude<Step, { do: 'pass' | 'read' | 'resume' }>, on: FakeHost) {
  const domains = [...on.domains.values()];
  switch (step.do) {
    case 'add':
      on.add(`guest-${on.domains.size}`, step.running ? { state: 'RUNNING', libvirtId: on.opens + 1 } : {});
      return;
    case 'change': {
      const domain = domains[step.which % Math.max(1, domains.length)];
      if (!domain) return;
      if (step.how === 'start') on.change(domain.uuid, { state: 'RUNNING', libvirtId: (domain.libvirtId ?? 0) + 1 });
      else if (step.how === 'stop') on.change(domain.uuid, { state: 'SHUTOFF', libvirtId: null });
      else if (step.how === 'memory') on.change(domain.uuid, { memoryBytes: domain.memoryBytes + 1 });
      else on.change(domain.uuid, { name: `${domain.name}x` });
      return;
    }
    case 'remove': {
      const domain = domains[step.which % Math.max(1, domains.length)];
      if (domain) on.remove(domain.uuid);
      return;
    }
    case 'loseEvents':
      on.eventful = !step.lost;
      return;
    case 'drop':
      on.refuse = step.stayAway ? refused() : null;
      on.drop(gone());
      return;
    case 'overflow':
      on.hint({ kind: 'overflow' });
      return;
    default:
      step satisfies never;
  }
}

/** What matters of a domain; libvirt's number changes without being told. */
const pictured = (domain: { uuid: string; name: string; state: string }, memoryBytes: number) =>
  `${domain.uuid} ${domain.name} ${domain.state} ${memoryBytes}`;

type World = { readonly withEvents: boolean; readonly losesEvents: boolean };

async function run(steps: readonly Step[], delays: readonly number[], { withEvents, losesEvents }: World) {
  const clock = createFakeClock();
  const hosts = [createFakeHost('alpha'), createFakeHost('beta')];
  let calls = 0;
  for (const made of hosts) {
    made.capabilities.domainEvents = withEvents;
    made.gate = () => {
      const delayMs = delays[calls++ % delays.length] ?? 0;
      return delayMs === 0 ? undefined : new Promise((resolve) => void clock.after(delayMs, resolve));
    };
  }
  const fleet = openFleet({
    id: 'test',
    targets: hosts.map(({ name }) => targetOf(name)),
    clock,
    log: silentLog,
    random: () => 0.5,
    limits: { entries: 40, readerLag: 6 },
    // Where no event is lost, they alone must do: nothing is put right by reading everything now and then.
    periods: losesEvents || !withEvents ? {} : { reconcileMs: 1e10 },
    openDriver: (target, options) => {
      const made = hosts.find(({ name }) => name === target.name);
      return made ? made.open(target, options) : Promise.reject(new Error('no such host'));
    },
  });
  const filters: ChangeFilter[] = [
    {},
    {},
    { domains: { states: ['RUNNING'] } },
    { kinds: ['domain'], hosts: ['beta'] },
  ];
  const folders = filters.map((filter) => createFolder(fleet, filter));

  for (const one of steps) {
    if (one.do === 'pass') await clock.advance(one.ms);
    else if (one.do === 'read') await folders[one.reader]?.read(one.count);
    else if (one.do === 'loseEvents' && !losesEvents) continue;
    else if (one.do === 'resume') await folders[one.reader]?.resume();
    else {
      const on = hosts[one.host];
      if (on) take(one, on);
    }
  }

  // Quiet: everything is reachable, and there is time for every retry and, where it is needed, for one reconcile.
  for (const made of hosts) made.refuse = null;
  await clock.advance(losesEvents || !withEvents ? 800_000 : 200_000);
  const query = { filter: {}, orderBy: { field: 'HOST', direction: 'ASC' }, first: 500, after: null } as const;
  const replica = fleet.listDomains(query).edges.map(({ node }) => node);
  const wanted = filters.map(({ hosts: names, domains }) =>
    replica.filter(
      (domain) => (!names || names.includes(domain.hostName)) && (!domains || fleet.matches(domains, domain)),
    ),
  );
  for (const folder of folders) await folder.read(1_000);
  const statuses = fleet.hosts().map(({ status }) => status);
  await fleet.close();
  // What is left then are the hosts' own delays; of the fleet's timers there is none.
  await clock.advance(1_000);
  return {
    seen: {
      statuses,
      replica: picture(replica),
      streams: folders.map(({ held }) => picture([...held.values()])),
      timers: clock.pending,
    },
    expected: {
      statuses: ['READY', 'READY'],
      replica: hosts
        .flatMap(({ domains }) => [...domains.values()].map((one) => pictured(one, one.memoryBytes)))
        .toSorted(),
      streams: wanted.map(picture),
      timers: 0,
    },
  };
}

function picture(domains: readonly DomainRecord[]): string[] {
  return domains.map((domain) => pictured(domain, domain.config.memoryBytes)).toSorted();
}

test.each([
  ['that tell of events', { withEvents: true, losesEvents: false }],
  ['whose events get lost', { withEvents: true, losesEvents: true }],
  ['that are polled', { withEvents: false, losesEvents: true }],
])('once it is quiet, replica and streams equal the hosts: hosts %s', { timeout: 120_000 }, async (_, world) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 80, size: 'max' }),
      fc.array(fc.constantFrom(0, 0, 1, 30, 700), { minLength: 1, maxLength: 7 }),
      async (steps, delays) => {
        const { seen, expected } = await run(steps, delays, world);
        expect(seen).toEqual(expected);
      },
    ),
    { numRuns: Number(process.env['VIRTGRAPH_FUZZ_RUNS'] ?? 100) },
  );
});
