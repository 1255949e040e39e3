import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory that only its owner may enter, and those above it that are missing. Throws the system's error.
 *
 * Not by `mkdir`'s own `recursive`: where the system says ENOENT although the parent is there, as below /proc, that one
 * tries for ever.
 */
export function makePrivateDir(dir: string): void {
  if (tryToMake(dir) === 'made') return;
  makePrivateDir(dirname(dir));
  mkdirSync(dir, { mode: 0o700 });
}

function tryToMake(dir: string): 'made' | 'parent is missing' {
  try {
    mkdirSync(dir, { mode: 0o700 });
    return 'made';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EEXIST' && statSync(dir).isDirectory()) return 'made';
    if (code !== 'ENOENT' || dirname(dir) === dir) throw error;
    return 'parent is missing';
  }
}
