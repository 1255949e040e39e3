import { describe, expect, test } from 'vitest';
import { domainStateNames, domainStateNumbers } from '../../../src/drivers/libvirt/domain-states.ts';
import { domainStates } from '../../../src/model/domain.ts';

describe('a domain’s state', () => {
  /** As `virsh domstate --reason` words them. */
  test.each([
    [0, 0, 'NOSTATE', 'unknown'],
    [1, 1, 'RUNNING', 'booted'],
    [1, 8, 'RUNNING', 'event wakeup'],
    [1, 11, 'RUNNING', 'post-copy failed'],
    [3, 1, 'PAUSED', 'user'],
    [3, 5, 'PAUSED', 'I/O error'],
    [3, 11, 'PAUSED', 'starting up'],
    [4, 1, 'SHUTDOWN', 'user'],
    [5, 2, 'SHUTOFF', 'destroyed'],
    [5, 7, 'SHUTOFF', 'from snapshot'],
    [6, 1, 'CRASHED', 'panicked'],
    [7, 0, 'PMSUSPENDED', 'unknown'],
  ])('of %i and %i is %s, %s', (state, reason, name, reasonName) => {
    expect(domainStateNames(state, reason)).toEqual({ state: name, stateReason: reasonName });
  });

  test('of a newer libvirt is UNKNOWN and keeps its numbers', () => {
    expect(domainStateNames(12, 3)).toEqual({ state: 'UNKNOWN', stateReason: 'unknown state (12), reason (3)' });
    expect(domainStateNames(1, 99)).toEqual({ state: 'RUNNING', stateReason: 'unknown (99)' });
    expect(domainStateNames(-1, 0).state).toBe('UNKNOWN');
  });

  test('and its reason go back to the same numbers', () => {
    for (const state of domainStates.filter((name) => name !== 'UNKNOWN')) {
      const numbers = domainStateNumbers(state, 'unknown');
      expect(domainStateNames(numbers.state, numbers.reason)).toEqual({ state, stateReason: 'unknown' });
    }
    expect(domainStateNumbers('PAUSED', 'migrating')).toEqual({ state: 3, reason: 2 });
  });
});
