import type * as sqlite from 'node:sqlite';

/** What of SQLite the store needs, and the only file that knows `node:sqlite`. Everything is synchronous. */

export type DatabaseOptions = {
  /** How long to wait for a process that still has the file. */
  readonly lockTimeoutMs: number;
  /** Called after each write; see `isSharedLog`. */
  readonly wrote?: () => void;
};

export type Value = string | number | Uint8Array | null;
export type Row = Readonly<Record<string, unknown>>;

export type Statement = {
  run(...values: readonly Value[]): void;
  get(...values: readonly Value[]): Row | null;
  /** One row at a time, so that a large table is never held twice. */
  rows(...values: readonly Value[]): Iterable<Row>;
};

export type Database = {
  /**
   * Commits go to a log and wait for no disk; somebody else is to write the log back, with `openWriteBack`. False: where
   * the file system does not let two connections share a log, SQLite writes it back within every thousandth page or so.
   */
  readonly isSharedLog: boolean;
  /** From now on SQLite does it after all. */
  writeBackHere(): void;
  prepare(sql: string): Statement;
  /** Any number of statements without parameters. */
  execute(sql: string): void;
  /** All of it or nothing. What `work` throws is thrown on. */
  transaction<T>(work: () => T): T;
  /** May be called twice. */
  close(): void;
};

/** What a failure means for who holds the file: another has it, it is no (whole) database, or the disk refuses. */
export type StoreProblem = 'in use' | 'damaged' | 'refused';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly problem: StoreProblem;
  constructor(problem: StoreProblem, message: string, cause?: unknown) {
    super(message, { cause });
    this.problem = problem;
  }
}

/**
 * Opens the file, makes it where there is none, and keeps others out until it is closed or the process ends: the lock is
 * the kernel's, so that nothing is left of it after SIGKILL.
 * @throws StoreError
 */
