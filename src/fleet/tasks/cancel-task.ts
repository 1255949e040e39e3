import type { Uuid } from '../../model/brands.ts';
import { isTaskOver, type TaskRecord } from '../../model/task.ts';
import type { HostJobs } from './host-jobs.ts';
import type { HostTasks } from './host-tasks.ts';
import { noSuchTask, notCancellable, type TaskBook } from './task-book.ts';
import type { TaskView } from './task-view.ts';
import type { Tasks } from './tasks.ts';

export type TaskCancellers = {
  readonly book: Pick<TaskBook, 'find'>;
  readonly tasks: Pick<Tasks, 'cancel'>;
  readonly jobs: Pick<HostJobs, 'cancel'>;
  readonly hostTasks: Pick<HostTasks, 'cancel'>;
};

/** What ends a task depends on who brings it about: libvirt gives up a job, a guest is no longer waited for,
 * a probe ends. */
export function createCancelTask({ book, tasks, jobs, hostTasks }: TaskCancellers): TaskView['cancel'] {
  return async (id: Uuid, signal: AbortSignal): Promise<TaskRecord> => {
    const task = book.find(id);
    if (task === null) throw noSuchTask();
    // Asked twice, it is cancelled all the same.
    if (task.state === 'CANCELLED') return task;
    if (isTaskOver(task)) throw notCancellable(task, `is over: ${task.state}`);
    if (task.taskKind === 'HOST_JOB') return await jobs.cancel(task, signal);
    if (!task.cancellable) throw notCancellable(task, 'cannot be taken back');
    return task.goal.want === 'DONE_HERE' ? hostTasks.cancel(task) : tasks.cancel(task);
  };
}
