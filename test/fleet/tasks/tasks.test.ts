import { afterEach, describe, expect, test } from 'vitest';
import { VirtgraphError } from '../../../src/errors.ts';
import type { ActionRequest } from '../../../src/fleet/actions/action.ts';
import { createTaskBook } from '../../../src/fleet/tasks/task-book.ts';
import type { Fleet } from '../../../src/fleet/types.ts';
import { silentLog } from '../../../src/log.ts';
import type { Uuid } from '../../../src/model/brands.ts';
import { keepInMemory } from '../../../src/model/kept-records.ts';
import type { TaskRecord } from '../../../src/model/task.ts';
import { parseMac } from '../../../src/net/mac.ts';
import { createFakeClock, settle } from '../../support/fake-clock.ts';
import { createFakeHost, gone } from '../fake-host.ts';
import { gather, openTestFleet } from '../fleet-under-test.ts';

const mac1 = parseMac('52:54:00:00:00:01');
const { signal } = new AbortController();
const open: Fleet[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((fleet) => fleet.close()));
});

/** A host whose guests do not react to being asked, and what a gateway over it keeps. */
async function oneHost() {
  const host = createFakeHost('alpha');
  const guest = host.add('guest', { state: 'RUNNING', libvirtId: 7 });
  const off = host.add('off');
  const kept = keepInMemory();
  async function start() {
    const made = await openTestFleet([host], { kept });
    open.push(made.fleet);
    return made;
  }
  host.ignoresRequests = true;
  return { host, guest, off, kept, start, ...(await start()) };
}

function request(uuid: Uuid, part: Partial<ActionRequest> = {}): ActionRequest {
  return { hostName: 'alpha', uuid, dryRun: false, expectedVersion: null, signal, ...part };
}

function taskOf({ task }: { readonly task?: TaskRecord | null }): TaskRecord {
  if (!task) throw new Error('There is no task.');
  return task;
}

const stateOf = (fleet: Fleet, { id }: Pick<TaskRecord, 'id'>) => fleet.tasks.find(id)?.state;
const unknown = () => new VirtgraphError('OUTCOME_UNKNOWN', 'the connection died', { outcome: 'UNKNOWN' });

