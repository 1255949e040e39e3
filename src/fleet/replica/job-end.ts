import type { HostHint } from '../../model/hints.ts';

/** What an event tells of the end of a job of libvirt's own. */
export type JobEnd =
  /** A copy, pull or commit of a disk is over. */
  | { readonly target: string; readonly state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' }
  /** One of the domain has done what it was to do; it is over once libvirt shows it no more. Of others nothing is told. */
  | { readonly operation: string; readonly state: 'SUCCEEDED' };

type DomainHint = Extract<HostHint, { kind: 'domain' }>;

/** `virConnectDomainEventBlockJobStatus`; the one that is missing, `ready`, says that a copy may be ended, not that it is. */
const diskStates: Readonly<Record<string, JobEnd['state']>> = {
  completed: 'SUCCEEDED',
  failed: 'FAILED',
  canceled: 'CANCELLED',
};

/** Why a guest stopped, where that was what a job was for. Told of a transient one too, which cannot be asked for then. */
const operationsThatStop: Readonly<Record<string, string>> = { saved: 'save', migrated: 'migration out' };

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
    case 'lifecycle': {
      const operation = detail['event'] === 'stopped' ? operationsThatStop[String(detail['detail'])] : undefined;
      return operation === undefined ? null : { operation, state: 'SUCCEEDED' };
    }
    default:
      return null;
  }
}
