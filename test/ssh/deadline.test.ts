import { describe, expect, test } from 'vitest';
import { beforeDeadline, withDeadline } from '../../src/ssh/deadline.ts';
import { createManualClock } from './manual-clock.ts';

const never = new AbortController().signal;
const onTimeout = () => new Error('too late');

const withoutSignal: typeof withDeadline = async ({ signal, ...options }, work) =>
  beforeDeadline({ ...options, signals: [never, signal] }, () => work(never));

describe.each([
  ['withDeadline', withDeadline],
  ['beforeDeadline', withoutSignal],
])('%s', (_, waitFor) => {
  test('work that is in time is handed back, and no timer is left', async () => {
    const clock = createManualClock();
    const options = { clock, timeoutMs: 10, signal: never, onTimeout };
    expect(await waitFor(options, async () => 'done')).toBe('done');
    expect(clock.pending).toBe(0);
  });

  test('the wait ends at the deadline, and what comes later is discarded', async () => {
    const clock = createManualClock();
    const work = Promise.withResolvers<string>();
    const discarded: string[] = [];
    const discard = (late: string) => void discarded.push(late);
    const waiting = waitFor({ clock, timeoutMs: 10, signal: never, onTimeout, discard }, () => work.promise);
    clock.advance(10);
    await expect(waiting).rejects.toThrow('too late');
    work.resolve('late');
    await work.promise;
    expect(discarded).toEqual(['late']);
  });

  test('the wait ends when the caller gives up, with the reason of the caller', async () => {
    const clock = createManualClock();
    const caller = new AbortController();
    const options = { clock, timeoutMs: 10, signal: caller.signal, onTimeout };
    const waiting = waitFor(options, () => new Promise(() => {}));
    caller.abort(new Error('not wanted'));
    await expect(waiting).rejects.toThrow('not wanted');
    expect(clock.pending).toBe(0);
  });

  test('work is not begun for a caller who has already given up', async () => {
    let begun = false;
    const options = {
      clock: createManualClock(),
      timeoutMs: 10,
      signal: AbortSignal.abort(new Error('gone')),
      onTimeout,
    };
    const waiting = waitFor(options, async () => {
      begun = true;
    });
    await expect(waiting).rejects.toThrow('gone');
    expect(begun).toBe(false);
  });
});
