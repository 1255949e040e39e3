import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

/** One import of one file. `target` is a file of the repository, or the name of a package (`node:fs`, `@apollo/server`). */
export interface Import {
  readonly file: string;
  readonly target: string;
  readonly isPackage: boolean;
}

// Types count like values: what cannot be read apart belongs together. Static imports and re-exports begin a line, and
// between keyword and name there is no quote and no semicolon: the formatter sees to both. Comments and template strings
// are taken out first.
const staticImport = /^\s*(?:import|export)\s+(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
const dynamicImport = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;
const noCode = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$|`(?:\\.|[^`\\])*`/gm;

/** The imports of one source. `file` is its path from the repository's root. */
export function importsOf(file: string, source: string): Import[] {
  const code = source.replaceAll(noCode, '');
  const found: Import[] = [];
  for (const [statement, specifier = ''] of code.matchAll(staticImport)) {
    if (statement.trimStart().startsWith('export') && !/\sfrom\s/.test(statement)) continue;
    found.push(resolve(file, specifier));
  }
  for (const [, specifier = ''] of code.matchAll(dynamicImport)) found.push(resolve(file, specifier));
  return found;
}

function resolve(file: string, specifier: string): Import {
  if (specifier.startsWith('.')) {
    return { file, target: normalize(join(dirname(file), specifier)), isPackage: false };
  }
  // `graphql-ws/use/ws` is part of graphql-ws; a scoped name has two parts.
  const parts = specifier.split('/');
  const target = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
  return { file, target, isPackage: true };
}

export const root = join(import.meta.dirname, '../..');

/** Every import of every TypeScript file in a folder of the repository. */
export function importsUnder(folder: string): Import[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
    .flatMap((file) => importsOf(file, readFileSync(join(root, file), 'utf8')));
}
