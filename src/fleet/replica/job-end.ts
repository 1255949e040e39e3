import type { HostHint } from '../../model/hints.ts';

/** What an event tells of the end of a job of libvirt's own. */
export type JobEnd =
  /** A copy, pull or commit of a disk is over. */
  | { readonly target: string; readonly state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' }
  /** How one of the domain will have ended once libvirt shows it no more. Of most that fail nothing is told. */
  | { readonly operation: string; readonly state: 'SUCCEEDED' | 'FAILED' };

type DomainHint = Extract<HostHint, { kind: 'domain' }>;

/** `virConnectDomainEventBlockJobStatus`; the one that is missing, `ready`, says that a copy may be ended, not that it is. */
const diskStates: Readonly<Record<string, JobEnd['state']>> = {
  completed: 'SUCCEEDED',
  failed: 'FAILED',
  canceled: 'CANCELLED',
};

/**
 * What a change of a guest's state says of a job. Told of a transient guest too, which cannot be asked for when it has
 * stopped; and all that a host tells of a migration to it.
 */
const endsByLifecycle: Readonly<Record<string, JobEnd>> = {
  'stopped saved': { operation: 'save', state: 'SUCCEEDED' },
  'stopped migrated': { operation: 'migration out', state: 'SUCCEEDED' },
  'resumed migrated': { operation: 'migration in', state: 'SUCCEEDED' },
  'stopped failed': { operation: 'migration in', state: 'FAILED' },
};

/** `null`: the event tells of no such end. */
export function jobEnd({ event, detail }: DomainHint): JobEnd | null {
  switch (event) {
    // Only the second form of it names the disk as the configuration does.
    case 'block-job-2': {
      const { target, status } = detail;
      const state = typeof status === 'string' ? diskStates[status] : undefined;
      return typeof target === 'string' && state !== undefined ? { target, state } : null;
    }
    // Despite its name also told of a backup that failed or was cancelled, which then says so.
    case 'job-completed': {
      const { operation, success } = detail;
      return typeof operation === 'string' && success !== 'false' ? { operation, state: 'SUCCEEDED' } : null;
    }
    case 'lifecycle':
      return endsByLifecycle[`${detail['event']} ${detail['detail']}`] ?? null;
    default:
      return null;
  }
}
