import { VirtgraphError } from '../errors.ts';
import type { ChangePredicate } from './change-filter.ts';
import type { Place } from './cursor.ts';
import { changeOf, type JournalEntry, type JournalRing, type WaitingReader } from './journal-entry.ts';
import type { Change, FleetObject } from './types.ts';

export type JournalReader = AsyncIterableIterator<Change> &
  WaitingReader & { return(): Promise<IteratorResult<Change>> };

export type ReaderStart = {
  /** `null`: none was given. */
  readonly after: Place | null;
  readonly mode: 'IF_NEEDED' | 'ALWAYS' | 'NEVER';
};

/**
 * A place in the journal that moves when it is asked. It owns no queue: what it has not read is in the ring, and when
 * that is too much, only the newest entry of each object is told.
 */
export function createJournalReader(ring: JournalRing, wanted: ChangePredicate, start: ReaderStart): JournalReader {
  /** Everything up to here was told, or does not matter to this reader. */
  let position = ring.lastSeq;
  /** What somebody who came back with a cursor missed is told one by one, however much it is. */
  let exactUntil = 0;
  /** Told in short are the entries after `shortAfter` up to here. */
  let shortUntil = 0;
  let shortAfter = 0;
  let snapshot: { readonly objects: readonly FleetObject[]; next: number; readonly takenAt: number } | null = null;
  const announcements: Change[] = [];
  let waiting: ((result: IteratorResult<Change>) => void) | null = null;
  let lastToldAt = ring.clock.monotonic();
  /** Until then it was busy with the present state, or with what it came back for: that takes as long as it takes. */
  let busyUntil = ring.clock.now();
  /** Since when it has been too far behind, without a break; `null`: it keeps up. */
  let laggingSince: number | null = null;
  let over = false;
  begin();

  function begin() {
    const { after, mode } = start;
    if (after === null) {
      if (mode !== 'NEVER') beginSnapshot();
      return;
    }
    const place = ring.locate(after);
    if (place === 'EPOCH_CHANGED') {
      startOver(place);
    } else if (after.partial) {
      // Whoever left within a snapshot starts over with it; that is no surprise unless he wants none.
      if (mode === 'NEVER') startOver('CURSOR_EXPIRED');
      else beginSnapshot();
    } else if (place === 'CURSOR_EXPIRED') {
      startOver(place);
    } else if (mode === 'ALWAYS') {
      beginSnapshot();
    } else {
      position = place;
      exactUntil = ring.lastSeq;
    }
  }

  function beginSnapshot() {
    const objects = ring.snapshot();
    position = ring.lastSeq;
    snapshot = { objects, next: 0, takenAt: ring.clock.now() };
  }

  function startOver(reason: 'CURSOR_EXPIRED' | 'EPOCH_CHANGED') {
    announcements.push({ type: 'resyncRequired', reason });
    beginSnapshot();
  }

  /** The next thing to tell; `null`: nothing now. */
  function take(): Change | null {
    for (;;) {
      const announcement = announcements.shift();
      if (announcement) return announcement;
      if (snapshot !== null) return takeOfSnapshot(snapshot);
      ring.reach(position + 1);
      if (position + 1 < ring.firstSeq) {
        checkPatience();
        // What fell off the ring is not known any more, deletions among it: only the whole state makes it good.
        announcements.push({ type: 'lagged', dropped: ring.firstSeq - 1 - position });
        startOver('CURSOR_EXPIRED');
        continue;
      }
      if (position >= exactUntil && position >= shortUntil) {
        if (ring.lastSeq - position > ring.limits.readerLag) {
          checkPatience();
          cutShort();
          continue;
        }
        laggingSince = null;
      }
      if (position === ring.lastSeq) return null;
      position++;
      if (position === exactUntil) busyUntil = ring.clock.now();
      const change = position <= shortUntil ? tellInShort(ring.entry(position)) : tell(ring.entry(position));
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
      Math.min(Math.max(position + ring.limits.readerLag + 1, ring.firstSeq), ring.lastSeq),
    );
    laggingSince ??= Math.max(busyUntil, oneTooMany.observedAt);
    if (now - laggingSince <= ring.limits.slowReaderMs) return;
    const seconds = Math.round(ring.limits.slowReaderMs / 1000);
    throw new VirtgraphError(
      'SLOW_CONSUMER',
      `This subscription was more than ${ring.limits.readerLag} changes behind for more than ${seconds} s.`,
      {
        remedy: 'Subscribe again, with a narrower filter or fewer fields; after a `changes` cursor where there is one.',
      },
    );
  }

  function takeOfSnapshot(present: NonNullable<typeof snapshot>): Change {
    while (present.next < present.objects.length) {
      const object = present.objects[present.next++];
      if (object === undefined || !wanted.object(object)) continue;
      return {
        type: 'upserted',
        // Nobody can go on from the middle of a snapshot.
        cursor: ring.partialCursorAt(position),
        observedAt: present.takenAt,
        origin: 'SNAPSHOT',
        object,
        previous: null,
        changedFields: null,
      };
    }
    snapshot = null;
    busyUntil = ring.clock.now();
    return { type: 'snapshotComplete', cursor: ring.cursorAt(position) };
  }

  function tell(entry: JournalEntry): Change | null {
    return wanted.news(entry.news) ? changeOf(ring, entry) : null;
  }

  function cutShort() {
    shortAfter = position;
    shortUntil = ring.lastSeq;
    let dropped = 0;
    for (let seq = shortAfter + 1; seq <= shortUntil; seq++) {
      const entry = ring.entry(seq);
      if (wanted.news(entry.news)) dropped++;
      if (tellInShort(entry)) dropped--;
    }
    if (dropped > 0) announcements.push({ type: 'lagged', dropped });
  }

  /** The last entry of an object within the stretch stands for all of them, if the object matches now or did before it. */
  function tellInShort(entry: JournalEntry): Change | null {
    if (entry.seqAfter <= shortUntil) return null;
    const change = changeOf(ring, entry);
    if (entry.news.type !== 'upserted' && entry.news.type !== 'deleted') return tell(entry);

    let first = entry;
    const changedFields = new Set<string>();
    let isNew = false;
    for (;;) {
      if (first.news.type !== 'upserted' || first.news.changedFields === null) isNew = true;
      else for (const field of first.news.changedFields) changedFields.add(field);
      if (first.seqBefore <= shortAfter || first.seqBefore < ring.firstSeq) break;
      first = ring.entry(first.seqBefore);
    }
    // The beginning of the stretch may have left the ring since: then nobody knows what matched, and all is told that can have.
    const isForgotten = shortAfter + 1 < ring.firstSeq;
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

  function settle(change: Change): boolean {
    if (waiting === null) return false;
    const resolve = waiting;
    waiting = null;
    lastToldAt = ring.clock.monotonic();
    resolve({ value: change, done: false });
    return true;
  }

  const end: IteratorResult<Change> = { value: undefined, done: true };
  const reader: JournalReader = {
    wake() {
      if (waiting === null) return true;
      const change = take();
      return change !== null && settle(change);
    },
    bookmarkIfSilent(now) {
      if (now - lastToldAt < ring.limits.bookmarkMs) return false;
      return settle({ type: 'bookmark', cursor: ring.cursorAt(position) });
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
        lastToldAt = ring.clock.monotonic();
        return Promise.resolve({ value: change, done: false });
      }
      const { promise, resolve } = Promise.withResolvers<IteratorResult<Change>>();
      waiting = resolve;
      ring.wait(reader);
      return promise;
    },
    return() {
      over = true;
      snapshot = null;
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
  return reader;
}
