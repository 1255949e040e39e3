import { checksum } from './checksum.ts';
import { type Row, StoreError } from './sqlite.ts';

/**
 * The rows of the journal's shelf, read with suspicion: each has a checksum of all it says. Whoever gets a value from
 * here gets what was written.
 */

/** The large texts of an object. They stay the same through most of its changes, and are stored once for all of these. */
export type StoredDocument = {
  readonly facts: string;
  readonly xml: StoredText;
  readonly inactiveXml: StoredText | null;
};

/** As whoever brings it has packed it, and what it was packed with. */
export type StoredText = { readonly bytes: Uint8Array; readonly dictionary: Uint8Array | null };

/** An object as it is, or was: its small part as JSON. */
export type StoredObject = { readonly text: string; readonly document: StoredDocument | null };

/** What was said of it, as JSON, and the object before and after. */
export type StoredEntry = {
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly observedAt: number;
  /** As the journal counts them. */
  readonly bytes: number;
  readonly head: string;
  readonly object: StoredObject;
  readonly previous: StoredObject | null;
};

/** A stretch of the journal under one epoch, up to where the next begins. */
export type Run = { readonly epoch: string; readonly firstSeq: number };

/**
 * The last so many are known; a cursor of an older one starts over. One begins with each start of the gateway and with each
 * failure of the store, so a gateway that dies at each start, or a store that keeps failing, must not fill anything.
 */
export const mostRuns = 1_000;

export type EntryRow = Omit<StoredEntry, 'object' | 'previous'> & {
  /** Of all entries ever, up to this one. */
  readonly total: number;
  readonly object: string;
  readonly document: number | null;
  readonly previous: string | null;
  readonly previousDocument: number | null;
};

export function entryChecksum(row: EntryRow): number {
  const { seq, observedAt, bytes, total, head, object, document, previous, previousDocument } = row;
  return checksum(seq, observedAt, bytes, total, head, object, document, previous, previousDocument);
}

export function objectChecksum(subject: string, text: string, document: number | null): number {
  return checksum(subject, text, document);
}

export type DocumentRow = {
  readonly id: number;
  readonly facts: string;
  readonly xml: Uint8Array;
  readonly dictionary: number | null;
  readonly inactiveXml: Uint8Array | null;
  readonly inactiveDictionary: number | null;
};

export function documentChecksum(row: DocumentRow): number {
  const { id, facts, xml, dictionary, inactiveXml, inactiveDictionary } = row;
  return checksum(id, facts, xml, dictionary, inactiveXml, inactiveDictionary);
}

export function readEntryRow(row: Row): EntryRow {
  const entry: EntryRow = {
    seq: number(row, 'seq'),
    observedAt: number(row, 'observed_at'),
    bytes: number(row, 'bytes'),
    total: number(row, 'total'),
    head: text(row, 'head'),
    object: text(row, 'object'),
    document: numberOrNull(row, 'document'),
    previous: textOrNull(row, 'previous'),
    previousDocument: numberOrNull(row, 'previous_document'),
  };
  requireSum(row, 'crc', entryChecksum(entry));
  return entry;
}

/** @throws StoreError 'damaged' */
export type DictionaryOf = (id: number | null) => Uint8Array | null;

/** The columns of a document, as `readDocument` wants them. */
export const documentColumns =
  'd.id, d.facts, d.xml, d.xml_dictionary, d.inactive_xml, d.inactive_dictionary, d.crc AS document_crc';

export function readDocument(row: Row, dictionaryOf: DictionaryOf): StoredDocument {
  const document: DocumentRow = {
    id: number(row, 'id'),
    facts: text(row, 'facts'),
    xml: bytes(row, 'xml'),
    dictionary: numberOrNull(row, 'xml_dictionary'),
    inactiveXml: row['inactive_xml'] === null ? null : bytes(row, 'inactive_xml'),
    inactiveDictionary: numberOrNull(row, 'inactive_dictionary'),
  };
  requireSum(row, 'document_crc', documentChecksum(document));
  const { facts, xml, dictionary, inactiveXml, inactiveDictionary } = document;
  return {
    facts,
    xml: { bytes: xml, dictionary: dictionaryOf(dictionary) },
    inactiveXml: inactiveXml && { bytes: inactiveXml, dictionary: dictionaryOf(inactiveDictionary) },
  };
}

export function requireSum(row: Row, column: string, expected: number) {
  if (row[column] !== expected) throw damaged('A checksum is wrong.');
}

export function number(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw damaged(`${column} is no number.`);
  return value;
}

export function numberOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : number(row, column);
}

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw damaged(`${column} is no text.`);
  return value;
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw damaged(`${column} is no bytes.`);
  return value;
}

function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function damaged(message: string): StoreError {
  return new StoreError('damaged', message);
}

/** Of checksums: as an unsigned number of 32 bits again. */
export function xor(a: number, b: number): number {
  return (a ^ b) >>> 0;
}
