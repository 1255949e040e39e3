import { errorFields, type Log } from '../log.ts';
import type { EntryBounds } from '../store/entry-reads.ts';
import type { JournalPast } from '../store/journal-load.ts';
import type { EntryWrite, JournalShelf } from '../store/journal-shelf.ts';
import type { Run } from '../store/stored-rows.ts';
import { type JournalEntry, subjectOf } from './journal-entry.ts';
import { createPastEntries } from './past-entries.ts';
import { isSameDocument, writeDocument, writeHead, writeObject } from './stored-news.ts';
import type { JournalPersistence } from './types.ts';

/**
 * Keeps the journal's entries beyond the end of the process. Whatever cannot be kept, is kept in memory alone from then
 * on: a disk that is full must not stop the gateway. Nothing here throws.
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
};

/** Not yet linked to others. */
export type NewEntry = Omit<JournalEntry, 'seqBefore' | 'seqAfter'>;

const nothing: JournalPast = { runs: [], firstSeq: 1, lastSeq: 0, bytes: 0 };

/**
 * @param shelf 'FAILED' where there should be one and is none; `null` where none is wanted
 * @param failed called once, when what follows will not be kept
 */
export function createJournalKeeper(
  shelf: JournalShelf | 'FAILED' | null,
  log: Log,
  failed: () => void,
): JournalKeeper {
  const given = shelf === 'FAILED' ? null : shelf;
  const pastEntries = given && createPastEntries(given);
  let kept = given;
  let hasFailed = shelf === 'FAILED';

  function keep(work: (shelf: JournalShelf) => void) {
    if (kept === null) return;
    try {
      work(kept);
    } catch (error) {
      kept = null;
      hasFailed = true;
      log.error(
        errorFields(error),
        'Changes cannot be kept on disk any more: they are kept in memory, and cursors given out from now on end with this process',
      );
      failed();
    }
  }

  /** What cannot be read costs what is past, and nothing else. */
  function recall<T>(read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      log.error(errorFields(error), 'What an earlier run kept of its changes is damaged');
      return null;
    }
  }

  return {
    get persistence() {
      return hasFailed ? 'FAILED' : kept === null ? 'NONE' : 'SQLITE';
    },
    past: given?.past ?? nothing,
    begin: (run) => keep((to) => to.begin(run)),
    append: (entries, firstSeq) => keep((to) => to.append(entries.map(writeOf), firstSeq)),
    keepAsOf: (text) => keep((to) => to.keepAsOf(text)),
    firstWithin: (bounds) => recall(() => given?.firstWithin(bounds) ?? null),
    pastEntry: (seq) => recall(() => pastEntries?.entry(seq) ?? null),
  };
}

function writeOf({ seq, observedAt, bytes, news }: NewEntry): EntryWrite {
  const head = writeHead(news);
  if (news.type !== 'upserted' && news.type !== 'deleted') {
    const object = writeObject(news.host);
    return { seq, observedAt, bytes, head, subject: null, isGone: false, object, previous: null, document: null };
  }
  const { object } = news;
  const isGone = news.type === 'deleted';
  const previous = isGone ? null : news.previous;
  return {
    seq,
    observedAt,
    bytes,
    head,
    subject: subjectOf(news),
    isGone,
    object: writeObject(object),
    previous: previous === null ? null : writeObject(previous),
    document:
      object.kind === 'domain'
        ? { isKept: isGone || isSameDocument(previous, object), read: () => writeDocument(object) }
        : null,
  };
}
