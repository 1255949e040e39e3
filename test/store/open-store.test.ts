import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { type OpenedStore, openStore, type Shelf } from '../../src/store/open-store.ts';
import type { Database } from '../../src/store/sqlite.ts';
import { importsUnder, root } from '../architecture/imports.ts';
import { scratchDir } from './scratch-dir.ts';

/** A shelf of texts, as a part of the gateway would bring it. */
function notes(version = '1', name = 'notes'): Shelf<{ add(text: string): void; all(): string[] }> {
  return {
    name,
    version,
    tables: `CREATE TABLE ${name}_texts (text TEXT NOT NULL)`,
    open: (database: Database) => ({
      add: (text) => database.prepare(`INSERT INTO ${name}_texts VALUES (?)`).run(text),
      all: () => [...database.prepare(`SELECT text FROM ${name}_texts`).rows()].map((row) => String(row['text'])),
    }),
  };
}

function open<T>(file: string, shelf: Shelf<T>): OpenedStore<T> {
  return openStore({ file, clock: systemClock, log: silentLog, lockTimeoutMs: 0, shelves: (take) => take(shelf) });
}

function mustOpen<T>(file: string, shelf: Shelf<T>) {
  const opened = open(file, shelf);
  if (opened.status !== 'open') throw new Error(`The store is ${opened.status}.`);
  return opened;
}

describe('a store', () => {
  test('has what was put there before it was closed', () => {
    const file = join(scratchDir(), 'state', 'store.sqlite');
    const first = mustOpen(file, notes());
    first.shelves.add('kept');
    first.close();
    const second = mustOpen(file, notes());
    expect(second.shelves.all()).toEqual(['kept']);
    second.close();
    second.close();
  });

  test('may be read by its owner alone, its log too', () => {
    const dir = scratchDir();
    const store = mustOpen(join(dir, 'store.sqlite'), notes());
    store.shelves.add('x');
    for (const name of readdirSync(dir)) expect([name, statSync(join(dir, name)).mode & 0o777]).toEqual([name, 0o600]);
    expect(readdirSync(dir)).toHaveLength(4);
    store.close();
  });

  test('is had by one at a time, also of several processes', () => {
    const file = join(scratchDir(), 'store.sqlite');
    const store = mustOpen(file, notes());
    const script = `
      import { openStore } from ${JSON.stringify(join(root, 'src/store/open-store.ts'))};
      import { systemClock } from ${JSON.stringify(join(root, 'src/clock.ts'))};
      const opened = openStore({ file: ${JSON.stringify(file)}, clock: systemClock, log: console, lockTimeoutMs: 0, shelves: () => null });
      console.log(opened.status);`;
    const run = () => execFileSync(process.execPath, ['--input-type=module', '-e', script]).toString().trim();
    expect(run()).toBe('in use');
    expect(open(file, notes()).status).toBe('in use');
    store.close();
    expect(run()).toBe('open');
  });

  test('of another version of one shelf loses that shelf and no other', () => {
    const file = join(scratchDir(), 'store.sqlite');
    const first = mustOpen(file, notes('1', 'a'));
    first.shelves.add('gone');
    first.close();
    const second = mustOpen(file, notes('1', 'ab'));
    second.shelves.add('stays');
    second.close();
    const third = mustOpen(file, notes('2', 'a'));
    expect(third.shelves.all()).toEqual([]);
    third.close();
    expect(mustOpen(file, notes('1', 'ab')).shelves.all()).toEqual(['stays']);
  });

  test.each([
    ['is no database', (file: string) => writeFileSync(file, 'something else'.repeat(1_000))],
    ['is torn', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 5_000))],
    ['has a first page of zeros', (file: string) => writeFileSync(file, Buffer.alloc(4_096))],
  ])('whose file %s is moved aside and begun anew', (_, spoil) => {
    const file = join(scratchDir(), 'store.sqlite');
    const first = mustOpen(file, notes());
    first.shelves.add('lost');
    first.close();
    spoil(file);
    const second = mustOpen(file, notes());
    expect(second.shelves.all()).toEqual([]);
    second.shelves.add('new');
    second.close();
    expect(existsSync(`${file}.damaged`)).toBe(true);
    expect(mustOpen(file, notes()).shelves.all()).toEqual(['new']);
  });

  test('where nothing can be written is refused, and nothing is thrown', () => {
    const dir = scratchDir();
    // Nobody may write below a file, not even root.
    writeFileSync(join(dir, 'file'), '');
    expect(open(join(dir, 'file', 'store.sqlite'), notes()).status).toBe('refused');
    mkdirSync(join(dir, 'folder.sqlite'));
    expect(open(join(dir, 'folder.sqlite'), notes()).status).toBe('refused');
  });
});

test('SQLite is loaded without a word on standard error', () => {
  const script = `
    import { openDatabase } from ${JSON.stringify(join(root, 'src/store/sqlite.ts'))};
    openDatabase(${JSON.stringify(join(scratchDir(), 'store.sqlite'))}, { lockTimeoutMs: 0 }).close();
    process.stdout.write('loaded');`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: 'loaded', stderr: '' });
});

test('one file of src knows SQLite', () => {
  const files = importsUnder('src').flatMap(({ file, target }) => (target === 'node:sqlite' ? [file] : []));
  expect([...new Set(files)]).toEqual(['src/store/sqlite.ts']);
});
