import { isDeepStrictEqual } from 'node:util';
import type { HostTarget } from '../../model/target.ts';

/** What makes one list of hosts of another; names, sorted. */
export type HostsDiff = {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Reached in another way: connected to anew. */
  readonly reconnected: readonly string[];
  /** Described in other words: the connection stays. */
  readonly relabelled: readonly string[];
};

export function diffHosts(before: readonly HostTarget[], after: readonly HostTarget[]): HostsDiff {
  const known = new Map(before.map((target) => [target.name, target]));
  const wanted = new Set(after.map(({ name }) => name));
  const of = (isOne: (target: HostTarget, previous: HostTarget | undefined) => boolean) =>
    after
      .filter((target) => isOne(target, known.get(target.name)))
      .map(({ name }) => name)
      .sort();
  return {
    added: of((_, previous) => previous === undefined),
    removed: [...known.keys()].filter((name) => !wanted.has(name)).sort(),
    reconnected: of((target, previous) => previous !== undefined && !isSameWay(previous, target)),
    relabelled: of(
      (target, previous) =>
        previous !== undefined && isSameWay(previous, target) && !isDeepStrictEqual(previous, target),
    ),
  };
}

export function isNoChange({ added, removed, reconnected, relabelled }: HostsDiff): boolean {
  return added.length + removed.length + reconnected.length + relabelled.length === 0;
}

/** For one line of a log: `+added -removed ~reconnected =relabelled`. */
export function describeHostsDiff({ added, removed, reconnected, relabelled }: HostsDiff): string {
  const signed = (sign: string, names: readonly string[]) => names.map((name) => `${sign}${name}`);
  return [...signed('+', added), ...signed('-', removed), ...signed('~', reconnected), ...signed('=', relabelled)].join(
    ' ',
  );
}

/** Whether both lead to the same daemon in the same way. Labels do not, and of the URI only what it means does. */
export function isSameWay(a: HostTarget, b: HostTarget): boolean {
  return isDeepStrictEqual({ ...a, labels: null, uri: null }, { ...b, labels: null, uri: null });
}
