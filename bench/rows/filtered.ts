import { EventEmitter } from 'node:events';
import { systemClock } from '../../src/clock.ts';
import { createChangeFilters } from '../../src/fleet/journal/change-filter.ts';
import { createJournal, defaultJournalLimits } from '../../src/fleet/journal/journal.ts';
import { silentLog } from '../../src/log.ts';
import { someDomain } from '../../test/support/memory-fleet.ts';
import { timesGoal } from '../load/fan-out.ts';
import { type Contender, measureSideBySide, quantile } from '../rounds.ts';
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
      [
        withFilterContender(peer, 'withFilter of graphql-subscriptions', hosts),
        withFilterContender(peer, 'the same, with none but those who match', 1),
        ourContender('virtgraph, readers of the journal', hosts),
        ourContender('the same, with none but those who match ', 1),
      ] as const,
      bench.rounds,
      matching * events,
    );
    const [theirs, theirsMatching, ours, oursMatching] = timed;
    const theirNo = quantile(theirs.cpusMs, 0.5) - quantile(theirsMatching.cpusMs, 0.5);
    const ourNo = quantile(ours.cpusMs, 0.5) - quantile(oursMatching.cpusMs, 0.5);
    return [
      {
        title: `${events} changes, one after the other`,
        contenders: timed,
        facts: [
          { name: 'withFilter: what it costs to say no', value: `${(theirNo / events).toFixed(3)} ms a change` },
          { name: 'virtgraph: what it costs to say no', value: `${(ourNo / events).toFixed(3)} ms a change` },
        ],
        goals: [
          // What is less than a hundredth of a millisecond a change cannot be told from nothing here.
          {
            text: "of withFilter's cost of saying no",
            ratio: Math.max(ourNo, events / 100) / theirNo,
            target: 0.01,
            better: 'lower',
          },
          timesGoal('times less CPU than withFilter, with telling those who match', theirs.cpusMs, ours.cpusMs, 50),
        ],
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

/** `spread`: over so many hosts, of which each event is of one. */
function withFilterContender({ PubSub, withFilter }: GraphqlSubscriptions, name: string, spread: number): Contender {
  const pubsub = new PubSub({ eventEmitter: new EventEmitter().setMaxListeners(0) });
  const audience = createAudience();
  const subscribe = withFilter(
    () => pubsub.asyncIterableIterator('changes'),
    (payload, args) => payload.host === args.host,
  );
  for (let index = 0; index < matching * spread; index++) {
    void audience.listen(subscribe(undefined, { host: `host-${index % spread}` }, undefined, undefined));
  }
  return {
    name,
    async run() {
      await inTurns((event) => void pubsub.publish('changes', { host: `host-${event % spread}` }));
      return { answer: audience.take() };
    },
  };
}

/** Nobody has the filter of another, so that it is the index alone that is measured, and no cohort. */
function ourContender(name: string, spread: number): Contender {
  const journal = createJournal({
    newEpoch: () => '0123456789abcdef',
    log: silentLog,
    // Nothing but changes is told.
    limits: { ...defaultJournalLimits, bookmarkMs: 3_600_000 },
    clock: systemClock,
    predicates: createChangeFilters(
      () => () => true,
      () => true,
    ),
    snapshot: () => [],
  });
  const domains = Array.from({ length: spread }, (_, host) => someDomain(`host-${host}`, 1));
  const audience = createAudience();
  for (let index = 0; index < matching * spread; index++) {
    const filter = { hosts: [`host-${index % spread}`] };
    void audience.listen(journal.open({ filter, after: null, snapshot: 'NEVER' }));
  }
  return {
    name,
    async run() {
      await inTurns((event) => {
        const object = domains[event % spread];
        if (object) journal.append({ type: 'upserted', origin: 'EVENT', object, previous: object, changedFields: [] });
      });
      return { answer: audience.take() };
    },
  };
}
