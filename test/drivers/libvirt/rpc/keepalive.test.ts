import { expect, test } from 'vitest';
import { openKeepalive } from '../../../../src/drivers/libvirt/rpc/keepalive.ts';
import { createFakeClock } from '../../../support/fake-clock.ts';

test('connections that were opened one after the other are pinged at the same moments', async () => {
  const clock = createFakeClock();
  const pingsAtMs: number[][] = [[], [], []];
  const open = (times: number[]) => {
    const keepalive = openKeepalive({
      clock,
      intervalMs: 5_000,
      count: 5,
      sendPing() {
        times.push(clock.monotonic());
        clock.after(1, () => {
          keepalive.heard();
          keepalive.heardPong();
        });
      },
      onDead: () => expect.unreachable(),
    });
  };
  for (const times of pingsAtMs) {
    open(times);
    await clock.advance(240.25);
  }
  await clock.advance(60_000);
  const [first = [], second = [], third = []] = pingsAtMs;
  expect(first).toEqual([5_000, 30_000, 55_000]);
  expect(second).toEqual(first);
  expect(third).toEqual(first);
});

test('a timer that is a little early is no beat off', async () => {
  const exact = createFakeClock();
  const early = { ...exact, after: (ms: number, callback: () => void) => exact.after(ms - 0.9, callback) };
  let pings = 0;
  const onDead = (silentMs: number) => silentForMs.push(silentMs);
  const silentForMs: number[] = [];
  openKeepalive({ clock: early, intervalMs: 1_000, count: 2, sendPing: () => (pings += 1), onDead });
  await exact.advance(3_990);
  expect(silentForMs).toEqual([]);
  await exact.advance(10);
  expect(silentForMs).toHaveLength(1);
  expect(pings).toBe(3);
});
