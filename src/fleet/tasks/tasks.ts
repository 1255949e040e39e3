import type { Clock } from '../../clock.ts';
import { VirtgraphError } from '../../errors.ts';
import { detach, type Log } from '../../log.ts';
import type { Uuid } from '../../model/brands.ts';
import { isTaskOver, type TaskRecord, type TaskState } from '../../model/task.ts';
import type { ActionHost } from '../hosts/action-guards.ts';
import type { DomainRecord } from '../objects.ts';
import type { NewTask, TaskBook } from './task-book.ts';
import { taskError } from './task-error.ts';
import { judgeGoal } from './task-goal.ts';
import type { TaskView } from './task-view.ts';

/**
 * Follows what takes longer than a moment. Nobody needs to wait for it, and nobody's leaving ends it: whether a goal is
 * reached is read from what the host's replica says, so the next run of the gateway can go on where this one ended.
 */
export type Tasks = Omit<TaskView, 'jobs' | 'cancel'> & {
  /** `null`: so many are under way that this one is not followed. */
  readonly begin: (task: NewTask) => TaskRecord | null;
  /** One that ends with this call to the host, or, where its outcome is unknown, as the domain shows. */
  readonly beginWith: (task: NewTask, call: Promise<unknown>) => TaskRecord | null;
  /** Of one that goes on, and is cancellable. */
  readonly cancel: (task: TaskRecord) => TaskRecord;
  readonly domainStored: (hostName: string, uuid: Uuid) => void;
  readonly hostChanged: (hostName: string) => void;
  readonly rebooted: (hostName: string, uuid: Uuid) => void;
  /** The hosts of the fleet are there: tasks of an earlier run go on. */
  readonly resume: () => void;
  readonly close: () => void;
};

export type TasksOptions = {
  readonly book: TaskBook;
  readonly clock: Clock;
  readonly log: Log;
  /** `null`: the fleet has no such host (any more). */
  readonly host: (name: string) => ActionHost | null;
};

/**
 * A call that was sent may wait 30 s at the host for its turn with the guest (`VIR_JOB_WAIT_TIME`), whether or not the
 * connection is still there by which it came. Before that, "not yet" does not mean "not".
 */
const settleMs = 40_000;

