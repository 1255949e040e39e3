/**
 * Numbers inside events as names: `libvirt-domain.h`, `libvirt-network.h`, `libvirt-storage.h`,
 * `libvirt-nodedev.h`, `libvirt-secret.h`. Each list is in the order of the numbers, from 0.
 */

/** The name of a number; one from a newer libvirt stays visible as `unknown (N)`. */
export function nameOf(names: readonly string[], number: number): string {
  return names[number] ?? `unknown (${number})`;
}

/** `virDomainEventType`, and for each what its detail means. */
const domainLifecycle = [
  ['defined', ['added', 'updated', 'renamed', 'from snapshot']],
  ['undefined', ['removed', 'renamed']],
  ['started', ['booted', 'migrated', 'restored', 'from snapshot', 'wakeup']],
  [
    'suspended',
    [
      'paused',
      'migrated',
      'I/O error',
      'watchdog',
      'restored',
      'from snapshot',
      'API error',
      'post-copy',
      'post-copy failed',
    ],
  ],
  ['resumed', ['unpaused', 'migrated', 'from snapshot', 'post-copy', 'post-copy failed']],
  ['stopped', ['shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from snapshot']],
  ['shutdown', ['finished', 'guest', 'host']],
  ['pmsuspended', ['memory', 'disk']],
  ['crashed', ['panicked', 'crashloaded']],
] as const satisfies readonly (readonly [string, readonly string[]])[];

/** Both numbers of a lifecycle event of a domain. */
export function domainLifecycleNames(event: number, detail: number): { event: string; detail: string } {
  const row = domainLifecycle[event];
  return { event: row?.[0] ?? `unknown (${event})`, detail: nameOf(row?.[1] ?? [], detail) };
}

/** The numbers of a lifecycle event by its name, for those who send events. */
export function domainLifecycleNumber(event: (typeof domainLifecycle)[number][0]): number {
  return domainLifecycle.findIndex(([name]) => name === event);
}

export const watchdogActions = ['none', 'pause', 'reset', 'poweroff', 'shutdown', 'debug', 'inject-nmi'] as const;
export const ioErrorActions = ['none', 'pause', 'report'] as const;
export const graphicsPhases = ['connect', 'initialize', 'disconnect'] as const;
export const graphicsFamilies = ['ipv4', 'ipv6', 'unix'] as const;
/** `virDomainJobOperation`. */
export const jobOperations = [
  'job',
  'start',
  'save',
  'restore',
  'migration in',
  'migration out',
  'snapshot',
  'snapshot revert',
  'dump',
  'backup',
  'snapshot delete',
] as const;
export const blockJobTypes = ['unknown', 'pull', 'copy', 'commit', 'active-commit', 'backup'] as const;
export const blockJobStatuses = ['completed', 'failed', 'canceled', 'ready'] as const;
export const diskChangeReasons = ['changed', 'dropped'] as const;
export const trayChangeReasons = ['opened', 'closed'] as const;
export const agentStates = ['unknown', 'connected', 'disconnected'] as const;
export const agentReasons = ['unknown', 'domain started', 'channel event'] as const;
export const metadataTypes = ['description', 'title', 'element'] as const;
export const memoryFailureRecipients = ['hypervisor', 'guest'] as const;
export const memoryFailureActions = ['ignore', 'inject', 'fatal', 'reset'] as const;

export const networkLifecycle = ['defined', 'undefined', 'started', 'stopped'] as const;
export const storagePoolLifecycle = ['defined', 'undefined', 'started', 'stopped', 'created', 'deleted'] as const;
export const nodeDeviceLifecycle = ['created', 'deleted', 'defined', 'undefined'] as const;
export const secretLifecycle = ['defined', 'undefined'] as const;
