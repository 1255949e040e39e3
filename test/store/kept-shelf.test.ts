import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { keepInMemory } from '../../src/model/kept-records.ts';
import { keptShelf } from '../../src/store/kept-shelf.ts';
import { openStore } from '../../src/store/open-store.ts';
import { openDatabase } from '../../src/store/sqlite.ts';
import { scratchDir } from './scratch-dir.ts';

function open(file: string, version = '1') {
  const opened = openStore({
    clock: systemClock,
    file,
    log: silentLog,
    lockTimeoutMs: 0,
    shelves: (take) => take(keptShelf(version)),
  });
  if (opened.status !== 'open') throw new Error(`The store is ${opened.status}.`);
  return opened;
}

test('records have what was put last, oldest first, each kind by itself; on disk as in memory', () => {
  const opened = open(join(scratchDir(), 'store.sqlite'));
  for (const { answer, task } of [opened.shelves, keepInMemory()]) {
    answer.put('b', 2, 'second');
    answer.put('a', 1, 'first');
    answer.put('b', 3, 'third');
    task.put('a', 9, 'a task');
    expect(answer.entries()).toEqual([
      { key: 'a', at: 1, characters: 5 },
      { key: 'b', at: 3, characters: 5 },
    ]);
    expect([answer.get('a'), answer.get('b'), answer.get('c'), task.get('a')]).toEqual([
      'first',
      'third',
      null,
      'a task',
    ]);
    answer.remove(['a', 'not there']);
    answer.remove([]);
    expect([answer.get('a'), task.get('a')]).toEqual([null, 'a task']);
  }
  opened.close();
});

test('records are there for the next who opens the file, unless their texts mean something else to it', () => {
  const file = join(scratchDir(), 'store.sqlite');
  const first = open(file);
  first.shelves.begun.put('k', 1, 'ü and a\nline');
  first.close();
  const second = open(file);
  expect(second.shelves.begun.get('k')).toBe('ü and a\nline');
  second.close();
  const third = open(file, '2');
  expect(third.shelves.begun.entries()).toEqual([]);
  third.close();
});

test('a record that was damaged on the disk is not there, and the others are', () => {
  const file = join(scratchDir(), 'store.sqlite');
  const first = open(file);
  first.shelves.answer.put('bad', 1, 'was right');
  first.shelves.answer.put('good', 2, 'is right');
  first.close();
  const database = openDatabase(file, { lockTimeoutMs: 0 });
  database.execute("UPDATE kept_records SET text = 'was wrong' WHERE key = 'bad'");
  database.close();
  const second = open(file);
  expect([second.shelves.answer.get('bad'), second.shelves.answer.get('good')]).toEqual([null, 'is right']);
  second.close();
});
