import { VirtgraphError } from '../../errors.ts';
import { errorFields, type Log } from '../../log.ts';
import type { ChangeOrigin } from '../objects.ts';

/**
 * Reads that fail are tried again: a read changes nothing and may be repeated, and without it the replica would be wrong
 * until the next reconcile.
 */
export type FailedReads<Key> = {
  /** Does it; when it failed, again later. Rejects with what it failed with. That there is nothing to read is no failure. */
  attempt(key: Key, origin: ChangeOrigin, read: () => Promise<void>): Promise<void>;
  has(key: Key): boolean;
  /** How many have failed when they were last tried. */
  size(): number;
};

export type FailedReadsOptions<Key> = {
  /** As the log says it: "Reading a domain". */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Does it after a while, which is the longer the more failures there were. */
  readonly later: (failures: number, work: () => void) => void;
  readonly again: (key: Key, origin: ChangeOrigin) => void;
};

export function createFailedReads<Key>({ what, signal, log, later, again }: FailedReadsOptions<Key>): FailedReads<Key> {
  const failed = new Map<Key, number>();

  function noteFailure(key: Key, origin: ChangeOrigin, error: unknown) {
    const failures = (failed.get(key) ?? 0) + 1;
    failed.set(key, failures);
    if (failures === 1) log.warn({ object: key, ...errorFields(error) }, `${what} failed; trying again`);
    later(failures, () => {
      // Read by somebody else meanwhile, or failed once more and scheduled anew.
      if (failed.get(key) === failures) again(key, origin);
    });
  }

  return {
    async attempt(key, origin, read) {
      try {
        await read();
        failed.delete(key);
      } catch (error) {
        if (isNotFound(error) || signal.aborted) failed.delete(key);
        else noteFailure(key, origin, error);
        throw error;
      }
    },
    has: (key) => failed.has(key),
    // No getter: with one, each of a host's five would be a dictionary.
    size: () => failed.size,
  };
}

export function isNotFound(error: unknown): boolean {
  return error instanceof VirtgraphError && error.code === 'NOT_FOUND';
}
