import { checksum } from './checksum.ts';
import { type EntryBounds, openEntryReads } from './entry-reads.ts';
import { openDictionaries } from './journal-dictionaries.ts';
import { type JournalPast, loadJournal } from './journal-load.ts';
import { journalForm, journalTables } from './journal-tables.ts';
import type { Shelf } from './open-store.ts';
import { type Database, StoreError } from './sqlite.ts';
import {
  documentChecksum,
  type EntryRow,
  entryChecksum,
  mostRuns,
  number,
  numberOrNull,
  objectChecksum,
  type Run,
  type StoredDocument,
  type StoredEntry,
  type StoredObject,
  xor,
} from './stored-rows.ts';

/** An entry to be kept, with what it does to the objects. */
export type EntryWrite = {
  readonly seq: number;
  readonly observedAt: number;
  readonly bytes: number;
  readonly head: string;
  /** What the object is found by; `null`: the entry changes none. */
  readonly subject: string | null;
  readonly isGone: boolean;
  readonly object: string;
  readonly previous: string | null;
  /** `null`: the object has none. */
  readonly document: null | {
    /** The same that the object had before: its texts are not looked at then. */
    readonly isKept: boolean;
    readonly read: () => StoredDocument;
  };
};

/** An object as it is. */
export type ObjectWrite = {
  readonly subject: string;
  readonly object: string;
  readonly document: StoredDocument | null;
};

/**
 * The journal's entries, and every object as the last of them left it. Both change in one transaction, so that whatever
 * the file says when it is opened again, was true at one moment: after `lastSeq`.
 */
export type JournalShelf = {
  /** What earlier runs left when the shelf was opened. */
  readonly past: JournalPast;
  /** Every object, as of `past.lastSeq`. To be asked for once, before anything is written. */
  takeObjects(): readonly StoredObject[];
  /** By host: when all that is said of it was last known true, in milliseconds since 1970. As JSON; `null`: not known. */
  readonly asOf: string | null;
  keepAsOf(text: string): void;
  /** What is written from now on belongs to this run. */
  begin(run: Run): void;
  /** Each number is one more than the one before. Entries before `firstSeq` are not needed any more. */
  append(entries: readonly EntryWrite[], firstSeq: number): void;
  /** From this number on, without a hole, at most `count`; documents shared where entries share them. */
  read(fromSeq: number, count: number): readonly StoredEntry[];
  /** The oldest entry within bounds, and the bytes from there on. `lastSeq + 1` and 0: none is. */
  firstWithin(bounds: EntryBounds): { readonly seq: number; readonly bytes: number };
  /** Forgets everything. */
  readonly clear: () => void;
  /** To an empty shelf, little by little. They mean nothing, also to whoever opens the shelf again, before `beginAfter`. */
  putObjects(objects: readonly ObjectWrite[]): void;
  /** All that was put there is as of that entry. What follows belongs to the last of these runs. */
  beginAfter(seq: number, runs: readonly Run[]): void;
};

/** Old entries are deleted so many at a time. */
const trimAt = 64;
/** Pages that a trim may give back to the file system. */
const vacuumPages = 64;
const tableNames = ['entries', 'objects', 'documents', 'dictionaries', 'leftovers', 'runs', 'as_of'];

/** @param textVersion of the JSON in the rows: where another version of the gateway wrote it otherwise, it is of no use */
export function journalShelf(textVersion: string): Shelf<JournalShelf> {
  return { name: 'journal', version: `${journalForm}/${textVersion}`, tables: journalTables, open: openJournalShelf };
}

