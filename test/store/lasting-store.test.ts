import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Log, silentLog } from '../../src/log.ts';
import { type Lent, openLastingStore } from '../../src/store/lasting-store.ts';
import type { Shelf } from '../../src/store/open-store.ts';
import { type Database, StoreError } from '../../src/store/sqlite.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { scratchDir } from './scratch-dir.ts';

type Notes = { add(text: string): void; all(): string[] };

const notes: Shelf<Notes> = {
  name: 'notes',
  version: '1',
  tables: 'CREATE TABLE notes_texts (text TEXT NOT NULL)',
  open: (database: Database) => ({
    add: (text) => database.prepare('INSERT INTO notes_texts VALUES (?)').run(text),
    all: () => [...database.prepare('SELECT text FROM notes_texts').rows()].map((row) => String(row['text'])),
  }),
};

/** A store as a gateway has it, and what it said. The longest waits of its ladder, so that a test can name them. */
function openNotes(file: string, random = 1) {
  const clock = createFakeClock();
  const said: string[] = [];
  const log: Log = {
    debug() {},
    info: (_, message) => void said.push(`info ${message.split(':')[0]}`),
    warn: (_, message) => void said.push(`warn ${message.split(':')[0]}`),
    error: (_, message) => void said.push(`error ${message.split(':')[0]}`),
    child: () => log,
  };
  const store = openLastingStore({
    file,
    clock,
    log,
    lockTimeoutMs: 0,
    random: () => random,
    shelves: (take) => take(notes),
  });
  if (store === 'in use') throw new Error('The store is in use.');
  onTestFinished(() => store.close());
  const lent = store.lend((shelf) => shelf);
  const news: string[] = [];
  lent.follow({ left: () => news.push('left'), returned: (shelf) => news.push(`returned with ${shelf.all().join()}`) });
  return { clock, said, store, lent, news };
}

/** As whoever writes to it does. */
function add(lent: Lent<Notes>, text: string) {
  try {
    lent.shelf?.add(text);
  } catch (error) {
    lent.failed(error);
  }
}

const refused = new StoreError('refused', 'database or disk is full');
const lostLine = 'error The store cannot be used';
const backLine = 'info The store can be used again';

function replace(file: string) {
  rmSync(file);
  // From its log alone it would be whole.
  rmSync(`${file}-wal`);
  writeFileSync(file, 'something else'.repeat(1_000));
}

