import { describe, expect, test } from 'vitest';
import { describeHostsDiff, diffHosts, isNoChange } from '../../../src/fleet/hosts/host-diff.ts';
import type { HostTarget } from '../../../src/model/target.ts';
import { targetOf } from '../fake-host.ts';

const host = (name: string, changes: Partial<HostTarget> = {}) => targetOf(name, changes);

describe('the difference between two lists of hosts', () => {
  test('names what came, what went, and what is described in another way', () => {
    const before = [host('a'), host('b'), host('c'), host('d')];
    const after = [
      host('e'),
      host('d'),
      host('b', { labels: { site: 'berlin' } }),
      host('c', { connectName: 'xen:///system' }),
    ];
    const diff = diffHosts(before, after);
    expect(diff).toEqual({ added: ['e'], removed: ['a'], reconnected: ['c'], relabelled: ['b'] });
    expect(describeHostsDiff(diff)).toBe('+e -a ~c =b');
    expect(isNoChange(diff)).toBe(false);
  });

  test('is none when only the order differs', () => {
    const diff = diffHosts([host('a'), host('b')], [host('b'), host('a')]);
    expect(isNoChange(diff)).toBe(true);
    expect(describeHostsDiff(diff)).toBe('');
  });

  test('takes a URI that says the same in other words for no reason to connect anew', () => {
    const diff = diffHosts(
      [host('a', { uri: 'qemu+ssh://h/system?mode=auto' })],
      [host('a', { uri: 'qemu+ssh://h/system' })],
    );
    expect(diff).toMatchObject({ reconnected: [], relabelled: ['a'] });
  });

  test.each([
    { readOnly: true },
    { socket: '/run/other' },
    { keepaliveCount: 9 },
    { transport: { kind: 'unix' as const } },
  ])('sees that %j is another way to reach it', (changes) => {
    expect(diffHosts([host('a')], [host('a', changes)]).reconnected).toEqual(['a']);
  });
});
