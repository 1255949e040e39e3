import { afterEach, describe, expect, test } from 'vitest';
import type { Fleet } from '../../../src/fleet/types.ts';
import { keepInMemory } from '../../../src/model/kept-records.ts';
import type { TaskRecord } from '../../../src/model/task.ts';
import { settle } from '../../support/fake-clock.ts';
import { createFakeHost, keyChanged, refused } from '../fake-host.ts';
import { gather, openTestFleet } from '../fleet-under-test.ts';

const { signal } = new AbortController();
const tillEnd = { withinMs: null, signal };
const open: Fleet[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((fleet) => fleet.close()));
});

/** A host that is ready, whose calls and handshakes are held up as long as the test wants. */
async function oneHost() {
  const host = createFakeHost('alpha');
  const kept = keepInMemory();
  async function start() {
    const made = await openTestFleet([host], { kept });
    open.push(made.fleet);
    return made;
  }
  const made = await start();
  function hold(verb: string) {
    const { promise, resolve } = Promise.withResolvers<void>();
    host.gate = (called) => (called === verb ? promise : undefined);
    return resolve;
  }
  return { host, start, hold, ...made };
}

const tasksOf = (fleet: Fleet): readonly TaskRecord[] =>
  fleet.tasks.list({ filter: {}, first: 10, after: null }).edges.map(({ node }) => node);
function onlyTask(fleet: Fleet): TaskRecord {
  const [task, ...others] = tasksOf(fleet);
  if (task === undefined || others.length > 0) throw new Error('There is not one task.');
  return task;
}

describe('reading a host anew', () => {
  test('needs no task where it is over in a moment', async () => {
    const { fleet } = await oneHost();
    const answer = await fleet.refreshAsTask('alpha', tillEnd, 'REFRESH_HOST');
    expect(answer).toMatchObject({ host: { name: 'alpha', status: 'READY' }, task: null });
    expect(tasksOf(fleet)).toEqual([]);
  });

  test('is a task where it takes longer, and is waited for all the same', async () => {
    const { fleet, clock, hold } = await oneHost();
    const release = hold('list');
    const beganAt = clock.now();
    const asked = fleet.refreshAsTask('alpha', tillEnd, 'REFRESH_HOST');
    await clock.advance(999);
    expect(tasksOf(fleet)).toEqual([]);
    await clock.advance(1);
    expect(onlyTask(fleet)).toMatchObject({
      taskKind: 'REFRESH_HOST',
      state: 'RUNNING',
      summary: 'alpha is read anew.',
      progress: { processed: 1, remaining: 1, unit: 'STEPS', step: 'read' },
      hostName: 'alpha',
      domainUuid: null,
      domainName: null,
      cancellable: true,
      startedAt: beganAt,
    });
    release();
    expect(await asked).toMatchObject({ host: { status: 'READY' }, task: null });
    expect(onlyTask(fleet)).toMatchObject({ state: 'SUCCEEDED', error: null, finishedAt: clock.now() });
  });

  test('is answered sooner where that was asked, and goes on', async () => {
    const { fleet, clock, hold } = await oneHost();
    const release = hold('list');
    const asked = fleet.refreshAsTask('alpha', { withinMs: 300, signal }, 'REFRESH_HOST');
    await clock.advance(300);
    const { host, task } = await asked;
    expect(host.status).toBe('READY');
    expect(task).toMatchObject({ state: 'RUNNING' });
    release();
    await settle();
    expect(onlyTask(fleet)).toMatchObject({ id: task?.id, state: 'SUCCEEDED' });
  });

  test('that is cancelled is waited for no more, and done all the same', async () => {
    const { fleet, host, clock, hold } = await oneHost();
    const release = hold('list');
    const asked = fleet.refreshAsTask('alpha', tillEnd, 'REFRESH_HOST');
    await clock.advance(1_000);
    const { items, isOver } = gather(fleet.tasks.watch(onlyTask(fleet).id));
    await fleet.tasks.cancel(onlyTask(fleet).id, signal);
    expect(await asked).toMatchObject({ host: { status: 'READY' }, task: { state: 'CANCELLED', error: null } });
    await settle();
    expect(items.map(({ state }) => state)).toEqual(['RUNNING', 'CANCELLED']);
    expect(isOver()).toBe(true);
    const added = host.add('found');
    release();
    await settle();
    expect(fleet.domain('alpha', added.uuid)?.name).toBe('found');
  });

  test('that fails fails as a task, and as an answer', async () => {
    const { fleet, clock, host, hold } = await oneHost();
    const release = hold('list');
    const asked = fleet.refreshAsTask('alpha', tillEnd, 'REFRESH_HOST').catch((error: unknown) => error);
    await clock.advance(1_000);
    host.refuse = refused();
    host.drop();
    release();
    await clock.advance(0);
    expect(await asked).toMatchObject({ host: { status: 'LOST' } });
    expect(onlyTask(fleet)).toMatchObject({ state: 'FAILED', error: { code: 'HOST_UNREACHABLE' } });
  });

  test('under which the gateway ends is interrupted', async () => {
    const { fleet, clock, hold, start } = await oneHost();
    hold('list');
    const asked = fleet.refreshAsTask('alpha', tillEnd, 'REFRESH_HOST').catch((error: unknown) => error);
    await clock.advance(1_000);
    await fleet.close();
    expect(await asked).toMatchObject({ message: 'The gateway is stopping.' });
    expect(onlyTask((await start()).fleet)).toMatchObject({
      state: 'INTERRUPTED',
      error: { code: 'OUTCOME_UNKNOWN', message: 'The gateway was restarted meanwhile. It is safe to ask again.' },
    });
  });
});

describe('trying again to reach a host', () => {
  test('tells how far it is, and why it failed', async () => {
    const { fleet, host, clock, hold } = await oneHost();
    host.refuse = keyChanged();
    host.drop();
    await clock.advance(60_000);
    expect(fleet.host('alpha')?.status).toBe('BLOCKED');
    const release = hold('open');
    const asked = fleet.refreshAsTask('alpha', tillEnd, 'RETRY_HOST');
    await clock.advance(1_000);
    expect(onlyTask(fleet)).toMatchObject({
      taskKind: 'RETRY_HOST',
      state: 'RUNNING',
      progress: { percent: 0, remaining: 2, step: 'connect' },
    });
    release();
    expect(await asked).toMatchObject({ host: { status: 'BLOCKED' }, task: null });
    expect(onlyTask(fleet)).toMatchObject({ state: 'FAILED', error: { code: 'HOST_BLOCKED' } });
  });

  test('comes from connecting to reading', async () => {
    const { fleet, host, clock, hold } = await oneHost();
    host.refuse = keyChanged();
    host.drop();
    await clock.advance(60_000);
    host.refuse = null;
    const release = hold('list');
    const asked = fleet.refreshAsTask('alpha', { withinMs: 0, signal }, 'RETRY_HOST');
    await clock.advance(0);
    const { task } = await asked;
    if (task === null) throw new Error('There is no task.');
    const { items } = gather(fleet.tasks.watch(task.id));
    await clock.advance(1_000);
    expect(fleet.tasks.find(task.id)?.progress).toMatchObject({ processed: 1, step: 'read' });
    release();
    await settle();
    expect(items.at(-1)).toMatchObject({ state: 'SUCCEEDED' });
  });
});
