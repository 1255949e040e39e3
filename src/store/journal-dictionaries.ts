import { checksum } from './checksum.ts';
import type { Database } from './sqlite.ts';
import { bytes, type DictionaryOf, damaged, number, requireSum } from './stored-rows.ts';

/** What packed texts were packed with: each is in the file once, for all the documents that need it. */
export type Dictionaries = {
  readonly read: DictionaryOf;
  /** The number of the one with these bytes, which is written if it is not there yet. */
  write(dictionary: Uint8Array | null): number | null;
  /** To be called when what was written may have been undone. */
  forget(): void;
  /** Deletes those that no document needs, where there are many. */
  sweep(): void;
};

/** A run of the gateway makes few, and goes on with those of the runs before. */
const many = 256;

export function openDictionaries(database: Database): Dictionaries {
  const find = database.prepare('SELECT id, bytes, crc FROM journal_dictionaries WHERE id = ?');
  const findAlike = database.prepare('SELECT id, bytes, crc FROM journal_dictionaries WHERE crc = ?');
  const lastId = database.prepare('SELECT coalesce(max(id), 0) AS id, count(*) AS count FROM journal_dictionaries');
  const insert = database.prepare('INSERT INTO journal_dictionaries VALUES (?, ?, ?)');
  const byId = new Map<number, Uint8Array>();
  /** By identity: whoever packs has each but once. */
  const ids = new Map<Uint8Array, number>();

  function add(dictionary: Uint8Array): number {
    const crc = checksum(dictionary);
    for (const row of findAlike.rows(crc)) {
      if (Buffer.compare(bytes(row, 'bytes'), dictionary) === 0) return number(row, 'id');
    }
    const id = number(lastId.get() ?? {}, 'id') + 1;
    insert.run(id, crc, dictionary);
    return id;
  }

  function forget() {
    byId.clear();
    ids.clear();
  }

  return {
    read(id) {
      if (id === null) return null;
      const known = byId.get(id);
      if (known !== undefined) return known;
      const row = find.get(id);
      if (row === null) throw damaged(`Dictionary ${id} is missing.`);
      const found = bytes(row, 'bytes');
      requireSum(row, 'crc', checksum(found));
      byId.set(id, found);
      return found;
    },
    write(dictionary) {
      if (dictionary === null) return null;
      const id = ids.get(dictionary) ?? add(dictionary);
      ids.set(dictionary, id);
      return id;
    },
    forget,
    sweep() {
      if (number(lastId.get() ?? {}, 'count') <= many) return;
      forget();
      database.execute(`
        DELETE FROM journal_dictionaries WHERE id NOT IN (
          SELECT xml_dictionary FROM journal_documents WHERE xml_dictionary IS NOT NULL
          UNION SELECT inactive_dictionary FROM journal_documents WHERE inactive_dictionary IS NOT NULL)`);
    },
  };
}
