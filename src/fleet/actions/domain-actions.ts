import { type Clock, sleep } from '../../clock.ts';
import type { CallOptions, Driver } from '../../drivers/driver.ts';
import { VirtgraphError, withDetail } from '../../errors.ts';
import type { TaskGoal, TaskKind } from '../../model/task.ts';
import { type ActionHost, expectedDomain, invalidState, isActive, writableDriver } from '../hosts/action-guards.ts';
import type { DomainRecord } from '../objects.ts';
import type { Tasks } from '../tasks/tasks.ts';
import type { ActionOutcome, ActionRequest, ChangePlan, DomainActions } from './action.ts';
import { createAttachInterface, type MacReservations } from './attach-interface.ts';
import { createDefineDomain } from './define-domain.ts';
import { createDetachInterface } from './detach-interface.ts';
import { addressWarnings } from './mac-checks.ts';
import { readBack } from './read-back.ts';
import { createSendChange } from './send-change.ts';

export type ActionSurroundings = {
  /** @throws NOT_FOUND for one that is not configured. */
  readonly host: (name: string) => ActionHost;
  readonly macs: MacReservations;
  readonly tasks: Pick<Tasks, 'begin' | 'beginWith'>;
  readonly clock: Clock;
};

/** What an action is, apart from what all have in common. */
type Verb = {
  /** Of the domain as we know it, what would speak against it; throws INVALID_STATE. For a dry run alone: the host knows better. */
  readonly check: (domain: DomainRecord) => void;
  readonly call: (driver: Driver, options: CallOptions) => Promise<void>;
  /** "started", "was asked to shut down": what follows the domain's name. */
  readonly done: string;
  readonly would: string;
  /** By what is seen that it took effect. */
  readonly goal: (domain: DomainRecord) => TaskGoal;
  /** Worth knowing before and after, as sentences. */
  readonly warnings?: (on: ActionHost, domain: DomainRecord) => readonly string[];
  /** What goes on when the host has answered: the guest does what it was asked. */
  readonly afterwards?: { readonly taskKind: TaskKind; readonly summary: string; readonly waitMs: number };
  /** The host's answer may take longer than a caller waits: it becomes a task then. */
  readonly slow?: { readonly taskKind: TaskKind };
};

/** How long a guest is waited for that was asked to shut down, or to reboot. */
const defaultWaitMs = 300_000;

/** An answer that takes longer than this is not waited for where a task can follow it. */
const patienceMs = 1_000;

/**
 * Changes of one domain. Each is asked of the host once and never again: what may have taken effect is not repeated here.
 * Nothing is told to subscribers: reading back writes to the replica, and the journal hears of it as of any other change.
 */
