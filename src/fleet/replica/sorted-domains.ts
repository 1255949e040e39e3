import { type DomainState, domainStates } from '../../model/domain.ts';
import type { DomainRecord } from '../objects.ts';
import type { DomainOrderField } from './domain-page.ts';

/** What a domain is sorted by; of one kind for each field. */
export type OrderValue = string | number;
/** Where a domain stands. It is all that a page's cursor holds, so that its domain may go and the place remains. */
export type SortKey = { readonly value: OrderValue; readonly hostName: string; readonly uuid: string };

const stateNumbers = new Map(domainStates.map((state, number) => [state, number]));

export function stateNumber(state: DomainState): number {
  return stateNumbers.get(state) ?? domainStates.length;
}

export const orderValues = {
  NAME: (domain) => domain.name,
  // After the host, see `compareParts`.
  HOST: (domain) => domain.name,
  STATE: ({ state }) => stateNumber(state),
  MEMORY: (domain) => domain.config.memoryBytes,
  VCPUS: (domain) => domain.config.vcpus,
} as const satisfies Record<DomainOrderField, (domain: DomainRecord) => OrderValue>;

export function sortKeyOf(field: DomainOrderField, domain: DomainRecord): SortKey {
  return { value: orderValues[field](domain), hostName: domain.hostName, uuid: domain.uuid };
}

/** Ascending; equal ones follow by host and UUID. By code units: the same for everybody, and a cursor finds its place again. */
export function domainOrder(field: DomainOrderField): (a: DomainRecord, b: DomainRecord) => number {
  const valueOf: (domain: DomainRecord) => OrderValue = orderValues[field];
  return field === 'HOST'
    ? (a, b) => compare(a.hostName, b.hostName) || compare(a.name, b.name) || compare(a.uuid, b.uuid)
    : (a, b) => compare(valueOf(a), valueOf(b)) || compare(a.hostName, b.hostName) || compare(a.uuid, b.uuid);
}

function compareToKey(field: DomainOrderField, domain: DomainRecord, key: SortKey): number {
  const byValue = compare(orderValues[field](domain), key.value);
  const byHost = compare(domain.hostName, key.hostName);
  return (field === 'HOST' ? byHost || byValue : byValue || byHost) || compare(domain.uuid, key.uuid);
}

function compare(a: OrderValue, b: OrderValue): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** How many stand at the beginning of which `isBefore` is true: of a sorted list that is true of the first ones only. */
export function countWhile(
  sorted: readonly DomainRecord[],
  isBefore: (domain: DomainRecord) => boolean,
  from: number = 0,
): number {
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const domain = sorted[middle];
    if (domain !== undefined && isBefore(domain)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many stand before `key`, or at it too. */
export function countBefore(
  field: DomainOrderField,
  sorted: readonly DomainRecord[],
  key: SortKey,
  orAt: boolean,
): number {
  return countWhile(sorted, (domain) => compareToKey(field, domain, key) < (orAt ? 1 : 0));
}

/**
 * All domains in one order. One that changes in something else is replaced where it stands. The others are gathered, and
 * merged in when somebody looks or when they are many: each finds its place by halving, and what lies between them is
 * copied, so that nothing is sorted twice.
 */
export type SortedDomains = {
  replace(previous: DomainRecord | null, next: DomainRecord | null): void;
  /** As it is until the next change. */
  list(): readonly DomainRecord[];
  /** How many changes wait to be merged in. */
  readonly pending: number;
  /** Merges in so many of them at the most. */
  merge(most: number): void;
};

/** So many are put in their places one by one, each by moving what stands behind it; more by copying all of it once. */
const fewChanges = 64;

export function createSortedDomains(field: DomainOrderField, all: Iterable<DomainRecord>): SortedDomains {
  const order = domainOrder(field);
  let sorted: DomainRecord[] = [...all].sort(order);
  const removed = new Set<DomainRecord>();
  const added = new Set<DomainRecord>();

  /** How many stand before that one; or before whatever follows those of the same place. */
  const countOrdered = (from: readonly DomainRecord[], one: DomainRecord, orAt: boolean) =>
    countWhile(from, (domain) => order(domain, one) < (orAt ? 1 : 0));

  function merge(most: number) {
    const leaving = take(removed, most).sort(order);
    // Two of one place are never told apart: whoever left it is gone before another takes it.
    const coming = removed.size > 0 ? [] : take(added, most - leaving.length).sort(order);
    if (leaving.length + coming.length <= fewChanges) return moveEach(leaving, coming);
    sorted = mergeIn(without(sorted, leaving), coming);
  }

  function moveEach(leaving: readonly DomainRecord[], coming: readonly DomainRecord[]) {
    for (const one of leaving) {
      const at = countOrdered(sorted, one, false);
      if (sorted[at] === one) sorted.splice(at, 1);
    }
    for (const one of coming) sorted.splice(countOrdered(sorted, one, true), 0, one);
  }

  function without(from: DomainRecord[], leaving: readonly DomainRecord[]): DomainRecord[] {
    if (leaving.length === 0) return from;
    const rest: DomainRecord[] = [];
    let done = 0;
    for (const one of leaving) {
      const at = countOrdered(from, one, false);
      if (from[at] !== one) continue;
      copy(from, done, at, rest);
      done = at + 1;
    }
    copy(from, done, from.length, rest);
    return rest;
  }

  function mergeIn(into: DomainRecord[], coming: readonly DomainRecord[]): DomainRecord[] {
    if (coming.length === 0) return into;
    const merged: DomainRecord[] = [];
    let done = 0;
    for (const one of coming) {
      const at = countOrdered(into, one, true);
      copy(into, done, at, merged);
      merged.push(one);
      done = at;
    }
    copy(into, done, into.length, merged);
    return merged;
  }

  /** Most changes are of something else. False: it does not stand there, or is to stand elsewhere. */
  function replaceInPlace(previous: DomainRecord, next: DomainRecord): boolean {
    if (order(previous, next) !== 0) return false;
    const at = countOrdered(sorted, previous, false);
    if (sorted[at] !== previous) return false;
    sorted[at] = next;
    return true;
  }

  return {
    replace(previous, next) {
      if (previous !== null && !added.delete(previous)) {
        if (next !== null && replaceInPlace(previous, next)) return;
        removed.add(previous);
      }
      if (next !== null) added.add(next);
    },
    list() {
      if (removed.size + added.size > 0) merge(Number.POSITIVE_INFINITY);
      return sorted;
    },
    get pending() {
      return removed.size + added.size;
    },
    merge,
  };
}

function take(from: Set<DomainRecord>, most: number): DomainRecord[] {
  const taken = from.size <= most ? [...from] : [...from.values().take(most)];
  if (taken.length === from.size) from.clear();
  else for (const one of taken) from.delete(one);
  return taken;
}

function copy(from: readonly DomainRecord[], start: number, end: number, to: DomainRecord[]) {
  for (let i = start; i < end; i += 1) {
    const one = from[i];
    if (one !== undefined) to.push(one);
  }
}
