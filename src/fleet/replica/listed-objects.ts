import type { Log } from '../../log.ts';
import type { Uuid } from '../../model/brands.ts';
import type { ChangeOrigin } from '../objects.ts';
import { createFailedReads, type FailedReadsOptions, isNotFound } from './failed-reads.ts';
import { createObjectReads, type ReadReason } from './object-reads.ts';

/** A kind of object that one call lists whole: networks, storage pools. */
export type ListedKind<T> = {
  /** As the log names them. */
  readonly plural: string;
  /** False: the host has none of this kind; it is never asked. */
  readonly isSupported: boolean;
  readonly list: () => Promise<readonly T[]>;
  readonly read: (uuid: Uuid, reason: ReadReason) => Promise<T>;
  readonly known: ReadonlyMap<Uuid, T>;
  readonly put: (object: T, origin: ChangeOrigin) => void;
  readonly remove: (uuid: Uuid, origin: ChangeOrigin) => void;
};

export type ListedObjects = {
  /** Reads one again. */
  follow(uuid: Uuid, reason: ReadReason): void;
  /** Lists and compares. Never rejects: what is missing here costs the host no more than these objects. */
  reconcile(origin: ChangeOrigin): Promise<void>;
};

const readsOut = 8;

/** `signal` ends with the connection; nothing is stored after it. */
export type ListedObjectsOptions = Pick<FailedReadsOptions<never>, 'signal' | 'later'> & { readonly log: Log };

export function createListedObjects<T extends { readonly uuid: Uuid }>(
  kind: ListedKind<T>,
  options: ListedObjectsOptions,
): ListedObjects {
  const { signal } = options;
  const reads = createObjectReads<Uuid>({ urgentLimit: readsOut, backgroundLimit: readsOut, read });
  const failedReads = createFailedReads<Uuid>({
    ...options,
    what: `Reading one of the ${kind.plural}`,
    again: (uuid, origin) => void reads.request(uuid, { origin, priority: 'background' }),
  });
  const failedLists = createFailedReads<'list'>({
    ...options,
    what: `Listing ${kind.plural}`,
    again: (_, origin) => void reconcile(origin),
  });

  function read(uuid: Uuid, reason: ReadReason): Promise<void> {
    return failedReads.attempt(uuid, reason.origin, () =>
      readOrRemove(signal, {
        read: () => kind.read(uuid, reason),
        put: (object) => kind.put(object, reason.origin),
        remove: () => kind.remove(uuid, reason.origin),
      }),
    );
  }

  async function list(origin: ChangeOrigin): Promise<void> {
    const reason: ReadReason = { origin, priority: 'background' };
    const watch = reads.watch();
    try {
      const objects = await kind.list();
      if (signal.aborted) return;
      for (const uuid of unlisted(kind.known.keys(), objects)) {
        if (watch.has(uuid)) void reads.request(uuid, reason);
        else kind.remove(uuid, origin);
      }
      for (const object of objects) {
        if (watch.has(object.uuid)) void reads.request(object.uuid, reason);
        else kind.put(object, origin);
      }
    } finally {
      watch.stop();
    }
  }

  async function reconcile(origin: ChangeOrigin): Promise<void> {
    if (!kind.isSupported) return;
    try {
      await failedLists.attempt('list', origin, () => list(origin));
    } catch {
      // It is noted, and tried again.
    }
  }

  return { follow: (uuid, reason) => void reads.request(uuid, reason), reconcile };
}

/** Those known that a list does not name. */
export function unlisted(known: Iterable<Uuid>, listed: readonly { readonly uuid: Uuid }[]): readonly Uuid[] {
  const present = new Set(listed.map(({ uuid }) => uuid));
  return [...known].filter((uuid) => !present.has(uuid));
}

/**
 * Stores what was read, or takes away what is gone.
 * Rejects with `NOT_FOUND` then, and with whatever else reading failed with.
 */
export async function readOrRemove<T>(
  signal: AbortSignal,
  act: { readonly read: () => Promise<T>; readonly put: (value: T) => void; readonly remove: () => void },
): Promise<void> {
  try {
    const value = await act.read();
    // The connection may have ended meanwhile, and the next one may have read something newer.
    signal.throwIfAborted();
    act.put(value);
  } catch (error) {
    signal.throwIfAborted();
    if (isNotFound(error)) act.remove();
    throw error;
  }
}
