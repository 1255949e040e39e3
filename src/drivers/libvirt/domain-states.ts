/** Numbers of a domain's state as names: `virDomainState` and its reasons in `libvirt-domain.h`, worded as virsh does. */
import type { DomainState } from '../../model/domain.ts';
import { nameOf } from './rpc/event-names.ts';

const states: readonly { readonly state: DomainState; readonly reasons: readonly string[] }[] = [
  { state: 'NOSTATE', reasons: ['unknown'] },
  {
    state: 'RUNNING',
    reasons: [
      'unknown',
      'booted',
      'migrated',
      'restored',
      'from snapshot',
      'unpaused',
      'migration canceled',
      'save canceled',
      'event wakeup',
      'crashed',
      'post-copy',
      'post-copy failed',
    ],
  },
  { state: 'BLOCKED', reasons: ['unknown'] },
  {
    state: 'PAUSED',
    reasons: [
      'unknown',
      'user',
      'migrating',
      'saving',
      'dumping',
      'I/O error',
      'watchdog',
      'from snapshot',
      'shutting down',
      'creating snapshot',
      'crashed',
      'starting up',
      'post-copy',
      'post-copy failed',
      'api error',
    ],
  },
  { state: 'SHUTDOWN', reasons: ['unknown', 'user'] },
  {
    state: 'SHUTOFF',
    reasons: ['unknown', 'shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from snapshot', 'daemon'],
  },
  { state: 'CRASHED', reasons: ['unknown', 'panicked'] },
  { state: 'PMSUSPENDED', reasons: ['unknown'] },
];

/** Both numbers of `virDomainGetState`. A state from a newer libvirt is UNKNOWN, with its number in the reason. */
export function domainStateNames(state: number, reason: number): { state: DomainState; stateReason: string } {
  const row = states[state];
  if (!row) return { state: 'UNKNOWN', stateReason: `unknown state (${state}), reason (${reason})` };
  return { state: row.state, stateReason: nameOf(row.reasons, reason) };
}

/** libvirt's number of a state and of a reason of it, for those who speak as a daemon. */
export function domainStateNumbers(state: DomainState, reason: string): { state: number; reason: number } {
  const number = states.findIndex((row) => row.state === state);
  return { state: number, reason: Math.max(0, states[number]?.reasons.indexOf(reason) ?? 0) };
}