describe('a guest that was asked to shut down', () => {
  test('is waited for until it is off', async () => {
    const { host, guest, fleet, clock } = await oneHost();
    const task = taskOf(await fleet.actions.shutdown({ ...request(guest.uuid), mode: 'DEFAULT' }));
    expect(task).toMatchObject({ taskKind: 'SHUTDOWN_DOMAIN', state: 'RUNNING', cancellable: true, progress: null });
    const { items, isOver } = gather(fleet.tasks.watch(task.id));
    await clock.advance(20_000);
    host.change(guest.uuid, { state: 'SHUTOFF', libvirtId: null });
    await settle();
    expect(items.map(({ state }) => state)).toEqual(['RUNNING', 'SUCCEEDED']);
    expect(isOver()).toBe(true);
    expect(fleet.tasks.find(task.id)).toMatchObject({ finishedAt: clock.now(), error: null, cancellable: false });
  });

  test('and was started again at once, was off', async () => {
    const { host, guest, fleet } = await oneHost();
    const task = taskOf(await fleet.actions.shutdown({ ...request(guest.uuid), mode: 'DEFAULT' }));
    host.change(guest.uuid, { libvirtId: 8 });
    await settle();
    expect(stateOf(fleet, task)).toBe('SUCCEEDED');
  });

  test('and is gone, being transient, was off', async () => {
    const { host, guest, fleet } = await oneHost();
    const task = taskOf(await fleet.actions.shutdown({ ...request(guest.uuid), mode: 'DEFAULT' }));
    host.remove(guest.uuid);
    await settle();
    expect(stateOf(fleet, task)).toBe('SUCCEEDED');
  });

  test('is not waited for longer than was said, and that is no success', async () => {
    const { guest, fleet, clock } = await oneHost();
    const task = taskOf(await fleet.actions.shutdown({ ...request(guest.uuid), mode: 'DEFAULT', waitMs: 60_000 }));
    await clock.advance(59_999);
    expect(stateOf(fleet, task)).toBe('RUNNING');
    await clock.advance(1);
    expect(fleet.tasks.find(task.id)).toMatchObject({
      state: 'FAILED',
      error: { code: 'TIMEOUT', message: 'guest on alpha is still RUNNING.' },
    });
  });

  test('is left alone when nobody waits any more; asked twice that is no mistake', async () => {
    const { host, guest, fleet } = await oneHost();
    const task = taskOf(await fleet.actions.shutdown({ ...request(guest.uuid), mode: 'DEFAULT' }));
    expect(await fleet.tasks.cancel(task.id, signal)).toMatchObject({ state: 'CANCELLED', error: null });
    expect(await fleet.tasks.cancel(task.id, signal)).toMatchObject({ state: 'CANCELLED' });
    host.change(guest.uuid, { state: 'SHUTOFF', libvirtId: null });
    await settle();
    expect(stateOf(fleet, task)).toBe('CANCELLED');
  });

  test('while its host is out of reach is not taken for off, nor for running', async () => {
    const { host, guest, fleet, clock } = await oneHost();
    const task = taskOf(await fleet.actions.shutdown({ ...request(guest.uuid), mode: 'DEFAULT', waitMs: 30_000 }));
    host.refuse = gone();
    host.drop();
    await clock.advance(30_000);
    expect(fleet.tasks.find(task.id)).toMatchObject({ state: 'UNKNOWN', error: { code: 'HOST_UNREACHABLE' } });
  });

  test('is waited for by the next run of the gateway', async () => {
    const { host, guest, fleet, start } = await oneHost();
    const task = taskOf(await fleet.actions.shutdown({ ...request(guest.uuid), mode: 'DEFAULT' }));
    await fleet.close();
    const next = await start();
    expect(stateOf(next.fleet, task)).toBe('RUNNING');
    host.change(guest.uuid, { state: 'SHUTOFF', libvirtId: null });
    await settle();
    expect(stateOf(next.fleet, task)).toBe('SUCCEEDED');
  });

  test('and went off while no gateway ran, is found off', async () => {
    const { host, guest, fleet, start } = await oneHost();
    const task = taskOf(await fleet.actions.shutdown({ ...request(guest.uuid), mode: 'DEFAULT' }));
    await fleet.close();
    host.change(guest.uuid, { state: 'SHUTOFF', libvirtId: null });
    expect(stateOf((await start()).fleet, task)).toBe('SUCCEEDED');
  });
});

describe('a guest that was asked to reboot', () => {
  test('is waited for until it tells of it', async () => {
    const { host, guest, fleet } = await oneHost();
    const task = taskOf(await fleet.actions.reboot({ ...request(guest.uuid), mode: 'DEFAULT' }));
    expect(task).toMatchObject({ taskKind: 'REBOOT_DOMAIN', state: 'RUNNING' });
    host.hint({ kind: 'domain', uuid: guest.uuid, name: 'guest', event: 'reboot', detail: {} });
    await settle();
    expect(stateOf(fleet, task)).toBe('SUCCEEDED');
  });

  test('may have told of it while no gateway ran: nobody knows', async () => {
    const { guest, fleet, start } = await oneHost();
    const task = taskOf(await fleet.actions.reboot({ ...request(guest.uuid), mode: 'DEFAULT' }));
    await fleet.close();
    expect(stateOf((await start()).fleet, task)).toBe('INTERRUPTED');
  });
});

describe('a graceful end by force', () => {
  test('that is quick needs no task', async () => {
    const { guest, fleet } = await oneHost();
    const outcome = await fleet.actions.forceOff({ ...request(guest.uuid), graceful: true });
    expect(outcome).toMatchObject({ task: null, domain: { state: 'SHUTOFF' } });
  });

  test('that takes longer than a second is answered with a task, which ends as the call does', async () => {
    const { host, guest, fleet, clock } = await oneHost();
    const answer = Promise.withResolvers<void>();
    host.gate = (verb) => (verb === 'destroy' ? answer.promise : undefined);
    const asked = fleet.actions.forceOff({ ...request(guest.uuid), graceful: true });
    await clock.advance(1_000);
    const task = taskOf(await asked);
    expect(task).toMatchObject({ taskKind: 'FORCE_OFF_DOMAIN', state: 'RUNNING', cancellable: false });
    await expect(fleet.tasks.cancel(task.id, signal)).rejects.toMatchObject({ code: 'INVALID_STATE' });
    answer.reject(new VirtgraphError('GUEST_BUSY', 'it will not go', { outcome: 'FAILED' }));
    await settle();
    expect(fleet.tasks.find(task.id)).toMatchObject({ state: 'FAILED', error: { code: 'GUEST_BUSY' } });
  });
});

