import { expect, test } from 'vitest';
import { keepAlive, type SocketKeepalive } from '../../../src/server/subscriptions/socket-keepalive.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const pingMs = 12_000;

/** A socket whose far end answers pings while `answers` says so. */
function pinged(answers: () => boolean) {
  const clock = createFakeClock();
  const seen = { pings: 0, terminatedAt: null as number | null };
  const keepalive: SocketKeepalive = keepAlive(
    {
      ping() {
        seen.pings++;
        if (answers()) keepalive.heard();
      },
      terminate() {
        seen.terminatedAt = clock.monotonic();
        keepalive.stop();
      },
    },
    pingMs,
    clock,
  );
  return { clock, seen, keepalive };
}

test('a far end that answers stays', async () => {
  const { clock, seen } = pinged(() => true);
  await clock.advance(10 * pingMs);
  expect(seen).toEqual({ pings: 10, terminatedAt: null });
});

test('one that vanishes is let go at the ping after the one that it did not answer, and no timer is left', async () => {
  let isThere = true;
  const { clock, seen } = pinged(() => isThere);
  await clock.advance(3 * pingMs + 1);
  isThere = false;
  await clock.advance(2 * pingMs - 1);
  expect(seen.terminatedAt).toBe(5 * pingMs);
  expect(clock.pending).toBe(0);
});

test('one that finds the pings late stays while it gives other signs of life', async () => {
  const { clock, seen, keepalive } = pinged(() => false);
  for (let time = 0; time < 10; time++) {
    await clock.advance(pingMs);
    keepalive.heard();
  }
  expect(seen.terminatedAt).toBeNull();
});
