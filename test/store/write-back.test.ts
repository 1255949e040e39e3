import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { Log } from '../../src/log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { openDatabase } from '../../src/store/sqlite.ts';
import { createWriteBackThread } from '../../src/store/write-back.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { scratchDir } from './scratch-dir.ts';

/** What was said, by level. */
function listeningLog(): { readonly log: Log; readonly said: string[] } {
  const said: string[] = [];
  const log: Log = {
    debug() {},
    info: (_, message) => void said.push(`info ${message}`),
    warn: (_, message) => void said.push(`warn ${message}`),
    error: (_, message) => void said.push(`error ${message}`),
    child: () => log,
  };
  return { log, said };
}

describe("a store's log", () => {
  test('is written back by another thread, within a moment of a write', async () => {
    const file = join(scratchDir(), 'store.sqlite');
    const clock = createFakeClock();
    const { log, said } = listeningLog();
    const opened = openStore({
      file,
      clock,
      log,
      lockTimeoutMs: 0,
      shelves: (take) =>
        take({
          name: 'notes',
          version: '1',
          tables: 'CREATE TABLE notes_texts (text TEXT)',
          open: (database) => database.prepare('INSERT INTO notes_texts VALUES (?)'),
        }),
    });
    if (opened.status !== 'open') throw new Error(`The store is ${opened.status}.`);
    const isInFile = (text: string) => readFileSync(file).includes(text);

    for (const text of ['first of all', 'another one']) {
      opened.shelves.run(text);
      expect([isInFile(text), readFileSync(`${file}-wal`).includes(text)]).toEqual([false, true]);
      await clock.advance(250);
      await eventually(() => expect(isInFile(text)).toBe(true));
    }
    opened.close();
    expect(said).toEqual([]);
  });

  test('that the disk refuses to take back is told once, and tried again', async () => {
    const dir = join(scratchDir(), 'later');
    const file = join(dir, 'store.sqlite');
    const clock = createFakeClock();
    const { log, said } = listeningLog();
    const database = () => ({ writeBackHere: () => said.push('here') });
    const refused = vi.fn<() => void>();
    const thread = createWriteBackThread({ file, database, refused, clock, log });
    thread.wrote();
    await clock.advance(250);
    await eventually(() => expect(said).toHaveLength(1));
    expect(said[0]).toMatch(/^error The store cannot be written to the disk/);

    await eventually(() => expect(clock.pending).toBe(1));
    mkdirSync(dirname(file));
    openDatabase(file, { lockTimeoutMs: 0 }).close();
    await clock.advance(30_000);
    await eventually(() => expect(said[1]).toBe('info The store is written to the disk again'));
    expect(refused).toHaveBeenCalledTimes(1);
    thread.close();
    thread.close();
  });

  test('is written back by SQLite itself where the file system cannot share it', () => {
    const file = join(scratchDir(), 'store.sqlite');
    // A way to files without shared memory, as that of some network file systems.
    const database = openDatabase(`file:${file}?vfs=unix-none&lock=`, { lockTimeoutMs: 0 });
    expect(database.isSharedLog).toBe(false);
    database.execute("CREATE TABLE texts (text TEXT); INSERT INTO texts VALUES ('kept')");
    database.close();
    const again = openDatabase(file, { lockTimeoutMs: 0 });
    expect(again.prepare('SELECT text FROM texts').get()).toEqual({ text: 'kept' });
    again.close();
  });
});
