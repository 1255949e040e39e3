import { type Clock, sleep } from '../../clock.ts';
import type { DomainJob, Driver, EndedJob } from '../../drivers/driver.ts';
import { VirtgraphError, withDetail } from '../../errors.ts';
import { detach, errorFields, type Log } from '../../log.ts';
import type { Uuid } from '../../model/brands.ts';
import { isTaskOver, type TaskGoal, type TaskRecord, type TaskState } from '../../model/task.ts';
import { type ActionHost, writableDriver } from '../hosts/action-guards.ts';
import type { JobEnd } from '../replica/job-end.ts';
import { type Asked, beganBetween, isJobOf } from './job-times.ts';
import { endFrom, endOf, type JobTrail, newTrail } from './job-trail.ts';
import { notCancellable, type TaskBook } from './task-book.ts';

export type HostJobs = {
  /** Asks the host what it is doing with a domain now, and follows each such job as a task until it is over. */
  readonly read: (on: ActionHost, uuid: Uuid, signal: AbortSignal) => Promise<readonly TaskRecord[]>;
  /**
   * Asks libvirt to give up the job of a task that goes on, and waits a moment for that: the task as it is then.
   * @throws INVALID_STATE when the job is over or cannot be given up, and what changes fail with
   */
  readonly cancel: (task: TaskRecord, signal: AbortSignal) => Promise<TaskRecord>;
  /** An event told of the end of a job. */
  readonly ended: (hostName: string, uuid: Uuid, end: JobEnd) => void;
  /** Goes on with those of an earlier run, when their host can be asked. */
  readonly resume: () => void;
  readonly close: () => void;
};

export type HostJobsOptions = {
  readonly book: TaskBook;
  readonly clock: Clock;
  readonly log: Log;
  readonly host: (name: string) => ActionHost | null;
};

type JobTask = TaskRecord & { readonly goal: Extract<TaskGoal, { want: 'JOB_OVER' }>; readonly domainUuid: Uuid };

const pollMs = 1_000;
/** While the host cannot be asked. */
const patientPollMs = 5_000;
/** The event that says how a job ended comes by another lane than the answer in which the job is missing. */
const eventMs = 500;
/** When it is looked whether libvirt has let go of a job: most are over at once, and who asked waits for it. */
const letGoMs = [50, 100, 200, 400];

