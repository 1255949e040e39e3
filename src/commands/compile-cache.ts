import { existsSync } from 'node:fs';
// Not by name: of an older Node that has no such function, the version is to be the complaint.
import nodeModule from 'node:module';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { makePrivateDir } from '../private-dir.ts';

/** When the start is over, and with it what is worth keeping of it. */
const flushAfterMs = 10_000;

/**
 * Uses the compiled form of our own code that an earlier start kept, for whatever is read from now on. NODE_COMPILE_CACHE
 * and NODE_DISABLE_COMPILE_CACHE go before it.
 */
export function useKeptCode(stateDir: string): void {
  const dir = dirOf(stateDir);
  if (existsSync(dir)) nodeModule.enableCompileCache(dir);
}

/**
 * Keeps the compiled form of our own code in the state directory, which nobody else may write to: the next start takes
 * that much less. Where nothing can be kept, nothing is.
 */
export function keepCompiledCode(stateDir: string, clock: Clock): void {
  const dir = dirOf(stateDir);
  try {
    makePrivateDir(dir);
  } catch {
    // What cannot do without the directory says so.
    return;
  }
  nodeModule.enableCompileCache(dir);
  // Node writes it down when it ends by itself, which is not for sure. The timer keeps nobody waiting.
  clock.after(flushAfterMs, nodeModule.flushCompileCache);
}

function dirOf(stateDir: string): string {
  return join(stateDir, 'compile-cache');
}
