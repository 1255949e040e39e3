import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { makePrivateDir } from '../private-dir.ts';

/** When the start is over, and with it what is worth keeping of it. */
const flushAfterMs = 10_000;

/**
 * Keeps the compiled form of our own code in the state directory, which nobody else may write to: the next start takes
 * that much less. NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE go before it. Where nothing can be kept, nothing is.
 */
export function keepCompiledCode(stateDir: string, clock: Clock): void {
  const dir = join(stateDir, 'compile-cache');
  try {
    makePrivateDir(dir);
  } catch {
    // What cannot do without the directory says so.
    return;
  }
  enableCompileCache(dir);
  // Node writes it down when it ends by itself, which is not for sure. The timer keeps nobody waiting.
  clock.after(flushAfterMs, flushCompileCache);
}