/** Jobs of libvirt's own, whoever began them. They are looked at once a second while there are any. */
export function createHostJobs({ book, clock, log, host }: HostJobsOptions): HostJobs {
  const over = new AbortController();
  const polls = new Map<string, () => void>();
  const trails = new Map<Uuid, JobTrail>();

  /** Those of this run have one from their beginning. */
  function trailOf({ id, startedAt }: TaskRecord): JobTrail {
    const trail = trails.get(id) ?? newTrail(null, startedAt);
    trails.set(id, trail);
    return trail;
  }

  const following = (hostName: string, uuid: Uuid) =>
    book.underWay(hostName).filter((task): task is JobTask => isJobTask(task) && task.domainUuid === uuid);

  async function read(on: ActionHost, uuid: Uuid, signal: AbortSignal): Promise<readonly TaskRecord[]> {
    const before = following(on.name, uuid);
    const { jobs, asked } = await ask(on, uuid, before.length > 0, signal);
    const jobOf = ({ goal }: JobTask) => jobs.find((job) => isJobOf(goal, job, asked));
    const gone = before.filter((task) => !isOver(task.id) && jobOf(task) === undefined);
    if (gone.length > 0) await settle(on, uuid, gone, signal);
    // Others may ask at the same time: by now some of these have begun, and others are over that are in the answer still.
    const present = following(on.name, uuid);
    for (const task of present) {
      const job = jobOf(task);
      if (job !== undefined) goesOn(on, task, job, asked);
    }
    for (const job of jobs) {
      if (![...before, ...present].some(({ goal }) => isJobOf(goal, job, asked))) begins(on, uuid, job, asked);
    }
    const known = following(on.name, uuid);
    const isMissing = ({ id }: TaskRecord) => (trails.get(id)?.missingSince ?? null) !== null;
    if (known.length > 0) later(on.name, uuid, known.some(isMissing) ? eventMs : pollMs);
    return known.filter((task) => !isMissing(task));
  }

  /** `mayBeGone`: a transient domain ends with its job. */
  async function ask(on: ActionHost, uuid: Uuid, mayBeGone: boolean, signal: AbortSignal) {
    const disks = on.domain(uuid)?.config.disks.map(({ target }) => target) ?? [];
    const askedAt = clock.now();
    let jobs: readonly DomainJob[] = [];
    try {
      jobs = await on.driver().readJobs(uuid, disks, { signal, priority: 'read' });
    } catch (error) {
      if (!mayBeGone || !(error instanceof VirtgraphError) || error.code !== 'NOT_FOUND') throw error;
    }
    return { jobs, asked: { askedAt, answeredAt: clock.now() } };
  }

  function begins(on: ActionHost, uuid: Uuid, job: DomainJob, asked: Asked) {
    const domainName = on.domain(uuid)?.name ?? uuid;
    const task = book.add({
      taskKind: 'HOST_JOB',
      summary: `${domainName} on ${on.name}: ${job.operation}.`,
      progress: job.progress,
      hostName: on.name,
      domainUuid: uuid,
      domainName,
      cancellable: job.cancellable && isWritable(on),
      goal: { want: 'JOB_OVER', job: job.id, operation: job.operation, began: beganBetween(job, asked) },
      deadlineAt: null,
    });
    if (task !== null) trails.set(task.id, newTrail(on.driver(), asked.askedAt, job));
  }

  function goesOn(on: ActionHost, task: JobTask, job: DomainJob, { askedAt }: Asked) {
    const { progress, elapsedMs, ending } = job;
    const trail = trailOf(task);
    trail.missingSince = null;
    trail.end ??= endFrom(ending);
    // Where libvirt no longer counts the time, the job has ended as far as that goes.
    if (elapsedMs !== null) trail.seenAt = askedAt;
    const cancellable = job.cancellable && isWritable(on);
    book.change(task.id, { state: 'RUNNING', progress: progress ?? task.progress, cancellable });
  }

  function isOver(id: Uuid): boolean {
    const task = book.find(id);
    return task === null || isTaskOver(task);
  }

  function finish({ id }: TaskRecord, state: TaskState) {
    trails.delete(id);
    book.change(id, { state, error: errorOf(state) });
  }

  function ended(hostName: string, uuid: Uuid, end: JobEnd) {
    for (const task of following(hostName, uuid)) {
      const { job, operation } = task.goal;
      if ('target' in end) {
        if (job === `disk ${end.target}`) finish(task, end.state);
      } else if (job === 'domain' && operation === end.operation) trailOf(task).end = end.state;
    }
  }

  async function settle(on: ActionHost, uuid: Uuid, gone: readonly JobTask[], signal: AbortSignal) {
    const driver = on.driver();
    const last = gone.some(isWholeDomain) ? await readLast(driver, uuid, signal) : null;
    for (const task of gone) {
      if (isOver(task.id)) continue;
      const trail = trailOf(task);
      const state = isWholeDomain(task) ? endOf(task.goal, trail, { last, now: clock.now(), driver }) : null;
      if (state !== null) finish(task, state);
      else if (!mayBeExplained(trail)) finish(task, unexplained(task, trail));
    }
  }

  function mayBeExplained(trail: JobTrail): boolean {
    const now = clock.monotonic();
    trail.missingSince ??= now;
    return now - trail.missingSince < eventMs;
  }

  async function cancel(task: TaskRecord, signal: AbortSignal): Promise<TaskRecord> {
    const on = host(task.hostName);
    if (on === null || !isJobTask(task)) throw notCancellable(task, 'is about a host that the fleet has no more');
    const { id, domainUuid: uuid, goal } = task;
    const driver = writableDriver(on);
    // Libvirt gives up whatever it does now: that must still be what the caller has seen.
    await read(on, uuid, signal);
    const present = book.find(id) ?? task;
    if (present.state === 'CANCELLED') return present;
    if (isTaskOver(present)) throw notCancellable(present, `is over: ${present.state}`);
    if (!present.cancellable)
      throw notCancellable(
        present,
        'is about a guest that comes in: only where it comes from can its migration be given up',
      );
    const trail = trailOf(present);
    if (trail.missingSince !== null) throw notCancellable(present, 'is over; how it ended is not known yet');
    try {
      await driver.abortJob(uuid, goal.job, { signal, priority: 'mutation' });
      trail.isGivenUp = true;
    } catch (error) {
      // Asked twice, it is being given up all the same.
      if (!trail.isGivenUp || !isInvalidState(error)) throw namingTask(error, present);
    }
    for (const delayMs of letGoMs) {
      await sleep(clock, delayMs, signal);
      if (isOver(id)) break;
      // That it was asked for stands; what becomes of it is told by the task.
      await read(on, uuid, signal).catch(() => {});
    }
    return book.find(id) ?? present;
  }

  function later(hostName: string, uuid: Uuid, delayMs: number) {
    const key = `${hostName}/${uuid}`;
    if (polls.has(key) || over.signal.aborted) return;
    const cancelPoll = clock.after(delayMs, () => {
      polls.delete(key);
      detach(log, 'following jobs of a host', poll(hostName, uuid));
    });
    polls.set(key, cancelPoll);
  }

  async function poll(hostName: string, uuid: Uuid) {
    const tasks = following(hostName, uuid);
    if (tasks.length === 0) return;
    const on = host(hostName);
    if (on === null) {
      for (const task of tasks) finish(task, 'UNKNOWN');
      return;
    }
    if (on.view().status !== 'READY') {
      for (const { id } of tasks) book.change(id, { state: 'PENDING' });
      later(hostName, uuid, patientPollMs);
      return;
    }
    try {
      await read(on, uuid, over.signal);
    } catch (error) {
      log.debug({ host: hostName, domain: uuid, ...errorFields(error) }, 'Jobs cannot be asked for now');
      later(hostName, uuid, patientPollMs);
    }
  }

  return {
    read,
    cancel,
    ended,
    resume() {
      for (const task of book.underWay()) if (isJobTask(task)) later(task.hostName, task.domainUuid, pollMs);
    },
    close() {
      over.abort();
      for (const cancelPoll of polls.values()) cancelPoll();
      polls.clear();
    },
  };
}

