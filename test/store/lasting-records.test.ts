import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type Kept, keepInMemory } from '../../src/model/kept-records.ts';
import { lastingKept } from '../../src/store/lasting-records.ts';
import { StoreError } from '../../src/store/sqlite.ts';
import { lentShelf } from './lent-shelf.ts';

/** A shelf whose changes are seen, and refused from then on that `refuse` is called. */
function shelf() {
  const kept = keepInMemory();
  const done: string[] = [];
  let refusesFrom = Number.POSITIVE_INFINITY;
  const change = (what: string) => {
    if (done.length >= refusesFrom) throw new StoreError('refused', 'disk I/O error');
    done.push(what);
  };
  const of = (kind: 'task' | 'begun' | 'answer'): Kept['task'] => ({
    ...kept[kind],
    put(key, at, text) {
      change(`put ${kind} ${key}`);
      kept[kind].put(key, at, text);
    },
    remove(keys) {
      change(`remove ${kind} ${keys.join()}`);
      kept[kind].remove(keys);
    },
  });
  return {
    done,
    kept: { task: of('task'), begun: of('begun'), answer: of('answer') },
    refuse: (after = 0) => void (refusesFrom = done.length + after),
  };
}

const texts = ({ task, begun, answer }: Kept) =>
  [task, begun, answer].map((records) => records.entries().map(({ key }) => `${key}=${records.get(key)}`));

async function turns() {
  for (let turn = 0; turn < 50; turn++) await nextTurn();
}

describe('records', () => {
  test('go to the shelf at once while it is there', () => {
    const { kept, done } = shelf();
    const records = lastingKept(lentShelf<Kept>(kept));
    records.task.put('a', 1, 'one');
    records.task.remove(['a', 'unknown']);
    expect(done).toEqual(['put task a', 'remove task a']);
  });

  test('that the shelf refuses are had all the same, the refusal is told once, and all are written when it is back', async () => {
    const { kept, refuse } = shelf();
    const lent = lentShelf<Kept>(kept);
    const records = lastingKept(lent);
    records.answer.put('old', 1, 'old');
    records.answer.put('older', 0, 'older');
    refuse();
    records.answer.put('new', 2, 'new');
    records.answer.put('old', 3, 'changed');
    records.answer.remove(['older']);
    expect(lent.failures).toHaveLength(1);
    expect(texts(records)[2]).toEqual(['new=new', 'old=changed']);
    // Nothing was written, and nothing that is there is lost from sight.
    expect(texts(kept)[2]).toEqual(['older=older', 'old=old']);

    const back = shelf();
    for (const { key, at } of kept.answer.entries()) back.kept.answer.put(key, at, kept.answer.get(key) ?? '');
    lent.comeBack(back.kept);
    await turns();
    expect(texts(back.kept)).toEqual(texts(records));
    expect(texts(back.kept)[2]).toEqual(['new=new', 'old=changed']);
    records.answer.put('later', 4, 'later');
    expect(back.done.at(-1)).toBe('put answer later');
  });

  test('come and go while the store is away without a trace', () => {
    const lent = lentShelf<Kept>(null);
    const records = lastingKept(lent);
    for (let change = 0; change < 100; change++) {
      records.begun.put(`${change}`, change, 'x');
      records.begun.remove([`${change}`]);
    }
    expect(records.begun.entries()).toEqual([]);
    const { kept, done } = shelf();
    lent.comeBack(kept);
    expect(done).toEqual([]);
  });

  test('are written before others are removed: that a change was begun is not forgotten before its answer is there', async () => {
    const { kept, done } = shelf();
    const lent = lentShelf<Kept>(kept);
    const records = lastingKept(lent);
    records.begun.put('k', 1, 'begun');
    lent.failed(new Error('gone'));
    records.begun.remove(['k']);
    for (let number = 0; number < 300; number++) records.answer.put(`${number}`, 2, 'answer');
    lent.comeBack(kept);
    // Turns are between: others are heard meanwhile.
    expect(done).toHaveLength(1 + 128);
    records.task.put('meanwhile', 3, 'task');
    expect(done).toHaveLength(1 + 128);
    await turns();
    expect(done).toHaveLength(1 + 302);
    expect(done.at(-1)).toBe('remove begun k');
  });

  test('that still wait when the gateway stops are written then, where there is a shelf', () => {
    const lent = lentShelf<Kept>(null);
    const records = lastingKept(lent);
    for (let number = 0; number < 300; number++) records.answer.put(`${number}`, 2, 'answer');
    records.finish();
    const { kept } = shelf();
    lent.comeBack(kept);
    records.finish();
    expect(kept.answer.entries()).toHaveLength(300);
  });

  test('that a shelf refuses again in the middle stay', async () => {
    const lent = lentShelf<Kept>(null);
    const records = lastingKept(lent);
    for (const key of ['a', 'b', 'c']) records.task.put(key, 1, key);
    const first = shelf();
    first.refuse(2);
    lent.comeBack(first.kept);
    await turns();
    expect(lent.failures).toHaveLength(1);
    expect(texts(records)[0]).toEqual(['a=a', 'b=b', 'c=c']);
    const second = shelf();
    for (const key of ['a', 'b']) second.kept.task.put(key, 1, key);
    lent.comeBack(second.kept);
    await turns();
    expect(texts(second.kept)[0]).toEqual(['a=a', 'b=b', 'c=c']);
  });

  test('of another shelf than before are shown, and whoever had others is told', () => {
    const { kept } = shelf();
    kept.task.put('mine', 1, 'mine');
    const lent = lentShelf<Kept>(kept);
    const records = lastingKept(lent);
    const seen: string[][] = [];
    records.onReturn(() => seen.push(records.task.entries().map(({ key }) => key)));
    lent.failed(new Error('gone'));
    const other = shelf();
    other.kept.task.put('his', 1, 'his');
    lent.comeBack(other.kept);
    expect(seen).toEqual([['his']]);
  });

  test('that cannot be read are not there, and the store is away', () => {
    const { kept } = shelf();
    kept.task.put('a', 1, 'one');
    const unreadable = {
      ...kept.task,
      get() {
        throw new StoreError('refused', 'disk I/O error');
      },
    };
    const lent = lentShelf<Kept>({ ...kept, task: unreadable });
    const records = lastingKept(lent);
    expect(records.task.get('a')).toBe(null);
    expect(lent.failures).toHaveLength(1);
  });
});
