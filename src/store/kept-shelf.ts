import { type Kept, type KeptEntry, type KeptKind, type KeptRecords, keptKinds } from '../model/kept-records.ts';
import { checksum } from './checksum.ts';
import type { Shelf } from './open-store.ts';
import type { Database } from './sqlite.ts';
import { number, text } from './stored-rows.ts';

const tables = `
  CREATE TABLE kept_records (
    kind TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (kind, key)) WITHOUT ROWID;`;

/** The form of this table; what is in the texts has a version of its own. */
const form = 1;

/**
 * Tasks and the answers to changes, of which each row stands for itself: one that is damaged is not there.
 * @param textVersion of the JSON in the rows: where another version of the gateway wrote it otherwise, it is of no use
 */
export function keptShelf(textVersion: string): Shelf<Kept> {
  return { name: 'kept', version: `${form}/${textVersion}`, tables, open: openKeptShelf };
}

function openKeptShelf(database: Database): Kept {
  const list = database.prepare(
    'SELECT key, at, length(text) AS characters FROM kept_records WHERE kind = ? ORDER BY at, key',
  );
  const find = database.prepare('SELECT at, text, crc FROM kept_records WHERE kind = ? AND key = ?');
  const insert = database.prepare('INSERT OR REPLACE INTO kept_records VALUES (?, ?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM kept_records WHERE kind = ? AND key = ?');

  const recordsOf = (kind: KeptKind): KeptRecords => ({
    entries: () =>
      [...list.rows(kind)].map(
        (row): KeptEntry => ({
          key: text(row, 'key'),
          at: number(row, 'at'),
          characters: number(row, 'characters'),
        }),
      ),
    get(key) {
      const row = find.get(kind, key);
      if (row === null || typeof row['text'] !== 'string') return null;
      return row['crc'] === checksum(kind, key, number(row, 'at'), row['text']) ? row['text'] : null;
    },
    put: (key, at, value) => insert.run(kind, key, at, value, checksum(kind, key, at, value)),
    remove(keys) {
      if (keys.length === 0) return;
      database.transaction(() => {
        for (const key of keys) remove.run(kind, key);
      });
    },
  });
  const [task, begun, answer] = keptKinds;
  return { [task]: recordsOf(task), [begun]: recordsOf(begun), [answer]: recordsOf(answer) };
}