describe('a store that fails while it is used', () => {
  test('is away for everybody at once, and back after a while with what it had; the log has a line for each', async () => {
    const { clock, said, store, lent, news } = openNotes(join(scratchDir(), 'store.sqlite'));
    add(lent, 'kept');
    expect(store.health).toEqual({ isInUse: true, failures: 0 });
    lent.failed(refused);
    lent.failed(refused);
    expect(lent.shelf).toBe(null);
    expect(news).toEqual(['left']);
    expect(store.health).toEqual({ isInUse: false, failures: 1 });
    await clock.advance(999);
    expect(store.health.isInUse).toBe(false);
    await clock.advance(1);
    await eventually(() => expect(store.health).toEqual({ isInUse: true, failures: 1 }));
    expect(news).toEqual(['left', 'returned with kept']);
    expect(said).toEqual([lostLine, backLine]);
    add(lent, 'more');
    expect(lent.shelf?.all()).toEqual(['kept', 'more']);
  });

  test('is tried again less and less often, up to once a minute, and each try counts', async () => {
    const dir = join(scratchDir(), 'state');
    const { clock, said, store, lent } = openNotes(join(dir, 'store.sqlite'));
    // Nobody may make a directory below a file, not even root.
    rmSync(dir, { recursive: true });
    writeFileSync(dir, '');
    lent.failed(refused);
    const tries: number[] = [];
    let failures = 1;
    for (let second = 1; second <= 300; second++) {
      await clock.advance(1_000);
      await eventually(() => expect(clock.pending).toBe(1));
      if (store.health.failures > failures) tries.push(second);
      ({ failures } = store.health);
    }
    expect(tries.slice(0, 5)).toEqual([1, 3, 6, 10, 16]);
    expect(tries.slice(-2)).toEqual([233, 293]);
    expect(said).toEqual([lostLine]);
    rmSync(dir);
    await clock.advance(60_000);
    await eventually(() => expect(store.health.isInUse).toBe(true));
    expect(said).toEqual([lostLine, backLine]);
  });

  test('soon after its return waits longer than the first time; after a minute of health, as long', async () => {
    const { clock, store, lent } = openNotes(join(scratchDir(), 'store.sqlite'));
    const isBackAfter = async (ms: number) => {
      lent.failed(refused);
      await clock.advance(ms - 1);
      expect(store.health.isInUse).toBe(false);
      await clock.advance(1);
      await eventually(() => expect(store.health.isInUse).toBe(true));
    };
    await isBackAfter(1_000);
    await isBackAfter(1_600);
    await isBackAfter(2_560);
    await clock.advance(60_000);
    await isBackAfter(1_000);
  });

  test('with damage is moved aside and begun anew', async () => {
    const file = join(scratchDir(), 'store.sqlite');
    const { clock, said, store, lent, news } = openNotes(file);
    add(lent, 'lost');
    lent.failed(new StoreError('damaged', 'database disk image is malformed'));
    await clock.advance(1_000);
    await eventually(() => expect(store.health.isInUse).toBe(true));
    expect(news).toEqual(['left', 'returned with ']);
    expect(existsSync(`${file}.damaged`)).toBe(true);
    expect(said).toEqual([lostLine, 'error The store is damaged', backLine]);
  });

  test.each([
    ['removed with its directory', (dir: string) => rmSync(dir, { recursive: true })],
    ['replaced by something else', (dir: string) => replace(join(dir, 'store.sqlite'))],
    ['moved away', (dir: string) => renameSync(join(dir, 'store.sqlite'), join(dir, 'elsewhere'))],
  ])('since its file was %s is begun anew, within some seconds', async (_, harm) => {
    const dir = join(scratchDir(), 'state');
    const { clock, store, lent, news } = openNotes(join(dir, 'store.sqlite'));
    add(lent, 'lost');
    harm(dir);
    // SQLite writes to the file that it has open, and sees nothing wrong.
    add(lent, 'lost too');
    await clock.advance(2_000);
    expect(store.health).toEqual({ isInUse: false, failures: 1 });
    await clock.advance(1_000);
    await eventually(() => expect(store.health.isInUse).toBe(true));
    expect(news).toEqual(['left', 'returned with ']);
    add(lent, 'kept');
    store.close();
    expect(openNotes(join(dir, 'store.sqlite')).lent.shelf?.all()).toEqual(['kept']);
  });

  test('and that somebody else has by then is left to him until he ends', async () => {
    const file = join(scratchDir(), 'store.sqlite');
    const { clock, store, lent } = openNotes(file);
    rmSync(file);
    rmSync(`${file}.lock`);
    const other = openNotes(file);
    add(other.lent, 'his');
    await clock.advance(3_000);
    await eventually(() => expect(store.health).toEqual({ isInUse: false, failures: 2 }));
    other.store.close();
    await clock.advance(1_600);
    await eventually(() => expect(store.health.isInUse).toBe(true));
    expect(lent.shelf?.all()).toEqual(['his']);
  });

  test('and is closed then does not come back', async () => {
    const file = join(scratchDir(), 'store.sqlite');
    const { clock, store, lent, news } = openNotes(file);
    lent.failed(refused);
    store.close();
    store.close();
    await clock.advance(600_000);
    expect(clock.pending).toBe(0);
    expect(news).toEqual(['left']);
    expect(openNotes(file).store.health.isInUse).toBe(true);
  });

  test('is away where nobody can even look for it, which ends nothing else', async () => {
    const dir = scratchDir();
    const state = join(dir, 'state');
    mkdirSync(state);
    const { clock, said, store, lent, news } = openNotes(join(state, 'store.sqlite'));
    renameSync(state, join(dir, 'elsewhere'));
    // A loop, as good as a directory whose rights were taken, or whose server has gone.
    symlinkSync('state', state);
    await clock.advance(2_000);
    expect(store.health).toEqual({ isInUse: false, failures: 1 });
    rmSync(state);
    await clock.advance(1_000);
    await eventually(() => expect(store.health.isInUse).toBe(true));
    expect(said).toEqual([lostLine, backLine]);
    add(lent, 'anew');
    expect(news).toEqual(['left', 'returned with ']);
  });

  test('leaves nothing in the directory that was not there before', async () => {
    const dir = scratchDir();
    const { clock, store, lent } = openNotes(join(dir, 'store.sqlite'));
    add(lent, 'x');
    const before = readdirSync(dir);
    lent.failed(refused);
    await clock.advance(1_000);
    await eventually(() => expect(store.health.isInUse).toBe(true));
    add(lent, 'y');
    expect(readdirSync(dir)).toEqual(before);
  });
});

describe('a store that cannot be used at the start', () => {
  test('is away from the beginning, and there when it can be', async () => {
    const dir = join(scratchDir(), 'state');
    writeFileSync(dir, '');
    const { clock, said, store, lent, news } = openNotes(join(dir, 'store.sqlite'));
    expect(lent.shelf).toBe(null);
    expect(store.health).toEqual({ isInUse: false, failures: 1 });
    await clock.advance(1_000);
    expect(store.health).toEqual({ isInUse: false, failures: 2 });
    rmSync(dir);
    mkdirSync(dir);
    await clock.advance(1_600);
    await eventually(() => expect(store.health.isInUse).toBe(true));
    expect(news).toEqual(['returned with ']);
    expect(said).toEqual([lostLine, backLine]);
  });

  test('since another process has it is none', () => {
    const file = join(scratchDir(), 'store.sqlite');
    openNotes(file);
    const clock = createFakeClock();
    expect(
      openLastingStore({ file, clock, log: silentLog, lockTimeoutMs: 0, random: () => 1, shelves: () => null }),
    ).toBe('in use');
    expect(clock.pending).toBe(0);
  });
});
