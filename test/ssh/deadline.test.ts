import { describe, expect, test } from 'vitest';
import { withDeadline } from '../../src/ssh/deadline.ts';
import { createManualClock } from './manual-clock.ts';

const never = new AbortController().signal;
const onTimeout = () => new Error('too late');

describe('withDeadline', () => {
  test('work that is in time is handed back, and no timer is left', async () => {
    const clock = createManualClock();
    const options = { clock, timeoutMs: 10, signals: [never], onTimeout };
    expect(await withDeadline(options, async () => 'done')).toBe('done');
    expect(clock.pending).toBe(0);
  });

  test('the wait ends at the deadline, and what comes later is discarded', async () => {
    const clock = createManualClock();
    const work = Promise.withResolvers<string>();
    const discarded: string[] = [];
    const discard = (late: string) => void discarded.push(late);
    const waiting = withDeadline({ clock, timeoutMs: 10, signals: [never], onTimeout, discard }, () => work.promise);
    clock.advance(10);
    await expect(waiting).rejects.toThrow('too late');
    work.resolve('late');
    await work.promise;
    expect(discarded).toEqual(['late']);
  });

  test('the wait ends when the caller gives up, with the reason of the caller', async () => {
    const clock = createManualClock();
    const caller = new AbortController();
    const options = { clock, timeoutMs: 10, signals: [never, caller.signal], onTimeout };
    const waiting = withDeadline(options, () => new Promise(() => {}));
    caller.abort(new Error('not wanted'));
    await expect(waiting).rejects.toThrow('not wanted');
    expect(clock.pending).toBe(0);
  });

  test('work is not begun for a caller who has already given up', async () => {
    let begun = false;
    const options = {
      clock: createManualClock(),
      timeoutMs: 10,
      signals: [never, AbortSignal.abort(new Error('gone'))],
      onTimeout,
    };
    const waiting = withDeadline(options, async () => {
      begun = true;
    });
    await expect(waiting).rejects.toThrow('gone');
    expect(begun).toBe(false);
  });

  test('work that asks for a signal hears that nobody waits any more, and why, however late it asks', async () => {
    const clock = createManualClock();
    const signals: AbortSignal[] = [];
    const waiting = withDeadline({ clock, timeoutMs: 10, signals: [never], onTimeout }, async (wait) => {
      signals.push(wait.signal);
      await new Promise((resolve) => clock.after(20, () => resolve(signals.push(wait.signal))));
    });
    clock.advance(10);
    await expect(waiting).rejects.toThrow('too late');
    clock.advance(10);
    expect(signals.map(({ reason }) => String(reason))).toEqual(['Error: too late', 'Error: too late']);
  });

  test('work that is in time hears of no end', async () => {
    const clock = createManualClock();
    const signals: AbortSignal[] = [];
    await withDeadline({ clock, timeoutMs: 10, signals: [never], onTimeout }, async ({ signal }) =>
      signals.push(signal),
    );
    clock.advance(10);
    expect(signals[0]?.aborted).toBe(false);
  });
});
