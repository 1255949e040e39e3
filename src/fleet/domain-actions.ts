import type { CallOptions, Driver } from '../drivers/driver.ts';
import { type ActionHost, expectedDomain, invalidState, isActive, readBack, writableDriver } from './action-guards.ts';
import { createAttachInterface, type MacReservations } from './attach-interface.ts';
import { createDefineDomain } from './define-domain.ts';
import { detachInterface } from './detach-interface.ts';
import type { ActionOutcome, ActionRequest, DomainActions, DomainRecord } from './types.ts';

export type ActionSurroundings = {
  /** @throws NOT_FOUND for one that is not configured. */
  readonly host: (name: string) => ActionHost;
  readonly macs: MacReservations;
};

/** What an action is, apart from what all have in common. */
type Verb = {
  /** Of the domain as we know it, what would speak against it; throws INVALID_STATE. For a dry run alone: the host knows better. */
  readonly check: (domain: DomainRecord) => void;
  readonly call: (driver: Driver, options: CallOptions) => Promise<void>;
  /** "started", "was asked to shut down": what follows the domain's name. */
  readonly done: string;
  readonly would: string;
};

/**
 * Changes of one domain. Each is asked of the host once and never again: what may have taken effect is not repeated here.
 * Nothing is told to subscribers: reading back writes to the replica, and the journal hears of it as of any other change.
 */
export function createDomainActions({ host, macs }: ActionSurroundings): DomainActions {
  async function act(request: ActionRequest, verb: Verb): Promise<ActionOutcome> {
    const { uuid, signal } = request;
    const on = host(request.hostName);
    const driver = writableDriver(on);
    const domain = await expectedDomain(on, uuid, request.expectedVersion, signal);
    if (request.dryRun) {
      verb.check(domain);
      return { domain, summary: `${domain.name} on ${on.name} would ${verb.would}.`, warnings: [] };
    }
    await verb.call(driver, { signal, priority: 'mutation' });
    return readBack(on, uuid, signal, { summary: `${domain.name} on ${on.name} ${verb.done}.` });
  }

  return {
    start: ({ paused, discardManagedSave, ...request }) =>
      act(request, {
        check: requireInactive,
        call: (driver, options) => driver.startDomain(request.uuid, { ...options, paused, discardManagedSave }),
        done: paused ? 'was started and is paused' : 'was started',
        would: paused ? 'be started, and be paused' : 'be started',
      }),
    shutdown: ({ mode, ...request }) =>
      act(request, {
        check: requireActive,
        call: (driver, options) => driver.shutdownDomain(request.uuid, { ...options, mode }),
        done: 'was asked to shut down',
        would: 'be asked to shut down',
      }),
    reboot: ({ mode, ...request }) =>
      act(request, {
        check: requireActive,
        call: (driver, options) => driver.rebootDomain(request.uuid, { ...options, mode }),
        done: 'was asked to reboot',
        would: 'be asked to reboot',
      }),
    reset: (request) =>
      act(request, {
        check: requireActive,
        call: (driver, options) => driver.resetDomain(request.uuid, options),
        done: 'was reset',
        would: 'be reset',
      }),
    forceOff: ({ graceful, ...request }) =>
      act(request, {
        check: requireActive,
        call: (driver, options) => driver.destroyDomain(request.uuid, { ...options, graceful }),
        done: 'was forced off',
        would: 'be forced off',
      }),
    suspend: (request) =>
      act(request, {
        check: requireActive,
        call: (driver, options) => driver.suspendDomain(request.uuid, options),
        done: 'was paused',
        would: 'be paused',
      }),
    resume: (request) =>
      act(request, {
        check: requirePaused,
        call: (driver, options) => driver.resumeDomain(request.uuid, options),
        done: 'was resumed',
        would: 'be resumed',
      }),
    undefine: ({ removeManagedSave, removeSnapshotMetadata, removeNvram, ...request }) =>
      act(request, {
        check(domain) {
          requirePersistent(domain);
          if (domain.hasManagedSave && !removeManagedSave) {
            throw invalidState(domain, 'has a managed save image, which stands in the way (removeManagedSave)');
          }
        },
        call: (driver, options) =>
          driver.undefineDomain(request.uuid, { ...options, removeManagedSave, removeSnapshotMetadata, removeNvram }),
        done: 'has no stored configuration any more',
        would: 'lose its stored configuration',
      }),
    setAutostart: ({ autostart, ...request }) =>
      act(request, {
        check: requirePersistent,
        call: (driver, options) => driver.setDomainAutostart(request.uuid, autostart, options),
        done: autostart ? 'starts with its host now' : 'does not start with its host any more',
        would: autostart ? 'start with its host' : 'not start with its host',
      }),
    define: createDefineDomain(host, macs.owners),
    attachInterface: createAttachInterface(host, macs),
    detachInterface: (request) => detachInterface(host(request.hostName), request),
  };
}

function requireActive(domain: DomainRecord) {
  if (!isActive(domain)) throw invalidState(domain, 'is not running');
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
