/**
 * Libvirt gives its jobs no numbers, and keeps what it says of the last one that succeeded however many come after it.
 * So one is told from another of its kind by when it began. Times are in milliseconds since 1970, for they outlive us.
 */
import type { DomainJob, EndedJob } from '../../drivers/driver.ts';
import type { TaskGoal } from '../../model/task.ts';

type JobGoal = Extract<TaskGoal, { want: 'JOB_OVER' }>;

/** When the host was asked, and when it had answered. */
export type Asked = { readonly askedAt: number; readonly answeredAt: number };

/** Clocks are set right now and then, and libvirt rounds. */
const slackMs = 500;

/** Between which times it began; `null`: the host does not say. */
export function beganBetween(
  { elapsedMs }: Pick<DomainJob, 'elapsedMs'>,
  { askedAt, answeredAt }: Asked,
): JobGoal['began'] {
  return elapsedMs === null ? null : { earliest: askedAt - elapsedMs, latest: answeredAt - elapsedMs };
}

/** Whether what the host does now is what the task is about: the same kind of job at the same place, begun at that time. */
export function isJobOf(goal: JobGoal, job: DomainJob, asked: Asked): boolean {
  if (goal.job !== job.id || goal.operation !== job.operation) return false;
  const [known, seen] = [goal.began, beganBetween(job, asked)];
  return !known || !seen || (seen.earliest <= known.latest + slackMs && known.earliest <= seen.latest + slackMs);
}

/** Whether that is how the task's job ended, which was there at `seenAt` and is not any more: it ended in between. */
export function isEndOf(
  { operation, began }: JobGoal,
  ended: EndedJob,
  { seenAt, now }: { readonly seenAt: number; readonly now: number },
): boolean {
  if (operation !== ended.operation || !began || ended.elapsedMs === null) return false;
  return began.earliest + ended.elapsedMs <= now + slackMs && began.latest + ended.elapsedMs >= seenAt - slackMs;
}
