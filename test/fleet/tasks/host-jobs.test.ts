import { afterEach, describe, expect, test } from 'vitest';
import type { DomainJob } from '../../../src/drivers/driver.ts';
import { VirtgraphError } from '../../../src/errors.ts';
import type { Fleet } from '../../../src/fleet/types.ts';
import { keepInMemory } from '../../../src/model/kept-records.ts';
import type { TaskRecord } from '../../../src/model/task.ts';
import { createFakeHost, gone } from '../fake-host.ts';
import { openTestFleet } from '../fleet-under-test.ts';

const { signal } = new AbortController();
const open: Fleet[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((fleet) => fleet.close()));
});

const save = {
  id: 'domain',
  operation: 'save',
  progress: { percent: 10, processed: 1, remaining: 9, unit: 'BYTES' },
  elapsedMs: 0,
  ending: null,
  cancellable: true,
} as const satisfies DomainJob;
const incoming = {
  ...save,
  operation: 'migration in',
  progress: null,
  elapsedMs: null,
  cancellable: false,
} as const satisfies DomainJob;
const copy = {
  id: 'disk vda',
  operation: 'copy of vda',
  progress: null,
  elapsedMs: null,
  ending: null,
  cancellable: true,
} as const satisfies DomainJob;

/** A host with a guest that runs, and what a gateway over it keeps. */
async function oneHost({ readOnly = false, tellsAll = false } = {}) {
  const host = createFakeHost('alpha');
  if (tellsAll) host.capabilities.events = ['lifecycle', 'job-completed'];
  const guest = host.add('guest', { state: 'RUNNING', libvirtId: 7 });
  const kept = keepInMemory();
  async function start() {
    const made = await openTestFleet([host], { kept, target: { readOnly } });
    open.push(made.fleet);
    return made;
  }
  const { fleet, clock } = await start();
  let present = clock;
  const beganAt = clock.now();
  const tell = (event: string, detail: Readonly<Record<string, string>>) =>
    host.hint({ kind: 'domain', uuid: guest.uuid, name: 'guest', event, detail });
  return {
    host,
    guest,
    /** The next run of the gateway. */
    async restart() {
      await fleet.close();
      const next = await start();
      present = next.clock;
      return next;
    },
    fleet,
    clock,
    /** A save that has just begun, and goes on. */
    saving: {
      ...save,
      get elapsedMs() {
        return present.now() - beganAt;
      },
    },
    tell,
    tellCopy: (status: string, target = 'vda') => tell('block-job-2', { target, type: 'copy', status }),
    ask: () => fleet.tasks.jobs('alpha', guest.uuid, signal),
    /** The task of the one job that is under way. */
    follow: async (job: DomainJob): Promise<TaskRecord> => {
      host.jobs.splice(0, host.jobs.length, job);
      const [task, ...others] = await fleet.tasks.jobs('alpha', guest.uuid, signal);
      if (task === undefined || others.length > 0) throw new Error('There is not one task.');
      return task;
    },
    now: ({ id }: TaskRecord) => fleet.tasks.find(id),
  };
}

