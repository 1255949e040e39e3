import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  double,
  nat,
  oneof,
  record,
} from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SessionNews } from '../../../src/fleet/hosts/session-news.ts';
import type { Change } from '../../../src/fleet/journal/change.ts';
import type { DomainRecord, FleetObject, HostView } from '../../../src/fleet/objects.ts';
import { packText } from '../../../src/fleet/replica/packed-text.ts';
import type { JournalShelf } from '../../../src/store/journal-shelf.ts';
import { openDatabase, StoreError } from '../../../src/store/sqlite.ts';
import { scratchDir } from '../../store/scratch-dir.ts';
import { eventually } from '../../support/eventually.ts';
import { settle } from '../../support/fake-clock.ts';
import { domainRecord } from '../domain-record.ts';
import { brief, cursorOf, gather } from '../fleet-under-test.ts';
import { fold, followed, type KeptJournal, keyOf, openKeptJournal } from '../kept-journal.ts';

function upsert(run: KeptJournal, object: FleetObject, changedFields: readonly string[] = ['state']) {
  const previous = run.picture.get(keyOf(object)) ?? null;
  run.say({ type: 'upserted', origin: 'EVENT', object, previous, changedFields: previous && changedFields });
}

function remove(run: KeptJournal, object: FleetObject) {
  run.say({ type: 'deleted', origin: 'EVENT', object });
}

function domain(number: number, part: Partial<DomainRecord> = {}): DomainRecord {
  return { ...domainRecord({ number }), ...part };
}

function host(name: string, part: Partial<HostView> = {}): HostView {
  const rest = { uri: `sim://${name}`, labels: {}, readOnly: false, problem: null, facts: null, capabilities: null };
  return { kind: 'host', name, status: 'READY', asOf: 1, stale: false, ...rest, ...part };
}

/** Everything that is told from now on. */
function listen(run: KeptJournal): Change[] {
  return gather(run.journal.open({ filter: {}, after: null, snapshot: 'NEVER' })).items;
}

