import { VirtgraphError } from '../../errors.ts';
import type { DomainRecord } from '../objects.ts';
import type { DomainPredicate } from './domain-filter.ts';
import type { DomainFilter, DomainOrderField, DomainPage, DomainQuery } from './domain-page.ts';
import {
  countBefore,
  countWhile,
  createSortedDomains,
  domainOrder,
  orderValues,
  type SortedDomains,
  type SortKey,
  sortKeyOf,
  stateNumber,
} from './sorted-domains.ts';

/** Filtered, sorted pages over all domains of the fleet. */
export type DomainIndex = {
  replaceDomain(previous: DomainRecord | null, next: DomainRecord | null): void;
  list(query: DomainQuery): DomainPage;
};

export function createDomainIndex(
  allDomains: () => Iterable<DomainRecord>,
  domainFilter: (filter: DomainFilter) => DomainPredicate,
): DomainIndex {
  const sortedBy = (field: DomainOrderField) => createSortedDomains(field, allDomains());
  // All that can be asked for: the first who asks of very many would hold up everybody else by sorting them.
  const orders: Readonly<Record<DomainOrderField, SortedDomains>> = {
    NAME: sortedBy('NAME'),
    HOST: sortedBy('HOST'),
    STATE: sortedBy('STATE'),
    MEMORY: sortedBy('MEMORY'),
    VCPUS: sortedBy('VCPUS'),
  };
  const everyOrder = Object.values(orders);
  let isTidying = false;

  /** Whatever comes, as when a host of thousands is read, is put in its places in turns, before somebody waits for it. */
  function tidySoon() {
    if (isTidying) return;
    isTidying = true;
    setImmediate(() => {
      isTidying = false;
      const behind = everyOrder.find(isBehind);
      behind?.merge(changesInTurn);
      if (everyOrder.some(isBehind)) tidySoon();
    });
  }

  /** Those whom an index names, where they are few: to sort these is much less than to ask all. */
  function fewOf({ hosts, states }: DomainFilter): readonly DomainRecord[] | null {
    const byHost = orders.HOST.list();
    const most = byHost.length / fewShare;
    if (hosts) {
      const found = rangesOf(byHost, new Set(hosts), ({ hostName }) => hostName, most);
      if (found !== null) return found;
    }
    if (!states) return null;
    const numbers = new Set(states.map(stateNumber));
    return rangesOf(orders.STATE.list(), numbers, orderValues.STATE, most);
  }

  return {
    replaceDomain(previous, next) {
      for (const order of everyOrder) order.replace(previous, next);
      if (everyOrder.some(isBehind)) tidySoon();
    },
    list({ filter, orderBy: { field, direction }, first, after }) {
      const place = after === null ? null : parsePageCursor(after, field);
      const matches = domainFilter(filter);
      const few = isEmpty(filter) ? null : fewOf(filter);
      const all = orders[field].list();
      const matching = isEmpty(filter) ? all : (few?.filter(matches).sort(domainOrder(field)) ?? all.filter(matches));
      const isAscending = direction === 'ASC';
      const begin = place === null ? 0 : countPassed(matching, field, place, isAscending);
      const end = Math.min(begin + first, matching.length);
      // Descending is the same list, read from its end.
      const page = isAscending
        ? matching.slice(begin, end)
        : matching.slice(matching.length - end, matching.length - begin).reverse();
      let edges: readonly Edge[] | null = null;
      return {
        get edges() {
          edges ??= page.map((one) => new Edge(field, one));
          return edges;
        },
        nodes: page,
        hasNextPage: end < matching.length,
        hasPreviousPage: begin > 0,
        totalCount: matching.length,
      };
    },
  };
}

/** More are merged in by themselves; fewer wait until somebody looks. */
const manyPending = 256;
/** About a millisecond's worth among a hundred thousand. */
const changesInTurn = 1_000;
const isBehind = ({ pending }: SortedDomains) => pending >= manyPending;

/** So small a part of all is sorted anew rather than looked for among all in their order. */
const fewShare = 16;

/** All whose `valueOf` is among `values`, of a list that is sorted by it; `null`: more than `most`. */
function rangesOf<T extends string | number>(
  sorted: readonly DomainRecord[],
  values: ReadonlySet<T>,
  valueOf: (domain: DomainRecord) => T,
  most: number,
): readonly DomainRecord[] | null {
  const found: DomainRecord[] = [];
  for (const value of values) {
    const begin = countWhile(sorted, (domain) => valueOf(domain) < value);
    const end = countWhile(sorted, (domain) => valueOf(domain) <= value, begin);
    if (found.length + end - begin > most) return null;
    for (const domain of sorted.slice(begin, end)) found.push(domain);
  }
  return found;
}

/** Most who ask for a page look at the cursors of its ends alone, so each is made when it is looked at. */
class Edge {
  readonly #field: DomainOrderField;
  readonly node: DomainRecord;

  constructor(field: DomainOrderField, node: DomainRecord) {
    this.#field = field;
    this.node = node;
  }
  get cursor(): string {
    return formatPageCursor(this.#field, sortKeyOf(this.#field, this.node));
  }
}

function isEmpty(filter: DomainFilter): boolean {
  return Object.values(filter).every((part) => part === undefined || part === null || part === '');
}

/** How many, in the direction of reading, stand at `place` or before it. The domain of the cursor itself may be gone. */
function countPassed(
  sorted: readonly DomainRecord[],
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
