import type { Uuid } from '../../model/brands.ts';
import type { TaskKind, TaskRecord, TaskState } from '../../model/task.ts';

/** What takes longer than a moment. */
export type TaskView = {
  /** `null`: there is none (any more). */
  readonly find: (id: Uuid) => TaskRecord | null;
  /** The newest first. `BAD_USER_INPUT` for a bad `after`. */
  readonly list: (query: TaskQuery) => TaskPage;
  /** As it is now, then each time it changes; the end when it is over. A slow reader skips to the newest. `NOT_FOUND` */
  readonly watch: (id: Uuid) => AsyncIterableIterator<TaskRecord>;
  /**
   * Nobody waits for it any more; of a job of libvirt's own, libvirt is asked to give it up, and it is CANCELLED when
   * libvirt has. `NOT_FOUND`, `INVALID_STATE`, and of such a job what changes fail with.
   */
  readonly cancel: (id: Uuid, signal: AbortSignal) => Promise<TaskRecord>;
  /** Asks the host what it does with a domain by itself now; each such job is a task until it is over. */
  readonly jobs: (hostName: string, uuid: Uuid, signal: AbortSignal) => Promise<readonly TaskRecord[]>;
};

export type TaskFilter = {
  readonly hosts?: readonly string[] | null;
  readonly states?: readonly TaskState[] | null;
  readonly kinds?: readonly TaskKind[] | null;
  readonly domain?: { readonly hostName: string; readonly uuid: Uuid } | null;
};

export type TaskQuery = { readonly filter: TaskFilter; readonly first: number; readonly after: string | null };

export type TaskPage = {
  readonly edges: readonly { readonly cursor: string; readonly node: TaskRecord }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly totalCount: number;
};
