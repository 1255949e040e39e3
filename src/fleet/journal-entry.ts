import type { Clock } from '../clock.ts';
import type { Cursor } from '../model/brands.ts';
import type { SessionNews } from './host-session.ts';
import type { Change, FleetObject } from './types.ts';

/** One thing that happened. Immutable but for the two links between the entries of one object. */
export type JournalEntry = {
  readonly seq: number;
  readonly observedAt: number;
  readonly news: SessionNews;
  readonly bytes: number;
  /** Number of the entry of the same object before this one; 0: none, or no longer held. */
  readonly seqBefore: number;
  /** Of the next one; `Infinity`: none yet. */
  seqAfter: number;
};

export type JournalLimits = {
  readonly entries: number;
  /** What the entries keep from being freed, as far as that can be told cheaply. */
  readonly bytes: number;
  readonly ageMs: number;
  /** A reader that is further behind is told `lagged`, and of each object only the latest. */
  readonly readerLag: number;
  /** One that has been further behind than that for so long, without a break, is ended. */
  readonly slowReaderMs: number;
  /** After so much silence a reader gets a `bookmark`. */
  readonly bookmarkMs: number;
};

/** What readers see of the journal. */
export type JournalRing = {
  readonly epoch: string;
  readonly limits: JournalLimits;
  readonly clock: Clock;
  /** Number of the oldest entry held; one more than `lastSeq` when there is none. */
  readonly firstSeq: number;
  /** Number of the newest entry ever written; 0 at the start. */
  readonly lastSeq: number;
  entry(seq: number): JournalEntry;
  /** The same array for all who ask at the same place. */
  snapshot(): readonly FleetObject[];
  cursorAt(seq: number): Cursor;
  partialCursorAt(seq: number): Cursor;
  wait(reader: WaitingReader): void;
  leave(reader: WaitingReader): void;
};

/** One who has read everything. */
export type WaitingReader = {
  return(): Promise<unknown>;
  /** A new entry is there: true when the waiting `next()` was settled by it. */
  wake(): boolean;
  /** True when the waiting `next()` was settled with a bookmark. */
  bookmarkIfSilent(now: number): boolean;
};

/** An entry as its readers are told. */
export function changeOf(ring: Pick<JournalRing, 'cursorAt'>, { seq, observedAt, news }: JournalEntry): Change {
  const cursor = ring.cursorAt(seq);
  switch (news.type) {
    case 'upserted': {
      const { origin, object, changedFields } = news;
      return { type: 'upserted', cursor, observedAt, origin, object, changedFields };
    }
    case 'deleted': {
      const ref = { kind: news.object.kind, hostName: hostNameOf(news.object), uuid: uuidOf(news.object) };
      return { type: 'deleted', cursor, observedAt, origin: news.origin, ref };
    }
    case 'hostInterrupted':
    case 'hostResumed':
      return { type: news.type, cursor, observedAt, host: news.host };
    default:
      return news satisfies never;
  }
}

export function hostNameOf(object: FleetObject): string {
  return object.kind === 'host' ? object.name : object.hostName;
}

export function uuidOf(object: FleetObject): string {
  return object.kind === 'host' ? '' : object.uuid;
}
