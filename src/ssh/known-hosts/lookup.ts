import { entryMatches } from './match.ts';
import type { KnownHostEntry, KnownHostsFile } from './parse.ts';

/** How many names one file remembers: hosts, each by its port and bare. */
const namesKept = 20_000;

type Lookup = {
  /** Lines that name hosts in the clear, each by itself, so that they need not be compared one by one. */
  readonly byName: ReadonlyMap<string, readonly KnownHostEntry[]>;
  /** All others: hashed names, wildcards, negations. */
  readonly others: readonly KnownHostEntry[];
  readonly found: Map<string, readonly KnownHostEntry[]>;
};

const lookups = new WeakMap<KnownHostsFile, Lookup>();

/**
 * The lines of a file that speak of the host of that (lower case) name, in their order. Each name is looked for once in
 * a file: to try a hashed line takes two microseconds, and a thousand hosts have a million of those tries.
 */
export function entriesFor(file: KnownHostsFile, name: string): readonly KnownHostEntry[] {
  const lookup = lookups.get(file) ?? prepare(file);
  const known = lookup.found.get(name);
  if (known !== undefined) return known;
  const others = lookup.others.filter((entry) => entryMatches(entry, name));
  const found = [...(lookup.byName.get(name) ?? []), ...others].sort((a, b) => a.line - b.line);
  if (lookup.found.size >= namesKept) lookup.found.clear();
  lookup.found.set(name, found);
  return found;
}

function prepare(file: KnownHostsFile): Lookup {
  const byName = new Map<string, KnownHostEntry[]>();
  const others: KnownHostEntry[] = [];
  for (const entry of file.entries) {
    const names = plainNames(entry);
    if (names === null) others.push(entry);
    for (const name of names ?? []) {
      const entries = byName.get(name);
      if (entries) entries.push(entry);
      else byName.set(name, [entry]);
    }
  }
  const lookup = { byName, others, found: new Map() };
  lookups.set(file, lookup);
  return lookup;
}

/** `null` where only a comparison tells whether the line means a name. */
function plainNames({ names }: KnownHostEntry): ReadonlySet<string> | null {
  if ('hash' in names || names.some(({ negated, pattern }) => negated || /[*?]/.test(pattern))) return null;
  return new Set(names.map(({ pattern }) => pattern));
}
