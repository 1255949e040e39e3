import type { Clock } from '../clock.ts';
import { VirtgraphError } from '../errors.ts';
import type { Cursor } from '../model/brands.ts';
import type { ChangePredicates } from './change-filter.ts';
import { formatCursor, parseCursor } from './cursor.ts';
import type { SessionNews } from './host-session.ts';
import {
  changeOf,
  hostNameOf,
  type JournalEntry,
  type JournalLimits,
  type JournalRing,
  uuidOf,
  type WaitingReader,
} from './journal-entry.ts';
import { createJournalReader } from './journal-reader.ts';
import type { Change, FleetObject, JournalView, ObjectKind } from './types.ts';

export const defaultJournalLimits: JournalLimits = {
  entries: 100_000,
  bytes: 64 * 1024 * 1024,
  ageMs: 24 * 3_600_000,
  readerLag: 1_024,
  slowReaderMs: 60_000,
  bookmarkMs: 15_000,
};

export type JournalOptions = {
  /** 16 hexadecimal digits that no other run has. */
  readonly epoch: string;
  readonly limits: JournalLimits;
  readonly clock: Clock;
  readonly predicates: ChangePredicates;
  /** All there is now; asked for when a reader begins with the present state. */
  readonly snapshot: () => readonly FleetObject[];
};

export type Journal = JournalView & {
  append(news: SessionNews): void;
  readonly size: {
    readonly entries: number;
    readonly bytes: number;
    readonly written: number;
    readonly readers: number;
  };
  /** Every reader gets its end. */
  close(): void;
};

/**
 * The ordered, bounded record of changes. A reader is a place in it and nothing more: however slow, it costs no memory;
 * what it missed is found by the links between the entries of one object.
 */
export function createJournal({ epoch, limits, clock, predicates, snapshot }: JournalOptions): Journal {
  /** From `baseSeq` on; those before `firstSeq` are dropped already, and cut off now and then. */
  let held: (JournalEntry | undefined)[] = [];
  let baseSeq = 1;
  const lastSeqOfObject = new Map<string, number>();
  const readers = new Set<WaitingReader>();
  const waiting = new Set<WaitingReader>();
  let firstSeq = 1;
  let lastSeq = 0;
  let bytes = 0;
  let presentState: readonly FleetObject[] | null = null;
  let cancelBookmarks: (() => void) | null = null;
  let closed = false;

  function entry(seq: number): JournalEntry {
    const found = held[seq - baseSeq];
    // Everybody asks between `firstSeq` and `lastSeq`, where there are no holes.
    if (found === undefined) throw new Error(`The journal was asked for entry ${seq}, which it does not hold.`);
    return found;
  }

  function dropOldest() {
    const oldest = entry(firstSeq);
    held[firstSeq - baseSeq] = undefined;
    bytes -= oldest.bytes;
    if (oldest.seqAfter === Number.POSITIVE_INFINITY) lastSeqOfObject.delete(subjectOf(oldest.news));
    firstSeq++;
    if (firstSeq - baseSeq > 1_024 && firstSeq - baseSeq > held.length / 2) {
      held = held.slice(firstSeq - baseSeq);
      baseSeq = firstSeq;
    }
  }

  function isTooMuch(now: number): boolean {
    if (firstSeq >= lastSeq) return false;
    return (
      lastSeq - firstSeq >= limits.entries || bytes > limits.bytes || now - entry(firstSeq).observedAt > limits.ageMs
    );
  }

  /** One pass over all who have heard nothing for long, a few times within the interval. */
  function keepBookmarking() {
    cancelBookmarks ??= clock.after(limits.bookmarkMs / 5, () => {
      cancelBookmarks = null;
      const now = clock.monotonic();
      for (const reader of waiting) if (reader.bookmarkIfSilent(now)) waiting.delete(reader);
      if (waiting.size > 0) keepBookmarking();
    });
  }

  const ring: JournalRing = {
    epoch,
    limits,
    clock,
    get firstSeq() {
      return firstSeq;
    },
    get lastSeq() {
      return lastSeq;
    },
    entry,
    snapshot: () => (presentState ??= snapshot()),
    cursorAt: (seq) => formatCursor({ epoch, seq, partial: false }),
    partialCursorAt: (seq) => formatCursor({ epoch, seq, partial: true }),
    wait(reader) {
      waiting.add(reader);
      keepBookmarking();
    },
    leave(reader) {
      readers.delete(reader);
      waiting.delete(reader);
    },
  };

  function seqAfterCursor(after: Cursor): number {
    const place = parseCursor(after);
    if (place.epoch === epoch && !place.partial && place.seq >= firstSeq - 1 && place.seq <= lastSeq) return place.seq;
    throw new VirtgraphError(
      'CURSOR_EXPIRED',
      place.epoch === epoch
        ? 'The journal no longer reaches back to this cursor.'
        : 'This cursor is of another run of the gateway, or of another gateway.',
      { remedy: 'List everything again, then go on from a new cursor.' },
    );
  }

  return {
    cursor: () => ring.cursorAt(lastSeq),
    append(news) {
      const seq = ++lastSeq;
      const now = clock.now();
      const subject = subjectOf(news);
      const before = lastSeqOfObject.get(subject) ?? 0;
      if (before > 0) entry(before).seqAfter = seq;
      lastSeqOfObject.set(subject, seq);
      const added: JournalEntry = {
        seq,
        observedAt: now,
        news,
        bytes: estimateBytes(news),
        seqBefore: before,
        seqAfter: Number.POSITIVE_INFINITY,
      };
      held.push(added);
      bytes += added.bytes;
      // The newest stays, whatever its size.
      while (isTooMuch(now)) dropOldest();
      presentState = null;
      for (const reader of waiting) if (reader.wake()) waiting.delete(reader);
    },
    open({ filter, after, snapshot: mode }) {
      // Checked here, so that a bad cursor or filter fails the request and not a stream that has begun.
      const reader = createJournalReader(ring, predicates(filter), {
        after: after === null ? null : parseCursor(after),
        mode,
      });
      if (closed) void reader.return();
      else readers.add(reader);
      return reader;
    },
    since({ filter, after, first }) {
      if (after === null) return { changes: [], cursor: ring.cursorAt(lastSeq), hasMore: false };
      const matches = predicates(filter);
      const changes: Change[] = [];
      let seq = seqAfterCursor(after);
      while (seq < lastSeq) {
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
      return { entries: lastSeq - firstSeq + 1, bytes, written: lastSeq, readers: readers.size };
    },
    close() {
      closed = true;
      cancelBookmarks?.();
      for (const reader of readers) void reader.return();
    },
  };
}

/** What an entry is about. Host marks have rows of their own: one never stands for another, nor for the host's status. */
function subjectOf(news: SessionNews): string {
  switch (news.type) {
    case 'upserted':
    case 'deleted':
      return `${news.object.kind satisfies ObjectKind}/${hostNameOf(news.object)}/${uuidOf(news.object)}`;
    case 'hostInterrupted':
    case 'hostResumed':
      return `mark/${news.host.name}`;
    default:
      return news satisfies never;
  }
}

/** Parts shared with the record before are not held by this entry alone. The figures are of the order of V8's objects. */
function estimateBytes(news: SessionNews): number {
  const bare = 600;
  if ((news.type !== 'upserted' && news.type !== 'deleted') || news.object.kind !== 'domain') return bare;
  if (news.type === 'upserted' && news.previous?.kind === 'domain' && news.previous.xml === news.object.xml)
    return bare;
  return bare + 1_500 + news.object.xml.length + (news.object.inactiveXml?.length ?? 0);
}
