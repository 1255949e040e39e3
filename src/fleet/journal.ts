import type { Clock } from '../clock.ts';
import { VirtgraphError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Cursor } from '../model/brands.ts';
import type { JournalShelf } from '../store/journal-shelf.ts';
import type { Run } from '../store/stored-rows.ts';
import type { ChangePredicates } from './change-filter.ts';
import { formatCursor, parseCursor } from './cursor.ts';
import { createHeldEntries } from './held-entries.ts';
import {
  changeOf,
  estimateBytes,
  type JournalEntry,
  type JournalLimits,
  type JournalRing,
  type PresentState,
} from './journal-entry.ts';
import { createJournalIntake, type Happened } from './journal-intake.ts';
import { createJournalKeeper } from './journal-keeper.ts';
import { createJournalReader } from './journal-reader.ts';
import { createPresentState } from './present-state.ts';
import { createReaderIndex } from './reader-index.ts';
import type { SessionNews } from './session-news.ts';
import type { Change, FleetObject, JournalView } from './types.ts';

export const defaultJournalLimits: JournalLimits = {
  entries: 100_000,
  bytes: 64 * 1024 * 1024,
  ageMs: 24 * 3_600_000,
  readerLag: 1_024,
  slowReaderMs: 60_000,
  bookmarkMs: 15_000,
  togetherMs: 4,
};

export type JournalOptions = {
  /** 16 hexadecimal digits that no other run has, each time others. */
  readonly newEpoch: () => string;
  /** Where entries are kept beyond the end of the process; 'FAILED' where they should be and cannot. */
  readonly shelf?: JournalShelf | 'FAILED' | null;
  readonly log: Log;
  readonly limits: JournalLimits;
  readonly clock: Clock;
  readonly predicates: ChangePredicates;
  /** All there is now; asked for when a reader begins with the present state. */
  readonly snapshot: () => readonly FleetObject[];
};

export type Journal = JournalView & {
  /** Told at once; where entries are kept, as soon as they are. */
  append(news: SessionNews): void;
  /** See `JournalShelf`. */
  keepAsOf(text: string): void;
  readonly size: {
    readonly entries: number;
    readonly bytes: number;
    readonly written: number;
    readonly readers: number;
  };
  /** Every reader gets its end. */
  close(): void;
};

/** So often, in entries, it is looked whether earlier runs' are too many or too old. */
const dropPastEvery = 256;
/** Of the newest entries, so many are made into a change once for all who are told of them. */
const sharedChanges = 4_096;

/**
 * The ordered, bounded record of changes. A reader is a place in it and nothing more: however slow, it costs no memory;
 * what it missed is found by the links between the entries of one object.
 *
 * Numbers go on from one run of the gateway to the next; an epoch is one run's own. So a cursor can be told from one
 * that was given out and then lost with the machine's power, although its number has come again.
 */
