import { domainStates } from '../model/domain.ts';
import type { DomainOrderField, DomainRecord } from './types.ts';

/** What a domain is sorted by; of one kind for each field. */
export type OrderValue = string | number;
/** Where a domain stands: equal values follow by host and UUID. */
export type SortKey = { readonly value: OrderValue; readonly hostName: string; readonly uuid: string };

const stateNumbers = new Map(domainStates.map((state, number) => [state, number]));

export const orderValues = {
  NAME: (domain) => domain.name,
  HOST: (domain) => `${domain.hostName}\0${domain.name}`,
  STATE: (domain) => stateNumbers.get(domain.state) ?? domainStates.length,
  MEMORY: (domain) => domain.config.memoryBytes,
  VCPUS: (domain) => domain.config.vcpus,
} as const satisfies Record<DomainOrderField, (domain: DomainRecord) => OrderValue>;

export function sortKey(field: DomainOrderField, domain: DomainRecord): SortKey {
  return { value: orderValues[field](domain), hostName: domain.hostName, uuid: domain.uuid };
}

/** Ascending. Code units, not a language's rules: the same for every reader, and a cursor must find its place again. */
export function compareSortKeys(a: SortKey, b: SortKey): number {
  return compare(a.value, b.value) || compare(a.hostName, b.hostName) || compare(a.uuid, b.uuid);
}

function compare(a: OrderValue, b: OrderValue): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * All domains in one order. Changes are gathered and merged in when somebody looks: one pass over the list, however many
 * there were, and no sorting of what is sorted already.
 */
export type SortedDomains = {
  replace(previous: DomainRecord | null, next: DomainRecord | null): void;
  list(): readonly DomainRecord[];
};

export function createSortedDomains(field: DomainOrderField, all: Iterable<DomainRecord>): SortedDomains {
  const order = (a: DomainRecord, b: DomainRecord) => compareSortKeys(sortKey(field, a), sortKey(field, b));
  let sorted: DomainRecord[] = [...all].sort(order);
  const removed = new Set<DomainRecord>();
  const added = new Set<DomainRecord>();

  function merge() {
    const incoming = [...added].sort(order);
    const merged: DomainRecord[] = [];
    let next = 0;
    for (const domain of sorted) {
      if (removed.has(domain)) continue;
      for (let late = incoming[next]; late !== undefined && order(late, domain) < 0; late = incoming[++next]) {
        merged.push(late);
      }
      merged.push(domain);
    }
    for (const late of incoming.slice(next)) merged.push(late);
    sorted = merged;
    removed.clear();
    added.clear();
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
