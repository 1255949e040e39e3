import type { Clock } from '../../clock.ts';
import type { Cursor } from '../../model/brands.ts';
import type { SessionNews } from '../hosts/session-news.ts';
import type { FleetObject, ObjectKind } from '../objects.ts';
import { packedBytes } from '../replica/packed-text.ts';
import type { Change } from './change.ts';
import type { Place } from './cursor.ts';

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

/** Not yet linked to others. */
export type NewEntry = Omit<JournalEntry, 'seqBefore' | 'seqAfter'>;

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
  /** Where entries are kept, those of so long are kept together while many come; one that comes alone is kept at once. */
  readonly togetherMs: number;
};

/** What readers see of the journal. */
export type JournalRing = {
  readonly limits: JournalLimits;
  readonly clock: Clock;
  /** Number of the oldest entry held; one more than `lastSeq` when there is none. */
  readonly firstSeq: number;
  /** Number of the newest entry ever written; 0 at the start. */
  readonly lastSeq: number;
  /** Of the newest that waiting readers were woken for; `lastSeq`, but for a moment. */
  readonly toldSeq: number;
  /** Where a cursor is: the number of the entry after which it goes on, if the journal reaches back to there. */
  locate(place: Place): number | 'EPOCH_CHANGED' | 'CURSOR_EXPIRED';
  /** To be asked before an entry that may be of an earlier run: when it cannot be read, `firstSeq` is past it then. */
  reach(seq: number): void;
  entry(seq: number): JournalEntry;
  /** As readers are told of it: of a recent one, the same object to all. */
  change(seq: number): Change;
  /** The same for all who ask at the same place. What is in it, `lastSeq` has reached when this returns. */
  snapshot(): PresentState;
  cursorAt(seq: number): Cursor;
  partialCursorAt(seq: number): Cursor;
  enter(reader: WaitingReader): void;
  leave(reader: WaitingReader): void;
};

/** All there was at one place of the journal, to be told object by object. */
export type PresentState = {
  readonly length: number;
  object(index: number): FleetObject | null;
  /** The same object to all. */
  change(index: number): Change;
};

/** What an entry must be of to concern a reader at all; `null`: anything. */
export type ReaderScope = {
  readonly hosts: ReadonlySet<string> | null;
  /** Marks of a host concern every kind. */
  readonly kinds: ReadonlySet<ObjectKind> | null;
};

/** One who may be waiting, having read everything that concerns him. */
export type WaitingReader = {
  readonly scope: ReaderScope;
  return(): Promise<unknown>;
  /** That entry is there. Of those since he began to wait it is the first within his scope. */
  wake(seq: number): void;
  bookmarkIfSilent(now: number): void;
};

/** An entry as its readers are told. */
export function changeOf(ring: Pick<JournalRing, 'cursorAt'>, { seq, observedAt, news }: JournalEntry): Change {
  const cursor = ring.cursorAt(seq);
  switch (news.type) {
    case 'upserted': {
      const { origin, object, previous, changedFields } = news;
      return { type: 'upserted', cursor, observedAt, origin, object, previous, changedFields };
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

/** What an object is found by. */
export function objectSubject(object: FleetObject): string {
  return `${object.kind satisfies ObjectKind}/${hostNameOf(object)}/${uuidOf(object)}`;
}

/** What an entry is about. Host marks have rows of their own: one never stands for another, nor for the host's status. */
export function subjectOf(news: SessionNews): string {
  switch (news.type) {
    case 'upserted':
    case 'deleted':
      return objectSubject(news.object);
    case 'hostInterrupted':
    case 'hostResumed':
      return `mark/${news.host.name}`;
    default:
      return news satisfies never;
  }
}

/** Parts shared with the record before are not held by this entry alone. The figures are of the order of V8's objects. */
export function estimateBytes(news: SessionNews): number {
  const bare = 600;
  if ((news.type !== 'upserted' && news.type !== 'deleted') || news.object.kind !== 'domain') return bare;
  if (news.type === 'upserted' && news.previous?.kind === 'domain' && news.previous.xml === news.object.xml)
    return bare;
  const { xml, inactiveXml } = news.object;
  return bare + 1_500 + packedBytes(xml) + (inactiveXml === null ? 0 : packedBytes(inactiveXml));
}