/** As SIGKILL leaves it. */
function kill(file: string, to: string) {
  copyFileSync(file, to);
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${to}-wal`);
}

describe('after a restart', () => {
  test('a cursor of the run before goes on: first what it missed there, then what is new, each with its own cursor', async () => {
    const file = join(scratchDir(), 'store.sqlite');
    const first = openKeptJournal(file);
    const told = listen(first);
    for (const number of [1, 2, 3]) upsert(first, domain(number));
    await settle();
    first.close();

    const second = openKeptJournal(file);
    const { items } = gather(second.journal.open({ filter: {}, after: cursorOf(told[0]), snapshot: 'IF_NEEDED' }));
    upsert(second, domain(2, { state: 'RUNNING' }));
    await settle();
    expect(items.slice(0, 2)).toEqual(told.slice(1));
    expect(items.slice(2).map(brief)).toEqual(['EVENT guest-2=RUNNING (state)']);
    second.close();

    // And once more, from the middle of the run before the last.
    const third = openKeptJournal(file);
    expect(followed(third.journal, cursorOf(told[1]))).toEqual(items.slice(1));
    expect(followed(third.journal, cursorOf(items[2]))).toEqual([]);
    third.close();
  });

  test('every object is there as it was', async () => {
    const file = join(scratchDir(), 'store.sqlite');
    const first = openKeptJournal(file);
    const [web, db] = [domain(1), domain(2, { inactiveXml: packText('<domain>ü</domain>'), storedInterfaces: [] })];
    upsert(first, host('a'));
    upsert(first, web);
    upsert(first, db);
    upsert(first, { ...web, state: 'RUNNING' });
    upsert(first, { ...web, state: 'RUNNING', xml: packText('<domain>2</domain>'), version: '2' }, ['xml', 'version']);
    remove(first, db);
    upsert(first, { ...db, name: 'again' });
    await settle();
    first.close();
    const second = openKeptJournal(file);
    expect(second.restored).toEqual(first.picture);
    second.close();
  });

  test('a cursor given out before anything happened goes on too', async () => {
    const file = join(scratchDir(), 'store.sqlite');
    const first = openKeptJournal(file);
    const cursor = first.journal.cursor();
    upsert(first, domain(1));
    await settle();
    first.close();
    const second = openKeptJournal(file);
    const own = second.journal.cursor();
    second.close();
    const third = openKeptJournal(file);
    expect(followed(third.journal, cursor)).toHaveLength(1);
    expect(followed(third.journal, own)).toEqual([]);
    third.close();
  });

  test('a cursor from within a snapshot is that snapshot again', async () => {
    const file = join(scratchDir(), 'store.sqlite');
    const first = openKeptJournal(file);
    upsert(first, domain(1));
    await settle();
    const { value } = await first.journal.open({ filter: {}, after: null, snapshot: 'IF_NEEDED' }).next();
    first.close();
    const second = openKeptJournal(file);
    const { items } = gather(second.journal.open({ filter: {}, after: cursorOf(value), snapshot: 'IF_NEEDED' }));
    await settle();
    expect(items.map(brief)).toEqual(['SNAPSHOT guest-1=SHUTOFF', 'snapshotComplete']);
    second.close();
  });

  test('a filter sees the object as it was before an old change, as it did when that was new', async () => {
    const file = join(scratchDir(), 'store.sqlite');
    const first = openKeptJournal(file);
    const cursor = first.journal.cursor();
    upsert(first, domain(1, { state: 'RUNNING' }));
    upsert(first, domain(1, { state: 'SHUTOFF' }));
    await settle();
    first.close();
    const seen: SessionNews[] = [];
    let shelf: JournalShelf | null = null;
    const second = openKeptJournal(file, { shelf: (real) => (shelf = real) });
    for (const { head, previous } of (shelf as JournalShelf | null)?.read(1, 10) ?? []) {
      seen.push({ ...JSON.parse(head), previous: previous && JSON.parse(previous.text) });
    }
    expect(seen).toMatchObject([{ previous: null }, { previous: { state: 'RUNNING' } }]);
    expect(followed(second.journal, cursor)).toHaveLength(2);
    second.close();
  });

  test('the bounds hold over all runs, on disk as in memory', async () => {
    const file = join(scratchDir(), 'store.sqlite');
    const limits = { entries: 100 };
    let cursor = '';
    for (let time = 0; time < 5; time++) {
      const run = openKeptJournal(file, { limits });
      for (let change = 0; change < 90; change++) {
        upsert(
          run,
          domain(change % 7, { version: `${time}.${change}`, xml: packText(`<domain>${time}.${change}</domain>`) }),
        );
        await settle();
        // Trimmed in steps; the newest stay.
        expect(run.journal.size.entries).toBeLessThanOrEqual(100 + 256);
      }
      run.close();
      cursor = run.journal.cursor();
    }
    const last = openKeptJournal(file, {
      limits,
      shelf: (real) => (expect(real.past.lastSeq - real.past.firstSeq).toBeLessThan(100 + 256 + 64), real),
    });
    expect(last.journal.size.entries).toBe(100);
    expect(followed(last.journal, cursor as typeof cursor & ReturnType<typeof last.journal.cursor>)).toEqual([]);
    last.close();
  });

  test('what is older than the journal keeps is not told', async () => {
    const file = join(scratchDir(), 'store.sqlite');
    const first = openKeptJournal(file);
    const cursor = first.journal.cursor();
    upsert(first, domain(1));
    await settle();
    first.close();
    const second = openKeptJournal(file, { limits: { ageMs: -1 } });
    expect(followed(second.journal, cursor)).toBe('start over');
    expect(second.restored.size).toBe(1);
    second.close();
  });
});

test('nobody is told of a change before it is on disk', async () => {
  const file = join(scratchDir(), 'store.sqlite');
  const steps: string[] = [];
  const run = openKeptJournal(file, {
    shelf: (real) => ({
      ...real,
      past: real.past,
      append(entries, firstSeq) {
        real.append(entries, firstSeq);
        for (const { seq } of entries) steps.push(`kept ${seq}`);
      },
    }),
  });
  const stream = run.journal.open({ filter: {}, after: null, snapshot: 'NEVER' });
  const hear = (async () => {
    for (let heard = 1; heard <= 3; heard++) {
      await stream.next();
      steps.push(`told ${heard}`);
    }
  })();
  for (const number of [1, 2, 3]) upsert(run, domain(number));
  expect(run.journal.size.entries).toBe(0);
  await hear;
  expect(steps).toEqual(['kept 1', 'kept 2', 'kept 3', 'told 1', 'told 2', 'told 3']);
  run.close();
});

test('who waits is not slow, however long ago that happened which he is now told all at once', async () => {
  // As when the machine sleeps after it happened and before it is told.
  const limits = { readerLag: 2, slowReaderMs: 60_000, togetherMs: 120_000 };
  const run = openKeptJournal(join(scratchDir(), 'store.sqlite'), { limits });
  upsert(run, host('alpha'));
  await settle();
  const told = listen(run);
  await settle();
  for (let number = 0; number < 5; number++) upsert(run, domain(number));
  await run.clock.advance(120_000);
  expect(told.filter(({ type }) => type !== 'bookmark').map(brief)).toEqual(
    [0, 1, 2, 3, 4].map((number) => `EVENT ${domain(number).name}=${domain(number).state}`),
  );
  run.close();
});

describe('a disk that fails', () => {
  test('stops nothing; cursors from then on are of this process alone, those before are good', async () => {
    const file = join(scratchDir(), 'store.sqlite');
    let isFull = false;
    const run = openKeptJournal(file, {
      shelf: (real) => ({
        ...real,
        past: real.past,
        append(entries, firstSeq) {
          if (isFull) throw new StoreError('refused', 'database or disk is full');
          real.append(entries, firstSeq);
        },
      }),
    });
    const told = listen(run);
    upsert(run, domain(1));
    await settle();
    expect(run.journal.persistence).toBe('SQLITE');
    isFull = true;
    upsert(run, domain(2));
    upsert(run, domain(3));
    await settle();
    isFull = false;
    upsert(run, domain(4));
    await settle();
    expect(run.journal.persistence).toBe('FAILED');
    expect(told.map(brief)).toEqual([1, 2, 3, 4].map((number) => `EVENT guest-${number}=SHUTOFF`));
    for (const [index, change] of told.entries()) {
      expect(followed(run.journal, cursorOf(change))).toEqual(told.slice(index + 1));
    }
    run.close();

    const next = openKeptJournal(file);
    // The same numbers, and something else.
    for (const number of [7, 8, 9]) upsert(next, domain(number));
    await settle();
    expect(followed(next.journal, cursorOf(told[0]))).toHaveLength(3);
    for (const change of told.slice(1)) expect(followed(next.journal, cursorOf(change))).toBe('start over');
    next.close();
  });
});

describe('a store that failed and is back', () => {
  const back = async (run: KeptJournal, file: 'as it was' | 'empty') => {
    run.comeBack(file);
    await eventually(() => expect(run.journal.persistence).toBe('SQLITE'));
  };

  test.each(['as it was', 'empty'] as const)(
    '%s has all that was told in this run, before it failed, while it was away, and since',
    async (what) => {
      const file = join(scratchDir(), 'store.sqlite');
      const run = openKeptJournal(file);
      const told = listen(run);
      upsert(run, host('alpha'));
      for (const number of [1, 2]) upsert(run, domain(number));
      await settle();
      run.lose();
      upsert(run, domain(1, { state: 'RUNNING' }));
      remove(run, domain(2));
      run.say({ type: 'hostInterrupted', host: host('alpha') });
      await settle();
      expect(run.journal.persistence).toBe('FAILED');
      await back(run, what);
      upsert(run, domain(3));
      upsert(run, domain(1, { state: 'RUNNING', xml: packText('<domain>new</domain>') }), ['xml']);
      await settle();
      expect(told).toHaveLength(8);
      run.close();

      const next = openKeptJournal(file);
      expect(next.restored).toEqual(run.picture);
      for (const [at, change] of told.entries()) {
        expect(followed(next.journal, cursorOf(change))).toEqual(told.slice(at + 1));
      }
      next.close();
    },
  );

  test('as it was has what earlier runs told, too; empty it has not, and says so', async () => {
    const file = join(scratchDir(), 'store.sqlite');
    const first = openKeptJournal(file);
    const told = listen(first);
    for (const number of [1, 2]) upsert(first, domain(number));
    await settle();
    first.close();
    const second = openKeptJournal(file);
    listen(second);
    second.lose();
    upsert(second, domain(3));
    await settle();
    // Still there to be read.
    expect(followed(second.journal, cursorOf(told[0]))).toHaveLength(2);
    await back(second, 'as it was');
    expect(followed(second.journal, cursorOf(told[0]))).toHaveLength(2);
    second.lose();
    await back(second, 'empty');
    expect(followed(second.journal, cursorOf(told[0]))).toBe('start over');
    expect(second.journal.size.entries).toBe(1);
    expect(followed(second.journal, cursorOf(told[1]))).toHaveLength(1);
    second.close();
    const third = openKeptJournal(file);
    expect(third.restored).toEqual(second.picture);
    expect(followed(third.journal, cursorOf(told[0]))).toBe('start over');
    expect(followed(third.journal, cursorOf(told[1]))).toHaveLength(1);
    third.close();
  });

  test('after so much that memory does not reach back to it is written anew, as far as memory reaches', async () => {
    const file = join(scratchDir(), 'store.sqlite');
    const run = openKeptJournal(file, { limits: { entries: 20 } });
    const told = listen(run);
    for (let change = 0; change < 100; change++) {
      if (change === 10) run.lose();
      upsert(run, domain(change % 7, { version: String(change) }));
      await settle();
    }
    await back(run, 'as it was');
    run.close();
    const next = openKeptJournal(file, { limits: { entries: 20 } });
    expect(next.restored).toEqual(run.picture);
    for (const [at, change] of told.entries()) {
      expect(followed(next.journal, cursorOf(change))).toEqual(at >= 89 ? told.slice(at + 1) : 'start over');
    }
    next.close();
  });

  test('of another gateway is not taken for its own', async () => {
    const other = join(scratchDir(), 'store.sqlite');
    const foreign = openKeptJournal(other);
    const toldThere = listen(foreign);
    for (const number of [7, 8, 9]) upsert(foreign, domain(number));
    await settle();
    foreign.close();

    const file = join(scratchDir(), 'store.sqlite');
    const run = openKeptJournal(file);
    const told = listen(run);
    for (const number of [1, 2]) upsert(run, domain(number));
    await settle();
    run.lose();
    copyFileSync(other, file);
    await back(run, 'as it was');
    run.close();
    const next = openKeptJournal(file);
    expect(next.restored).toEqual(run.picture);
    expect(followed(next.journal, cursorOf(told[0]))).toEqual(told.slice(1));
    for (const change of toldThere) expect(followed(next.journal, cursorOf(change))).toBe('start over');
    next.close();
  });

  test('that could not be read at the start has nothing of earlier runs when it is back', async () => {
    const file = join(scratchDir(), 'store.sqlite');
    const first = openKeptJournal(file);
    const toldFirst = listen(first);
    for (const number of [1, 2, 3]) upsert(first, domain(number));
    await settle();
    first.close();
    const second = openKeptJournal(file, { isAway: true });
    const told = listen(second);
    expect(second.restored.size).toBe(0);
    for (const number of [2, 3, 4, 5]) upsert(second, domain(number, { state: 'RUNNING' }));
    await settle();
    expect(second.journal.persistence).toBe('FAILED');
    await back(second, 'as it was');
    second.close();
    const third = openKeptJournal(file);
    expect(third.restored).toEqual(second.picture);
    expect(followed(third.journal, cursorOf(told[0]))).toEqual(told.slice(1));
    for (const change of toldFirst) expect(followed(third.journal, cursorOf(change))).toBe('start over');
    third.close();
  });

  test('is finished when the gateway is stopped meanwhile', async () => {
    const file = join(scratchDir(), 'store.sqlite');
    const run = openKeptJournal(file);
    const told = listen(run);
    for (let number = 0; number < 300; number++) upsert(run, domain(number));
    await settle();
    run.lose();
    upsert(run, domain(301));
    await settle();
    run.comeBack('empty');
    run.close();
    const next = openKeptJournal(file);
    expect(next.restored).toEqual(run.picture);
    expect(followed(next.journal, cursorOf(told[0]))).toHaveLength(300);
    next.close();
  });

  test.each(['as it was', 'empty'] as const)(
    '%s, and killed at any step of being written, leaves the journal of some moment, or none',
    async (what) => {
      const dir = scratchDir();
      const file = join(dir, 'store.sqlite');
      const run = openKeptJournal(file, { limits: { entries: 600 } });
      const told = listen(run);
      const all = () => run.journal.size.written;
      for (let number = 0; number < 150; number++) upsert(run, domain(number));
      await settle();
      run.lose();
      for (let number = 0; number < 300; number++) upsert(run, domain(number, { state: 'RUNNING' }));
      await settle();
      const copies: string[] = [];
      const copy = () => {
        const to = join(dir, `killed-${copies.length}.sqlite`);
        kill(file, to);
        copies.push(to);
      };
      // One that fails once more in the middle goes on from there.
      run.comeBack(what);
      copy();
      for (let step = 0; run.journal.persistence === 'FAILED'; step++) {
        await nextTurn();
        if (step === 2) {
          run.lose();
          copy();
          run.comeBack('as it was');
        }
        // It goes on meanwhile, so that those who are killed and the one who lives say different things.
        if (step < 4) upsert(run, domain(200 + step, { version: `${step}` }));
        copy();
      }
      await settle();
      expect(copies.length).toBeGreaterThan(6);
      expect(told).toHaveLength(all());
      let whole = 0;
      for (const killed of copies) {
        const next = openKeptJournal(killed);
        const known = told.slice(0, next.restoredTo);
        if (next.restoredTo > 0) whole++;
        expect(next.restored).toEqual(fold(known));
        for (const number of [991, 992, 993]) upsert(next, domain(number));
        await settle();
        for (const [at, change] of told.entries()) {
          // All of them would be a million comparisons.
          if (at % 16 > 0 && Math.abs(at - known.length) > 1) continue;
          const answer = followed(next.journal, cursorOf(change));
          const right = known.slice(at + 1);
          // Memory lends it the newer half of what the journal may hold.
          const allowed =
            at >= known.length ? ['start over'] : at < told.length - 300 ? ['start over', right] : [right];
          expect(allowed).toContainEqual(answer === 'start over' ? answer : answer.slice(0, -3));
        }
        next.close();
      }
      expect(whole).toBeGreaterThan(1);
      run.close();
    },
  );
});

describe('a file in which', () => {
  async function spoilt(spoilFile: (file: string) => void) {
    const file = join(scratchDir(), 'store.sqlite');
    const first = openKeptJournal(file);
    const told = listen(first);
    upsert(first, host('alpha'));
    upsert(first, domain(1, { name: 'needle-object', xml: packText('<needle-xml/>') }));
    upsert(first, domain(1, { name: 'needle-object', state: 'RUNNING', xml: packText('<needle-xml/>') }), [
      'needle-field',
    ]);
    await settle();
    first.close();
    spoilFile(file);
    const second = openKeptJournal(file);
    const answers = told.map((change) => followed(second.journal, cursorOf(change)));
    second.close();
    return { answers, told, restored: second.restored, picture: first.picture };
  }
  const sql = (statement: string) => (file: string) => {
    const database = openDatabase(file, { lockTimeoutMs: 0 });
    database.execute(statement);
    database.close();
  };
  const flip = (needle: string, time: number) => (file: string) => {
    const bytes = readFileSync(file);
    let place = -1;
    for (let found = 0; found <= time; found++) place = bytes.indexOf(needle, place + 1);
    if (place < 0) throw new Error(`${needle} is not so often in the file.`);
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    writeFileSync(file, bytes);
  };

  test('nothing is wrong is believed', async () => {
    const { answers, told, restored, picture } = await spoilt(() => {});
    expect(answers).toEqual(told.map((_, at) => told.slice(at + 1)));
    expect(restored).toEqual(picture);
  });

  test.each([
    ['an object is missing', sql("DELETE FROM journal_objects WHERE subject LIKE 'domain/%'")],
    [
      'an object is older than it was',
      sql(`UPDATE journal_objects SET object = replace(object, 'RUNNING', 'SHUTOFF')`),
    ],
    ['the document of an object is missing', sql('DELETE FROM journal_documents')],
    ['a run is missing', sql('DELETE FROM journal_runs')],
    ['the newest entry is missing', sql('DELETE FROM journal_entries WHERE seq = 3')],
    ['the oldest entry is missing', sql('DELETE FROM journal_entries WHERE seq = 1')],
    ['the state says less than there is', sql('UPDATE journal_state SET last_seq = 2')],
    ['there is no state', sql('DELETE FROM journal_state')],
    ['an epoch is another', sql("UPDATE journal_runs SET epoch = '0123456789abcdef'")],
    ['one letter of the XML is another', flip('needle-xml', 0)],
  ])('%s is not believed at all', async (_, spoilFile) => {
    const { answers, restored } = await spoilt(spoilFile);
    expect(answers).toEqual(['start over', 'start over', 'start over']);
    expect(restored.size).toBe(0);
  });

  test.each([
    ['an entry in between is missing', sql('DELETE FROM journal_entries WHERE seq = 2')],
    [
      'one letter of an entry is another',
      sql("UPDATE journal_entries SET head = replace(head, 'EVENT', 'EVENU') WHERE seq = 2"),
    ],
    ['the time of an entry is another', sql('UPDATE journal_entries SET observed_at = observed_at + 1 WHERE seq = 2')],
  ])('%s costs the entries', async (_, spoilFile) => {
    const { answers, restored, picture } = await spoilt(spoilFile);
    expect(answers[0]).toBe('start over');
    expect(restored).toEqual(picture);
  });

  test.each(['needle-object', 'needle-field', 'alpha'])(
    'one letter of "%s" is another tells nobody of it',
    async (needle) => {
      for (const time of [0, 1]) {
        const { answers, told, restored, picture } = await spoilt(flip(needle, needle === 'needle-field' ? 0 : time));
        expect([picture, new Map()]).toContainEqual(restored);
        for (const [at, answer] of answers.entries()) expect(['start over', told.slice(at + 1)]).toContainEqual(answer);
        expect(answers).toContain('start over');
      }
    },
  );
});

/** What happens, in a form that shrinks well. */
type Step =
  | { readonly kind: 'domain'; readonly number: number; readonly version: number }
  | { readonly kind: 'gone'; readonly number: number }
  | { readonly kind: 'state'; readonly number: number }
  | { readonly kind: 'host'; readonly number: number }
  | { readonly kind: 'mark'; readonly number: number }
  | { readonly kind: 'turn' }
  | { readonly kind: 'lose' }
  | { readonly kind: 'back'; readonly what: 'as it was' | 'empty' };

const number = nat(5);
const step: Arbitrary<Step> = oneof(
  { weight: 4, arbitrary: record({ kind: constant('domain' as const), number, version: nat(3) }) },
  { weight: 3, arbitrary: record({ kind: constant('state' as const), number }) },
  { weight: 2, arbitrary: record({ kind: constant('gone' as const), number }) },
  record({ kind: constant('host' as const), number }),
  record({ kind: constant('mark' as const), number }),
  { weight: 2, arbitrary: constant({ kind: 'turn' as const }) },
);

/** A disk that fails, too. */
const stepOrFailure: Arbitrary<Step> = oneof(
  { weight: 12, arbitrary: step },
  constant({ kind: 'lose' as const }),
  record({ kind: constant('back' as const), what: constantFrom('as it was' as const, 'empty' as const) }),
);

async function take(run: KeptJournal, each: Step) {
  const known = 'number' in each ? run.picture.get(keyOf(domain(each.number))) : undefined;
  switch (each.kind) {
    case 'domain':
      // Long enough for pages of their own.
      return upsert(
        run,
        domain(each.number, { xml: packText(`<${each.version}>`.repeat(700)), version: String(each.version) }),
      );
    case 'state':
      if (known?.kind === 'domain') {
        upsert(run, { ...known, state: known.state === 'RUNNING' ? 'SHUTOFF' : 'RUNNING' });
      }
      return;
    case 'gone':
      return known && remove(run, known);
    case 'host':
      return upsert(run, host(`h${each.number}`, { asOf: run.picture.size }));
    case 'mark':
      return run.say({ type: 'hostInterrupted', host: host(`h${each.number}`) });
    case 'turn':
      return settle();
    case 'lose':
      return run.lose();
    case 'back':
      return run.store.shelf === null && run.comeBack(each.what);
    default:
      return each satisfies never;
  }
}

type Damage = {
  readonly file: '' | '-wal';
  readonly kind: 'flip' | 'cut' | 'zeros' | 'other page';
  readonly at: number;
  readonly bit: number;
};
const damage: Arbitrary<Damage> = record({
  file: constantFrom('' as const, '-wal' as const),
  kind: constantFrom('flip' as const, 'flip' as const, 'cut' as const, 'zeros' as const, 'other page' as const),
  at: double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  bit: nat(7),
});

function spoil(path: string, { kind, at, bit }: Damage) {
  if (!existsSync(path)) return;
  const bytes = readFileSync(path);
  const place = Math.floor(at * bytes.length);
  const page = place - (place % 4_096);
  if (kind === 'cut') return truncateSync(path, place);
  if (kind === 'flip') bytes[place] = (bytes[place] ?? 0) ^ (1 << bit);
  if (kind === 'zeros') bytes.fill(0, page, Math.min(page + 4_096, bytes.length));
  // Whole and right in itself, and not of here.
  if (kind === 'other page') {
    const other = (page + 8_192) % Math.max(4_096, bytes.length - (bytes.length % 4_096));
    bytes.copy(bytes, page, other, Math.min(other + 4_096, bytes.length));
  }
  writeFileSync(path, bytes);
}

type Life = {
  readonly steps: readonly Step[];
  /** Stopped, which puts everything into the file itself; else killed, which leaves most of it in the log. */
  readonly isStopped: boolean;
  readonly damages: readonly Damage[];
};

/**
 * Lives one after the other on one file. `lineage`: what was told up to the moment from which the present one goes on;
 * `lost`: what was told after such a moment. Its cursors must never be followed.
 */
async function live(lives: readonly Life[], limits: { readonly entries?: number } = {}) {
  const dir = scratchDir();
  let file = join(dir, 'store-0.sqlite');
  let lineage: Change[] = [];
  const lost: Change[] = [];
  let mustKnowAll = limits.entries === undefined;
  // The last one's file is opened once more.
  const last: Life = { steps: [], isStopped: true, damages: [] };
  for (const [index, { steps, isStopped, damages }] of [...lives, last].entries()) {
    const run = openKeptJournal(file, { limits });
    // It goes on from some moment of before, and from no mixture of several.
    lost.push(...lineage.splice(run.restoredTo));
    expect(run.restored).toEqual(fold(lineage));
    const answers = lineage.map((change) => followed(run.journal, cursorOf(change)));
    const right = lineage.map((_, at) => lineage.slice(at + 1));
    expect(answers).toEqual(
      answers.map((answer, at) => (answer === 'start over' && !mustKnowAll ? answer : right[at])),
    );
    expect(lost.filter((change) => followed(run.journal, cursorOf(change)) !== 'start over')).toEqual([]);

    const told = listen(run);
    for (const each of steps) {
      await take(run, each);
      // Nobody here is to fall behind.
      if (limits.entries !== undefined) await settle();
    }
    await settle();
    lineage = [...lineage, ...told];
    const next = join(dir, `store-${index + 1}.sqlite`);
    if (!isStopped) {
      kill(file, next);
      // It lives on, unknown to the next: as when the machine's power fails before the disk has all.
      upsert(run, domain(99, { version: `lost ${index}` }));
      await settle();
      lost.push(...told.slice(-1));
    }
    run.close();
    if (isStopped) kill(file, next);
    for (const each of damages) spoil(`${next}${each.file}`, each);
    mustKnowAll &&= damages.length === 0 && !steps.some((each) => each.kind === 'back' && each.what === 'empty');
    file = next;
  }
}

const livesWith = (damages: Arbitrary<Damage[]>, each: Arbitrary<Step> = step) =>
  array(record({ steps: array(each, { maxLength: 60, size: 'max' }), isStopped: boolean(), damages }), {
    minLength: 2,
    maxLength: 3,
  });

describe('a cursor that was given out is followed exactly, or refused', () => {
  test('whenever the gateway is stopped or killed, or the machine loses its power', async () => {
    await expect(
      assert(
        asyncProperty(livesWith(constant([])), (all) => live(all)),
        { numRuns: 10 },
      ),
    ).resolves.toBe(undefined);
  });

  test('also where the journal forgets', async () => {
    const property = asyncProperty(livesWith(constant([])), (all) => live(all, { entries: 10 }));
    await expect(assert(property, { numRuns: 10 })).resolves.toBe(undefined);
  });

  test('also where the store fails, again and again, and is back, as it was or empty', async () => {
    const property = asyncProperty(livesWith(constant([]), stepOrFailure), (all) => live(all));
    await expect(assert(property, { numRuns: 30 })).resolves.toBe(undefined);
  }, 60_000);

  test('whatever happens to the bytes of the file and of its log meanwhile', async () => {
    const damages = array(damage, { minLength: 1, maxLength: 2 });
    const property = asyncProperty(livesWith(damages), (all) => live(all));
    await expect(assert(property, { numRuns: 50 })).resolves.toBe(undefined);
  }, 60_000);
});
