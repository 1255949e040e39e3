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
