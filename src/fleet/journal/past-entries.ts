import type { JournalShelf } from '../../store/journal-shelf.ts';
import type { JournalEntry } from './journal-entry.ts';
import { createObjectReader, readNews } from './stored-news.ts';

/** Entries of earlier runs of the gateway. They stay on the disk, and are read when somebody comes back for them. */
export type PastEntries = {
  /** @throws StoreError and others, when what lies there is damaged */
  entry(seq: number): JournalEntry;
};

/** Read at once; about two milliseconds. */
const pageLength = 128;
/** Kept for those who come back together, as all do after a restart. */
const pagesKept = 8;

export function createPastEntries(shelf: Pick<JournalShelf, 'read'>): PastEntries {
  /** By the number of their first entry, the latest used last. */
  const pages = new Map<number, readonly JournalEntry[]>();

  function pageOf(seq: number): readonly JournalEntry[] {
    const start = seq - (seq % pageLength);
    const known = pages.get(start);
    if (known !== undefined && seq >= (known[0]?.seq ?? Number.POSITIVE_INFINITY)) {
      pages.delete(start);
      pages.set(start, known);
      return known;
    }
    const page = readPage(seq, start + pageLength - seq);
    pages.set(start, page);
    const [oldest] = pages.keys();
    if (pages.size > pagesKept && oldest !== undefined) pages.delete(oldest);
    return page;
  }

  function readPage(fromSeq: number, count: number): readonly JournalEntry[] {
    const readObject = createObjectReader();
    return shelf.read(fromSeq, count).map(({ seq, observedAt, bytes, head, object, previous }) => ({
      seq,
      observedAt,
      bytes,
      news: readNews(head, readObject(object), previous === null ? null : readObject(previous)),
      // Only what was told in this run is ever told in short.
      seqBefore: 0,
      seqAfter: Number.POSITIVE_INFINITY,
    }));
  }

  return {
    entry(seq) {
      const page = pageOf(seq);
      const found = page[seq - (page[0]?.seq ?? 0)];
      if (found === undefined) throw new Error(`Entry ${seq} is missing.`);
      return found;
    },
  };
}
