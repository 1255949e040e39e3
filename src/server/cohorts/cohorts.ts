import type { ExecutionArgs, ExecutionResult } from 'graphql';
import type { Clock } from '../../clock.ts';
import { feedOf } from '../../fleet/journal/feed.ts';
import type { Operations } from '../operations.ts';
import { createSharedAnswers } from './answers.ts';
import { type Cohort, createCohort, type Subscriber } from './cohort.ts';
import { cohortKey } from './cohort-key.ts';
import { createOutlets, type Outlets } from './outlets.ts';
import { createTurns, type Turns } from './turns.ts';

/** All subscriptions, over sockets and event streams alike. */
export type Cohorts = {
  /** An answer: it was refused, with the errors in it. */
  prepare(args: ExecutionArgs): Promise<ExecutionResult | Subscription>;
  readonly outlets: Outlets;
  /** Where work for one client waits behind what all are told. */
  readonly turns: Turns;
};

/** One that has begun, and tells nothing yet. */
export type Subscription = {
  /** To be called once. The returned function ends it. */
  start(subscriber: Subscriber): () => void;
  /** Instead of `start`. */
  drop(): void;
};

export type CohortsOptions = {
  readonly operations: Pick<Operations, 'open' | 'executeToJson'>;
  /** Moves with every change of anything that an answer may show. */
  readonly version: () => number;
  readonly clock: Clock;
};

export function createCohorts({ operations, version, clock }: CohortsOptions): Cohorts {
  const byKey = new Map<string, Cohort>();
  const outlets = createOutlets(clock);
  const turns = createTurns(clock);

  function createFor(args: ExecutionArgs, onEmpty: () => void): Cohort {
    const make = (event: object) => operations.executeToJson(args, event);
    const answers = createSharedAnswers(make, version, clock);
    return createCohort({ answers, turns, outlets, onEmpty });
  }

  function cohortOf(args: ExecutionArgs): Cohort {
    const key = cohortKey(args);
    if (key === null) return createFor(args, () => {});
    let cohort = byKey.get(key);
    if (!cohort) {
      const created = createFor(args, () => {
        if (byKey.get(key) === created) byKey.delete(key);
      });
      cohort = created;
      byKey.set(key, cohort);
    }
    return cohort;
  }

  return {
    outlets,
    turns,
    async prepare(args) {
      await turns.take('patient');
      const source = await operations.open(args);
      if (!(Symbol.asyncIterator in source)) return source;
      // Every event of ours is an object: a change, a record, a tick.
      const feed = feedOf(source[Symbol.asyncIterator]() as AsyncIterator<object>);
      return {
        start: (subscriber) => cohortOf(args).join(feed, subscriber),
        drop: () => void feed.return(),
      };
    },
  };
}
