import { VirtgraphError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import type { Uuid } from '../model/brands.ts';
import { createObjectReads, type ReadReason } from './object-reads.ts';
import type { ChangeOrigin } from './types.ts';

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

/** @param signal ends with the connection; nothing is stored after it */
export function createListedObjects<T extends { readonly uuid: Uuid }>(
  kind: ListedKind<T>,
  signal: AbortSignal,
  log: Log,
): ListedObjects {
  const reads = createObjectReads<Uuid>({
    urgentLimit: readsOut,
    backgroundLimit: readsOut,
    read: (uuid, reason) =>
      readOrRemove(signal, {
        read: () => kind.read(uuid, reason),
        put: (object) => kind.put(object, reason.origin),
        remove: () => kind.remove(uuid, reason.origin),
      }),
  });

  return {
    // One that fails is put right by the next reconcile.
    follow: (uuid, reason) => void reads.request(uuid, reason),
    async reconcile(origin) {
      if (!kind.isSupported) return;
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
      } catch (error) {
        if (!signal.aborted) log.warn(errorFields(error), `Listing ${kind.plural} failed`);
      } finally {
        watch.stop();
      }
    },
  };
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

export function isNotFound(error: unknown): boolean {
  return error instanceof VirtgraphError && error.code === 'NOT_FOUND';
}
