import { domainStates } from '../model/domain.ts';
import type { DomainOrderField, DomainRecord } from './types.ts';

/** What a domain is sorted by; of one kind for each field. */
export type OrderValue = string | number;
/** Where a domain stands. It is all that a page's cursor holds, so that its domain may go and the place remains. */
export type SortKey = { readonly value: OrderValue; readonly hostName: string; readonly uuid: string };
/** A domain in its place. The key is kept with it: comparing makes nothing that must be thrown away again. */
export type SortedDomain = SortKey & { readonly domain: DomainRecord };

const stateNumbers = new Map(domainStates.map((state, number) => [state, number]));

export const orderValues = {
  NAME: (domain) => domain.name,
  // After the host, see `compareKeys`.
  HOST: (domain) => domain.name,
  STATE: (domain) => stateNumbers.get(domain.state) ?? domainStates.length,
  MEMORY: (domain) => domain.config.memoryBytes,
  VCPUS: (domain) => domain.config.vcpus,
} as const satisfies Record<DomainOrderField, (domain: DomainRecord) => OrderValue>;

function placed(field: DomainOrderField, domain: DomainRecord): SortedDomain {
  return { value: orderValues[field](domain), hostName: domain.hostName, uuid: domain.uuid, domain };
}

/** Ascending; equal ones follow by host and UUID. By code units: the same for everybody, and a cursor finds its place again. */
function compareKeys(field: DomainOrderField, a: SortKey, b: SortKey): number {
  const byValue = compare(a.value, b.value);
  const byHost = compare(a.hostName, b.hostName);
  return (field === 'HOST' ? byHost || byValue : byValue || byHost) || compare(a.uuid, b.uuid);
}

function compare(a: OrderValue, b: OrderValue): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** How many stand before `key`, or at it too. */
export function countBefore(field: DomainOrderField, sorted: readonly SortKey[], key: SortKey, orAt: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = sorted[middle];
    const order = other === undefined ? 1 : compareKeys(field, other, key);
    if (order < 0 || (orAt && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * All domains in one order. Changes are gathered and merged in when somebody looks: each finds its place by halving, and
 * what lies between them is copied, so that nothing is sorted twice.
 */
export type SortedDomains = {
  replace(previous: DomainRecord | null, next: DomainRecord | null): void;
  /** As it is until somebody looks again. */
  list(): readonly SortedDomain[];
};

/** So many are put in their places one by one, each by moving what stands behind it; more by copying all of it once. */
const fewChanges = 64;

export function createSortedDomains(field: DomainOrderField, all: Iterable<DomainRecord>): SortedDomains {
  const order = (a: SortKey, b: SortKey) => compareKeys(field, a, b);
  const place = (domain: DomainRecord) => placed(field, domain);
  let sorted: SortedDomain[] = Array.from(all, place).sort(order);
  const removed = new Set<DomainRecord>();
  const added = new Set<DomainRecord>();

  function merge() {
    const leaving = Array.from(removed, place).sort(order);
    const coming = Array.from(added, place).sort(order);
    removed.clear();
    added.clear();
    if (leaving.length + coming.length <= fewChanges) return moveEach(leaving, coming);
    sorted = mergeIn(without(sorted, leaving), coming);
  }

  function moveEach(leaving: readonly SortedDomain[], coming: readonly SortedDomain[]) {
    for (const one of leaving) {
      const at = countBefore(field, sorted, one, false);
      if (sorted[at]?.domain === one.domain) sorted.splice(at, 1);
    }
    for (const one of coming) sorted.splice(countBefore(field, sorted, one, true), 0, one);
  }

  function without(from: SortedDomain[], leaving: readonly SortedDomain[]): SortedDomain[] {
    if (leaving.length === 0) return from;
    const parts: (readonly SortedDomain[])[] = [];
    let done = 0;
    for (const one of leaving) {
      const at = countBefore(field, from, one, false);
      if (from[at]?.domain !== one.domain) continue;
      parts.push(from.slice(done, at));
      done = at + 1;
    }
    parts.push(from.slice(done));
    return joined(parts);
  }

  function mergeIn(into: SortedDomain[], coming: readonly SortedDomain[]): SortedDomain[] {
    if (coming.length === 0) return into;
    const parts: (readonly SortedDomain[])[] = [];
    let done = 0;
    for (const one of coming) {
      const at = countBefore(field, into, one, true);
      parts.push(into.slice(done, at), [one]);
      done = at;
    }
    parts.push(into.slice(done));
    return joined(parts);
  }

  return {
    replace(previous, next) {
      if (previous !== null && !added.delete(previous)) removed.add(previous);
      if (next !== null) added.add(next);
    },
    list() {
      if (removed.size > 0 || added.size > 0) merge();
      return sorted;
    },
  };
}

/** Much faster than `flat`, and takes any number of parts. */
function joined(parts: readonly (readonly SortedDomain[])[]): SortedDomain[] {
  const all: SortedDomain[] = [];
  for (const part of parts) for (const one of part) all.push(one);
  return all;
}
