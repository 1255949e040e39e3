/**
 * What may be done to a guest in which state, what becomes of it and what is told of it, as libvirt's drivers do.
 * Each refusal has the code and the source that a real daemon of version 9.0 gave.
 */
import { attr, child, children } from '../xml/navigate.ts';
import type { XmlElement } from '../xml/tree.ts';
import { removeDomain, tellLifecycle } from './domain-store.ts';
import { failure } from './failure.ts';
import { isActive, presentConfig, refOf, type SimDomain, type SimHost, type StateNumber, states } from './host.ts';
import { dropJobs } from './jobs.ts';
import { liveXml } from './live-domain.ts';
import { tapsOf, tellTaps } from './taps.ts';

/** How long a guest's system takes to power off or to start again, once asked. */
const guestReactionMs = 1500;
/** How long the daemon tries to kill a process that does not answer: 10 s gently, then by force. */
const killMs = 12_000;
/** Without force it tries for 15 s, and then waits 30 s for whoever is busy with the guest. */
const gracefulMs = 45_000;

export const notRunning = () => failure('OPERATION_INVALID', 'DOMAIN', 'domain is not running');

export function requireActive(domain: SimDomain): void {
  if (!isActive(domain)) throw notRunning();
}

export type StartFlags = { readonly paused: boolean; readonly forceBoot: boolean };

export function startDomain(host: SimHost, domain: SimDomain, { paused, forceBoot }: StartFlags): void {
  const { hypervisor, source } = host.personality;
  if (isActive(domain) || domain.inactive === null) {
    throw hypervisor === 'test'
      ? failure('INTERNAL_ERROR', 'TEST', `Domain '${domain.name}' is already running`)
      : failure('OPERATION_INVALID', source, 'domain is already running');
  }
  if (hypervisor !== 'test') requireNetworks(host, domain.inactive);

  const restores = domain.hasManagedSave && !forceBoot;
  const libvirtId = host.nextLibvirtId();
  domain.live = liveXml(host, domain.inactive, libvirtId);
  domain.libvirtId = libvirtId;
  domain.ranMs = 0;
  domain.hasManagedSave = false;
  // Nobody listens while thousands are put there at the beginning, and reading their XML would take long.
  if (host.events.registrations.size > 0) tellTaps(host, tapsOf(host, domain), 'created');
  if (paused) {
    enterState(host, domain, states.PAUSED, 1);
    tellLifecycle(host, domain, 'started', restores ? 2 : 0);
    tellLifecycle(host, domain, 'suspended', 0);
    return;
  }
  enterState(host, domain, states.RUNNING, restores ? 3 : 1);
  // QEMU starts its processors after the daemon has set everything up, which is told as if it had been paused.
  if (hypervisor === 'qemu') tellLifecycle(host, domain, 'resumed', 0);
  tellLifecycle(host, domain, 'started', restores ? 2 : 0);
}

/** Bridges of the host itself; those of active networks come on top. */
const hostBridges = ['br0', 'br1'];

/** A card can only be plugged into a network that is active, or into a bridge that is there. */
export function requireNetwork(host: SimHost, nic: XmlElement): void {
  const source = child(nic, 'source');
  const type = attr(nic, 'type');
  if (type === 'network') {
    const name = attr(source, 'network') ?? '';
    const network = host.networks.find((one) => one.name === name);
    if (!network) throw failure('NO_NETWORK', 'NETWORK', `no network with matching name '${name}'`);
    if (!network.active) throw failure('OPERATION_INVALID', 'NETWORK', `network '${name}' is not active`);
  } else if (type === 'bridge') {
    const name = attr(source, 'bridge') ?? '';
    const exists = hostBridges.includes(name) || host.networks.some((one) => one.active && one.bridge === name);
    if (!exists) throw failure('SYSTEM_ERROR', 'NONE', `Cannot get interface MTU on '${name}': No such device`);
  }
}

function requireNetworks(host: SimHost, definition: XmlElement): void {
  for (const nic of children(child(definition, 'devices'), 'interface')) requireNetwork(host, nic);
}

/** Pulls the plug. A guest that is stuck takes its time, and is not killed at all when it should be done gracefully. */
export async function destroyDomain(host: SimHost, domain: SimDomain, graceful: boolean): Promise<void> {
  requireActive(domain);
  const wasStuck = domain.stuck !== null;
  if (wasStuck) {
    await new Promise<void>((resolve) => {
      host.clock.after(graceful ? gracefulMs : killMs, resolve);
    });
    if (graceful && domain.stuck !== null) throw domain.stuck.timeout();
    requireActive(domain);
  }
  // Killed politely, QEMU still tells that it shuts down.
  if (host.personality.hypervisor === 'qemu' && !wasStuck) tellLifecycle(host, domain, 'shutdown', 2);
  stopDomain(host, domain, { reason: 2, detail: 1 });
}

/** The guest is off: `reason` is that of the state, `detail` that of the event. */
function stopDomain(
  host: SimHost,
  domain: SimDomain,
  { reason, detail }: { readonly reason: number; readonly detail: number },
): void {
  domain.cancelPending?.();
  domain.cancelPending = null;
  dropJobs(domain.jobs);
  const taps = tapsOf(host, domain);
  enterState(host, domain, states.SHUTOFF, reason);
  domain.live = null;
  domain.libvirtId = -1;
  const { stuck } = domain;
  domain.stuck = null;
  stuck?.release('gone');
  if (domain.inactive === null) removeDomain(host, domain);
  tellTaps(host, taps, 'deleted');
  tellLifecycle(host, domain, 'stopped', detail);
}

