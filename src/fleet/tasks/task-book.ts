import { randomUUID } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { VirtgraphError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { parseUuid, type Uuid } from '../../model/brands.ts';
import type { KeptEntry, KeptRecords } from '../../model/kept-records.ts';
import { isTaskOver, type TaskRecord } from '../../model/task.ts';
import { createLatestValue, type LatestValue } from '../latest-value.ts';
import type { TaskPage, TaskQuery } from './task-view.ts';

/** Every task that is known: those under way, and those over for a while. Writes each change down before it tells. */
export type TaskBook = {
  /** `null`: so many are under way that this one is not followed. */
  readonly add: (task: NewTask) => TaskRecord | null;
  readonly find: (id: Uuid) => TaskRecord | null;
  /** Of one that is over nothing changes any more. */
  readonly change: (id: Uuid, part: Partial<TaskRecord>) => TaskRecord | null;
  /** Those under way: on that host, or all. */
  readonly underWay: (hostName?: string) => readonly TaskRecord[];
  readonly list: (query: TaskQuery) => TaskPage;
  readonly watch: (id: Uuid) => AsyncIterableIterator<TaskRecord>;
  /** What is kept may be something else than before: everything that is known is to be kept again. */
  readonly keepAnew: () => void;
  /** Ends every stream. */
  readonly close: () => void;
};

export type NewTask = Omit<TaskRecord, 'kind' | 'id' | 'startedAt' | 'finishedAt' | 'error' | 'progress' | 'state'> &
  Partial<Pick<TaskRecord, 'state' | 'progress' | 'startedAt'>>;

export type TaskBookOptions = { readonly kept: KeptRecords; readonly clock: Clock; readonly log: Log };

const mostUnderWay = 1_000;
const mostOver = 1_000;
const keptOverMs = 24 * 3_600_000;

export function createTaskBook({ kept, clock, log }: TaskBookOptions): TaskBook {
  /** In the order of their beginning. */
  const tasks = new Map<Uuid, TaskRecord>();
  const active = new Map<string, Set<Uuid>>();
  const watchers = new Map<Uuid, Set<LatestValue<TaskRecord>>>();
  let activeCount = 0;

  function index(task: TaskRecord, isActive: boolean) {
    const onHost = active.get(task.hostName) ?? new Set();
    if (onHost.has(task.id) === isActive) return;
    activeCount += isActive ? 1 : -1;
    if (isActive) onHost.add(task.id);
    else onHost.delete(task.id);
    if (onHost.size === 0) active.delete(task.hostName);
    else active.set(task.hostName, onHost);
  }

  function store(task: TaskRecord) {
    tasks.set(task.id, task);
    index(task, !isTaskOver(task));
    keep(task);
    for (const watcher of watchers.get(task.id) ?? []) tell(watcher, task);
    if (isTaskOver(task)) forgetOld();
  }

  function keep(task: TaskRecord) {
    kept.put(task.id, task.startedAt, JSON.stringify(task));
  }

  function forgetOld() {
    const over = [...tasks.values()].filter(isTaskOver);
    const since = clock.now() - keptOverMs;
    const old = over.filter((task, place) => (task.finishedAt ?? 0) < since || place < over.length - mostOver);
    if (old.length === 0) return;
    for (const { id } of old) tasks.delete(id);
    kept.remove(old.map(({ id }) => id));
  }

  function load(found: readonly KeptEntry[]): readonly TaskRecord[] {
    const loaded: TaskRecord[] = [];
    for (const { key } of found) {
      const task = readTask(kept.get(key));
      if (task === null) {
        log.warn({ task: key }, 'A kept task cannot be read and is forgotten');
        kept.remove([key]);
        continue;
      }
      loaded.push(task);
      tasks.set(task.id, task);
      index(task, !isTaskOver(task));
    }
    forgetOld();
    return loaded;
  }
  load(kept.entries());

  return {
    add(part) {
      if (activeCount >= mostUnderWay) return null;
      const task: TaskRecord = {
        state: 'RUNNING',
        progress: null,
        startedAt: clock.now(),
        ...part,
        kind: 'task',
        id: newId(),
        finishedAt: null,
        error: null,
      };
      store(task);
      return task;
    },
    find: (id) => tasks.get(id) ?? null,
    change(id, part) {
      const before = tasks.get(id);
      if (before === undefined || isTaskOver(before)) return null;
      const after: TaskRecord = { ...before, ...part };
      const isOver = isTaskOver(after);
      store(isOver ? { ...after, finishedAt: clock.now(), cancellable: false } : after);
      return tasks.get(id) ?? null;
    },
    underWay(hostName) {
      const sets = hostName === undefined ? [...active.values()] : [active.get(hostName) ?? new Set<Uuid>()];
      return sets.flatMap((ids) => [...ids]).flatMap((id) => tasks.get(id) ?? []);
    },
    list: (query) => pageOf([...tasks.values()], query),
    watch(id) {
      const task = tasks.get(id);
      if (task === undefined) throw noSuchTask();
      const watcher = createLatestValue<TaskRecord>(() => {
        const others = watchers.get(id);
        others?.delete(watcher);
        if (others?.size === 0) watchers.delete(id);
      });
      const all = watchers.get(id) ?? new Set();
      watchers.set(id, all.add(watcher));
      tell(watcher, task);
      return watcher.iterator;
    },
    keepAnew() {
      const found = kept.entries();
      const keys = new Set(found.map(({ key }) => key));
      const known = new Set<string>(tasks.keys());
      for (const task of tasks.values()) if (!keys.has(task.id)) keep(task);
      // Of a run that ended while nobody could see what it had kept.
      for (const task of load(found.filter(({ key }) => !known.has(key)))) {
        if (!isTaskOver(task)) store({ ...task, state: 'INTERRUPTED', finishedAt: clock.now(), error: endedUnseen });
      }
    },
    close() {
      for (const watcher of [...watchers.values()].flatMap((all) => [...all])) watcher.end();
    },
  };
}

const endedUnseen: TaskRecord['error'] = {
  code: 'OUTCOME_UNKNOWN',
  message: 'The gateway was restarted meanwhile, and could not read what it had kept: nobody saw what became of it.',
};

function tell(watcher: LatestValue<TaskRecord>, task: TaskRecord) {
  watcher.put(task);
  if (isTaskOver(task)) watcher.end();
}

export function noSuchTask(): VirtgraphError {
  return new VirtgraphError('NOT_FOUND', 'There is no task of this id (any more).', {
    remedy: 'Tasks that are over are kept for a day, and at most a thousand of them.',
  });
}

/** `why`: what follows "The task". */
export function notCancellable({ hostName }: TaskRecord, why: string): VirtgraphError {
  return new VirtgraphError('INVALID_STATE', `The task ${why}.`, { host: hostName, outcome: 'NOT_SENT' });
}

/** What another run of the gateway wrote; `null` when it is no task. */
function readTask(text: string | null): TaskRecord | null {
  try {
    const task: unknown = JSON.parse(text ?? 'null');
    // Written by `store` above, under a version and a checksum: what has the mark of a task is one.
    return typeof task === 'object' && task !== null && 'kind' in task && task.kind === 'task'
      ? (task as TaskRecord)
      : null;
  } catch {
    return null;
  }
}

function newId(): Uuid {
  const id = parseUuid(randomUUID());
  if (id === null) throw new Error('randomUUID made no UUID.');
  return id;
}

/** The newest first. */
function pageOf(all: readonly TaskRecord[], { filter, first, after }: TaskQuery): TaskPage {
  const { hosts, states, kinds, domain } = filter;
  const matching = all
    .filter(
      (task) =>
        (hosts?.includes(task.hostName) ?? true) &&
        (states?.includes(task.state) ?? true) &&
        (kinds?.includes(task.taskKind) ?? true) &&
        (!domain || (domain.hostName === task.hostName && domain.uuid === task.domainUuid)),
    )
    .sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1));
  const place = after === null ? null : readCursor(after);
  const rest =
    place === null
      ? matching
      : matching.filter(
          ({ startedAt, id }) => startedAt < place.startedAt || (startedAt === place.startedAt && id < place.id),
        );
  const edges = rest.slice(0, first).map((node) => ({ cursor: writeCursor(node), node }));
  return {
    edges,
    totalCount: matching.length,
    hasNextPage: rest.length > edges.length,
    hasPreviousPage: rest.length < matching.length,
  };
}

const cursorForm = /^task:(\d{1,15}):([0-9a-f-]{36})$/;

function writeCursor({ startedAt, id }: TaskRecord): string {
  return Buffer.from(`task:${startedAt}:${id}`).toString('base64url');
}

function readCursor(cursor: string): { readonly startedAt: number; readonly id: string } {
  const [, startedAt, id] = cursorForm.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (startedAt !== undefined && id !== undefined) return { startedAt: Number(startedAt), id };
  throw new VirtgraphError('BAD_USER_INPUT', 'Expected in `after` the `endCursor` of an earlier page of tasks.');
}
