import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The files that stand next to package.json. Sources lie in `src/`, what is published in `dist/`, so the way up is
 * looked for and not counted.
 */
const root = findRoot(dirname(fileURLToPath(import.meta.url)));

export function packageVersion(): string {
  const content: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version = typeof content === 'object' && content !== null && 'version' in content ? content.version : null;
  return typeof version === 'string' ? version : 'unknown';
}

/** The text of schema.graphql. */
export function readSdl(): Promise<string> {
  return readFile(join(root, 'schema.graphql'), 'utf8');
}

function findRoot(dir: string): string {
  if (existsSync(join(dir, 'package.json'))) return dir;
  const parent = dirname(dir);
  if (parent === dir) throw new Error('virtgraph is not installed whole: its package.json is missing.');
  return findRoot(parent);
}
