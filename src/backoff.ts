import type { ProblemLadder } from './errors.ts';

/** How long to wait before the next try, by what failed. `null`: not at all, a person must act. */
type Ladder = { readonly firstMs: number; readonly factor: number; readonly capMs: number };

const ladders: Record<Exclude<ProblemLadder, 'person'>, Ladder> = {
  network: { firstMs: 1_000, factor: 1.6, capMs: 60_000 },
  // Slow, because sshd since 9.8 blocks the address of whoever keeps failing (PerSourcePenalties).
  authentication: { firstMs: 60_000, factor: 2, capMs: 30 * 60_000 },
};

/**
 * Full jitter: anywhere between a tenth of the step and the step, so that what failed together does not return together.
 * @param failures how many tries failed in a row, at least 1
 * @param random a number in [0, 1)
 */
export function retryDelayMs(ladder: ProblemLadder, failures: number, random: number): number | null {
  if (ladder === 'person') return null;
  const { firstMs, factor, capMs } = ladders[ladder];
  const step = Math.min(capMs, firstMs * factor ** Math.max(0, failures - 1));
  return Math.round(step * (0.1 + 0.9 * random));
}
