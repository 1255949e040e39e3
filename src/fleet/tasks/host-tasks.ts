import { type Clock, sleep } from '../../clock.ts';
import { VirtgraphError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Uuid } from '../../model/brands.ts';
import { hostTaskKinds, type TaskRecord } from '../../model/task.ts';
import type { AnswerWait, FollowedWork, HostWork, HostWorks, WorkProgress } from '../hosts/host-work.ts';
import { unlessAborted } from '../unless-aborted.ts';
import type { TaskBook } from './task-book.ts';
import { taskError } from './task-error.ts';

/** See `HostWorks`; and what ends it. */
export type HostTasks = HostWorks & {
  /** Of one that goes on, and is cancellable. */
  readonly cancel: (task: TaskRecord) => TaskRecord;
  readonly hostChanged: (hostName: string) => void;
  /** Ends all of it, with this reason. */
  readonly close: (reason: Error) => void;
};

/** What is over sooner needs no task. */
const momentMs = 1_000;

export function createHostTasks({ book, clock, log }: { book: TaskBook; clock: Clock; log: Log }): HostTasks {
  /** Ends work that goes on, by its task. */
  const cancels = new Map<Uuid, () => void>();
  /** Of work whose progress is read off its host. */
  const looks = new Set<{ readonly hostName: string; readonly look: () => void }>();
  const over = new AbortController();

  // Nobody is left who does it.
  for (const { id, taskKind } of book.underWay()) {
    if (isHostTask(taskKind)) book.change(id, { state: 'INTERRUPTED', error: interrupted });
  }

  function begin<T>(about: HostWork<T>, work: (progress: WorkProgress) => Promise<T>): FollowedWork<T> {
    const { hostName, taskKind, summary, cancellable, progress, failure } = about;
    const startedAt = clock.now();
    const control = new AbortController();
    const signal = AbortSignal.any([control.signal, over.signal]);
    const { promise: cancelled, resolve: endWait } = Promise.withResolvers<null>();
    let latest: Partial<TaskRecord> = { progress: progress?.() ?? null };
    let id: Uuid | null = null;
    let isOver = false;

    function task(): TaskRecord | null {
      if (id !== null) return book.find(id);
      if (isOver) return null;
      const plain = { domainUuid: null, domainName: null, goal: { want: 'DONE_HERE' }, deadlineAt: null } as const;
      const added = book.add({ taskKind, hostName, summary, cancellable, startedAt, ...plain, ...latest });
      if (added === null) return null;
      id = added.id;
      cancels.set(id, cancel);
      return added;
    }
    function cancel() {
      control.abort(new VirtgraphError('CONFLICT', 'The task was cancelled.', { host: hostName }));
      endWait(null);
    }
    function tell(part: Partial<Pick<TaskRecord, 'progress' | 'probe'>>) {
      latest = { ...latest, ...part };
      if (id !== null) book.change(id, part);
    }
    function end(error: TaskRecord['error']) {
      // The next run of the gateway says what became of what this one leaves undone.
      if (id !== null && !over.signal.aborted)
        book.change(id, { state: error === null ? 'SUCCEEDED' : 'FAILED', error });
    }
    async function doWork(): Promise<T> {
      try {
        const value = await work({ signal, tell });
        end(failure?.(value) ?? null);
        return value;
      } catch (error) {
        if (!control.signal.aborted) end(taskError(error, log));
        throw error;
      } finally {
        isOver = true;
        takeBack();
        looks.delete(followed);
        if (id !== null) cancels.delete(id);
      }
    }

    const followed = { hostName, look: () => progress && tell({ progress: progress() }) };
    if (progress) looks.add(followed);
    const takeBack = clock.after(momentMs, task);
    const done = Promise.race([cancelled, doWork()]);
    // Its task tells how it ended, also when nobody waits for it any more.
    done.catch(() => {});
    return { done, task };
  }

  async function wait<T>(work: FollowedWork<T>, { withinMs, signal }: AnswerWait) {
    const value = await unlessAborted(withinMs === null ? work.done : within(work, withinMs), signal);
    return { value, task: value === null ? work.task() : null };
  }

  /** `null`: it takes longer, and a task tells of it. */
  async function within<T>(work: FollowedWork<T>, withinMs: number): Promise<T | null> {
    const inTime = new AbortController();
    const late = sleep(clock, withinMs, inTime.signal).then(() => null);
    late.catch(() => {});
    try {
      const value = await Promise.race([work.done, late]);
      return value === null && work.task() === null ? await work.done : value;
    } finally {
      inTime.abort();
    }
  }

  return {
    begin,
    wait,
    cancel(task) {
      book.change(task.id, { state: 'CANCELLED' });
      cancels.get(task.id)?.();
      return book.find(task.id) ?? task;
    },
    hostChanged(hostName) {
      for (const each of looks) if (each.hostName === hostName) each.look();
    },
    close: (reason) => over.abort(reason),
  };
}

function isHostTask(kind: TaskRecord['taskKind']): boolean {
  return hostTaskKinds.some((each) => each === kind);
}

const interrupted = {
  code: 'OUTCOME_UNKNOWN',
  message: 'The gateway was restarted meanwhile. It is safe to ask again.',
} as const;
