import { checksum } from './checksum.ts';

/** The form of these tables; what is in their texts has a version of its own. */
export const journalForm = 2;

export const journalTables = `
  CREATE TABLE journal_entries (
    seq INTEGER PRIMARY KEY, observed_at INTEGER NOT NULL, bytes INTEGER NOT NULL, total INTEGER NOT NULL,
    head TEXT NOT NULL, object TEXT NOT NULL, document INTEGER, previous TEXT, previous_document INTEGER,
    crc INTEGER NOT NULL);
  CREATE TABLE journal_objects (
    subject TEXT PRIMARY KEY, object TEXT NOT NULL, document INTEGER, crc INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE journal_documents (
    id INTEGER PRIMARY KEY, facts TEXT NOT NULL, xml BLOB NOT NULL, xml_dictionary INTEGER, inactive_xml BLOB,
    inactive_dictionary INTEGER, crc INTEGER NOT NULL);
  CREATE TABLE journal_dictionaries (id INTEGER PRIMARY KEY, crc INTEGER NOT NULL, bytes BLOB NOT NULL);
  -- Documents that no object has since that entry: needed as long as the entry is.
  CREATE TABLE journal_leftovers (
    seq INTEGER NOT NULL, document INTEGER NOT NULL, PRIMARY KEY (seq, document)) WITHOUT ROWID;
  CREATE TABLE journal_runs (
    number INTEGER PRIMARY KEY, epoch TEXT NOT NULL, first_seq INTEGER NOT NULL, crc INTEGER NOT NULL);
  -- One row. The digest is over the checksums of all objects and runs: one that is missing is missed.
  CREATE TABLE journal_state (
    id INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, digest INTEGER NOT NULL,
    crc INTEGER NOT NULL);
  CREATE TABLE journal_as_of (id INTEGER PRIMARY KEY, hosts TEXT NOT NULL, crc INTEGER NOT NULL);
  INSERT INTO journal_state VALUES (1, 1, 0, 0, ${checksum(1, 0, 0)});`;
