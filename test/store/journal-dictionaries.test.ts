import { join } from 'node:path';
import { expect, test } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { type JournalShelf, journalShelf } from '../../src/store/journal-shelf.ts';
import { openStore } from '../../src/store/open-store.ts';
import { openDatabase } from '../../src/store/sqlite.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { scratchDir } from './scratch-dir.ts';

function open(file: string): { readonly shelf: JournalShelf; close(): void } {
  const opened = openStore({
    file,
    clock: createFakeClock(),
    log: silentLog,
    lockTimeoutMs: 0,
    shelves: (take) => take(journalShelf('test')),
  });
  if (opened.status !== 'open') throw new Error(`The store is ${opened.status}.`);
  return { shelf: opened.shelves, close: () => opened.close() };
}

function count(file: string): unknown {
  const database = openDatabase(file, { lockTimeoutMs: 0 });
  const row = database.prepare('SELECT count(*) AS count FROM journal_dictionaries').get();
  database.close();
  return row?.['count'];
}

/** Objects that are each the only one packed with their dictionary; then all but the last are gone. */
function writeAndForget(shelf: JournalShelf, objects: number, dictionaryOf: (number: number) => Uint8Array) {
  const entry = (seq: number, subject: string, isGone: boolean, dictionary: Uint8Array) => ({
    seq,
    observedAt: 0,
    bytes: 1,
    head: '{}',
    subject,
    isGone,
    object: '{}',
    previous: null,
    document: {
      isKept: isGone,
      read: () => ({ facts: '{}', xml: { bytes: Buffer.from(subject), dictionary }, inactiveXml: null }),
    },
  });
  const numbers = Array.from({ length: objects }, (_, index) => index + 1);
  shelf.append(
    numbers.map((number) => entry(number, `${number}`, false, dictionaryOf(number))),
    1,
  );
  const gone = numbers.slice(0, -1);
  shelf.append(
    gone.map((number) => entry(objects + number, `${number}`, true, dictionaryOf(number))),
    2 * objects - 1,
  );
}

test('a dictionary is in the file once, and comes back with what it was used for', () => {
  const file = join(scratchDir(), 'store.sqlite');
  const first = open(file);
  writeAndForget(first.shelf, 3, () => Buffer.from('the same'));
  first.close();
  expect(count(file)).toBe(1);
  const second = open(file);
  const documents = second.shelf.takeObjects().map(({ document }) => document);
  expect(documents.map((document) => document?.xml.dictionary)).toEqual([new Uint8Array(Buffer.from('the same'))]);
  second.close();
});

test('of many dictionaries those that nothing needs any more are gone after the next start', () => {
  const file = join(scratchDir(), 'store.sqlite');
  const first = open(file);
  writeAndForget(first.shelf, 300, (number) => Buffer.from(`dictionary ${number}`));
  first.close();
  expect(count(file)).toBe(300);
  const second = open(file);
  second.shelf.begin({ epoch: 'next', firstSeq: second.shelf.past.lastSeq + 1 });
  second.close();
  expect(count(file)).toBeLessThan(5);
  const third = open(file);
  expect(third.shelf.takeObjects()).toHaveLength(1);
  third.close();
});
