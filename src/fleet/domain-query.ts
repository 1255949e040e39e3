import { VirtgraphError } from '../errors.ts';
import type { DomainPredicate } from './domain-filter.ts';
import {
  compareSortKeys,
  createSortedDomains,
  orderValues,
  type SortedDomains,
  type SortKey,
  sortKey,
} from './sorted-domains.ts';
import type { DomainFilter, DomainOrderField, DomainPage, DomainQuery, DomainRecord } from './types.ts';

/** Filtered, sorted pages over all domains of the fleet. */
export type DomainIndex = {
  replaceDomain(previous: DomainRecord | null, next: DomainRecord | null): void;
  list(query: DomainQuery): DomainPage;
};

export function createDomainIndex(
  allDomains: () => Iterable<DomainRecord>,
  domainFilter: (filter: DomainFilter) => DomainPredicate,
): DomainIndex {
  // Made when first asked for, kept from then on.
  const orders = new Map<DomainOrderField, SortedDomains>();

  function sortedBy(field: DomainOrderField): readonly DomainRecord[] {
    let order = orders.get(field);
    if (!order) {
      order = createSortedDomains(field, allDomains());
      orders.set(field, order);
    }
    return order.list();
  }

  return {
    replaceDomain(previous, next) {
      for (const order of orders.values()) order.replace(previous, next);
    },
    list({ filter, orderBy: { field, direction }, first, after }) {
      const place = after === null ? null : parsePageCursor(after, field);
      const matches = domainFilter(filter);
      const matching = isEmpty(filter) ? sortedBy(field) : sortedBy(field).filter(matches);
      const ascending = direction === 'ASC';
      const at = (index: number) => matching[ascending ? index : matching.length - 1 - index];
      const begin = place === null ? 0 : firstAfter(matching, field, place, ascending);
      const end = Math.min(begin + first, matching.length);
      const edges: { cursor: string; node: DomainRecord }[] = [];
      for (let index = begin; index < end; index++) {
        const node = at(index);
        if (node) edges.push({ cursor: formatPageCursor(field, node), node });
      }
      return {
        edges,
        hasNextPage: end < matching.length,
        hasPreviousPage: begin > 0,
        totalCount: matching.length,
      };
    },
  };
}

function isEmpty(filter: DomainFilter): boolean {
  return Object.values(filter).every((part) => part === undefined || part === null || part === '');
}

/** How many, in the direction of reading, stand at `place` or before it. The domain of the cursor itself may be gone. */
function firstAfter(
  sorted: readonly DomainRecord[],
  field: DomainOrderField,
  place: SortKey,
  ascending: boolean,
): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const domain = sorted[middle];
    const order = domain === undefined ? 1 : compareSortKeys(sortKey(field, domain), place);
    if (order < 0 || (ascending && order === 0)) low = middle + 1;
    else high = middle;
  }
  return ascending ? low : sorted.length - low;
}

function formatPageCursor(field: DomainOrderField, domain: DomainRecord): string {
  const { value, hostName, uuid } = sortKey(field, domain);
  return Buffer.from(JSON.stringify([field, value, hostName, uuid]), 'utf8').toString('base64url');
}

/** @throws BAD_USER_INPUT for what is no cursor of a list in this order. */
function parsePageCursor(text: string, field: DomainOrderField): SortKey {
  const parts = readParts(text);
  if (parts !== null) {
    const [ofField, value, hostName, uuid, ...rest] = parts;
    if (ofField === field && typeof hostName === 'string' && typeof uuid === 'string' && rest.length === 0) {
      if (isTextual[field] && typeof value === 'string') return { value, hostName, uuid };
      if (!isTextual[field] && typeof value === 'number') return { value, hostName, uuid };
    }
    if (typeof ofField === 'string' && ofField !== field && Object.hasOwn(orderValues, ofField)) {
      throw new VirtgraphError(
        'BAD_USER_INPUT',
        `This cursor is of a list sorted by ${ofField}, not by ${field}. Ask for the first page again.`,
      );
    }
  }
  throw new VirtgraphError(
    'BAD_USER_INPUT',
    `Expected the cursor of an edge of an earlier page, saw ${JSON.stringify(text.slice(0, 40))}.`,
  );
}

const isTextual: Record<DomainOrderField, boolean> = {
  NAME: true,
  HOST: true,
  STATE: false,
  MEMORY: false,
  VCPUS: false,
};

/** A name of any length that a file system takes fits, however it is escaped. */
const longestCursor = 8_192;

function readParts(text: string): readonly unknown[] | null {
  if (text.length > longestCursor) return null;
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts : null;
  } catch {
    return null;
  }
}
