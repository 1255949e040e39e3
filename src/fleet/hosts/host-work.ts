import type { HostTaskKind, TaskProgress, TaskRecord } from '../../model/task.ts';

/**
 * What this process does about a host as a whole. What of it takes longer than a moment is shown as a task; it goes on
 * whoever waits for it, and ends with the process.
 */
export type HostWorks = {
  readonly begin: <T>(about: HostWork<T>, work: (progress: WorkProgress) => Promise<T>) => FollowedWork<T>;
  /** `value` null: it goes on as the task, or was cancelled. */
  readonly wait: <T>(
    work: FollowedWork<T>,
    wait: AnswerWait,
  ) => Promise<{ readonly value: T | null; readonly task: TaskRecord | null }>;
};

/** How long an answer waits for what it is about. `withinMs` null: until that is over. What takes longer goes on as a task. */
export type AnswerWait = { readonly withinMs: number | null; readonly signal: AbortSignal };

export type HostWork<T> = {
  readonly taskKind: HostTaskKind;
  readonly hostName: string;
  readonly summary: string;
  readonly cancellable: boolean;
  /** How far it has come, as the host stands; asked whenever that changes. */
  readonly progress?: () => TaskProgress;
  /** Why what it came to is not what was wanted; `null`: it is. */
  readonly failure?: (value: T) => TaskRecord['error'];
};

export type WorkProgress = {
  /** Aborted when it is cancelled, and when the gateway stops. */
  readonly signal: AbortSignal;
  readonly tell: (part: Partial<Pick<TaskRecord, 'progress' | 'probe'>>) => void;
};

export type FollowedWork<T> = {
  /** What it came to; `null`: it was cancelled. Rejects as the work does. */
  readonly done: Promise<T | null>;
  /** Its task, which is there from now on; `null`: so many are under way that this one is not followed. */
  readonly task: () => TaskRecord | null;
};
