import { VirtgraphError } from '../../errors.ts';
import type { Change } from './change.ts';
import type { ChangePredicate } from './change-filter.ts';
import type { Place } from './cursor.ts';
import type { Feed } from './feed.ts';
import {
  changeOf,
  type JournalEntry,
  type JournalRing,
  type PresentState,
  type WaitingReader,
} from './journal-entry.ts';

export type JournalReader = Feed<Change> & WaitingReader;

export type ReaderStart = {
  /** `null`: none was given. */
  readonly after: Place | null;
  readonly mode: 'IF_NEEDED' | 'ALWAYS' | 'NEVER';
};

/** How far a reader has come. */
type Progress = {
  /** Everything up to here was told, or does not matter to this reader. */
  position: number;
  /** What somebody who came back with a cursor missed is told one by one, however much it is. */
  exactUntil: number;
  /** Told in short are the entries after `shortAfter` up to here. */
  shortUntil: number;
  shortAfter: number;
  snapshot: { readonly state: PresentState; next: number } | null;
  readonly announcements: Change[];
  lastToldAt: number;
  /**
   * Until then it was not slow: it was busy with the present state, or with what it came back for, which takes as long as
   * it takes; or it waited, and what had happened was told to nobody yet.
   */
  notSlowUntil: number;
  /** Since when it has been too far behind, without a break; `null`: it keeps up. */
  laggingSince: number | null;
};

/** Where each of them has come to, for the other of two that are to become one. */
const places = new WeakMap<Feed<Change>, () => number>();

/**
 * A place in the journal that moves when it is asked. It owns no queue: what it has not read is in the ring, and when
 * that is too much, only the newest entry of each object is told.
 */
export function createJournalReader(ring: JournalRing, wanted: ChangePredicate, start: ReaderStart): JournalReader {
  const at: Progress = {
    position: ring.lastSeq,
    exactUntil: 0,
    shortUntil: 0,
    shortAfter: 0,
    snapshot: null,
    announcements: [],
    lastToldAt: ring.clock.monotonic(),
    notSlowUntil: ring.clock.now(),
    laggingSince: null,
  };
  begin(ring, at, start);
  return createReaderAt(ring, wanted, at);
}

function begin(ring: JournalRing, at: Progress, { after, mode }: ReaderStart): void {
  if (after === null) {
    if (mode !== 'NEVER') beginSnapshot(ring, at);
    return;
  }
  const place = ring.locate(after);
  if (place === 'EPOCH_CHANGED') {
    startOver(ring, at, place);
  } else if (after.partial) {
    // Whoever left within a snapshot starts over with it; that is no surprise unless he wants none.
    if (mode === 'NEVER') startOver(ring, at, 'CURSOR_EXPIRED');
    else beginSnapshot(ring, at);
  } else if (place === 'CURSOR_EXPIRED') {
    startOver(ring, at, place);
  } else if (mode === 'ALWAYS') {
    beginSnapshot(ring, at);
  } else {
    at.position = place;
    at.exactUntil = ring.lastSeq;
  }
}

function beginSnapshot(ring: JournalRing, at: Progress): void {
  const state = ring.snapshot();
  at.position = ring.lastSeq;
  at.snapshot = { state, next: 0 };
}

function startOver(ring: JournalRing, at: Progress, reason: 'CURSOR_EXPIRED' | 'EPOCH_CHANGED'): void {
  at.announcements.push({ type: 'resyncRequired', reason });
  beginSnapshot(ring, at);
}

