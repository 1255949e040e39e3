import { errorFields, type Log } from '../../log.ts';
import type { EntryBounds } from '../../store/entry-reads.ts';
import type { JournalPast } from '../../store/journal-load.ts';
import type { JournalShelf } from '../../store/journal-shelf.ts';
import type { Lent } from '../../store/lasting-store.ts';
import type { Run } from '../../store/stored-rows.ts';
import type { JournalPersistence } from './change.ts';
import { writeEntry } from './entry-write.ts';
import type { JournalEntry, NewEntry } from './journal-entry.ts';
import { type JournalMemory, type JournalReturn, returnToShelf } from './journal-return.ts';
import { createPastEntries, type PastEntries } from './past-entries.ts';

/**
 * Keeps the journal's entries beyond the end of the process. While the store is away they are in memory alone: a disk that
 * is full must not stop the gateway. When it is back, what it lacks is written before it counts as kept again. Nothing
 * here throws.
 */
export type JournalKeeper = {
  readonly persistence: JournalPersistence;
  /** What earlier runs left. */
  readonly past: JournalPast;
  begin(run: Run): void;
  /** All of them are kept when this returns, unless it has failed; then none is. */
  append(entries: readonly NewEntry[], firstSeq: number): void;
  keepAsOf(text: string): void;
  /** `null`: it cannot be read. */
  firstWithin(bounds: EntryBounds): { readonly seq: number; readonly bytes: number } | null;
  /** Of an earlier run; `null`: it cannot be read. */
  pastEntry(seq: number): JournalEntry | null;
  /** Writes what a store that is just back still lacks. */
  close(): void;
};

export type JournalKeeperOptions = {
  /** `null`: none is wanted. */
  readonly store: Lent<JournalShelf> | null;
  readonly log: Log;
  /** Asked for when the store is back. */
  readonly memory: JournalMemory;
  /** What follows is not kept for now. */
  readonly left: () => void;
  /** The store is back, and has nothing of earlier runs. */
  readonly pastLost: () => void;
};

const nothing: JournalPast = { runs: [], firstSeq: 1, lastSeq: 0, bytes: 0 };

export function createJournalKeeper({ store, log, memory, left, pastLost }: JournalKeeperOptions): JournalKeeper {
  /** With all that the journal has. */
  let kept = store?.shelf ?? null;
  const past = kept?.past ?? nothing;
  /** What earlier runs left, also while the store is away. */
  let readable: { readonly shelf: JournalShelf; readonly entries: PastEntries } | null = kept && readableOf(kept);
  let underWay: { readonly shelf: JournalShelf; readonly work: JournalReturn } | null = null;

  function keep(work: (shelf: JournalShelf) => void) {
    if (kept === null) return;
    try {
      work(kept);
    } catch (error) {
      store?.failed(error);
      leave();
    }
  }

  function leave() {
    underWay = null;
    if (kept === null) return;
    kept = null;
    left();
  }

  /** What cannot be read costs what is past, and nothing else. */
  function recall<T>(read: (from: NonNullable<typeof readable>) => T): T | null {
    try {
      return readable && read(readable);
    } catch (error) {
      log.error(errorFields(error), 'What an earlier run kept of its changes cannot be read');
      return null;
    }
  }

  function guarded(work: () => void) {
    try {
      work();
    } catch (error) {
      underWay = null;
      store?.failed(error);
    }
  }

  function goOn() {
    const current = underWay;
    if (current === null || !current.work.step()) return;
    kept = current.shelf;
    underWay = null;
    log.info({ changes: memory.lastSeq - memory.firstSeq + 1 }, 'Changes are kept on disk again');
  }

  function goOnSoon() {
    const current = underWay;
    setImmediate(() => {
      if (current === null || underWay !== current) return;
      guarded(goOn);
      if (underWay !== null) goOnSoon();
    });
  }

  store?.follow({
    left: leave,
    returned(shelf) {
      guarded(() => {
        const work = returnToShelf(shelf, memory);
        readable = work.isContinued ? readableOf(shelf) : null;
        if (!work.isContinued) pastLost();
        underWay = { shelf, work };
        goOnSoon();
      });
    },
  });

  return {
    get persistence() {
      return store === null ? 'NONE' : kept === null ? 'FAILED' : 'SQLITE';
    },
    past,
    begin: (run) => keep((to) => to.begin(run)),
    append: (entries, firstSeq) => keep((to) => to.append(entries.map(writeEntry), firstSeq)),
    keepAsOf: (text) => keep((to) => to.keepAsOf(text)),
    firstWithin: (bounds) => recall(({ shelf }) => shelf.firstWithin(bounds)),
    pastEntry: (seq) => recall(({ entries }) => entries.entry(seq)),
    close() {
      while (underWay !== null) guarded(goOn);
    },
  };
}

function readableOf(shelf: JournalShelf) {
  return { shelf, entries: createPastEntries(shelf) };
}