export function createJournal({
  newEpoch,
  shelf = null,
  log,
  limits,
  clock,
  predicates,
  snapshot,
}: JournalOptions): Journal {
  const keeper = createJournalKeeper(shelf, log, beginRun);
  const { past } = keeper;
  /** Entries before this one are of earlier runs, and on disk alone. */
  const ownFrom = past.lastSeq + 1;
  const runs: Run[] = [...past.runs];
  const held = createHeldEntries(ownFrom);
  const readers = createReaderIndex();
  let firstSeq = past.firstSeq;
  let lastSeq = past.lastSeq;
  let toldSeq = lastSeq;
  /** At the remainder of its number, so that a newer one takes the place of an older. */
  const recentChanges: { readonly seq: number; readonly change: Change }[] = [];
  let written = 0;
  /** Of the entries on disk alone. */
  let pastBytes = past.bytes;
  let presentState: PresentState | null = null;
  let cancelBookmarks: (() => void) | null = null;
  let closed = false;
  const intake = createJournalIntake({
    clock,
    togetherMs: limits.togetherMs,
    isKept: () => keeper.persistence === 'SQLITE',
    commit,
    tell: tellWaiting,
  });
  dropPast(clock.now());
  beginRun();

  /** Under an epoch that nobody has seen: what follows may be lost, and must never be taken for something else. */
  function beginRun() {
    const run: Run = { epoch: newEpoch(), firstSeq: lastSeq + 1 };
    runs.push(run);
    keeper.begin(run);
  }

  function entry(seq: number): JournalEntry {
    const found = seq < ownFrom ? keeper.pastEntry(seq) : held.at(seq);
    // Everybody asks between `firstSeq` and `lastSeq`, where there are no holes.
    if (!found) throw new Error(`The journal was asked for entry ${seq}, which it does not hold.`);
    return found;
  }

  function isTooMuch(now: number): boolean {
    if (firstSeq >= lastSeq) return false;
    return (
      lastSeq - firstSeq >= limits.entries ||
      held.bytes > limits.bytes ||
      now - entry(firstSeq).observedAt > limits.ageMs
    );
  }

  /** Of what earlier runs left, as much goes as the bounds ask for. */
  function dropPast(now: number) {
    if (firstSeq >= ownFrom) return;
    const kept = keeper.firstWithin({
      minSeq: lastSeq - limits.entries + 1,
      bytes: limits.bytes,
      since: now - limits.ageMs,
    });
    if (kept === null || kept.seq >= ownFrom) {
      forgetPast();
      return;
    }
    firstSeq = kept.seq;
    pastBytes = Math.max(0, kept.bytes - held.bytes);
  }

  function forgetPast() {
    firstSeq = Math.max(firstSeq, ownFrom);
    pastBytes = 0;
  }

  function trim(now: number) {
    if (firstSeq < ownFrom) {
      if (lastSeq - ownFrom >= limits.entries || held.bytes > limits.bytes) forgetPast();
      else if (written % dropPastEvery === 0) dropPast(now);
    }
    if (firstSeq < ownFrom) return;
    // The newest stays, whatever its size.
    while (isTooMuch(now)) {
      held.dropOldest();
      firstSeq++;
    }
  }

  /** They are kept, where they are to be, before anybody sees them. */
  function commit(batch: readonly Happened[]) {
    const entries = batch.map(({ news, observedAt }, index) => ({
      seq: lastSeq + 1 + index,
      observedAt,
      news,
      bytes: estimateBytes(news),
    }));
    keeper.append(entries, firstSeq);
    for (const each of entries) {
      held.add(each);
      lastSeq = each.seq;
      written++;
      trim(each.observedAt);
    }
  }

  function tellWaiting() {
    const from = toldSeq + 1;
    toldSeq = lastSeq;
    // Whom what has left already concerned, nobody knows: each finds out by himself.
    if (from < firstSeq) for (const reader of readers) reader.wake(from);
    for (let seq = Math.max(from, firstSeq); seq <= lastSeq; seq++) {
      for (const reader of readers.concerned(entry(seq))) reader.wake(seq);
    }
  }

  /** One pass over all, for those who have heard nothing for long, a few times within the interval. */
  function keepBookmarking() {
    cancelBookmarks ??= clock.after(limits.bookmarkMs / 5, () => {
      cancelBookmarks = null;
      const now = clock.monotonic();
      for (const reader of readers) reader.bookmarkIfSilent(now);
      if (readers.size > 0) keepBookmarking();
    });
  }

  function changeAt(seq: number): Change {
    const place = seq % sharedChanges;
    const known = recentChanges[place];
    if (known?.seq === seq) return known.change;
    const change = changeOf(ring, entry(seq));
    recentChanges[place] = { seq, change };
    return change;
  }

  function cursorAt(seq: number, partial: boolean): Cursor {
    // The run that wrote it. Before the first of all there is only the beginning of the oldest.
    const run = runs.findLast((each) => each.firstSeq <= seq) ?? runs[0];
    if (run === undefined) throw new Error('A journal has a run from its beginning on.');
    return formatCursor({ epoch: run.epoch, seq, partial });
  }

  const ring: JournalRing = {
    limits,
    clock,
    get firstSeq() {
      return firstSeq;
    },
    get lastSeq() {
      return lastSeq;
    },
    get toldSeq() {
      return toldSeq;
    },
    locate({ epoch, seq, partial }) {
      const index = runs.findIndex((run) => run.epoch === epoch);
      const run = runs[index];
      // Another gateway's, or one that was lost with its entries: when the power failed, or the disk.
      if (run === undefined) return 'EPOCH_CHANGED';
      const lastOfRun = (runs[index + 1]?.firstSeq ?? lastSeq + 1) - 1;
      if (seq < run.firstSeq - 1 || seq > lastOfRun) return 'EPOCH_CHANGED';
      if (!partial) ring.reach(seq + 1);
      return seq + 1 < firstSeq ? 'CURSOR_EXPIRED' : seq;
    },
    reach(seq) {
      if (seq >= firstSeq && seq < ownFrom && keeper.pastEntry(seq) === null) forgetPast();
    },
    entry,
    change: changeAt,
    snapshot() {
      // What is in it must not be told again, as it was before.
      intake.commitAll();
      presentState ??= createPresentState(snapshot(), ring.partialCursorAt(lastSeq), clock.now());
      return presentState;
    },
    cursorAt: (seq) => cursorAt(seq, false),
    partialCursorAt: (seq) => cursorAt(seq, true),
    enter(reader) {
      if (closed) {
        void reader.return();
        return;
      }
      readers.add(reader);
      keepBookmarking();
    },
    leave(reader) {
      readers.delete(reader);
    },
  };

  function seqAfterCursor(after: Cursor): number {
    const place = parseCursor(after);
    const seq = place.partial ? 'CURSOR_EXPIRED' : ring.locate(place);
    return typeof seq === 'number' ? seq : expired(seq);
  }

  function expired(reason: 'CURSOR_EXPIRED' | 'EPOCH_CHANGED'): never {
    throw new VirtgraphError(
      'CURSOR_EXPIRED',
      reason === 'CURSOR_EXPIRED'
        ? 'The journal no longer reaches back to this cursor.'
        : 'This cursor is of another run of the gateway, or of another gateway.',
      { remedy: 'List everything again, then go on from a new cursor.' },
    );
  }

  return {
    get persistence() {
      return keeper.persistence;
    },
    cursor: () => ring.cursorAt(lastSeq),
    get lastSeq() {
      return lastSeq;
    },
    append(news) {
      if (closed) return;
      presentState = null;
      intake.add(news);
    },
    keepAsOf(text) {
      keeper.keepAsOf(text);
    },
    open({ filter, after, snapshot: mode }) {
      // Checked here, so that a bad cursor or filter fails the request and not a stream that has begun.
      const place = after === null ? null : parseCursor(after);
      return createJournalReader(ring, predicates(filter), { after: place, mode });
    },
    since({ filter, after, first }) {
      if (after === null) return { changes: [], cursor: ring.cursorAt(lastSeq), hasMore: false };
      const matches = predicates(filter);
      const changes: Change[] = [];
      let seq = seqAfterCursor(after);
      while (seq < lastSeq) {
        ring.reach(seq + 1);
        if (seq + 1 < firstSeq) expired('CURSOR_EXPIRED');
        const next = entry(seq + 1);
        if (matches.news(next.news)) {
          if (changes.length === first) return { changes, cursor: ring.cursorAt(seq), hasMore: true };
          changes.push(changeOf(ring, next));
        }
        seq++;
      }
      return { changes, cursor: ring.cursorAt(seq), hasMore: false };
    },
    get size() {
      return { entries: lastSeq - firstSeq + 1, bytes: held.bytes + pastBytes, written, readers: readers.size };
    },
    close() {
      if (closed) return;
      cancelBookmarks?.();
      intake.close();
      closed = true;
      for (const reader of readers) void reader.return();
    },
  };
}
