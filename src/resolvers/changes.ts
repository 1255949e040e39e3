import type { Change, ChangeFilter as FleetChangeFilter } from '../fleet/journal/change.ts';
import type { Feed } from '../fleet/journal/feed.ts';
import type { FleetObject, ObjectKind } from '../fleet/objects.ts';
import { pageSize } from './connection.ts';
import type { Context } from './context.ts';
import type { NodeKind } from './ids.ts';
import { requireHost, toDomainFilter } from './lookup.ts';
import type {
  ChangeFilter,
  ChangeKind,
  ChangeResolvers,
  HostInterruptedResolvers,
  NodeResolvers,
  ObjectDeletedResolvers,
  QueryResolvers,
  SubscriptionResolvers,
} from './schema.gen.ts';

export const changeQueries = {
  changesSince(_root, { after, filter, first }, context) {
    const page = {
      filter: toChangeFilter(context, filter),
      after: after ?? null,
      first: pageSize(first, 'after: cursor'),
    };
    return context.fleet.journal.since(page);
  },
} satisfies QueryResolvers;

export const changeSubscriptions = {
  changes: {
    subscribe(_root, { filter, after, snapshot }, context) {
      return context.fleet.journal.open({ filter: toChangeFilter(context, filter), after: after ?? null, snapshot });
    },
    resolve: (change: Change) => change,
  },
} satisfies SubscriptionResolvers;

const typeNames = {
  upserted: 'ObjectUpserted',
  deleted: 'ObjectDeleted',
  snapshotComplete: 'SnapshotComplete',
  bookmark: 'Bookmark',
  hostInterrupted: 'HostInterrupted',
  hostResumed: 'HostResumed',
  lagged: 'Lagged',
  resyncRequired: 'ResyncRequired',
} as const satisfies Record<Change['type'], string>;

const nodeTypeNames = {
  host: 'Host',
  domain: 'Domain',
  network: 'Network',
  storagePool: 'StoragePool',
  task: 'Task',
} as const satisfies Record<NodeKind, string>;

export const changes = {
  Change: { __resolveType: (change) => typeNames[change.type] } satisfies ChangeResolvers,
  Node: { __resolveType: (object) => nodeTypeNames[object.kind] } satisfies NodeResolvers,
  ObjectDeleted: { id: (change, _args, { ids }) => ids.encode(change.ref) } satisfies ObjectDeletedResolvers,
  HostInterrupted: { problem: (change) => change.host.problem } satisfies HostInterruptedResolvers,
};

/** The stream below each of them. */
const sources = new WeakMap<object, Feed<Change>>();

/**
 * The objects of a stream of changes, for those who want to know what is and not how it came about. `pick` gives
 * `null` for what is left out, and `isLast` says after which change nothing will ever come. Returning it returns the
 * stream below, at once.
 */
export function pickFromChanges<T>(
  source: Feed<Change>,
  pick: (object: FleetObject) => T | null,
  isLast: (change: Change) => boolean = () => false,
): Feed<T> {
  const end: IteratorResult<T> = { value: undefined, done: true };
  const feed: Feed<T> = {
    async next() {
      for (;;) {
        const step = await source.next();
        if (step.done) return end;
        if (isLast(step.value)) return feed.return();
        const value = step.value.type === 'upserted' ? pick(step.value.object) : null;
        if (value !== null) return { value, done: false };
      }
    },
    async return() {
      await source.return();
      return end;
    },
    get isWaiting() {
      return source.isWaiting;
    },
    mergeInto(edge) {
      const other = sources.get(edge);
      return other !== undefined && source.mergeInto(other);
    },
    fork: () => pickFromChanges(source.fork(), pick, isLast),
    [Symbol.asyncIterator]: () => feed,
  };
  sources.set(feed, source);
  return feed;
}

/** Arguments that say where a subscriber begins, and nothing of what he is told from then on. */
export const startArguments: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['changes', new Set(['after', 'snapshot'])],
]);

const kinds = {
  HOST: 'host',
  DOMAIN: 'domain',
  NETWORK: 'network',
  STORAGE_POOL: 'storagePool',
} as const satisfies Record<ChangeKind, ObjectKind>;

function toChangeFilter(context: Context, filter: ChangeFilter | null | undefined): FleetChangeFilter {
  for (const name of filter?.hosts ?? []) requireHost(context, name);
  for (const name of filter?.domains?.hosts ?? []) requireHost(context, name);
  return {
    hosts: filter?.hosts ?? null,
    kinds: filter?.kinds?.map((kind) => kinds[kind]) ?? null,
    domains: filter?.domains ? toDomainFilter(filter.domains) : null,
  };
}