describe('a job of libvirt’s own', () => {
  test('is a task from when it is seen, followed until libvirt says how it ended', async () => {
    const { host, ask, follow, now, clock } = await oneHost();
    expect(await ask()).toEqual([]);
    const task = await follow(save);
    expect(task).toMatchObject({ taskKind: 'HOST_JOB', state: 'RUNNING', progress: save.progress, cancellable: true });
    expect(await ask()).toEqual([task]);
    host.jobs[0] = { ...save, progress: { ...save.progress, percent: 50 }, elapsedMs: 1_000 };
    await clock.advance(1_000);
    expect(now(task)?.progress?.percent).toBe(50);
    host.jobs.length = 0;
    host.lastJob = { state: 'COMPLETED', operation: 'save', elapsedMs: 1_700 };
    await clock.advance(1_000);
    expect(now(task)).toMatchObject({ state: 'SUCCEEDED', error: null });
    const asked = host.calls.filter((call) => call.startsWith('jobs')).length;
    await clock.advance(10_000);
    expect(host.calls.filter((call) => call.startsWith('jobs'))).toHaveLength(asked);
  });

  test('did not end as one before it of the same kind, which libvirt still knows of', async () => {
    const { host, follow, now, clock } = await oneHost();
    host.lastJob = { state: 'COMPLETED', operation: 'save', elapsedMs: 20_000 };
    const task = await follow(save);
    await clock.advance(1_000);
    host.jobs.length = 0;
    await clock.advance(2_000);
    expect(now(task)).toMatchObject({ state: 'UNKNOWN', error: { code: 'OUTCOME_UNKNOWN' } });
  });

  test('is believed to have succeeded by its event alone, where all such events were heard', async () => {
    const { host, follow, now, tell, clock } = await oneHost({ tellsAll: true });
    const asBefore = { state: 'COMPLETED', operation: 'save', elapsedMs: 500 } as const;
    const cancelled = await follow(save);
    host.jobs.length = 0;
    host.lastJob = asBefore;
    await clock.advance(2_000);
    expect(now(cancelled)?.state).toBe('UNKNOWN');
    const succeeded = await follow(save);
    host.jobs.length = 0;
    // The answer without the job overtakes the event.
    await clock.advance(1_000);
    expect(now(succeeded)?.state).toBe('RUNNING');
    tell('job-completed', { operation: 'save' });
    await clock.advance(1_000);
    expect(now(succeeded)?.state).toBe('SUCCEEDED');
  });

  test('may have told of its success while the connection was lost: libvirt is asked', async () => {
    const { host, follow, now, clock } = await oneHost({ tellsAll: true });
    const task = await follow(save);
    host.drop();
    host.jobs.length = 0;
    host.lastJob = { state: 'COMPLETED', operation: 'save', elapsedMs: 500 };
    await clock.advance(20_000);
    expect(now(task)?.state).toBe('SUCCEEDED');
  });

  test('is another than one of its kind that began later', async () => {
    const { host, ask, follow, now, clock } = await oneHost();
    const first = await follow({ ...save, elapsedMs: 60_000 });
    await clock.advance(1_000);
    host.jobs[0] = { ...save, elapsedMs: 100 };
    host.lastJob = { state: 'COMPLETED', operation: 'save', elapsedMs: 60_500 };
    const [second] = await ask();
    expect(now(first)?.state).toBe('SUCCEEDED');
    expect(second).toMatchObject({ state: 'RUNNING' });
    expect(second?.id).not.toBe(first.id);
  });

  test('is one task, however many ask while the one before it is being seen off', async () => {
    const { host, ask, follow, now, clock } = await oneHost();
    const dump = await follow({ ...save, operation: 'dump' });
    host.jobs[0] = save;
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    host.gate = (verb) => (verb === 'last job' ? held : undefined);
    const asked = [ask(), ask()];
    await clock.advance(0);
    release();
    for (const jobs of await Promise.all(asked)) expect(jobs).toMatchObject([{ summary: 'guest on alpha: save.' }]);
    expect(await ask()).toHaveLength(1);
    await clock.advance(2_000);
    expect(now(dump)?.state).toBe('UNKNOWN');
  });

  test('goes on while what it has done is still written', async () => {
    const { host, follow, now, clock } = await oneHost();
    const task = await follow(save);
    host.jobs[0] = { ...save, progress: null, elapsedMs: null };
    await clock.advance(10_000);
    expect(now(task)).toMatchObject({ state: 'RUNNING', progress: save.progress });
    host.jobs.length = 0;
    host.lastJob = { state: 'COMPLETED', operation: 'save', elapsedMs: 800 };
    await clock.advance(2_000);
    expect(now(task)?.state).toBe('SUCCEEDED');
  });

  test.each([
    ['COMPLETED', 'SUCCEEDED'],
    ['FAILED', 'FAILED'],
    ['CANCELLED', 'CANCELLED'],
  ] as const)(
    'goes on while libvirt lets go of it, and then ended as libvirt said meanwhile: %s',
    async (ending, end) => {
      const { host, fleet, follow, now, clock } = await oneHost({ tellsAll: true });
      const task = await follow(save);
      host.jobs[0] = { ...save, progress: null, elapsedMs: null, ending };
      await clock.advance(10_000);
      expect(now(task)).toMatchObject({ state: 'RUNNING', progress: save.progress });
      host.jobs.length = 0;
      await clock.advance(2_000);
      expect(now(task)?.state).toBe(end);
      expect(fleet.tasks.list({ filter: {}, first: 10, after: null }).edges).toHaveLength(1);
    },
  );

  test.each<[string, string, Readonly<Record<string, string>>, TaskRecord['state']]>([
    ['the event of its success', 'job-completed', { operation: 'save', time_elapsed: '7' }, 'SUCCEEDED'],
    ['the event that its guest stopped for it', 'lifecycle', { event: 'stopped', detail: 'saved' }, 'SUCCEEDED'],
    ['nothing, when the event is of another', 'job-completed', { operation: 'dump' }, 'UNKNOWN'],
    ['nothing, when the event denies it', 'job-completed', { operation: 'save', success: 'false' }, 'UNKNOWN'],
    ['nothing, when its guest stopped otherwise', 'lifecycle', { event: 'stopped', detail: 'crashed' }, 'UNKNOWN'],
  ])('is over once it is gone, and ended as is told by %s', async (_what, event, detail, state) => {
    const { host, follow, now, tell, clock } = await oneHost();
    const task = await follow(save);
    tell(event, detail);
    await clock.advance(0);
    expect(now(task)?.state).toBe('RUNNING');
    host.jobs.length = 0;
    await clock.advance(2_000);
    expect(now(task)?.state).toBe(state);
  });

  test.each([
    ['resumed', 'migrated', 'SUCCEEDED'],
    ['stopped', 'failed', 'FAILED'],
  ] as const)('that brings a guest in ended as its state says: %s, %s', async (event, detail, state) => {
    const { follow, fleet, host, now, tell, clock } = await oneHost({ tellsAll: true });
    const task = await follow(incoming);
    expect(task).toMatchObject({ summary: 'guest on alpha: migration in.', progress: null, cancellable: false });
    await expect(fleet.tasks.cancel(task.id, signal)).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringContaining('only where it comes from'),
    });
    expect(host.calls.some((call) => call.startsWith('abort'))).toBe(false);
    tell('lifecycle', { event, detail });
    host.jobs.length = 0;
    await clock.advance(2_000);
    expect(now(task)?.state).toBe(state);
  });

  test('is over with its domain', async () => {
    const { host, guest, follow, now, tell, clock } = await oneHost();
    const task = await follow(save);
    tell('lifecycle', { event: 'stopped', detail: 'saved' });
    host.remove(guest.uuid);
    host.gate = (verb) => {
      if (verb !== 'jobs' && verb !== 'last job') return;
      throw new VirtgraphError('NOT_FOUND', 'no domain with matching uuid', {
        libvirt: { code: 42, codeName: 'NO_DOMAIN', domain: 10, domainName: 'QEMU', level: 2, message: 'no' },
      });
    };
    await clock.advance(2_000);
    expect(now(task)?.state).toBe('SUCCEEDED');
  });

  test('is found again by the next run of the gateway, or is interrupted', async () => {
    const setup = await oneHost();
    setup.host.jobs.push(setup.saving, copy);
    const [domainJob, diskJob] = await setup.ask();
    if (!domainJob || !diskJob) throw new Error('There are no tasks.');
    setup.host.jobs.pop();
    const next = await setup.restart();
    await next.clock.advance(2_000);
    const states = [domainJob, diskJob].map(({ id }) => next.fleet.tasks.find(id)?.state);
    expect(states).toEqual(['RUNNING', 'INTERRUPTED']);
  });

  test('waits with its host, and goes on with it', async () => {
    const { host, follow, now, clock } = await oneHost();
    const task = await follow({ ...save, elapsedMs: null });
    host.refuse = gone();
    host.drop();
    await clock.advance(1_000);
    expect(now(task)?.state).toBe('PENDING');
    host.refuse = null;
    await clock.advance(60_000);
    expect(now(task)?.state).toBe('RUNNING');
  });
});

