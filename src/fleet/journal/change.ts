import type { Cursor } from '../../model/brands.ts';
import type { ChangeOrigin, FleetObject, HostView, ObjectKind, ObjectRef } from '../objects.ts';
import type { DomainFilter } from '../replica/domain-page.ts';
import type { Feed } from './feed.ts';

export type Change =
  | {
      readonly type: 'upserted';
      readonly cursor: Cursor;
      readonly observedAt: number;
      readonly origin: ChangeOrigin;
      readonly object: FleetObject;
      /** As it was before; `null`: new, or part of a snapshot. */
      readonly previous: FleetObject | null;
      /** Names of the schema's fields; `null`: new, or part of a snapshot. */
      readonly changedFields: readonly string[] | null;
    }
  | {
      readonly type: 'deleted';
      readonly cursor: Cursor;
      readonly observedAt: number;
      readonly origin: ChangeOrigin;
      readonly ref: ObjectRef;
    }
  | { readonly type: 'snapshotComplete'; readonly cursor: Cursor }
  | { readonly type: 'bookmark'; readonly cursor: Cursor }
  | { readonly type: 'hostInterrupted'; readonly cursor: Cursor; readonly observedAt: number; readonly host: HostView }
  | { readonly type: 'hostResumed'; readonly cursor: Cursor; readonly observedAt: number; readonly host: HostView }
  | { readonly type: 'lagged'; readonly dropped: number }
  | { readonly type: 'resyncRequired'; readonly reason: 'CURSOR_EXPIRED' | 'EPOCH_CHANGED' };

export type ChangeFilter = {
  readonly hosts?: readonly string[] | null;
  readonly kinds?: readonly ObjectKind[] | null;
  readonly domains?: DomainFilter | null;
};

/** `FAILED`: the disk refused, so that changes are kept in memory alone until it is back. */
export type JournalPersistence = 'NONE' | 'SQLITE' | 'FAILED';

export type JournalView = {
  /** Whether changes outlive the process. */
  readonly persistence: JournalPersistence;
  /** The present place. */
  cursor(): Cursor;
  /** The same place as a number, which grows with every change. */
  readonly lastSeq: number;
  /** Until `return()` is called. Never lets a slow reader grow: see `lagged`. */
  open(query: {
    readonly filter: ChangeFilter;
    readonly after: Cursor | null;
    readonly snapshot: 'IF_NEEDED' | 'ALWAYS' | 'NEVER';
  }): Feed<Change>;
  /** One page for those who poll. Throws `CURSOR_EXPIRED`. */
  since(query: { readonly filter: ChangeFilter; readonly after: Cursor | null; readonly first: number }): {
    readonly changes: readonly Change[];
    readonly cursor: Cursor;
    readonly hasMore: boolean;
  };
};
