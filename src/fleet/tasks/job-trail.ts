import type { DomainJob, Driver, EndedJob } from '../../drivers/driver.ts';
import type { TaskGoal, TaskState } from '../../model/task.ts';
import { isEndOf } from './job-times.ts';

/** What this run of the gateway has learnt of a job, beside what its task says. */
export type JobTrail = {
  /** The connection by which it has been heard of from its beginning on; `null`: of an earlier run of the gateway. */
  readonly driver: Driver | null;
  /** When it was last there, in milliseconds since 1970. */
  seenAt: number;
  /** There no more, and nobody has told how it ended: since when, by `clock.monotonic()`. */
  missingSince: number | null;
  /** What libvirt has told of its end already, though it is still there. */
  end: TaskState | null;
  /** Libvirt was asked to give it up, and agreed. */
  isGivenUp: boolean;
};

/** `job`: as it was when it was seen for the first time. */
export function newTrail(driver: Driver | null, seenAt: number, job?: DomainJob): JobTrail {
  return { driver, seenAt, missingSince: null, end: endFrom(job?.ending ?? null), isGivenUp: false };
}

export type LastJob = {
  /** What libvirt still knows, after the job was found to be gone. */
  readonly last: EndedJob | null;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The connection by which it was asked. */
  readonly driver: Driver;
};

/**
 * How a job of the domain ended that is there no more; `null`: that is not clear, unless an event is on its way.
 * What libvirt knows of the last job that succeeded may be about one before this that took about as long. So where every
 * success is told by an event, and none can have been missed, that event alone is believed.
 */
export function endOf(
  goal: Extract<TaskGoal, { want: 'JOB_OVER' }>,
  { driver, seenAt, end, isGivenUp }: JobTrail,
  { last, now, driver: present }: LastJob,
): TaskState | null {
  if (end !== null) return end;
  // It is written down before the job is gone: nothing, then, is no success.
  if (last === null || !isEndOf(goal, last, { seenAt, now })) return isGivenUp ? 'CANCELLED' : null;
  const hearsAll = driver === present && present.capabilities.events.includes('job-completed');
  return last.state === 'COMPLETED' && hearsAll ? null : endFrom(last.state);
}

const endStates = { COMPLETED: 'SUCCEEDED', FAILED: 'FAILED', CANCELLED: 'CANCELLED' } as const;

/** A task's word for what libvirt says of a job. */
export function endFrom(ending: EndedJob['state'] | null): TaskState | null {
  return ending === null ? null : endStates[ending];
}