describe('a job of a disk', () => {
  test.each([
    ['completed', 'SUCCEEDED', null],
    ['failed', 'FAILED', { code: 'LIBVIRT_ERROR' }],
    ['canceled', 'CANCELLED', null],
  ])('ends as its event says: %s', async (status, state, error) => {
    const { host, ask, follow, now, tellCopy, clock } = await oneHost();
    const task = await follow(copy);
    tellCopy('ready');
    tellCopy(status, 'vdb');
    await clock.advance(1_000);
    expect(now(task)?.state).toBe('RUNNING');
    // The answer without the job overtakes the event.
    host.jobs.length = 0;
    expect(await ask()).toEqual([]);
    expect(now(task)?.state).toBe('RUNNING');
    tellCopy(status);
    await clock.advance(0);
    expect(now(task)).toMatchObject({ state, error });
  });

  test('does not begin anew by an answer from before its end', async () => {
    const { host, fleet, follow, tellCopy, clock } = await oneHost();
    await follow(copy);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    host.gate = (verb) => (verb === 'jobs' ? held : undefined);
    await clock.advance(1_000);
    host.jobs.length = 0;
    tellCopy('completed');
    await clock.advance(0);
    release();
    await clock.advance(2_000);
    const { edges } = fleet.tasks.list({ filter: {}, first: 10, after: null });
    expect(edges.map(({ node }) => node.state)).toEqual(['SUCCEEDED']);
  });

  test('is of unknown end when no event comes', async () => {
    const { host, follow, now, clock } = await oneHost();
    const task = await follow(copy);
    host.jobs.length = 0;
    await clock.advance(2_000);
    expect(now(task)).toMatchObject({ state: 'UNKNOWN', error: { code: 'OUTCOME_UNKNOWN' } });
  });
});

