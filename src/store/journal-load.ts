import { checksum } from './checksum.ts';
import type { Database } from './sqlite.ts';
import {
  type DictionaryOf,
  damaged,
  documentColumns,
  number,
  numberOrNull,
  objectChecksum,
  type Run,
  readDocument,
  readEntryRow,
  requireSum,
  type StoredObject,
  text,
  xor,
} from './stored-rows.ts';

export type JournalPast = {
  readonly runs: readonly Run[];
  /** Of the oldest entry; one more than `lastSeq` where there is none. */
  readonly firstSeq: number;
  /** 0: nothing was ever written. */
  readonly lastSeq: number;
  /** Of the entries held, as the journal counts them. */
  readonly bytes: number;
};

export type LoadedJournal = {
  readonly past: JournalPast;
  /** Somebody died who was writing it all anew: what there is means nothing. */
  readonly isUnfinished: boolean;
  /** Every object as of `past.lastSeq`. */
  readonly objects: readonly StoredObject[];
  /** See `JournalShelf`. */
  readonly asOf: string | null;
  readonly digest: number;
  /** Bytes of all entries ever. */
  readonly total: number;
};

/** Reads what decides whether anything may be believed. @throws StoreError 'damaged' */
export function loadJournal(database: Database, dictionaryOf: DictionaryOf): LoadedJournal {
  const state = database.prepare('SELECT * FROM journal_state WHERE id = 1').get();
  if (state === null) throw damaged('The state is missing.');
  const firstSeq = number(state, 'first_seq');
  const lastSeq = number(state, 'last_seq');
  const digest = number(state, 'digest');
  requireSum(state, 'crc', checksum(firstSeq, lastSeq, digest));

  let found = 0;
  const runs: Run[] = [];
  for (const row of database.prepare('SELECT * FROM journal_runs ORDER BY number').rows()) {
    const run = { epoch: text(row, 'epoch'), firstSeq: number(row, 'first_seq') };
    requireSum(row, 'crc', checksum(run.epoch, run.firstSeq));
    found = xor(found, number(row, 'crc'));
    runs.push(run);
  }
  const objects: StoredObject[] = [];
  const all = database.prepare(`
    SELECT o.subject, o.object, o.document, o.crc, ${documentColumns}
    FROM journal_objects o LEFT JOIN journal_documents d ON d.id = o.document`);
  for (const row of all.rows()) {
    const object = text(row, 'object');
    const document = numberOrNull(row, 'document');
    requireSum(row, 'crc', objectChecksum(text(row, 'subject'), object, document));
    found = xor(found, number(row, 'crc'));
    objects.push({ text: object, document: document === null ? null : readDocument(row, dictionaryOf) });
  }
  if (found !== digest) throw damaged('Objects are missing, or are not of one moment.');

  const ends = database.prepare('SELECT min(seq) AS first, max(seq) AS last FROM journal_entries').get();
  const isEmpty = firstSeq > lastSeq;
  if (ends?.['first'] !== (isEmpty ? null : firstSeq) || ends['last'] !== (isEmpty ? null : lastSeq)) {
    throw damaged('The entries are not those that there should be.');
  }
  const edge = (seq: number) => {
    const row = database.prepare('SELECT * FROM journal_entries WHERE seq = ?').get(seq);
    if (row === null) throw damaged(`Entry ${seq} is missing.`);
    return readEntryRow(row);
  };
  const newest = isEmpty ? null : edge(lastSeq);
  const oldest = isEmpty ? null : edge(firstSeq);
  const bytes = newest === null || oldest === null ? 0 : newest.total - oldest.total + oldest.bytes;
  return {
    past: { runs, firstSeq, lastSeq, bytes },
    isUnfinished: runs.length === 0 && lastSeq === 0 && objects.length > 0,
    asOf: readAsOf(database),
    objects,
    digest,
    total: newest?.total ?? 0,
  };
}

/** Good to have, and no reason to distrust the rest. */
function readAsOf(database: Database): string | null {
  const row = database.prepare('SELECT hosts, crc FROM journal_as_of WHERE id = 1').get();
  if (row === null) return null;
  const { hosts, crc } = row;
  return typeof hosts === 'string' && crc === checksum(hosts) ? hosts : null;
}
