import { closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../clock.ts';
import { errorFields, type Log } from '../log.ts';
import { makePrivateDir } from '../private-dir.ts';
import { type Database, openDatabase, StoreError } from './sqlite.ts';
import { text } from './stored-rows.ts';
import { createWriteBackThread } from './write-back.ts';

/**
 * The tables of one part of the gateway. Each part has its own version, so that a new form of one costs the others
 * nothing. A table's name begins with that of its shelf and `_`.
 */
export type Shelf<T> = {
  readonly name: string;
  /** Of what lies in it. Where the file has another, these tables are emptied. */
  readonly version: string;
  readonly tables: string;
  /** @throws StoreError 'damaged' when what lies there cannot be trusted */
  readonly open: (database: Database) => T;
};

export type StoreOptions<T> = {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
  /** How long to wait for a gateway that still uses the file, as one that is just stopping does. */
  readonly lockTimeoutMs: number;
  /** Called each time that the disk refuses what is already kept in the page cache. */
  readonly writeBackRefused?: () => void;
  /** What lies there is known to be damaged. */
  readonly isDamaged?: boolean;
  /** Takes every shelf that is needed. */
  readonly shelves: (take: <S>(shelf: Shelf<S>) => S) => T;
};

export type OpenedStore<T> =
  | {
      readonly status: 'open';
      readonly shelves: T;
      /** Who looks for the file by its name finds this one. */
      isInPlace(): boolean;
      close(): void;
      /** As `close`, for who has no time to wait for the disk. */
      letGo(): Promise<void>;
    }
  /** Another process has it. */
  | { readonly status: 'in use' }
  /** The disk refuses. */
  | { readonly status: 'refused'; readonly error: unknown };

/**
 * Opens what an earlier run left, or begins anew. Never throws: a file that is torn or damaged is moved aside, with a
 * line in the log, and costs what was in it.
 */
export function openStore<T>(options: StoreOptions<T>): OpenedStore<T> {
  try {
    if (options.isDamaged) return openAnew(options, null);
    try {
      return openOnce(options);
    } catch (error) {
      if (!(error instanceof StoreError) || error.problem !== 'damaged') throw error;
      return openAnew(options, error);
    }
  } catch (error) {
    if (error instanceof StoreError && error.problem === 'in use') return { status: 'in use' };
    return { status: 'refused', error };
  }
}

function openAnew<T>(options: StoreOptions<T>, error: StoreError | null): OpenedStore<T> {
  const { file, log } = options;
  moveAside(file);
  log.error(
    { file, ...(error && errorFields(error)) },
    `The store is damaged: it was moved to ${asideOf(file)}, a new one is begun`,
  );
  return openOnce(options);
}

function openOnce<T>({
  file,
  clock,
  log,
  lockTimeoutMs,
  shelves,
  writeBackRefused: refused = () => {},
}: StoreOptions<T>): OpenedStore<T> {
  makePrivateDir(dirname(file));
  makePrivate(file);
  makePrivate(`${file}.lock`);
  const thread = createWriteBackThread({ file, database: () => database, refused, clock, log });
  const database: Database = openDatabase(file, {
    lockTimeoutMs,
    wrote: () => void (database.isSharedLog && thread.wrote()),
  });
  try {
    database.execute('CREATE TABLE IF NOT EXISTS shelves (name TEXT PRIMARY KEY, version TEXT NOT NULL) WITHOUT ROWID');
    const taken = shelves((shelf) => {
      prepareShelf(database, shelf, log);
      return shelf.open(database);
    });
    const identity = identityOf(file);
    return {
      status: 'open',
      shelves: taken,
      isInPlace: () => identityOf(file) === identity,
      async letGo() {
        // First this: the thread is the last one then, and waits for the disk where there is something to write back.
        closeQuietly(database);
        await thread.letGo();
      },
      close() {
        try {
          // The last one to close the file writes back what is left, and takes the log away.
          thread.close();
          database.close();
        } catch (error) {
          log.warn({ file, ...errorFields(error) }, 'Closing the store failed');
        }
      },
    };
  } catch (error) {
    thread.close();
    closeQuietly(database);
    throw error;
  }
}

/** `null`: it is not there, or cannot be looked for. */
function identityOf(file: string): string | null {
  try {
    const { dev, ino } = statSync(file);
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}

/** SQLite would make it readable by all; its log gets the rights of the file. */
function makePrivate(file: string) {
  try {
    // Not one that is there: whoever closes any descriptor of a file ends all locks that its process has on it.
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function prepareShelf(database: Database, { name, version, tables }: Shelf<unknown>, log: Log) {
  const found = database.prepare('SELECT version FROM shelves WHERE name = ?').get(name);
  if (found?.['version'] === version) return;
  if (found !== null) {
    log.warn({ shelf: name }, `What an earlier version of the gateway kept of its ${name} is of no use to this one`);
  }
  // `_` alone would stand for any character.
  const named = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE ? ESCAPE '\\'");
  database.transaction(() => {
    const old = [...named.rows(`${name}\\_%`)];
    for (const row of old) database.execute(`DROP TABLE "${text(row, 'name')}"`);
    database.execute(tables);
    database.prepare('INSERT OR REPLACE INTO shelves VALUES (?, ?)').run(name, version);
  });
}

function asideOf(file: string): string {
  return `${file}.damaged`;
}

/** One is kept, for who wants to look; more would fill the disk. */
function moveAside(file: string) {
  for (const suffix of ['', '-wal']) {
    rmSync(`${asideOf(file)}${suffix}`, { force: true });
    try {
      renameSync(`${file}${suffix}`, `${asideOf(file)}${suffix}`);
    } catch (error) {
      if (!isCode(error, 'ENOENT')) throw error;
    }
  }
  // The index of a log that is not there any more.
  rmSync(`${file}-shm`, { force: true });
}

function closeQuietly(database: Database) {
  try {
    database.close();
  } catch {
    // It is given up for another reason already.
  }
}
