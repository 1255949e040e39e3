import type { Database } from './sqlite.ts';
import {
  type DictionaryOf,
  damaged,
  documentColumns,
  type EntryRow,
  readDocument,
  readEntryRow,
  type StoredDocument,
  type StoredEntry,
} from './stored-rows.ts';

/** `minSeq`: the least number; `bytes`: the most from there on; `since`: not observed before. */
export type EntryBounds = { readonly minSeq: number; readonly bytes: number; readonly since: number };

/** What there is: the numbers of the first and the last, and the bytes of all entries ever. */
export type EntryExtent = { readonly firstSeq: number; readonly lastSeq: number; readonly total: number };

/** Reads the journal's entries. @throws StoreError 'damaged' */
export type EntryReads = {
  /** From this number on, without a hole, at most `count`; documents shared where entries share them. */
  readonly read: (fromSeq: number, count: number) => readonly StoredEntry[];
  /** The oldest entry within bounds, and the bytes from there on. `lastSeq + 1` and 0: none is. */
  readonly firstWithin: (bounds: EntryBounds, extent: EntryExtent) => { readonly seq: number; readonly bytes: number };
};

export function openEntryReads(database: Database, dictionaryOf: DictionaryOf): EntryReads {
  const readEntries = database.prepare('SELECT * FROM journal_entries WHERE seq >= ? ORDER BY seq LIMIT ?');
  const readEntry = database.prepare('SELECT * FROM journal_entries WHERE seq = ?');
  const findDocument = database.prepare(`SELECT ${documentColumns} FROM journal_documents d WHERE id = ?`);

  function boundsOf(seq: number): Pick<EntryRow, 'observedAt' | 'total' | 'bytes'> {
    const row = readEntry.get(seq);
    if (row === null) throw damaged(`Entry ${seq} is missing.`);
    return readEntryRow(row);
  }

  return {
    read(fromSeq, count) {
      const documents = new Map<number, StoredDocument>();
      const documentOf = (id: number | null): StoredDocument | null => {
        if (id === null) return null;
        const known = documents.get(id);
        if (known !== undefined) return known;
        const row = findDocument.get(id);
        if (row === null) throw damaged(`Document ${id} is missing.`);
        const document = readDocument(row, dictionaryOf);
        documents.set(id, document);
        return document;
      };
      let expected = fromSeq;
      const entries: StoredEntry[] = [];
      for (const row of readEntries.rows(fromSeq, count)) {
        const entry = readEntryRow(row);
        if (entry.seq !== expected++) throw damaged(`Entry ${expected - 1} is missing.`);
        const { seq, observedAt, bytes, head, object, document, previous, previousDocument } = entry;
        entries.push({
          seq,
          observedAt,
          bytes,
          head,
          object: { text: object, document: documentOf(document) },
          previous: previous === null ? null : { text: previous, document: documentOf(previousDocument) },
        });
      }
      return entries;
    },
    firstWithin({ minSeq, bytes, since }, { firstSeq, lastSeq, total }) {
      let low = Math.max(firstSeq, minSeq);
      let high = lastSeq + 1;
      let bytesFrom = 0;
      while (low < high) {
        const middle = Math.floor((low + high) / 2);
        const entry = boundsOf(middle);
        const fromHere = total - entry.total + entry.bytes;
        if (entry.observedAt >= since && fromHere <= bytes) {
          high = middle;
          bytesFrom = fromHere;
        } else low = middle + 1;
      }
      return { seq: high, bytes: bytesFrom };
    },
  };
}
