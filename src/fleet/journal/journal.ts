import type { Clock } from '../../clock.ts';
import { VirtgraphError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Cursor } from '../../model/brands.ts';
import type { JournalShelf } from '../../store/journal-shelf.ts';
import type { Lent } from '../../store/lasting-store.ts';
import type { SessionNews } from '../hosts/session-news.ts';
import type { FleetObject } from '../objects.ts';
import type { Change, JournalView } from './change.ts';
import type { ChangePredicates } from './change-filter.ts';
import { parseCursor } from './cursor.ts';
import { changeOf, estimateBytes, type JournalLimits, type JournalRing, type PresentState } from './journal-entry.ts';
import { createJournalIntake, type Happened } from './journal-intake.ts';
import { createJournalKeeper } from './journal-keeper.ts';
import { createJournalReader } from './journal-reader.ts';
import { createJournalRuns } from './journal-runs.ts';
import { createJournalWindow } from './journal-window.ts';
import { createPresentState } from './present-state.ts';
import { createReaderIndex } from './reader-index.ts';

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
  /** Where entries are kept beyond the end of the process. Default: nowhere. */
  readonly store?: Lent<JournalShelf> | null;
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
  readonly keepAsOf: (text: string) => void;
  readonly size: {
    readonly entries: number;
    readonly bytes: number;
    readonly written: number;
    readonly readers: number;
  };
  /** Every reader gets its end. */
  close(): void;
};

/** Of the newest entries, so many are made into a change once for all who are told of them. */
const sharedChanges = 4_096;

/**
 * The ordered, bounded record of changes. A reader is a place in it and nothing more: however slow, it costs no memory;
 * what it missed is found by the links between the entries of one object.
 */
export function createJournal({
  newEpoch,
  store = null,
  log,
  limits,
  clock,
  predicates,
  snapshot,
}: JournalOptions): Journal {
  const keeper = createJournalKeeper({
    store,
    log,
    memory: {
      limits,
      get runs() {
        return runs.all;
      },
      get firstSeq() {
        return window.firstSeq;
      },
      get heldFrom() {
        return window.heldFrom;
      },
      get lastSeq() {
        return window.lastSeq;
      },
      entry: (seq) => window.entry(seq),
      present() {
        intake.commitAll();
        return snapshot();
      },
    },
    left: beginRun,
    pastLost: () => window.forgetPast(),
  });
  const runs = createJournalRuns(keeper.past.runs, newEpoch);
  const window = createJournalWindow({ keeper, limits, now: clock.now() });
  const readers = createReaderIndex();
  let toldSeq = window.lastSeq;
  /** At the remainder of its number, so that a newer one takes the place of an older. */
  const recentChanges: { readonly seq: number; readonly change: Change }[] = [];
  let written = 0;
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
  beginRun();

  /** Under an epoch that nobody has seen: what follows may be lost, and must never be taken for something else. */
  function beginRun() {
    keeper.begin(runs.begin(window.lastSeq + 1));
  }

  /** They are kept, where they are to be, before anybody sees them. */
  function commit(batch: readonly Happened[]) {
    const entries = batch.map(({ news, observedAt }, index) => ({
      seq: window.lastSeq + 1 + index,
      observedAt,
      news,
      bytes: estimateBytes(news),
    }));
    keeper.append(entries, window.firstSeq);
    for (const each of entries) window.add(each);
    written += entries.length;
  }

  function tellWaiting() {
    const from = toldSeq + 1;
    const { firstSeq, lastSeq } = window;
    toldSeq = lastSeq;
    // Whom what has left already concerned, nobody knows: each finds out by himself.
    if (from < firstSeq) for (const reader of readers) reader.wake(from);
    for (let seq = Math.max(from, firstSeq); seq <= lastSeq; seq++) {
      for (const reader of readers.concerned(window.entry(seq))) reader.wake(seq);
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
    const change = changeOf(ring, window.entry(seq));
    recentChanges[place] = { seq, change };
    return change;
  }

  const ring: JournalRing = {
    limits,
    clock,
    get firstSeq() {
      return window.firstSeq;
    },
    get lastSeq() {
      return window.lastSeq;
    },
    get toldSeq() {
      return toldSeq;
    },
    locate(place) {
      const seq = runs.locate(place, window.lastSeq);
      if (seq === null) return 'EPOCH_CHANGED';
      if (!place.partial) window.reach(seq + 1);
      return seq + 1 < window.firstSeq ? 'CURSOR_EXPIRED' : seq;
    },
    reach: window.reach,
    entry: window.entry,
    change: changeAt,
    snapshot() {
      // What is in it must not be told again, as it was before.
      intake.commitAll();
      presentState ??= createPresentState(snapshot(), ring.partialCursorAt(window.lastSeq), clock.now());
      return presentState;
    },
    cursorAt: (seq) => runs.cursorAt(seq, false),
    partialCursorAt: (seq) => runs.cursorAt(seq, true),
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
    cursor: () => ring.cursorAt(window.lastSeq),
    get lastSeq() {
      return window.lastSeq;
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
      if (after === null) return { changes: [], cursor: ring.cursorAt(window.lastSeq), hasMore: false };
      const matches = predicates(filter);
      const changes: Change[] = [];
      let seq = seqAfterCursor(after);
      while (seq < window.lastSeq) {
        window.reach(seq + 1);
        if (seq + 1 < window.firstSeq) expired('CURSOR_EXPIRED');
        const next = window.entry(seq + 1);
        if (matches.news(next.news)) {
          if (changes.length === first) return { changes, cursor: ring.cursorAt(seq), hasMore: true };
          changes.push(changeOf(ring, next));
        }
        seq++;
      }
      return { changes, cursor: ring.cursorAt(seq), hasMore: false };
    },
    get size() {
      const { firstSeq, lastSeq, bytes } = window;
      return { entries: lastSeq - firstSeq + 1, bytes, written, readers: readers.size };
    },
    close() {
      if (closed) return;
      cancelBookmarks?.();
      intake.close();
      keeper.close();
      closed = true;
      for (const reader of readers) void reader.return();
    },
  };
}
