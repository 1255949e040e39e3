import { rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { retryDelayMs } from '../backoff.ts';
import { detach, errorFields } from '../log.ts';
import { makePrivateDir } from '../private-dir.ts';
import { type OpenedStore, openStore, type StoreOptions } from './open-store.ts';
import { StoreError } from './sqlite.ts';

/**
 * A store that may fail while it is used, or at the start, and comes back by itself: it is opened anew, again and again,
 * until that succeeds. What is on the shelves then may be what was there, less, or nothing.
 */
export type LastingStore<T> = {
  lend<S>(pick: (shelves: T) => S): Lent<S>;
  readonly health: StoreHealth;
  /** After everybody who writes to it. */
  close(): void;
};

export type StoreHealth = {
  /** False: what it would keep is in memory alone. */
  readonly isInUse: boolean;
  /** How often it failed: each vain try to open it again, and each write-back that the disk refused, among them. */
  readonly failures: number;
};

/** A shelf, for as long as the store is there. */
export type Lent<S> = {
  /** `null`: the store is away. */
  readonly shelf: S | null;
  /** Whoever sees the shelf fail says so: everybody is without the store from then on, until it is back. */
  failed(error: unknown): void;
  follow(borrower: Borrower<S>): void;
};

export type Borrower<S> = {
  /** The store has failed, whoever saw it. The shelf that there was can still be read, perhaps. */
  left(): void;
  /** Never within `follow`, nor within `left`. */
  returned(shelf: S): void;
};

export type LastingOptions<T> = Omit<StoreOptions<T>, 'isDamaged' | 'writeBackRefused'> & {
  /** In [0, 1). */
  readonly random: () => number;
};

/** A store that fails sooner after its return waits longer for the next. */
const healthyMs = 60_000;
/** So often it is looked whether the file is still the one that was opened: SQLite writes to one that was removed, too. */
const lookMs = 2_000;
/** With less room on the disk it would soon be away again. */
const roomBytes = 1024 * 1024;
/** Nobody but another gateway can have the file then, and everything waits for this. */
const lockPatienceMs = 50;

/** 'in use': another process has the file. */
export function openLastingStore<T>(options: LastingOptions<T>): LastingStore<T> | 'in use' {
  const { file, clock, log, random } = options;
  const writeBackRefused = () => void failures++;
  const borrowers = new Set<Borrower<T>>();
  /** Also while the store is away, until it is tried to open it anew. */
  let opened: Extract<OpenedStore<T>, { status: 'open' }> | null = null;
  let state: 'in use' | 'away' | 'closed' = 'away';
  let failures = 0;
  let failuresInARow = 0;
  let isDamaged = false;
  let since = clock.monotonic();
  let cancel = () => {};

  const first = openStore({ ...options, writeBackRefused });
  switch (first.status) {
    case 'in use':
      return 'in use';
    case 'open':
      opened = first;
      state = 'in use';
      keepLooking();
      break;
    case 'refused':
      leave(first.error);
      break;
    default:
      return first satisfies never;
  }

  function fail(error: unknown) {
    if (state !== 'in use') return;
    if (clock.monotonic() - since >= healthyMs) failuresInARow = 0;
    leave(error);
    for (const borrower of borrowers) borrower.left();
  }

  function leave(error: unknown) {
    state = 'away';
    since = clock.monotonic();
    const retryInMs = tryLater(error);
    log.error(
      { file, retryInMs, ...errorFields(error) },
      'The store cannot be used: what it would keep is kept in memory only, until it is back',
    );
  }

  function tryLater(error: unknown): number {
    failures++;
    failuresInARow++;
    isDamaged ||= error instanceof StoreError && error.problem === 'damaged';
    const delayMs = retryDelayMs('network', failuresInARow, random()) ?? healthyMs;
    cancel();
    cancel = clock.after(delayMs, () => detach(log, 'opening the store again', comeBack()));
    return delayMs;
  }

  async function comeBack() {
    try {
      requireRoom(file);
      const old = opened;
      opened = null;
      await old?.letGo();
      if (state === 'closed') return;
      const next = openStore({
        ...options,
        writeBackRefused,
        isDamaged,
        lockTimeoutMs: Math.min(lockPatienceMs, options.lockTimeoutMs),
      });
      if (next.status === 'open') lendAgain(next);
      else
        tryLaterQuietly(next.status === 'refused' ? next.error : new StoreError('in use', 'Another process has it.'));
    } catch (error) {
      if (state !== 'closed') tryLaterQuietly(error);
    }
  }

  function tryLaterQuietly(error: unknown) {
    const retryInMs = tryLater(error);
    log.debug({ file, retryInMs, failures, ...errorFields(error) }, 'The store still cannot be used');
  }

  function lendAgain(next: NonNullable<typeof opened>) {
    const awayMs = Math.round(clock.monotonic() - since);
    opened = next;
    state = 'in use';
    isDamaged = false;
    since = clock.monotonic();
    log.info({ file, awayMs, failures }, 'The store can be used again: what is in memory only is written to it');
    keepLooking();
    for (const borrower of borrowers) {
      // The first one's writing may have ended it again.
      if (opened === next && isInUse()) borrower.returned(next.shelves);
    }
  }

  function keepLooking() {
    cancel = clock.after(lookMs, () => {
      if (opened?.isInPlace() === false) {
        fail(new StoreError('refused', `${file} was removed, or is another file than the one that was opened.`));
      } else keepLooking();
    });
  }

  const isInUse = () => state === 'in use';

  return {
    lend: (pick) => ({
      get shelf() {
        return opened !== null && isInUse() ? pick(opened.shelves) : null;
      },
      failed: fail,
      follow(borrower) {
        borrowers.add({ left: () => borrower.left(), returned: (shelves) => borrower.returned(pick(shelves)) });
      },
    }),
    get health() {
      return { isInUse: isInUse(), failures };
    },
    close() {
      if (state === 'closed') return;
      state = 'closed';
      cancel();
      opened?.close();
    },
  };
}

/** Opening a large file takes a while, for nothing where it cannot be written. */
function requireRoom(file: string) {
  const probe = `${file}.room`;
  makePrivateDir(dirname(file));
  try {
    writeFileSync(probe, Buffer.alloc(roomBytes), { mode: 0o600 });
  } finally {
    rmSync(probe, { force: true });
  }
}