function createReaderAt(ring: JournalRing, wanted: ChangePredicate, at: Progress): JournalReader {
  let waiting: ((result: IteratorResult<Change>) => void) | null = null;
  let over = false;

  /** The next thing to tell; `null`: nothing now. */
  function take(): Change | null {
    for (;;) {
      const announcement = at.announcements.shift();
      if (announcement) return announcement;
      if (at.snapshot !== null) return takeOfSnapshot(at.snapshot);
      ring.reach(at.position + 1);
      if (at.position + 1 < ring.firstSeq) {
        checkPatience();
        // What fell off the ring is not known any more, deletions among it: only the whole state makes it good.
        at.announcements.push({ type: 'lagged', dropped: ring.firstSeq - 1 - at.position });
        startOver(ring, at, 'CURSOR_EXPIRED');
        continue;
      }
      if (at.position >= at.exactUntil && at.position >= at.shortUntil) {
        if (ring.lastSeq - at.position > ring.limits.readerLag) {
          checkPatience();
          cutShort();
          continue;
        }
        at.laggingSince = null;
      }
      if (at.position === ring.lastSeq) return null;
      at.position++;
      if (at.position === at.exactUntil) at.notSlowUntil = ring.clock.now();
      const change =
        at.position <= at.shortUntil ? tellInShort(ring.entry(at.position)) : tell(ring.entry(at.position));
      if (change) return change;
    }
  }

  /**
   * Too far behind, once more or for the first time. Who has been so for long is told to come back instead: each
   * further attempt to catch him up would cost work, and he would still look at what is long past.
   * @throws SLOW_CONSUMER
   */
  function checkPatience() {
    if (ring.firstSeq > ring.lastSeq) return;
    const now = ring.clock.now();
    // When the entry came that was one too many; of what fell off the ring, nothing older is known than what is left.
    const oneTooMany = ring.entry(
      Math.min(Math.max(at.position + ring.limits.readerLag + 1, ring.firstSeq), ring.lastSeq),
    );
    at.laggingSince ??= Math.max(at.notSlowUntil, oneTooMany.observedAt);
    if (now - at.laggingSince <= ring.limits.slowReaderMs) return;
    const seconds = Math.round(ring.limits.slowReaderMs / 1000);
    throw new VirtgraphError(
      'SLOW_CONSUMER',
      `This subscription was more than ${ring.limits.readerLag} changes behind for more than ${seconds} s.`,
      {
        remedy: 'Subscribe again, with a narrower filter or fewer fields; after a `changes` cursor where there is one.',
      },
    );
  }

  function takeOfSnapshot(present: NonNullable<Progress['snapshot']>): Change {
    const { state } = present;
    while (present.next < state.length) {
      const index = present.next++;
      const object = state.object(index);
      if (object !== null && wanted.object(object)) return state.change(index);
    }
    at.snapshot = null;
    at.notSlowUntil = ring.clock.now();
    return { type: 'snapshotComplete', cursor: ring.cursorAt(at.position) };
  }

  function tell(entry: JournalEntry): Change | null {
    return wanted.news(entry.news) ? ring.change(entry.seq) : null;
  }

  function cutShort() {
    at.shortAfter = at.position;
    at.shortUntil = ring.lastSeq;
    let dropped = 0;
    for (let seq = at.shortAfter + 1; seq <= at.shortUntil; seq++) {
      const entry = ring.entry(seq);
      if (wanted.news(entry.news)) dropped++;
      if (tellInShort(entry)) dropped--;
    }
    if (dropped > 0) at.announcements.push({ type: 'lagged', dropped });
  }

  /** The last entry of an object within the stretch stands for all of them, if the object matches now or did before it. */
  function tellInShort(entry: JournalEntry): Change | null {
    if (entry.seqAfter <= at.shortUntil) return null;
    const change = changeOf(ring, entry);
    if (entry.news.type !== 'upserted' && entry.news.type !== 'deleted') return tell(entry);

    let first = entry;
    const changedFields = new Set<string>();
    let isNew = false;
    for (;;) {
      if (first.news.type !== 'upserted' || first.news.changedFields === null) isNew = true;
      else for (const field of first.news.changedFields) changedFields.add(field);
      if (first.seqBefore <= at.shortAfter || first.seqBefore < ring.firstSeq) break;
      first = ring.entry(first.seqBefore);
    }
    // The beginning of the stretch may have left the ring since: then nobody knows what matched, and all is told that can have.
    const isForgotten = at.shortAfter + 1 < ring.firstSeq;
    const matches = isForgotten
      ? wanted.everObject(entry.news.object)
      : didMatchBefore(first) || (change.type === 'upserted' && wanted.object(change.object));
    if (!matches) return null;
    if (change.type !== 'upserted') return change;
    return { ...change, changedFields: isNew || isForgotten ? null : [...changedFields] };
  }

  function didMatchBefore({ news }: JournalEntry): boolean {
    if (news.type === 'upserted') return news.previous !== null && wanted.object(news.previous);
    return news.type === 'deleted' && wanted.object(news.object);
  }

  /** While it waits, whatever others were woken for and it was not is none of its business. */
  function place(): number {
    return waiting === null ? at.position : Math.max(at.position, ring.toldSeq);
  }

  function settle(change: Change) {
    at.lastToldAt = ring.clock.monotonic();
    waiting?.({ value: change, done: false });
    waiting = null;
  }

  const end: IteratorResult<Change> = { value: undefined, done: true };
  const reader: JournalReader = {
    scope: wanted.scope,
    wake(seq) {
      if (waiting === null || seq <= at.position) return;
      at.position = seq - 1;
      at.notSlowUntil = ring.clock.now();
      const change = take();
      if (change !== null) settle(change);
    },
    bookmarkIfSilent(now) {
      if (waiting === null || now - at.lastToldAt < ring.limits.bookmarkMs) return;
      at.position = place();
      settle({ type: 'bookmark', cursor: ring.cursorAt(at.position) });
    },
    get isWaiting() {
      return waiting !== null;
    },
    mergeInto(edge) {
      if (waiting === null || !edge.isWaiting || places.get(edge)?.() !== place()) return false;
      void reader.return();
      return true;
    },
    fork() {
      const { snapshot, announcements } = at;
      return createReaderAt(ring, wanted, {
        ...at,
        position: place(),
        snapshot: snapshot && { ...snapshot },
        announcements: [...announcements],
      });
    },
    next() {
      if (over) return Promise.resolve(end);
      if (waiting !== null) {
        return Promise.reject(new Error('A journal reader is asked for one change at a time.'));
      }
      let change: Change | null;
      try {
        change = take();
      } catch (error) {
        void reader.return();
        return Promise.reject(error);
      }
      if (change !== null) {
        at.lastToldAt = ring.clock.monotonic();
        return Promise.resolve({ value: change, done: false });
      }
      const { promise, resolve } = Promise.withResolvers<IteratorResult<Change>>();
      waiting = resolve;
      return promise;
    },
    return() {
      over = true;
      at.snapshot = null;
      ring.leave(reader);
      waiting?.(end);
      waiting = null;
      return Promise.resolve(end);
    },
    throw(reason) {
      void reader.return();
      return Promise.reject(reason);
    },
    [Symbol.asyncIterator]() {
      return reader;
    },
  };
  places.set(reader, place);
  ring.enter(reader);
  return reader;
}