export function openDatabase(file: string, { lockTimeoutMs, wrote = () => {} }: DatabaseOptions): Database {
  const { DatabaseSync } = loadSqlite();
  const lock = openLock(`${file}.lock`, lockTimeoutMs);
  try {
    const opened = guarded(() => new DatabaseSync(file, { timeout: lockTimeoutMs }));
    try {
      const isSharedLog = useLog(opened);
      return databaseOf(opened, { isSharedLog, wrote, released: () => lock.close() });
    } catch (error) {
      opened.close();
      throw error;
    }
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Another file, since the one with the data has two connections: this one's, and that of `openWriteBack`. */
function openLock(file: string, lockTimeoutMs: number): sqlite.DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  const lock = guarded(() => new DatabaseSync(file, { timeout: lockTimeoutMs }));
  try {
    // A transaction that never ends. Nothing is written, so that there is nothing to be undone either.
    guarded(() => lock.exec('PRAGMA journal_mode = memory; PRAGMA locking_mode = exclusive; BEGIN EXCLUSIVE;'));
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

/**
 * `normal`: a commit survives the end of the process at once, and that of the machine from the next time on that the log
 * is written back. True: the log can be shared, which takes shared memory, and not every file system has that.
 */
function useLog(opened: sqlite.DatabaseSync): boolean {
  const askForLog = () => guarded(() => opened.prepare('PRAGMA journal_mode = wal').get())?.['journal_mode'] === 'wal';
  guarded(() => opened.exec('PRAGMA auto_vacuum = incremental'));
  const isSharedLog = askForLog();
  if (!isSharedLog) {
    // Before the first use of the log: then its index is in this connection's own memory.
    guarded(() => opened.exec('PRAGMA locking_mode = exclusive'));
    askForLog();
  }
  guarded(() =>
    opened.exec(`
      PRAGMA synchronous = normal;
      ${isSharedLog ? 'PRAGMA wal_autocheckpoint = 0;' : 'PRAGMA journal_size_limit = 16777216;'}
      BEGIN IMMEDIATE; COMMIT;
      PRAGMA busy_timeout = ${busyTimeoutMs};`),
  );
  return isSharedLog;
}

/** Only `openWriteBack` can be in the way now, and only for as long as the rest of a log takes. */
const busyTimeoutMs = 5_000;

/** A second connection, for another thread: it waits for the disk, so that the first one does not. */
export type WriteBack = {
  /** From the log into the file, as far as it was written when this began; then both are on the disk. */
  run(): void;
  close(): void;
};

/** A log that is longer is emptied whole, for which whoever writes has to wait. In pages of 4 KiB. */
const longestLogPages = 65_536;
/** What is left is little: emptying the log whole would not take long. */
const fewPages = 500;
const mostPasses = 4;

export function openWriteBack(file: string): WriteBack {
  const { DatabaseSync } = loadSqlite();
  const opened = guarded(() => new DatabaseSync(file, { timeout: busyTimeoutMs }));
  const pass = () => {
    const row = guarded(() => opened.prepare('PRAGMA wal_checkpoint(PASSIVE)').get());
    return { logPages: Number(row?.['log']), pagesLeft: Number(row?.['log']) - Number(row?.['checkpointed']) };
  };
  return {
    run() {
      let { logPages, pagesLeft } = pass();
      // While somebody writes all the time the log is never wholly written back, and so it never begins anew.
      for (let passes = 1; passes < mostPasses && pagesLeft > fewPages; passes++) ({ logPages, pagesLeft } = pass());
      if (logPages >= longestLogPages) guarded(() => opened.prepare('PRAGMA wal_checkpoint(RESTART)').get());
    },
    close: () => guarded(() => opened.close()),
  };
}

type OpenedParts = { readonly isSharedLog: boolean; readonly wrote: () => void; readonly released: () => void };

function databaseOf(opened: sqlite.DatabaseSync, { isSharedLog, wrote, released }: OpenedParts): Database {
  const begin = guarded(() => opened.prepare('BEGIN IMMEDIATE'));
  const commit = guarded(() => opened.prepare('COMMIT'));
  let isOpen = true;
  return {
    isSharedLog,
    writeBackHere: () => guarded(() => opened.exec('PRAGMA wal_autocheckpoint = 1000')),
    prepare: (sql) =>
      statementOf(
        guarded(() => opened.prepare(sql)),
        wrote,
      ),
    execute(sql) {
      guarded(() => opened.exec(sql));
      wrote();
    },
    transaction(work) {
      guarded(() => begin.run());
      try {
        const value = work();
        guarded(() => commit.run());
        wrote();
        return value;
      } catch (error) {
        try {
          opened.exec('ROLLBACK');
        } catch {
          // SQLite has rolled back by itself, as it does when the disk is full.
        }
        throw error;
      }
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      try {
        guarded(() => opened.close());
      } finally {
        released();
      }
    },
  };
}

function statementOf(statement: sqlite.StatementSync, wrote: () => void): Statement {
  return {
    run(...values) {
      guarded(() => statement.run(...values));
      wrote();
    },
    get: (...values) => guarded(() => statement.get(...values)) ?? null,
    *rows(...values) {
      const iterator = guarded(() => statement.iterate(...values));
      try {
        for (;;) {
          const step = guarded(() => iterator.next());
          if (step.done) return;
          yield step.value;
        }
      } finally {
        // A statement that is left half read keeps its transaction open.
        iterator.return?.();
      }
    },
  };
}

/** Node 22 warns of `node:sqlite` on standard error when it is loaded; operators can do nothing about it. */
function loadSqlite(): typeof sqlite {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => {};
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}

// https://sqlite.org/rescode.html; the lower byte is the primary code.
const busy = 5;
const refusals = [
  3, // PERM
  7, // NOMEM
  8, // READONLY
  10, // IOERR
  13, // FULL
  14, // CANTOPEN
  15, // PROTOCOL: the log's locks
];

function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw storeError(error);
  }
}

function storeError(error: unknown): StoreError {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : null;
  if (code === null) return new StoreError('damaged', message, error);
  const primary = code & 0xff;
  if (primary === busy) return new StoreError('in use', message, error);
  return new StoreError(refusals.includes(primary) && code !== shortRead ? 'refused' : 'damaged', message, error);
}

/** The file ends before it should: it is torn. */
const shortRead = 522;