function isJobTask(task: TaskRecord): task is JobTask {
  return task.taskKind === 'HOST_JOB' && task.goal.want === 'JOB_OVER' && task.domainUuid !== null;
}

/** Not known to libvirt, in its own words, is `null`. That the question was lost on the way says nothing: it rejects. */
async function readLast(driver: Driver, uuid: Uuid, signal: AbortSignal): Promise<EndedJob | null> {
  try {
    return await driver.readLastJob(uuid, { signal });
  } catch (error) {
    if (error instanceof VirtgraphError && error.detail.libvirt) return null;
    throw error;
  }
}

/** Nobody has told how it ended. That of a disk may have done what it was to do before it could be given up. */
function unexplained(task: JobTask, { driver, isGivenUp }: JobTrail): TaskState {
  if (isGivenUp && isWholeDomain(task)) return 'CANCELLED';
  return driver === null ? 'INTERRUPTED' : 'UNKNOWN';
}

/** Rather than one of its disks. */
function isWholeDomain({ goal }: JobTask): boolean {
  return goal.job === 'domain';
}

function isWritable(on: ActionHost): boolean {
  const { readOnly, capabilities } = on.view();
  return !readOnly && capabilities?.writable === true;
}

function isInvalidState(error: unknown): boolean {
  return error instanceof VirtgraphError && error.code === 'INVALID_STATE';
}

/** Where nobody knows whether libvirt has heard it, the task itself will tell. */
function namingTask(error: unknown, { id, state }: TaskRecord): unknown {
  if (!(error instanceof VirtgraphError) || error.detail.outcome !== 'UNKNOWN') return error;
  return withDetail(error, { task: { id, state } });
}

function errorOf(state: TaskState): TaskRecord['error'] {
  if (state === 'FAILED') {
    return { code: 'LIBVIRT_ERROR', message: 'libvirt says that the job failed; the log of its host says why.' };
  }
  if (state !== 'INTERRUPTED' && state !== 'UNKNOWN') return null;
  return { code: 'OUTCOME_UNKNOWN', message: 'The job is over, and libvirt does not tell how it ended.' };
}