describe('a guest that keeps a card which is taken from it', () => {
  const detach = async ({ host, guest, fleet }: Awaited<ReturnType<typeof oneHost>>) => {
    host.change(guest.uuid, { macs: [mac1] });
    await settle();
    const places = { live: null, persistent: null };
    return await fleet.actions.detachInterface({ ...request(guest.uuid), ...places, macAddress: mac1 });
  };

  test('is waited for until it lets go', async () => {
    const setup = await oneHost();
    setup.host.clings = true;
    const outcome = await detach(setup);
    expect(outcome.warnings).toEqual([expect.stringContaining('has not let go')]);
    const task = taskOf(outcome);
    expect(task).toMatchObject({ taskKind: 'DETACH_INTERFACE', state: 'RUNNING', cancellable: true });
    setup.host.change(setup.guest.uuid, { macs: [], storedMacs: null });
    await settle();
    expect(stateOf(setup.fleet, task)).toBe('SUCCEEDED');
  });

  test('has let go when it is off', async () => {
    const setup = await oneHost();
    setup.host.clings = true;
    const task = taskOf(await detach(setup));
    setup.host.change(setup.guest.uuid, { state: 'SHUTOFF', libvirtId: null, macs: [], storedMacs: null });
    await settle();
    expect(stateOf(setup.fleet, task)).toBe('SUCCEEDED');
  });

  test('and never lets go has failed after five minutes', async () => {
    const setup = await oneHost();
    setup.host.clings = true;
    const task = taskOf(await detach(setup));
    await setup.clock.advance(300_000);
    expect(setup.fleet.tasks.find(task.id)).toMatchObject({
      state: 'FAILED',
      error: { code: 'TIMEOUT', message: `guest on alpha still has the card with ${mac1}.` },
    });
  });

  test('needs no task where it lets go at once', async () => {
    const { task = null, warnings } = await detach(await oneHost());
    expect({ task, warnings }).toEqual({ task: null, warnings: [] });
  });
});

