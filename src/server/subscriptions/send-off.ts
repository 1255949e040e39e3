import type { Clock } from '../../clock.ts';

/**
 * Sends each away at a moment of its own within `spreadMs`: evenly, so that they do not all come back at once, and with
 * jitter, so that those of several gateways do not keep step. Settles when all have left.
 */
export async function sendOff<T>(
  those: readonly T[],
  spreadMs: number,
  clock: Clock,
  leave: (one: T) => Promise<void>,
): Promise<void> {
  const slotMs = spreadMs / Math.max(1, those.length);
  const farewells = those.map(async (one, index) => {
    await new Promise<void>((resolve) => clock.after((index + Math.random()) * slotMs, resolve));
    await leave(one);
  });
  await Promise.all(farewells);
}
