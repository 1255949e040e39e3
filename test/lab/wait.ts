import { setTimeout as delay } from 'node:timers/promises';

/** Longer than anything takes on the busiest machine, and less than a test may take. */
const patienceMs = 90_000;

/** Asks until the answer is neither false, null nor undefined, and returns it; fails with `what` when time is up. */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  timeoutMs = patienceMs,
  everyMs = 20,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== null && answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`after ${timeoutMs} ms still waiting for: ${what}`);
    await delay(everyMs);
  }
}
