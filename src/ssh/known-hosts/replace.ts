import { randomUUID } from 'node:crypto';
import { chmod, readFile, realpath, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { VirtgraphError } from '../../errors.ts';
import { entryMatches } from './match.ts';
import { type KnownHostEntry, parseKnownHosts } from './parse.ts';
import { takeWriteTurn } from './write-turn.ts';

/**
 * Takes the keys out of a known_hosts file that it trusts under `name`, and puts `line` in their place; revocations and
 * authorities stay. A line that speaks of other names too loses this one. Written aside and renamed into place, so that
 * whoever reads sees the old file or the new one.
 * @throws CONFLICT for a line that means `name` by a wildcard: it speaks of hosts that nobody asked about
 */
export function replaceKnownHost(path: string, name: string, line: string): Promise<void> {
  return takeWriteTurn(() => replace(path, name, line));
}

async function replace(path: string, name: string, line: string): Promise<void> {
  // The file itself, where a link leads to it: a rename would put a file in the link's place.
  const file = await realpath(path);
  // Byte by character: what others wrote need not be UTF-8.
  const text = await readFile(file, 'latin1');
  const byLine = new Map(parseKnownHosts(text, path).entries.map((entry) => [entry.line, entry]));
  const kept = text.split('\n').flatMap((each, index) => {
    const entry = byLine.get(index + 1);
    return entry && isTrusted(entry, byteText(name)) ? withoutName(each, entry, byteText(name)) : [each];
  });
  while (kept.at(-1) === '') kept.pop();
  await replaceFile(file, [...kept, byteText(line.trimEnd()), ''].join('\n'));
}

/** A character for each byte. */
function byteText(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** A line by which `name` is known by a key of its own. */
function isTrusted(entry: KnownHostEntry, name: string): boolean {
  return entry.marker === 'none' && entryMatches(entry, name);
}

function withoutName(text: string, entry: KnownHostEntry, name: string): readonly string[] {
  // A hashed name stands alone on its line.
  if ('hash' in entry.names) return [];
  if (!entry.names.some(({ negated, pattern }) => !negated && pattern === name) || hasWildcardFor(entry, name)) {
    throw new VirtgraphError('CONFLICT', `${entry.file}:${entry.line} means ${name} by a wildcard.`, {
      outcome: 'NOT_SENT',
      remedy: 'Take the old key out of that line, or the wildcard, by hand: it speaks of other hosts too.',
    });
  }
  const [, indent = '', field = '', rest = ''] = /^(\s*)(\S+)(.*)$/s.exec(text) ?? [];
  const others = field.split(',').filter((word) => word !== '' && word.toLowerCase() !== name);
  return others.length === 0 ? [] : [`${indent}${others.join(',')}${rest}`];
}

function hasWildcardFor(entry: KnownHostEntry, name: string): boolean {
  const others = 'hash' in entry.names ? [] : entry.names.filter(({ pattern }) => pattern !== name);
  return entryMatches({ ...entry, names: others }, name);
}

async function replaceFile(file: string, text: string): Promise<void> {
  const { mode } = await stat(file);
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, text, { encoding: 'latin1', mode: 0o600, flag: 'wx' });
    // Whatever the umask says.
    await chmod(draft, mode & 0o777);
    await rename(draft, file);
  } catch (error) {
    await unlink(draft).catch(() => {});
    throw error;
  }
}
