import type * as sqlite from 'node:sqlite';

/** What of SQLite the store needs, and the only file that knows `node:sqlite`. Everything is synchronous. */

export type Value = string | number | null;
export type Row = Readonly<Record<string, unknown>>;

export type Statement = {
  run(...values: readonly Value[]): void;
  get(...values: readonly Value[]): Row | null;
  /** One row at a time, so that a large table is never held twice. */
  rows(...values: readonly Value[]): Iterable<Row>;
};

export type Database = {
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
export function openDatabase(file: string, lockTimeoutMs: number): Database {
  const { DatabaseSync } = loadSqlite();
  const opened = guarded(() => new DatabaseSync(file, { timeout: lockTimeoutMs }));
  try {
    // `exclusive` before the first use of the log: then there is no shared memory either, which not every file system has.
    // `normal`: a commit survives the end of the process at once, and that of the machine from the next checkpoint on.
    guarded(() =>
      opened.exec(`
        PRAGMA locking_mode = exclusive;
        PRAGMA auto_vacuum = incremental;
        PRAGMA journal_mode = wal;
        PRAGMA synchronous = normal;
        PRAGMA journal_size_limit = 16777216;
        BEGIN IMMEDIATE; COMMIT;`),
    );
  } catch (error) {
    opened.close();
    throw error;
  }
  return databaseOf(opened);
}

function databaseOf(opened: sqlite.DatabaseSync): Database {
  const begin = guarded(() => opened.prepare('BEGIN IMMEDIATE'));
  const commit = guarded(() => opened.prepare('COMMIT'));
  let isOpen = true;
  return {
    prepare: (sql) => statementOf(guarded(() => opened.prepare(sql))),
    execute: (sql) => guarded(() => opened.exec(sql)),
    transaction(work) {
      guarded(() => begin.run());
      try {
        const value = work();
        guarded(() => commit.run());
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
      guarded(() => opened.close());
    },
  };
}

function statementOf(statement: sqlite.StatementSync): Statement {
  return {
    run: (...values) => void guarded(() => statement.run(...values)),
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
  8, // READONLY
  10, // IOERR
  13, // FULL
  14, // CANTOPEN
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
