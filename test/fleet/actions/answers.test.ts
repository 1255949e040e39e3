import { afterEach, describe, expect, test } from 'vitest';
import { VirtgraphError } from '../../../src/errors.ts';
import type { ChangePlan, RememberedAnswers } from '../../../src/fleet/actions/action.ts';
import { createAnswers } from '../../../src/fleet/actions/answers.ts';
import { createTaskBook } from '../../../src/fleet/tasks/task-book.ts';
import { createTasks } from '../../../src/fleet/tasks/tasks.ts';
import { silentLog } from '../../../src/log.ts';
import { type Kept, keepInMemory } from '../../../src/model/kept-records.ts';
import { lastingKept } from '../../../src/store/lasting-records.ts';
import { lentShelf } from '../../store/lent-shelf.ts';
import { createFakeClock, settle } from '../../support/fake-clock.ts';
import { uuidOf } from '../fake-host.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const clock = createFakeClock();
const plan: ChangePlan = {
  hostName: 'alpha',
  domainUuid: uuidOf(1),
  domainName: 'web',
  goal: { want: 'ACTIVE' },
  summary: 'Whether web on alpha was started.',
};

/** What remembers, over what is kept; again with the same, it is the next run of the gateway. */
function open(kept: Kept = keepInMemory()) {
  const log = silentLog;
  const book = createTaskBook({ kept: kept.task, clock, log });
  const tasks = createTasks({ book, clock, log, host: () => null });
  closing.push(tasks.close);
  return { kept, tasks, answers: createAnswers({ kept, tasks, clock }) };
}

/** Work that was sent, and counts how often it was done. */
function counted<T>(answer: () => Promise<T> | T) {
  const work = Object.assign(
    async (sending: (plan: ChangePlan) => void) => {
      work.times++;
      sending(plan);
      return await answer();
    },
    { times: 0 },
  );
  return work;
}

const asked = (key: string, fingerprint = 'start web') => ({ key, fingerprint, tellsWhenSent: true });
const ask = (answers: RememberedAnswers, key: string, work: ReturnType<typeof counted>) =>
  answers.once(asked(key), work);

describe('the same key and input', () => {
  test('is answered as the first time, and done once', async () => {
    const { answers } = open();
    let time = 0;
    const work = counted(() => ({ time: ++time, absent: null }));
    expect(await ask(answers, 'k', work)).toEqual({ time: 1, absent: null });
    expect(await ask(answers, 'k', work)).toEqual({ time: 1, absent: null });
    expect(await ask(answers, 'other', work)).toEqual({ time: 2, absent: null });
    expect(work.times).toBe(2);
  });

  test('is answered so by the next run of the gateway', async () => {
    const { answers, kept } = open();
    const work = counted(() => 'done');
    await ask(answers, 'k', work);
    expect(await ask(open(kept).answers, 'k', work)).toBe('done');
    expect(work.times).toBe(1);
  });

  test('waits for the first while that is under way', async () => {
    const { answers } = open();
    const gate = Promise.withResolvers<string>();
    const work = counted(() => gate.promise);
    const all = [ask(answers, 'k', work), ask(answers, 'k', work), ask(answers, 'k', work)];
    await settle();
    expect(work.times).toBe(1);
    gate.resolve('done');
    expect(await Promise.all(all)).toEqual(['done', 'done', 'done']);
    expect(work.times).toBe(1);
  });

  test('is forgotten after a day', async () => {
    const { answers } = open();
    const work = counted(() => 'done');
    await ask(answers, 'k', work);
    await clock.advance(24 * 3_600_000 + 1);
    await ask(answers, 'k', work);
    expect(work.times).toBe(2);
  });

  test('is not forgotten because the disk refuses', async () => {
    const kept = keepInMemory();
    const full = () => {
      throw new Error('disk full');
    };
    const { answers } = open(lastingKept(lentShelf<Kept>({ ...kept, answer: { ...kept.answer, put: full } })));
    const work = counted(() => 'done');
    await ask(answers, 'k', work);
    expect(await ask(answers, 'k', work)).toBe('done');
    expect(work.times).toBe(1);
  });

  test('whose answer was lost with the store is not done again, neither now nor by the next run', async () => {
    const { answers, kept } = open();
    const work = counted(() => 'done');
    await ask(answers, 'lost', work);
    await clock.advance(1_000);
    kept.answer.remove(['lost']);
    const lost = { code: 'OUTCOME_UNKNOWN', detail: { outcome: 'UNKNOWN' } };
    await expect(ask(answers, 'lost', work)).rejects.toMatchObject(lost);
    answers.keepAnew();
    await ask(answers, 'other', work);
    await expect(ask(answers, 'lost', work)).rejects.toMatchObject(lost);
    await expect(ask(open(kept).answers, 'lost', work)).rejects.toMatchObject(lost);
    expect(work.times).toBe(2);
    // A day after it was asked first.
    await clock.advance(24 * 3_600_000 - 1_000 + 1);
    await ask(answers, 'lost', work);
    expect(work.times).toBe(3);
  });

  test('while it is under way is not forgotten with a store that is lost, and that an earlier run answered is known when it is back', async () => {
    const { answers, kept } = open();
    const work = Promise.withResolvers<string>();
    const first = ask(
      answers,
      'mine',
      counted(() => work.promise),
    );
    await settle();
    kept.begun.remove(['mine']);
    const earlier = open();
    await ask(
      earlier.answers,
      'his',
      counted(() => 'his answer'),
    );
    for (const { key, at } of earlier.kept.answer.entries())
      kept.answer.put(key, at, earlier.kept.answer.get(key) ?? '');
    answers.keepAnew();
    expect(kept.begun.entries().map(({ key }) => key)).toEqual(['mine']);
    expect(
      await ask(
        answers,
        'his',
        counted(() => 'again'),
      ),
    ).toBe('his answer');
    work.resolve('mine');
    expect(await first).toBe('mine');
    expect(kept.begun.entries()).toEqual([]);
  });
});

