import { EventEmitter } from 'node:events';
import { systemClock } from '../../src/clock.ts';
import { createChangeFilters } from '../../src/fleet/change-filter.ts';
import { createJournal, defaultJournalLimits } from '../../src/fleet/journal.ts';
import { silentLog } from '../../src/log.ts';
import { someDomain } from '../../test/support/memory-fleet.ts';
import { timesGoal } from '../load/fan-out.ts';
import { type Contender, measureSideBySide } from '../rounds.ts';
import type { Row } from '../row.ts';

const hosts = 100;
const subscribers = 5_000;
const matching = subscribers / hosts;
/** One event is short; so many make an operation. */
const events = 20;

/** What this uses of graphql-subscriptions. */
type GraphqlSubscriptions = {
  readonly PubSub: new (options: {
    readonly eventEmitter: EventEmitter;
  }) => {
    publish(topic: string, payload: unknown): Promise<void>;
    asyncIterableIterator(topic: string): AsyncIterableIterator<unknown>;
  };
  readonly withFilter: (
    subscribe: () => AsyncIterableIterator<unknown>,
    filter: (payload: { readonly host: string }, args: { readonly host: string }) => boolean,
  ) => (
    root: undefined,
    args: { readonly host: string },
    context: undefined,
    info: undefined,
  ) => AsyncIterator<unknown>;
};

export const row: Row = {
  name: 'filtered',
  title: 'One change to 5,000 subscribers with filters of their own, of whom 50 match',
  needs: ['npm-peers'],
  async run(bench) {
    // The package's own types are not installed here.
    const peer = (await import(await bench.peer('npm/graphql-subscriptions'))) as GraphqlSubscriptions;
    const timed = await measureSideBySide(
      [withFilterContender(peer), ourContender()] as const,
      bench.rounds,
      matching * events,
    );
    const [theirs, ours] = timed;
    return [
      {
        title: `${events} changes, one after the other, each of one of ${hosts} hosts`,
        contenders: timed,
        goals: [timesGoal('times less CPU than withFilter', theirs.cpusMs, ours.cpusMs, 100)],
      },
    ];
  },
};

/** Counts what all of them are told. */
function createAudience() {
  let told = 0;
  return {
    async listen(opening: AsyncIterator<unknown> | Promise<AsyncIterator<unknown>>) {
      const stream = await opening;
      for (let step = await stream.next(); !step.done; step = await stream.next()) told++;
    },
    take() {
      const taken = told;
      told = 0;
      return taken;
    },
  };
}

/** Each event is made in a turn of its own, after which everybody has heard of it. */
async function inTurns(make: (event: number) => void): Promise<void> {
  for (let event = 0; event < events; event++) {
    await new Promise((resolve) => setImmediate(resolve));
    make(event);
  }
  await new Promise((resolve) => setImmediate(resolve));
}

function withFilterContender({ PubSub, withFilter }: GraphqlSubscriptions): Contender {
  const pubsub = new PubSub({ eventEmitter: new EventEmitter().setMaxListeners(0) });
  const audience = createAudience();
  const subscribe = withFilter(
    () => pubsub.asyncIterableIterator('changes'),
    (payload, args) => payload.host === args.host,
  );
  for (let index = 0; index < subscribers; index++) {
    void audience.listen(subscribe(undefined, { host: `host-${index % hosts}` }, undefined, undefined));
  }
  return {
    name: 'withFilter of graphql-subscriptions',
    async run() {
      await inTurns((event) => void pubsub.publish('changes', { host: `host-${event % hosts}` }));
      return { answer: audience.take() };
    },
  };
}

/** Nobody has the filter of another, so that it is the index alone that is measured, and no cohort. */
function ourContender(): Contender {
  const journal = createJournal({
    newEpoch: () => '0123456789abcdef',
    log: silentLog,
    // Nothing but changes is told.
    limits: { ...defaultJournalLimits, bookmarkMs: 3_600_000 },
    clock: systemClock,
    predicates: createChangeFilters(() => () => true),
    snapshot: () => [],
  });
  const domains = Array.from({ length: hosts }, (_, host) => someDomain(`host-${host}`, 1));
  const audience = createAudience();
  for (let index = 0; index < subscribers; index++) {
    const filter = { hosts: [`host-${index % hosts}`] };
    void audience.listen(journal.open({ filter, after: null, snapshot: 'NEVER' }));
  }
  return {
    name: 'virtgraph, readers of the journal',
    async run() {
      await inTurns((event) => {
        const object = domains[event % hosts];
        if (object) journal.append({ type: 'upserted', origin: 'EVENT', object, previous: object, changedFields: [] });
      });
      return { answer: audience.take() };
    },
  };
}