describe('cancelling a job of libvirt’s own', () => {
  /** Cancels, and lets the time pass that it is waited for. */
  async function cancel({ fleet, clock }: Awaited<ReturnType<typeof oneHost>>, { id }: TaskRecord) {
    const asked = fleet.tasks.cancel(id, signal).then(
      (task) => ({ task, error: null }),
      (error: unknown) => ({ task: null, error }),
    );
    await clock.advance(1_000);
    return await asked;
  }
  const aborts = ({ host }: Awaited<ReturnType<typeof oneHost>>) =>
    host.calls.filter((call) => call.startsWith('abort'));

  test('asks libvirt to give it up, and is cancelled when libvirt has, without any word of success', async () => {
    const setup = await oneHost();
    const task = await setup.follow(save);
    setup.host.gate = (verb) => {
      if (verb === 'abort') setup.host.jobs.length = 0;
    };
    expect(await cancel(setup, task)).toMatchObject({ task: { state: 'CANCELLED', error: null, cancellable: false } });
    expect(aborts(setup)).toEqual([`abort domain of ${setup.guest.uuid}`]);
    expect(await cancel(setup, task)).toMatchObject({ task: { state: 'CANCELLED' } });
    expect(aborts(setup)).toHaveLength(1);
  });

  test('of a disk is told by its event', async () => {
    const setup = await oneHost();
    const task = await setup.follow(copy);
    setup.host.gate = (verb) => {
      if (verb === 'abort') setup.tellCopy('canceled');
    };
    expect(await cancel(setup, task)).toMatchObject({ task: { state: 'CANCELLED', error: null } });
    expect(aborts(setup)).toEqual([`abort disk vda of ${setup.guest.uuid}`]);
  });

  test('that takes its time is still under way when it is answered; asked again meanwhile, that is no mistake', async () => {
    const setup = await oneHost();
    const task = await setup.follow(setup.saving);
    expect(await cancel(setup, task)).toMatchObject({ task: { state: 'RUNNING' } });
    setup.host.gate = (verb) => {
      if (verb === 'abort') throw new VirtgraphError('INVALID_STATE', 'it is being ended', { outcome: 'FAILED' });
    };
    expect(await cancel(setup, task)).toMatchObject({ task: { state: 'RUNNING' } });
    setup.host.jobs.length = 0;
    await setup.clock.advance(1_000);
    expect(setup.now(task)).toMatchObject({ state: 'CANCELLED', error: null });
  });

  test('that comes too late does not undo its success', async () => {
    const setup = await oneHost();
    const task = await setup.follow(save);
    setup.host.gate = (verb) => {
      if (verb !== 'abort') return;
      setup.host.jobs.length = 0;
      setup.host.lastJob = { state: 'COMPLETED', operation: 'save', elapsedMs: 10 };
    };
    expect(await cancel(setup, task)).toMatchObject({ task: { state: 'SUCCEEDED' } });
  });

  test('that took as long as one before it that succeeded is not taken for that one', async () => {
    const setup = await oneHost({ tellsAll: true });
    setup.host.lastJob = { state: 'COMPLETED', operation: 'save', elapsedMs: 100 };
    const task = await setup.follow(save);
    setup.host.gate = (verb) => {
      if (verb === 'abort') setup.host.jobs.length = 0;
    };
    await cancel(setup, task);
    await setup.clock.advance(1_000);
    expect(setup.now(task)).toMatchObject({ state: 'CANCELLED', error: null });
  });

  test('that is over already is refused, and nothing is sent', async () => {
    const setup = await oneHost();
    const task = await setup.follow(save);
    setup.host.jobs.length = 0;
    setup.host.lastJob = { state: 'COMPLETED', operation: 'save', elapsedMs: 0 };
    const { error } = await cancel(setup, task);
    expect(error).toMatchObject({ code: 'INVALID_STATE', detail: { outcome: 'NOT_SENT', host: 'alpha' } });
    expect(aborts(setup)).toEqual([]);
    expect(await cancel(setup, task)).toMatchObject({ error: { message: 'The task is over: SUCCEEDED.' } });
  });

  test('leaves alone another of its kind that has begun since', async () => {
    const setup = await oneHost();
    const task = await setup.follow({ ...save, elapsedMs: 60_000 });
    setup.host.jobs[0] = save;
    expect((await cancel(setup, task)).error).toMatchObject({ code: 'INVALID_STATE', detail: { outcome: 'NOT_SENT' } });
    expect(aborts(setup)).toEqual([]);
  });

  test('that libvirt refuses is refused in its words, and the job goes on', async () => {
    const setup = await oneHost();
    const task = await setup.follow(save);
    const refused = new VirtgraphError('INVALID_STATE', 'cannot abort memory-only dump', { outcome: 'FAILED' });
    setup.host.gate = (verb) => {
      if (verb === 'abort') throw refused;
    };
    expect((await cancel(setup, task)).error).toBe(refused);
    expect(setup.now(task)?.state).toBe('RUNNING');
  });

  test('on a host that cannot be reached is never sent', async () => {
    const setup = await oneHost();
    const task = await setup.follow(save);
    setup.host.refuse = gone();
    setup.host.drop();
    await setup.clock.advance(0);
    expect((await cancel(setup, task)).error).toMatchObject({
      code: 'HOST_UNREACHABLE',
      detail: { outcome: 'NOT_SENT', host: 'alpha' },
    });
  });

  test('whose answer is lost names the task that goes on to tell', async () => {
    const setup = await oneHost();
    const task = await setup.follow(save);
    setup.host.gate = (verb) => {
      if (verb === 'abort') throw new VirtgraphError('OUTCOME_UNKNOWN', 'lost', { outcome: 'UNKNOWN' });
    };
    const { error } = await cancel(setup, task);
    expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', detail: { task: { id: task.id, state: 'RUNNING' } } });
  });

  test('is for nobody on a host that may not be changed', async () => {
    const setup = await oneHost({ readOnly: true });
    const task = await setup.follow(save);
    expect(task.cancellable).toBe(false);
    expect((await cancel(setup, task)).error).toMatchObject({ code: 'FORBIDDEN', detail: { outcome: 'NOT_SENT' } });
  });
});
