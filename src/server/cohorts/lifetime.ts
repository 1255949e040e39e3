import type { Subscription } from './cohorts.ts';
import { nextPrefix } from './framing.ts';
import type { Outlet } from './outlets.ts';

/**
 * What graphql-ws is shown of a subscription: a stream that tells nothing, since what there is to tell passes it by. It
 * begins when it is read, fails with the subscription, and ends it with `return()`.
 */
export function lifetimeOf(
  subscription: Subscription,
  outlet: Outlet,
  operationId: string,
): AsyncIterableIterator<never> {
  const end: IteratorResult<never> = { value: undefined, done: true };
  const { promise: over, resolve, reject } = Promise.withResolvers<IteratorResult<never>>();
  /** Lets go of the place where it began as soon as it has begun. */
  let begin: Subscription | null = subscription;
  let stop = () => {};
  const lifetime: AsyncIterableIterator<never> = {
    next() {
      stop = begin?.start({ outlet, prefix: nextPrefix(operationId), end: () => resolve(end), fail: reject }) ?? stop;
      begin = null;
      return over;
    },
    return() {
      begin?.drop();
      begin = null;
      stop();
      resolve(end);
      return Promise.resolve(end);
    },
    [Symbol.asyncIterator]: () => lifetime,
  };
  return lifetime;
}

/** The same of one answer that is text already: it is told when graphql-ws reads it, unless that was called off before. */
export function toldBeside(answer: Buffer, outlet: Outlet, operationId: string): AsyncIterableIterator<never> {
  const end: IteratorResult<never> = { value: undefined, done: true };
  const { promise: over, resolve } = Promise.withResolvers<IteratorResult<never>>();
  let untold: Buffer | null = answer;
  async function tell() {
    await outlet.room();
    if (untold) outlet.push(nextPrefix(operationId), untold);
    untold = null;
    resolve(end);
  }
  const told: AsyncIterableIterator<never> = {
    next() {
      void tell();
      return over;
    },
    return() {
      untold = null;
      resolve(end);
      return Promise.resolve(end);
    },
    [Symbol.asyncIterator]: () => told,
  };
  return told;
}
