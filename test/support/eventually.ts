import { vi } from 'vitest';

/** Longer than anything takes on the busiest machine, and less than a test may take: who waits so long waits in vain. */
const patienceMs = 45_000;

/** Tries until `check` throws nothing, and returns what it does; fails with what it threw last. */
export function eventually<T>(check: () => T | Promise<T>, everyMs = 5): Promise<T> {
  return vi.waitFor(check, { timeout: patienceMs, interval: everyMs });
}

/** Settles when `condition` is true. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitUntil(condition, { timeout: patienceMs, interval: 5 });
}