export function createTasks({ book, clock, log, host }: TasksOptions): Tasks {
  /** What waits for time to pass, by task. */
  const timers = new Map<Uuid, () => void>();
  /** Of an earlier run, which saw what this one cannot: an event, the answer to a call. */
  const orphans = new Set<Uuid>();
  /** The host has not answered the call yet. */
  const calls = new Set<Uuid>();
  const over = new AbortController();

  function finish({ id }: TaskRecord, state: TaskState, error: TaskRecord['error'] = null) {
    timers.get(id)?.();
    timers.delete(id);
    orphans.delete(id);
    book.change(id, { state, error, ...(state === 'SUCCEEDED' && { progress: null }) });
  }

  function later(id: Uuid, delayMs: number, work: (task: TaskRecord) => void) {
    if (timers.has(id)) return;
    const cancel = clock.after(Math.max(0, delayMs), () => {
      timers.delete(id);
      const task = book.find(id);
      if (task !== null && !isTaskOver(task)) work(task);
    });
    timers.set(id, cancel);
  }

  function stopTimer(id: Uuid) {
    timers.get(id)?.();
    timers.delete(id);
  }

  /** What is known of its domain now. Nothing is done while that may be out of date. */
  function look(task: TaskRecord) {
    const { id, goal } = task;
    // Others follow those.
    if (goal.want === 'JOB_OVER' || goal.want === 'DONE_HERE' || calls.has(id)) return;
    const on = host(task.hostName);
    if (on === null) {
      finish(task, 'UNKNOWN', { code: 'NOT_FOUND', message: `${task.hostName} is no longer part of the fleet.` });
      return;
    }
    if (on.view().status !== 'READY') {
      if (settles(task)) stopTimer(id);
      if (task.state === 'RUNNING' && settles(task)) book.change(id, { state: 'PENDING' });
      return;
    }
    if (task.state === 'PENDING') book.change(id, { state: 'RUNNING' });
    const verdict = judgeGoal(goal, domainOf(on, task));
    if (verdict === 'REACHED') finish(task, 'SUCCEEDED');
    else if (goal.want === 'NOTHING_VISIBLE') finish(task, 'UNKNOWN', cannotTell(task));
    else if (settles(task)) later(id, settleMs, (present) => detach(log, 'looking at a task', conclude(present)));
    else if (orphans.has(id) && task.taskKind === 'REBOOT_DOMAIN') finish(task, 'INTERRUPTED', missed(task));
  }

  /** Its outcome is to be found out, rather than waited for. */
  function settles({ id, taskKind }: TaskRecord): boolean {
    return taskKind === 'RESOLVE_OUTCOME' || (taskKind === 'FORCE_OFF_DOMAIN' && !calls.has(id));
  }

  /** Enough time has passed: what the host says now, holds. */
  async function conclude(task: TaskRecord) {
    const on = host(task.hostName);
    if (on === null) return look(task);
    let domain: DomainRecord | null;
    try {
      domain = await readNow(on, task);
    } catch {
      // The host is asked again when it is back; where it only refuses, after as long as before.
      return look(book.find(task.id) ?? task);
    }
    const present = book.find(task.id);
    if (present === null || isTaskOver(present)) return;
    const verdict = judgeGoal(task.goal, domain);
    if (verdict === 'REACHED') finish(task, 'SUCCEEDED');
    else if (orphans.has(task.id) && task.taskKind === 'FORCE_OFF_DOMAIN') finish(task, 'INTERRUPTED', missed(task));
    else if (verdict === 'CANNOT_TELL') finish(task, 'UNKNOWN', cannotTell(task));
    else finish(task, 'FAILED', tookNoEffect(task, domain));
  }

  async function readNow(on: ActionHost, task: TaskRecord): Promise<DomainRecord | null> {
    const uuid = task.domainUuid ?? domainOf(on, task)?.uuid ?? null;
    if (uuid === null) return null;
    try {
      return await on.readDomain(uuid, over.signal);
    } catch (error) {
      if (error instanceof VirtgraphError && error.code === 'NOT_FOUND') return null;
      throw error;
    }
  }

  function expire(task: TaskRecord) {
    look(task);
    const present = book.find(task.id);
    if (present === null || isTaskOver(present)) return;
    const on = host(task.hostName);
    if (on !== null && on.view().status === 'READY') finish(task, 'FAILED', tooLate(task, domainOf(on, task)));
    else finish(task, 'UNKNOWN', { code: 'HOST_UNREACHABLE', message: `${task.hostName} cannot be asked now.` });
  }

  function add(part: NewTask): TaskRecord | null {
    const task = book.add(part);
    if (task === null) log.warn({ host: part.hostName }, 'Too many tasks are under way: one more is not followed');
    return task;
  }

  function follow(task: TaskRecord) {
    const { id, deadlineAt } = task;
    if (deadlineAt !== null) later(id, deadlineAt - clock.now(), expire);
    look(task);
  }

  for (const task of book.underWay()) {
    orphans.add(task.id);
    // Of hosts that are not there yet; their first contact has this looked at.
    if (task.deadlineAt !== null) later(task.id, task.deadlineAt - clock.now(), expire);
  }

  return {
    find: book.find,
    list: book.list,
    watch: book.watch,
    begin(part) {
      const task = add(part);
      if (task !== null) follow(task);
      return task && book.find(task.id);
    },
    beginWith(part, call) {
      const task = add(part);
      if (task === null) return null;
      calls.add(task.id);
      const ended = call.then(
        () => finish(task, 'SUCCEEDED'),
        (error: unknown) => {
          calls.delete(task.id);
          const isUnknown = error instanceof VirtgraphError && error.detail.outcome === 'UNKNOWN';
          if (isUnknown || over.signal.aborted) look(book.find(task.id) ?? task);
          else finish(task, 'FAILED', taskError(error, log));
        },
      );
      detach(
        log,
        'a call of a task',
        ended.finally(() => calls.delete(task.id)),
      );
      return task;
    },
    cancel(task) {
      finish(task, 'CANCELLED');
      return book.find(task.id) ?? task;
    },
    domainStored(hostName, uuid) {
      for (const task of book.underWay(hostName)) {
        if (task.domainUuid === uuid || task.domainUuid === null) look(task);
      }
    },
    hostChanged(hostName) {
      for (const task of book.underWay(hostName)) look(task);
    },
    rebooted(hostName, uuid) {
      for (const task of book.underWay(hostName)) {
        if (task.domainUuid === uuid && task.goal.want === 'REBOOTED') finish(task, 'SUCCEEDED');
      }
    },
    resume() {
      for (const task of book.underWay()) look(task);
    },
    close() {
      over.abort(new VirtgraphError('HOST_UNREACHABLE', 'The gateway is stopping.'));
      for (const cancel of timers.values()) cancel();
      timers.clear();
      book.close();
    },
  };
}

function domainOf(on: ActionHost, { domainUuid, domainName }: TaskRecord): DomainRecord | null {
  if (domainUuid !== null) return on.domain(domainUuid);
  return domainName === null ? null : on.domainByName(domainName);
}

function subject({ domainName, hostName }: TaskRecord): string {
  return domainName === null ? hostName : `${domainName} on ${hostName}`;
}

function cannotTell(task: TaskRecord): TaskRecord['error'] {
  return {
    code: 'OUTCOME_UNKNOWN',
    message: `${subject(task)} would look the same whether it took effect or not.`,
  };
}

function tookNoEffect(task: TaskRecord, domain: DomainRecord | null): TaskRecord['error'] {
  const now = domain === null ? 'is not there' : `is ${domain.state}`;
  return {
    code: 'HOST_UNREACHABLE',
    message: `It did not take effect: ${subject(task)} ${now}. It is safe to ask again.`,
  };
}

function tooLate(task: TaskRecord, domain: DomainRecord | null): TaskRecord['error'] {
  const { goal } = task;
  if (goal.want === 'CARD') {
    return { code: 'TIMEOUT', message: `${subject(task)} still has the card with ${goal.macAddress}.` };
  }
  return { code: 'TIMEOUT', message: `${subject(task)} is still ${domain?.state ?? 'there'}.` };
}

function missed(task: TaskRecord): TaskRecord['error'] {
  return {
    code: 'OUTCOME_UNKNOWN',
    message: `The gateway was restarted meanwhile, and ${subject(task)} does not show what became of it.`,
  };
}
