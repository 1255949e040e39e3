import type { HostHint } from '../model/hints.ts';

/** How a copy, pull or commit of a disk ended. */
export type DiskJobEnd = { readonly target: string; readonly state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' };

/** `virConnectDomainEventBlockJobStatus`; the one that is missing, `ready`, says that a copy may be ended, not that it is. */
const states: Readonly<Record<string, DiskJobEnd['state']>> = {
  completed: 'SUCCEEDED',
  failed: 'FAILED',
  canceled: 'CANCELLED',
};

/** `null`: the event tells of no such end. Only the second form of it names the disk as the configuration does. */
export function diskJobEnd({ event, detail }: Extract<HostHint, { kind: 'domain' }>): DiskJobEnd | null {
  if (event !== 'block-job-2') return null;
  const { target, status } = detail;
  const state = typeof status === 'string' ? states[status] : undefined;
  return typeof target === 'string' && state !== undefined ? { target, state } : null;
}
