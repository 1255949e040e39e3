import type { Clock } from '../clock.ts';
import type { DomainJob } from '../drivers/driver.ts';
import { detach, errorFields, type Log } from '../log.ts';
import type { Uuid } from '../model/brands.ts';
import { isTaskOver, type TaskRecord, type TaskState } from '../model/task.ts';
import type { ActionHost } from './action-guards.ts';
import type { DiskJobEnd } from './disk-job-end.ts';
import type { TaskBook } from './task-book.ts';

export type HostJobs = {
  /** Asks the host what it is doing with a domain now, and follows each such job as a task until it is over. */
  readonly read: (on: ActionHost, uuid: Uuid, signal: AbortSignal) => Promise<readonly TaskRecord[]>;
  /** A disk's job is over, which its host tells once and cannot be asked for. */
  readonly ended: (hostName: string, uuid: Uuid, end: DiskJobEnd) => void;
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

const pollMs = 1_000;
/** While the host cannot be asked. */
const patientPollMs = 5_000;
/** The event that says how a job ended comes by another lane than the answer in which the job is missing. */
const eventMs = 500;

/** Jobs of libvirt's own are not ours to end; they are looked at once a second while there are any. */
export function createHostJobs({ book, clock, log, host }: HostJobsOptions): HostJobs {
  const over = new AbortController();
  const polls = new Map<string, () => void>();
  /** Of an earlier run: one that is gone may have ended in any way. */
  const orphans = new Set<Uuid>();
  /** Of disks, and there no more: since when their event is waited for, by `clock.monotonic()`. */
  const unexplained = new Map<Uuid, number>();

  const following = (hostName: string, uuid: Uuid) =>
    book.underWay(hostName).filter((task) => task.taskKind === 'HOST_JOB' && task.domainUuid === uuid);

  async function read(on: ActionHost, uuid: Uuid, signal: AbortSignal): Promise<readonly TaskRecord[]> {
    const driver = on.driver();
    const domain = on.domain(uuid);
    const disks = domain?.config.disks.map(({ target }) => target) ?? [];
    const before = following(on.name, uuid);
    const jobs = await driver.readJobs(uuid, disks, { signal, priority: 'read' });
    // In the answer still, it would begin anew.
    const endedMeanwhile = before.filter(({ id }) => isOver(id));
    const known = following(on.name, uuid);
    const ofJob = (task: TaskRecord) => jobs.find((job) => isOf(task, job));
    const gone = known.filter((task) => ofJob(task) === undefined);
    if (gone.length > 0) await end(on, uuid, gone, signal);
    for (const task of known) {
      const job = ofJob(task);
      if (job === undefined) continue;
      unexplained.delete(task.id);
      book.change(task.id, { progress: job.progress, state: 'RUNNING' });
    }
    for (const job of jobs) {
      if ([...known, ...endedMeanwhile].some((task) => isOf(task, job))) continue;
      book.add({
        taskKind: 'HOST_JOB',
        summary: `${domain?.name ?? uuid} on ${on.name}: ${job.operation}.`,
        progress: job.progress,
        hostName: on.name,
        domainUuid: uuid,
        domainName: domain?.name ?? uuid,
        cancellable: false,
        goal: { want: 'JOB_OVER', job: job.id, operation: job.operation },
        deadlineAt: null,
      });
    }
    const present = following(on.name, uuid);
    if (present.length > 0) later(on.name, uuid, pollMs);
    return present.filter(({ id }) => !unexplained.has(id));
  }

  function isOver(id: Uuid): boolean {
    const task = book.find(id);
    return task === null || isTaskOver(task);
  }

  function finish({ id }: TaskRecord, state: TaskState) {
    orphans.delete(id);
    unexplained.delete(id);
    book.change(id, { state, error: errorOf(state) });
  }

  function ended(hostName: string, uuid: Uuid, { target, state }: DiskJobEnd) {
    for (const task of following(hostName, uuid)) {
      if (task.goal.want === 'JOB_OVER' && task.goal.job === `disk ${target}`) finish(task, state);
    }
  }

  /** Libvirt can be asked how the last job of a domain ended; of those of disks only an event tells. */
  async function end(on: ActionHost, uuid: Uuid, gone: readonly TaskRecord[], signal: AbortSignal) {
    const asks = gone.some((task) => task.goal.want === 'JOB_OVER' && task.goal.job === 'domain');
    const last = asks
      ? await on
          .driver()
          .readLastJob(uuid, { signal })
          .catch(() => null)
      : null;
    for (const task of gone) {
      const isDomainJob = task.goal.want === 'JOB_OVER' && task.goal.job === 'domain';
      if (isOver(task.id) || (!isDomainJob && mayBeExplained(task))) continue;
      const lost: TaskState = orphans.has(task.id) ? 'INTERRUPTED' : 'UNKNOWN';
      finish(task, isDomainJob && last !== null ? endStates[last] : lost);
    }
  }

  function mayBeExplained({ id }: TaskRecord): boolean {
    const now = clock.monotonic();
    const since = unexplained.get(id) ?? now;
    unexplained.set(id, since);
    return now - since < eventMs;
  }

  function later(hostName: string, uuid: Uuid, delayMs: number) {
    const key = `${hostName}/${uuid}`;
    if (polls.has(key) || over.signal.aborted) return;
    const cancel = clock.after(delayMs, () => {
      polls.delete(key);
      detach(log, 'following jobs of a host', poll(hostName, uuid));
    });
    polls.set(key, cancel);
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
    ended,
    resume() {
      for (const { id, taskKind, hostName, domainUuid } of book.underWay()) {
        if (taskKind !== 'HOST_JOB' || domainUuid === null) continue;
        orphans.add(id);
        later(hostName, domainUuid, pollMs);
      }
    },
    close() {
      over.abort();
      for (const cancel of polls.values()) cancel();
      polls.clear();
    },
  };
}

const endStates = { COMPLETED: 'SUCCEEDED', FAILED: 'FAILED', CANCELLED: 'CANCELLED' } as const;

/** The same kind of job at the same place; libvirt gives them no numbers. */
function isOf({ goal }: TaskRecord, { id, operation }: DomainJob): boolean {
  return goal.want === 'JOB_OVER' && goal.job === id && goal.operation === operation;
}

function errorOf(state: TaskState): TaskRecord['error'] {
  if (state === 'FAILED') {
    return { code: 'LIBVIRT_ERROR', message: 'libvirt says that the job failed; the log of its host says why.' };
  }
  if (state !== 'INTERRUPTED' && state !== 'UNKNOWN') return null;
  return { code: 'OUTCOME_UNKNOWN', message: 'The job is over, and libvirt does not tell how it ended.' };
}