/** Asks the guest to power off; it does so a moment later, if its system listens to ACPI. */
export function shutdownDomain(host: SimHost, domain: SimDomain): void {
  const { hypervisor, source } = host.personality;
  if (hypervisor === 'test') {
    if (domain.state !== states.RUNNING) throw failure('INTERNAL_ERROR', 'TEST', `domain '${domain.name}' not running`);
    stopDomain(host, domain, { reason: 1, detail: 0 });
    return;
  }
  if (hypervisor === 'lxc') requireActive(domain);
  else if (domain.state !== states.RUNNING) throw failure('OPERATION_INVALID', source, 'domain is not running');
  if (!listens(host, domain)) return;
  guestWill(host, domain, () => {
    if (hypervisor === 'qemu') {
      enterState(host, domain, states.SHUTDOWN, 1);
      tellLifecycle(host, domain, 'shutdown', 1);
    }
    stopDomain(host, domain, { reason: 1, detail: 0 });
  });
}

export function rebootDomain(host: SimHost, domain: SimDomain): void {
  requireActive(domain);
  if (host.personality.hypervisor === 'test' || !listens(host, domain)) return;
  guestWill(host, domain, () => host.events.domain('reboot', refOf(domain), {}));
}

export function resetDomain(host: SimHost, domain: SimDomain): void {
  requireActive(domain);
  if (host.personality.hypervisor === 'qemu') host.events.domain('reboot', refOf(domain), {});
}

/** Containers hear a signal; a machine without ACPI hears nothing. */
function listens(host: SimHost, domain: SimDomain): boolean {
  return host.personality.hypervisor !== 'qemu' || presentConfig(domain).features.includes('acpi');
}

/** Once at a time: a guest that is powering off already does nothing more when asked again. */
function guestWill(host: SimHost, domain: SimDomain, act: () => void): void {
  domain.cancelPending ??= host.clock.after(guestReactionMs, () => {
    domain.cancelPending = null;
    if (isActive(domain) && domain.stuck === null) act();
  });
}

export function suspendDomain(host: SimHost, domain: SimDomain): void {
  if (host.personality.hypervisor === 'test') {
    if (domain.state !== states.RUNNING) throw failure('INTERNAL_ERROR', 'TEST', `domain '${domain.name}' not running`);
  } else {
    requireActive(domain);
    if (domain.state === states.PMSUSPENDED) throw failure('OPERATION_INVALID', 'QEMU', 'domain is pmsuspended');
    if (domain.state === states.PAUSED) return;
  }
  enterState(host, domain, states.PAUSED, 1);
  tellLifecycle(host, domain, 'suspended', 0);
}

export function resumeDomain(host: SimHost, domain: SimDomain): void {
  const { hypervisor, source } = host.personality;
  if (hypervisor === 'test') {
    if (domain.state !== states.PAUSED) throw failure('INTERNAL_ERROR', 'TEST', `domain '${domain.name}' not paused`);
  } else {
    requireActive(domain);
    if (domain.state === states.RUNNING) throw failure('OPERATION_INVALID', source, 'domain is already running');
    if (domain.state === states.PMSUSPENDED) throw failure('OPERATION_INVALID', source, 'domain is pmsuspended');
  }
  enterState(host, domain, states.RUNNING, 5);
  tellLifecycle(host, domain, 'resumed', 0);
}

/** The guest's system fails. `preserved`: as `<on_crash>preserve` has it, the guest stays to be looked at. */
export function crashDomain(host: SimHost, domain: SimDomain, preserved: boolean): void {
  requireActive(domain);
  if (!preserved) {
    stopDomain(host, domain, { reason: 3, detail: 2 });
    return;
  }
  enterState(host, domain, states.CRASHED, 1);
  tellLifecycle(host, domain, 'crashed', 0);
}

/** The guest's system puts itself to sleep. */
export function sleepDomain(host: SimHost, domain: SimDomain): void {
  requireActive(domain);
  enterState(host, domain, states.PMSUSPENDED, 0);
  tellLifecycle(host, domain, 'pmsuspended', 0);
  host.events.domain('pm-suspend', refOf(domain), { reason: 0 });
}

/** The running guest is saved to a file, from which its next start goes on. */
export function saveDomain(host: SimHost, domain: SimDomain): void {
  requireActive(domain);
  domain.hasManagedSave = true;
  stopSaved(host, domain);
}

/** All of it is in a file now. */
export function stopSaved(host: SimHost, domain: SimDomain): void {
  stopDomain(host, domain, { reason: 5, detail: 4 });
}

/** `reason`: `virDomainPausedReason`. */
export function pauseForJob(host: SimHost, domain: SimDomain, reason: number): void {
  enterState(host, domain, states.PAUSED, reason);
  tellLifecycle(host, domain, 'suspended', 0);
}

/** `reason`: `virDomainRunningReason`, of which the event tells one: that the guest has come in. */
export function goOnAfterJob(host: SimHost, domain: SimDomain, reason: number): void {
  enterState(host, domain, states.RUNNING, reason);
  const migrated = 2;
  tellLifecycle(host, domain, 'resumed', reason === migrated ? 1 : 0);
}

function enterState(host: SimHost, domain: SimDomain, state: StateNumber, reason: number): void {
  const now = host.clock.monotonic();
  if (domain.runningSince !== null) domain.ranMs += now - domain.runningSince;
  domain.runningSince = state === states.RUNNING ? now : null;
  domain.state = state;
  domain.reason = reason;
}