test('the same key with another input is a conflict, also while the first is under way', async () => {
  const { answers } = open();
  const gate = Promise.withResolvers<string>();
  const first = ask(
    answers,
    'k',
    counted(() => gate.promise),
  );
  const other = () => answers.once(asked('k', 'start another'), async () => 'never');
  await expect(other()).rejects.toMatchObject({ code: 'CONFLICT', detail: { outcome: 'NOT_SENT' } });
  gate.resolve('done');
  await first;
  await expect(other()).rejects.toMatchObject({ code: 'CONFLICT' });
});

test.each([0, 129])('a key of %i characters is refused', async (length) => {
  await expect(
    ask(
      open().answers,
      'k'.repeat(length),
      counted(() => 'never'),
    ),
  ).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

describe('a first that failed', () => {
  const failing = (error: VirtgraphError) =>
    counted((): never => {
      throw error;
    });

  test('for good is answered with the same error', async () => {
    const { answers, kept } = open();
    const work = failing(
      new VirtgraphError('INVALID_STATE', 'it runs', { host: 'alpha', outcome: 'FAILED', cause: new Error('x') }),
    );
    const same = { code: 'INVALID_STATE', message: 'it runs', detail: { host: 'alpha', outcome: 'FAILED' } };
    await expect(ask(answers, 'k', work)).rejects.toMatchObject(same);
    await expect(ask(answers, 'k', work)).rejects.toMatchObject(same);
    await expect(ask(open(kept).answers, 'k', work)).rejects.toMatchObject(same);
    expect(work.times).toBe(1);
  });

  test('before anything was sent may be asked again with its key, by those who waited for it too', async () => {
    const { answers, kept } = open();
    const work = failing(new VirtgraphError('HOST_UNREACHABLE', 'down', { outcome: 'NOT_SENT' }));
    const results = await Promise.allSettled([ask(answers, 'k', work), ask(answers, 'k', work)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(work.times).toBe(2);
    expect(
      await ask(
        answers,
        'k',
        counted(() => 'done'),
      ),
    ).toBe('done');
    expect(kept.begun.entries()).toEqual([]);
  });

  test('without telling that it sends has changed nothing', async () => {
    const { answers } = open();
    const work = () => Promise.reject(new VirtgraphError('NOT_FOUND', 'no such domain'));
    await expect(answers.once(asked('k'), work)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(
      await ask(
        answers,
        'k',
        counted(() => 'done'),
      ),
    ).toBe('done');
  });

  test('with an unknown outcome is answered so, and with its task as it stands then', async () => {
    const { answers, tasks } = open();
    const task = tasks.begin({
      ...plan,
      goal: { want: 'JOB_OVER', job: 'domain', operation: 'save' },
      taskKind: 'HOST_JOB',
      cancellable: true,
      deadlineAt: null,
    });
    if (task === null) throw new Error('There is no task.');
    const detail = { outcome: 'UNKNOWN', task: { id: task.id, state: 'RUNNING' } } as const;
    const work = failing(new VirtgraphError('OUTCOME_UNKNOWN', 'lost', detail));
    await expect(ask(answers, 'k', work)).rejects.toMatchObject({ detail });
    tasks.cancel(task);
    await expect(ask(answers, 'k', work)).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      detail: { task: { id: task.id, state: 'CANCELLED' } },
    });
    expect(work.times).toBe(1);
  });
});

describe('a gateway that ends over a change', () => {
  test('does not do it again at its next start, and has a task find out', async () => {
    const { answers, kept } = open();
    void ask(
      answers,
      'k',
      counted(() => new Promise(() => {})),
    );
    await settle();
    const next = open(kept);
    const work = counted(() => 'again');
    await expect(ask(next.answers, 'k', work)).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      detail: { host: 'alpha', outcome: 'UNKNOWN', task: { id: expect.any(String) } },
    });
    expect(work.times).toBe(0);
    expect(next.tasks.list({ filter: {}, first: 1, after: null }).edges[0]?.node).toMatchObject({
      taskKind: 'RESOLVE_OUTCOME',
      domainName: 'web',
      goal: { want: 'ACTIVE' },
    });
    expect(kept.begun.entries()).toEqual([]);
  });

  test('before it was sent has done nothing', async () => {
    const { answers, kept } = open();
    void answers.once(asked('k'), () => new Promise(() => {}));
    await settle();
    expect(
      await ask(
        open(kept).answers,
        'k',
        counted(() => 'done'),
      ),
    ).toBe('done');
  });
});