describe('a change whose outcome nobody knows', () => {
  /** The change is sent and takes effect, and the connection dies before the answer comes. */
  async function loseAnswer(
    act: (fleet: Fleet) => Promise<unknown>,
    verb: string,
    setup: Awaited<ReturnType<typeof oneHost>>,
  ) {
    const { host, fleet } = setup;
    // Nothing is heard of it but the lost connection.
    host.eventful = false;
    host.refuse = gone();
    host.gate = (called) => {
      if (called === verb) throw unknown();
    };
    const error = await act(fleet).then(
      () => null,
      (reason: unknown) => reason,
    );
    host.drop();
    host.gate = () => {};
    host.eventful = true;
    if (!(error instanceof VirtgraphError) || !error.detail.task) throw new Error(`No task in ${String(error)}`);
    expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', detail: { outcome: 'UNKNOWN' } });
    await settle();
    const [task] = fleet.tasks.list({ filter: {}, first: 10, after: null }).edges.map(({ node }) => node);
    expect(task?.id).toBe(error.detail.task.id);
    if (!task) throw new Error('There is no task.');
    return task;
  }
  async function reconnect({ host, clock }: Awaited<ReturnType<typeof oneHost>>) {
    host.refuse = null;
    await clock.advance(60_000);
  }
  const start = (uuid: Uuid) => (fleet: Fleet) =>
    fleet.actions.start({ ...request(uuid), paused: false, discardManagedSave: false });

  test('is found to have taken effect when the host is back', async () => {
    const setup = await oneHost();
    const task = await loseAnswer(start(setup.off.uuid), 'start', setup);
    expect(task).toMatchObject({ taskKind: 'RESOLVE_OUTCOME', state: 'PENDING' });
    await reconnect(setup);
    expect(setup.fleet.tasks.find(task.id)).toMatchObject({ state: 'SUCCEEDED', error: null });
    expect(setup.host.calls.filter((call) => call.startsWith('start'))).toHaveLength(1);
  });

  test('is found to have taken none, once the host has had time for it', async () => {
    const setup = await oneHost();
    const task = await loseAnswer(start(setup.off.uuid), 'start', setup);
    setup.host.change(setup.off.uuid, { state: 'SHUTOFF', libvirtId: null });
    setup.host.refuse = null;
    await setup.clock.advance(35_000);
    expect(stateOf(setup.fleet, task)).toBe('RUNNING');
    await setup.clock.advance(60_000);
    expect(setup.fleet.tasks.find(task.id)).toMatchObject({
      state: 'FAILED',
      error: { message: 'It did not take effect: off on alpha is SHUTOFF. It is safe to ask again.' },
    });
  });

  test('may take effect late: the host was still busy with it', async () => {
    const setup = await oneHost();
    const task = await loseAnswer(start(setup.off.uuid), 'start', setup);
    setup.host.change(setup.off.uuid, { state: 'SHUTOFF', libvirtId: null });
    setup.host.refuse = null;
    await setup.clock.advance(20_000);
    setup.host.change(setup.off.uuid, { state: 'RUNNING', libvirtId: 9 });
    await settle();
    expect(stateOf(setup.fleet, task)).toBe('SUCCEEDED');
  });

  test('has not taken effect while the guest is only about to start', async () => {
    const setup = await oneHost();
    const task = await loseAnswer(start(setup.off.uuid), 'start', setup);
    setup.host.change(setup.off.uuid, { state: 'PAUSED', stateReason: 'starting up', libvirtId: 9 });
    setup.host.refuse = null;
    await setup.clock.advance(20_000);
    expect(stateOf(setup.fleet, task)).toBe('RUNNING');
    setup.host.change(setup.off.uuid, { state: 'SHUTOFF', stateReason: 'failed', libvirtId: null });
    await setup.clock.advance(60_000);
    expect(setup.fleet.tasks.find(task.id)).toMatchObject({ state: 'FAILED' });
  });

  test('of which nothing can be seen, stays unknown', async () => {
    const setup = await oneHost();
    const task = await loseAnswer((fleet) => fleet.actions.reset(request(setup.guest.uuid)), 'reset', setup);
    await reconnect(setup);
    expect(setup.fleet.tasks.find(task.id)).toMatchObject({ state: 'UNKNOWN', error: { code: 'OUTCOME_UNKNOWN' } });
  });

  test('a guest that still runs may have been asked to shut down all the same', async () => {
    const setup = await oneHost();
    const shutdown = (fleet: Fleet) => fleet.actions.shutdown({ ...request(setup.guest.uuid), mode: 'DEFAULT' });
    const task = await loseAnswer(shutdown, 'shutdown', setup);
    await reconnect(setup);
    await setup.clock.advance(60_000);
    expect(stateOf(setup.fleet, task)).toBe('UNKNOWN');
  });

  test('is found out by the next run of the gateway', async () => {
    const setup = await oneHost();
    const task = await loseAnswer(start(setup.off.uuid), 'start', setup);
    await setup.fleet.close();
    setup.host.refuse = null;
    const next = await setup.start();
    expect(stateOf(next.fleet, task)).toBe('SUCCEEDED');
  });

  test('on a host that is taken out of the fleet, stays unknown', async () => {
    const setup = await oneHost();
    const task = await loseAnswer(start(setup.off.uuid), 'start', setup);
    setup.fleet.setHosts([]);
    await settle();
    expect(stateOf(setup.fleet, task)).toBe('UNKNOWN');
  });
});

