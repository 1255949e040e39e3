import { VirtgraphError } from '../errors.ts';
import type { DomainPredicate } from './domain-filter.ts';
import {
  countBefore,
  createSortedDomains,
  orderValues,
  type SortedDomain,
  type SortedDomains,
  type SortKey,
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

  function sortedBy(field: DomainOrderField): readonly SortedDomain[] {
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
      const all = sortedBy(field);
      const matching = isEmpty(filter) ? all : all.filter(({ domain }) => matches(domain));
      const isAscending = direction === 'ASC';
      const begin = place === null ? 0 : countPassed(matching, field, place, isAscending);
      const end = Math.min(begin + first, matching.length);
      // Descending is the same list, read from its end.
      const page = isAscending
        ? matching.slice(begin, end)
        : matching.slice(matching.length - end, matching.length - begin).reverse();
      const edges = page.map((one) => new Edge(field, one));
      return {
        edges,
        hasNextPage: end < matching.length,
        hasPreviousPage: begin > 0,
        totalCount: matching.length,
      };
    },
  };
}

/** Most who ask for a page look at the cursors of its ends alone, so each is made when it is looked at. */
class Edge {
  readonly #field: DomainOrderField;
  readonly #place: SortedDomain;

  constructor(field: DomainOrderField, place: SortedDomain) {
    this.#field = field;
    this.#place = place;
  }
  get node(): DomainRecord {
    return this.#place.domain;
  }
  get cursor(): string {
    return formatPageCursor(this.#field, this.#place);
  }
}

function isEmpty(filter: DomainFilter): boolean {
  return Object.values(filter).every((part) => part === undefined || part === null || part === '');
}

/** How many, in the direction of reading, stand at `place` or before it. The domain of the cursor itself may be gone. */
function countPassed(
  sorted: readonly SortedDomain[],
  field: DomainOrderField,
  place: SortKey,
  isAscending: boolean,
): number {
  return isAscending
    ? countBefore(field, sorted, place, true)
    : sorted.length - countBefore(field, sorted, place, false);
}

function formatPageCursor(field: DomainOrderField, { value, hostName, uuid }: SortKey): string {
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
