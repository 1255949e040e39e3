import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SchemaSource } from '../resolvers/schema.ts';

/**
 * The files that stand next to package.json. Sources lie in `src/`, what is published in `dist/`, so the way up is
 * looked for and not counted.
 */
const here = dirname(fileURLToPath(import.meta.url));
const root = findRoot(here);

export function packageVersion(): string {
  const content: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version = typeof content === 'object' && content !== null && 'version' in content ? content.version : null;
  return typeof version === 'string' ? version : 'unknown';
}

/** The text of schema.graphql. */
export function readSdl(): Promise<string> {
  return readFile(join(root, 'schema.graphql'), 'utf8');
}

/** What it says, parsed when the package was built; of the sources, the text. */
export async function readSchemaSource(): Promise<SchemaSource> {
  const parsed = join(here, 'schema.json');
  return existsSync(parsed) ? JSON.parse(await readFile(parsed, 'utf8')) : readSdl();
}

function findRoot(dir: string): string {
  if (existsSync(join(dir, 'package.json'))) return dir;
  const parent = dirname(dir);
  if (parent === dir) throw new Error('virtgraph is not installed whole: its package.json is missing.');
  return findRoot(parent);
}