export function createDomainActions({ host, macs, tasks, clock }: ActionSurroundings): DomainActions {
  const send = createSendChange(tasks);

  async function act(request: ActionRequest, verb: Verb): Promise<ActionOutcome> {
    const { uuid, signal } = request;
    const on = host(request.hostName);
    const driver = writableDriver(on);
    const domain = await expectedDomain(on, uuid, request.expectedVersion, signal);
    const named = `${domain.name} on ${on.name}`;
    const warnings = verb.warnings?.(on, domain) ?? [];
    if (request.dryRun) {
      verb.check(domain);
      return { domain, summary: `${named} would ${verb.would}.`, warnings };
    }
    const about = { hostName: on.name, domainUuid: uuid, domainName: domain.name, goal: verb.goal(domain) };
    const plan: ChangePlan = { ...about, summary: `Whether ${named} ${verb.done}.` };
    const call = () =>
      verb.call(driver, { signal, priority: 'mutation' }).catch((error: unknown) => {
        throw inWordsOf(error, () => verb.check(on.domain(uuid) ?? domain));
      });
    if (verb.slow) {
      const ending = { ...about, taskKind: verb.slow.taskKind, summary: `${named} ${verb.done}.` };
      const unfinished = await send(request, plan, () => stillUnderWay(call(), ending));
      if (unfinished !== null) {
        const summary = `${named} is asked; the task tells how it ends.`;
        return { domain: on.domain(uuid), summary, warnings, task: unfinished };
      }
    } else await send(request, plan, call);

    const { afterwards } = verb;
    const task = afterwards
      ? tasks.begin({
          ...about,
          taskKind: afterwards.taskKind,
          summary: `${named} ${afterwards.summary}.`,
          cancellable: true,
          deadlineAt: clock.now() + afterwards.waitMs,
        })
      : null;
    const outcome = await readBack(on, uuid, signal, { summary: `${named} ${verb.done}.`, warnings });
    return { ...outcome, task };
  }

  /** `null`: it ended in time. Otherwise a task, which ends with it. */
  async function stillUnderWay(
    work: Promise<void>,
    about: Omit<Parameters<Tasks['begin']>[0], 'cancellable' | 'deadlineAt'>,
  ) {
    const waiting = new AbortController();
    const late = sleep(clock, patienceMs, waiting.signal).then(() => true);
    // Whichever is first; the wait is taken back where the answer came.
    const isLate = await Promise.race([work.then(() => false), late]).finally(() => {
      late.catch(() => {});
      waiting.abort();
    });
    if (!isLate) return null;
    const task = tasks.beginWith({ ...about, cancellable: false, deadlineAt: null }, work);
    if (task === null) await work;
    return task;
  }

  const offGoal = (domain: DomainRecord, byGuest: boolean): TaskGoal => ({
    want: 'OFF',
    libvirtId: domain.libvirtId,
    byGuest,
  });

  return {
    start: ({ paused, discardManagedSave, ...request }) =>
      act(request, {
        check: requireInactive,
        call: (driver, options) => driver.startDomain(request.uuid, { ...options, paused, discardManagedSave }),
        done: paused ? 'was started and is paused' : 'was started',
        would: paused ? 'be started, and be paused' : 'be started',
        goal: () => ({ want: 'ACTIVE' }),
        warnings: (on, { config, uuid }) => addressWarnings(on, config, uuid, macs.owners),
      }),
    shutdown: ({ mode, waitMs = defaultWaitMs, ...request }) =>
      act(request, {
        check: requireAskable,
        call: (driver, options) => driver.shutdownDomain(request.uuid, { ...options, mode }),
        done: 'was asked to shut down',
        would: 'be asked to shut down',
        goal: (domain) => offGoal(domain, true),
        afterwards: { taskKind: 'SHUTDOWN_DOMAIN', summary: 'shuts down', waitMs },
      }),
    reboot: ({ mode, waitMs = defaultWaitMs, ...request }) =>
      act(request, {
        check: requireActive,
        call: (driver, options) => driver.rebootDomain(request.uuid, { ...options, mode }),
        done: 'was asked to reboot',
        would: 'be asked to reboot',
        goal: ({ libvirtId }) => ({ want: 'REBOOTED', libvirtId }),
        afterwards: { taskKind: 'REBOOT_DOMAIN', summary: 'reboots', waitMs },
      }),
    reset: (request) =>
      act(request, {
        check: requireActive,
        call: (driver, options) => driver.resetDomain(request.uuid, options),
        done: 'was reset',
        would: 'be reset',
        goal: () => ({ want: 'NOTHING_VISIBLE' }),
      }),
    forceOff: ({ graceful, ...request }) =>
      act(request, {
        check: requireActive,
        call: (driver, options) => driver.destroyDomain(request.uuid, { ...options, graceful }),
        done: 'was forced off',
        would: 'be forced off',
        goal: (domain) => offGoal(domain, false),
        ...(graceful && { slow: { taskKind: 'FORCE_OFF_DOMAIN' } }),
      }),
    suspend: (request) =>
      act(request, {
        check: requireActive,
        call: (driver, options) => driver.suspendDomain(request.uuid, options),
        done: 'was paused',
        would: 'be paused',
        goal: () => ({ want: 'PAUSED' }),
      }),
    resume: (request) =>
      act(request, {
        check: requirePaused,
        call: (driver, options) => driver.resumeDomain(request.uuid, options),
        done: 'was resumed',
        would: 'be resumed',
        goal: () => ({ want: 'RUNNING' }),
      }),
    undefine: ({ choices, ...request }) =>
      act(request, {
        check(domain) {
          requirePersistent(domain);
          if (domain.hasManagedSave && !choices.removeManagedSave) {
            throw invalidState(domain, 'has a managed save image, which stands in the way (removeManagedSave)');
          }
        },
        call: (driver, options) => driver.undefineDomain(request.uuid, { ...options, ...choices }),
        done: 'has no stored configuration any more',
        would: 'lose its stored configuration',
        goal: () => ({ want: 'NOT_STORED' }),
      }),
    setAutostart: ({ autostart, ...request }) =>
      act(request, {
        check: requirePersistent,
        call: (driver, options) => driver.setDomainAutostart(request.uuid, autostart, options),
        done: autostart ? 'starts with its host now' : 'does not start with its host any more',
        would: autostart ? 'start with its host' : 'not start with its host',
        goal: () => ({ want: 'AUTOSTART', autostart }),
      }),
    define: createDefineDomain(host, macs.owners, send),
    attachInterface: createAttachInterface(host, macs, send),
    detachInterface: createDetachInterface({ host, send, tasks, clock }),
  };
}

/** libvirt calls a guest that is paused "not running", and says no more: what we know of its state is what to do about it. */
function inWordsOf(error: unknown, check: () => void): unknown {
  if (!(error instanceof VirtgraphError) || error.code !== 'INVALID_STATE' || error.detail.remedy) return error;
  try {
    check();
    return error;
  } catch (reason) {
    if (!(reason instanceof VirtgraphError)) throw reason;
    return withDetail(error, { remedy: reason.message });
  }
}

function requireActive(domain: DomainRecord) {
  if (!isActive(domain)) throw invalidState(domain, 'is not running');
}

/** QEMU's driver asks none but a guest that runs to shut down; those of others leave it to the guest. */
function requireAskable(domain: DomainRecord) {
  requireActive(domain);
  const { hypervisor } = domain.config;
  if (domain.state === 'RUNNING' || (hypervisor !== 'QEMU' && hypervisor !== 'KVM')) return;
  throw invalidState(domain, `is ${domain.state}, not RUNNING: it hears no request to shut down before it is resumed`);
}

function requireInactive(domain: DomainRecord) {
  if (isActive(domain)) throw invalidState(domain, 'is running already');
}

function requirePaused(domain: DomainRecord) {
  requireActive(domain);
  if (domain.state === 'RUNNING') throw invalidState(domain, 'is not paused');
}

function requirePersistent(domain: DomainRecord) {
  if (!domain.persistent) throw invalidState(domain, 'has no stored configuration');
}
