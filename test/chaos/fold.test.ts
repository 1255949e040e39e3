import { beforeEach, describe, expect, test } from 'vitest';
import { formatCursor } from '../../src/fleet/journal/cursor.ts';
import { createFold, type Fold, untold } from './fold.ts';
import type { ChangeMessage, SeenDomain } from './messages.ts';

const epoch = 'a'.repeat(16);
const otherEpoch = 'b'.repeat(16);
const at = (seq: number, ofEpoch = epoch) => formatCursor({ epoch: ofEpoch, seq, partial: false });
const within = (seq: number, ofEpoch = epoch) => formatCursor({ epoch: ofEpoch, seq, partial: true });

const domain = (name: string, part: Partial<SeenDomain> = {}): SeenDomain => ({
  __typename: 'Domain',
  id: `id-${name}`,
  uuid: `uuid-${name}`,
  name,
  title: null,
  state: 'SHUTOFF',
  persistent: true,
  autostart: false,
  host: { name: 'h1' },
  interfaces: [],
  ...part,
});
const upserted = (cursor: string, name: string, part: Partial<SeenDomain> = {}): ChangeMessage => ({
  __typename: 'ObjectUpserted',
  cursor,
  origin: 'EVENT',
  object: domain(name, part),
});
const ofSnapshot = (cursor: string, name: string): ChangeMessage => ({
  __typename: 'ObjectUpserted',
  cursor,
  origin: 'SNAPSHOT',
  object: domain(name),
});
const deleted = (cursor: string, name: string): ChangeMessage => ({
  __typename: 'ObjectDeleted',
  cursor,
  origin: 'EVENT',
  id: `id-${name}`,
});
const complete = (cursor: string): ChangeMessage => ({ __typename: 'SnapshotComplete', cursor });
const bookmark = (cursor: string): ChangeMessage => ({ __typename: 'Bookmark', cursor });
const resync: ChangeMessage = { __typename: 'ResyncRequired', reason: 'EPOCH_CHANGED' };

let violations: string[];
let fold: Fold;
const open = (isWhole: boolean) => createFold({ isWhole, violate: (text) => void violations.push(text) });

beforeEach(() => {
  violations = [];
  fold = open(true);
});

function take(...messages: readonly ChangeMessage[]): void {
  for (const message of messages) fold.take(message);
}

/** Has the snapshot of number 3, with a and b. */
function begun(): void {
  fold.begin();
  take(ofSnapshot(within(3), 'a'), ofSnapshot(within(3), 'b'), complete(at(3)));
}
const names = () => [...fold.objects.values()].map((object) => object.name).sort();

describe('what a client holds', () => {
  test('is the snapshot, then what changes', () => {
    begun();
    take(upserted(at(4), 'c'), deleted(at(5), 'a'), upserted(at(6), 'b', { state: 'RUNNING' }));
    expect(names()).toEqual(['b', 'c']);
    expect(fold.objects.get('id-b')).toMatchObject({ state: 'RUNNING' });
    expect(fold.cursor).toBe(at(6));
    expect(violations).toEqual([]);
  });

  test('loses what a later snapshot does not name', () => {
    begun();
    fold.begin();
    take(resync, ofSnapshot(within(1, otherEpoch), 'b'), complete(at(1, otherEpoch)));
    expect(names()).toEqual(['b']);
    expect(violations).toEqual([]);
  });

  test('keeps what the whole snapshot names when the first try broke off within it', () => {
    fold.begin();
    take(ofSnapshot(within(3), 'a'));
    expect(fold.isLive).toBe(false);
    fold.begin();
    take(ofSnapshot(within(4), 'b'), complete(at(4)));
    expect(names()).toEqual(['b']);
    expect(violations).toEqual([]);
  });

  test('is nothing after an empty snapshot', () => {
    begun();
    fold.begin();
    take(resync, complete(at(0, otherEpoch)));
    expect(names()).toEqual([]);
    expect(violations).toEqual([]);
  });
});

describe('what breaks a promise', () => {
  test('a number that is left out in silence', () => {
    begun();
    take(upserted(at(5), 'a'));
    expect(violations).toEqual([expect.stringContaining('silent gap')]);
  });

  test('a bookmark that moves over what was not told', () => {
    begun();
    take(bookmark(at(4)));
    expect(violations).toEqual([expect.stringContaining('silent gap')]);
  });

  test('not what Lagged announced, but one more than that', () => {
    begun();
    take({ __typename: 'Lagged', dropped: 2 }, upserted(at(6), 'a'));
    expect(violations).toEqual([]);
    take(upserted(at(8), 'a'));
    expect(violations).toEqual([expect.stringContaining('silent gap')]);
  });

  test('a cursor that goes back within a stream', () => {
    begun();
    take(upserted(at(4), 'a'), upserted(at(4), 'a'));
    expect(violations).toEqual([expect.stringContaining('went back')]);
  });

  test('not the same change once more after coming back', () => {
    begun();
    take(upserted(at(4), 'a'));
    fold.begin();
    take(upserted(at(4), 'a'), upserted(at(5), 'a'));
    expect(violations).toEqual([]);
    expect(fold.counts.duplicates).toBe(1);
  });

  test('another epoch, not announced, of which it missed the beginning', () => {
    begun();
    fold.begin();
    take(upserted(at(4, otherEpoch), 'a'));
    expect(violations).toEqual([]);
    const told = (seq: number) => new Map([[otherEpoch, new Map([[seq, 'h1']])]]);
    expect(untold(fold, told(4), null)).toEqual([]);
    expect(untold(fold, told(3), null)).toEqual([expect.stringContaining('number 3')]);
  });

  test('a change where a snapshot was promised', () => {
    begun();
    take(resync, upserted(at(4), 'a'));
    expect(violations).toEqual([expect.stringContaining('snapshot was due')]);
  });

  test('a snapshot that comes unasked', () => {
    begun();
    take(ofSnapshot(within(4), 'a'));
    expect(violations).toEqual([expect.stringContaining('nobody announced')]);
  });

  test('a snapshot that is older than what was told', () => {
    begun();
    take(upserted(at(4), 'a'), upserted(at(5), 'a'));
    fold = open(true);
    fold.begin();
    take(ofSnapshot(within(5), 'a'), complete(at(4)));
    expect(violations).toEqual([expect.stringContaining('was completed after')]);
  });

  test('with a filter, what others were told of in a stretch that it was told all of', () => {
    fold = open(false);
    begun();
    take(upserted(at(4), 'a'), upserted(at(6), 'a'), bookmark(at(8)));
    expect(violations).toEqual([]);
    const told = (...entries: readonly (readonly [number, string])[]) => new Map([[epoch, new Map(entries)]]);
    expect(untold(fold, told([2, 'h1'], [4, 'h1'], [5, 'h2'], [6, 'h1'], [9, 'h1']), 'h1')).toEqual([]);
    expect(untold(fold, told([7, 'h1']), 'h1')).toEqual([expect.stringContaining('number 7')]);
  });
});

test('the numbers in titles are kept in the order told, and a list begins them anew', () => {
  begun();
  take(upserted(at(4), 'a', { title: 'revision 1' }), upserted(at(5), 'a', { title: 'revision 2' }));
  fold.replaceAll([domain('a', { title: 'revision 3' })], at(4));
  fold.begin();
  take(upserted(at(5), 'a', { title: 'revision 2' }), upserted(at(6), 'a', { title: 'revision 3' }));
  expect(fold.revisions.get('id-a')).toEqual([1, 2, null, 2, 3]);
  expect(violations).toEqual([]);
});