test('what fails before anything was sent says that nothing was', async () => {
  const { host, guest, fleet } = await oneHost();
  host.gate = (verb) => {
    if (verb === 'suspend') throw gone();
  };
  await expect(fleet.actions.suspend(request(guest.uuid))).rejects.toMatchObject({
    code: 'HOST_UNREACHABLE',
    retryable: true,
    detail: { outcome: 'NOT_SENT', remedy: 'It comes back by itself. Nothing was sent: it is safe to ask again.' },
  });
  expect(fleet.tasks.list({ filter: {}, first: 10, after: null }).totalCount).toBe(0);
});

describe('the list of tasks', () => {
  test('has the newest first, in pages, by host, state and kind', async () => {
    const { guest, off, fleet, clock } = await oneHost();
    await fleet.actions.shutdown({ ...request(guest.uuid), mode: 'DEFAULT', waitMs: 10_000 });
    await clock.advance(1_000);
    await fleet.actions.reboot({ ...request(guest.uuid), mode: 'DEFAULT' });
    const first = fleet.tasks.list({ filter: {}, first: 1, after: null });
    expect(first).toMatchObject({ totalCount: 2, hasNextPage: true, hasPreviousPage: false });
    expect(first.edges[0]?.node.taskKind).toBe('REBOOT_DOMAIN');
    const second = fleet.tasks.list({ filter: {}, first: 1, after: first.edges[0]?.cursor ?? null });
    expect(second).toMatchObject({ hasNextPage: false, edges: [{ node: { taskKind: 'SHUTDOWN_DOMAIN' } }] });
    const count = (filter: Parameters<Fleet['tasks']['list']>[0]['filter']) =>
      fleet.tasks.list({ filter, first: 10, after: null }).totalCount;
    expect(count({ kinds: ['REBOOT_DOMAIN'] })).toBe(1);
    expect(count({ states: ['SUCCEEDED'] })).toBe(0);
    expect(count({ hosts: ['beta'] })).toBe(0);
    expect(count({ domain: { hostName: 'alpha', uuid: guest.uuid } })).toBe(2);
    expect(count({ domain: { hostName: 'alpha', uuid: off.uuid } })).toBe(0);
    expect(() => fleet.tasks.list({ filter: {}, first: 1, after: 'x' })).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT' }),
    );
  });

  test('forgets those that have been over for a day', async () => {
    const { guest, fleet, clock, kept } = await oneHost();
    const act = () => fleet.actions.shutdown({ ...request(guest.uuid), mode: 'DEFAULT', waitMs: 10_000 });
    const task = taskOf(await act());
    await clock.advance(10_000);
    expect(stateOf(fleet, task)).toBe('FAILED');
    await clock.advance(24 * 3_600_000);
    await act();
    await clock.advance(10_000);
    expect(fleet.tasks.find(task.id)).toBeNull();
    expect(kept.task.get(task.id)).toBeNull();
    expect(() => fleet.tasks.watch(task.id)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });
});

describe('where what is kept was lost and came back', () => {
  test('all tasks are kept again; those of a run whose end nobody saw are interrupted', async () => {
    const log = silentLog;
    const clock = createFakeClock();
    const newTask = {
      taskKind: 'RESOLVE_OUTCOME',
      summary: 'Whether web was started.',
      deadlineAt: null,
      hostName: 'alpha',
      domainUuid: null,
      domainName: 'web',
      goal: { want: 'ACTIVE' },
      cancellable: false,
    } as const;
    const earlier = keepInMemory();
    const theirs = createTaskBook({ kept: earlier.task, clock, log }).add(newTask);
    const kept = keepInMemory();
    const book = createTaskBook({ kept: kept.task, clock, log });
    const mine = book.add(newTask);
    if (mine === null || theirs === null) throw new Error('There is room for a task.');
    kept.task.remove([mine.id]);
    kept.task.put(theirs.id, theirs.startedAt, earlier.task.get(theirs.id) ?? '');
    book.keepAnew();
    const error = { code: 'OUTCOME_UNKNOWN' };
    expect(book.find(theirs.id)).toMatchObject({ state: 'INTERRUPTED', error, finishedAt: clock.now() });
    expect(book.find(mine.id)).toEqual(mine);
    const next = createTaskBook({ kept: kept.task, clock, log });
    expect(next.find(mine.id)).toEqual(mine);
    expect(next.find(theirs.id)?.state).toBe('INTERRUPTED');
  });
});