function openJournalShelf(database: Database): JournalShelf {
  const insertEntry = database.prepare('INSERT INTO journal_entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const deleteEntries = database.prepare('DELETE FROM journal_entries WHERE seq < ?');
  const findObject = database.prepare('SELECT document, crc FROM journal_objects WHERE subject = ?');
  const putObject = database.prepare('INSERT OR REPLACE INTO journal_objects VALUES (?, ?, ?, ?)');
  const deleteObject = database.prepare('DELETE FROM journal_objects WHERE subject = ?');
  const insertDocument = database.prepare('INSERT INTO journal_documents VALUES (?, ?, ?, ?, ?, ?, ?)');
  const leaveDocument = database.prepare('INSERT INTO journal_leftovers VALUES (?, ?)');
  const deleteDocuments = database.prepare(
    'DELETE FROM journal_documents WHERE id IN (SELECT document FROM journal_leftovers WHERE seq < ?)',
  );
  const deleteLeftovers = database.prepare('DELETE FROM journal_leftovers WHERE seq < ?');
  const putState = database.prepare(
    'UPDATE journal_state SET first_seq = ?, last_seq = ?, digest = ?, crc = ? WHERE id = 1',
  );
  const putAsOf = database.prepare('INSERT OR REPLACE INTO journal_as_of VALUES (1, ?, ?)');
  const insertRun = database.prepare('INSERT INTO journal_runs (epoch, first_seq, crc) VALUES (?, ?, ?)');

  const dictionaries = openDictionaries(database);
  const entries = openEntryReads(database, dictionaries.read);
  const loaded = loadJournal(database, dictionaries.read);
  const { asOf } = loaded;
  let { past } = loaded;
  let { firstSeq, lastSeq } = past;
  let { digest, total } = loaded;
  let objects: readonly StoredObject[] | null = loaded.objects;
  /** Of those of no entry. Entries lend theirs their own numbers, which are above 0. */
  let lastDocument = 0;
  if (loaded.isUnfinished) clear();

  /** Of those that may be changed within a transaction, and are as before when it failed. */
  function change(work: () => void) {
    const before = [firstSeq, lastSeq, digest, total] as const;
    try {
      database.transaction(() => {
        work();
        putState.run(firstSeq, lastSeq, digest, checksum(firstSeq, lastSeq, digest));
      });
    } catch (error) {
      [firstSeq, lastSeq, digest, total] = before;
      dictionaries.forget();
      throw error;
    }
  }

  function addDocument(id: number, { facts, xml, inactiveXml: inactive }: StoredDocument): number {
    const dictionary = dictionaries.write(xml.dictionary);
    const inactiveXml = inactive?.bytes ?? null;
    const inactiveDictionary = dictionaries.write(inactive?.dictionary ?? null);
    const crc = documentChecksum({ id, facts, xml: xml.bytes, dictionary, inactiveXml, inactiveDictionary });
    insertDocument.run(id, facts, xml.bytes, dictionary, inactiveXml, inactiveDictionary, crc);
    return id;
  }

  function add(entry: EntryWrite) {
    const { seq, observedAt, bytes, head, subject, isGone, object, previous } = entry;
    if (seq !== lastSeq + 1) throw new StoreError('damaged', `Entry ${seq} does not follow ${lastSeq}.`);
    const old = subject === null ? null : findObject.get(subject);
    const oldDocument = old === null ? null : numberOrNull(old, 'document');
    let document: number | null = null;
    if (entry.document !== null) {
      document = entry.document.isKept && oldDocument !== null ? oldDocument : addDocument(seq, entry.document.read());
    }
    if (subject !== null) {
      if (old !== null) digest = xor(digest, number(old, 'crc'));
      if (oldDocument !== null && (isGone || oldDocument !== document)) leaveDocument.run(seq, oldDocument);
      if (isGone) {
        if (document !== null && document !== oldDocument) leaveDocument.run(seq, document);
        deleteObject.run(subject);
      } else {
        const crc = objectChecksum(subject, object, document);
        putObject.run(subject, object, document, crc);
        digest = xor(digest, crc);
      }
    }
    total += bytes;
    lastSeq = seq;
    const previousDocument = previous === null ? null : oldDocument;
    const row: EntryRow = { seq, observedAt, bytes, total, head, object, document, previous, previousDocument };
    insertEntry.run(
      seq,
      observedAt,
      bytes,
      total,
      head,
      object,
      document,
      previous,
      previousDocument,
      entryChecksum(row),
    );
  }

  function addRun({ epoch, firstSeq: first }: Run) {
    const crc = checksum(epoch, first);
    insertRun.run(epoch, first, crc);
    digest = xor(digest, crc);
  }

  function clear() {
    change(() => {
      for (const name of tableNames) database.execute(`DELETE FROM journal_${name}`);
      firstSeq = 1;
      lastSeq = 0;
      digest = 0;
      total = 0;
    });
    dictionaries.forget();
    past = { runs: [], firstSeq: 1, lastSeq: 0, bytes: 0 };
    objects = null;
    lastDocument = 0;
  }

  function trim(first: number) {
    deleteEntries.run(first);
    deleteDocuments.run(first);
    deleteLeftovers.run(first);
    firstSeq = first;
  }

  function dropOldRuns() {
    const runs = [...database.prepare('SELECT * FROM journal_runs ORDER BY number').rows()];
    const isOld = (_: unknown, index: number) => {
      const next = runs[index + 1];
      return next !== undefined && (number(next, 'first_seq') < firstSeq || runs.length - index > mostRuns);
    };
    for (const run of runs.filter(isOld)) {
      digest = xor(digest, number(run, 'crc'));
      database.prepare('DELETE FROM journal_runs WHERE number = ?').run(number(run, 'number'));
    }
  }

  return {
    get past() {
      return past;
    },
    asOf,
    takeObjects() {
      const taken = objects ?? [];
      // Their texts are the largest part of the file.
      objects = null;
      return taken;
    },
    keepAsOf: (hosts) => database.transaction(() => putAsOf.run(hosts, checksum(hosts))),
    begin(run) {
      change(() => {
        dropOldRuns();
        dictionaries.sweep();
        addRun(run);
      });
    },
    append(added, neededFrom) {
      const isTrimDue = neededFrom - firstSeq >= trimAt;
      change(() => {
        for (const entry of added) add(entry);
        if (isTrimDue) trim(Math.min(neededFrom, lastSeq));
      });
      if (isTrimDue) database.execute(`PRAGMA incremental_vacuum(${vacuumPages})`);
    },
    read: entries.read,
    firstWithin: (bounds) => entries.firstWithin(bounds, { firstSeq, lastSeq, total }),
    clear,
    putObjects(added) {
      change(() => {
        for (const { subject, object, document: texts } of added) {
          const document = texts === null ? null : addDocument(--lastDocument, texts);
          const crc = objectChecksum(subject, object, document);
          putObject.run(subject, object, document, crc);
          digest = xor(digest, crc);
        }
      });
    },
    beginAfter(seq, runs) {
      change(() => {
        for (const run of runs) addRun(run);
        firstSeq = seq + 1;
        lastSeq = seq;
        dropOldRuns();
      });
    },
  };
}
