import { createHmac, timingSafeEqual } from 'node:crypto';
import type { HashedName, KnownHostEntry, NamePattern } from './parse.ts';

/** The name under which a host is looked up: bare on port 22, else `[host]:port`. As OpenSSH does, lower case. */
export function knownHostName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Whether an entry speaks of the host of that (lower case) name. */
export function entryMatches(entry: KnownHostEntry, name: string): boolean {
  return 'hash' in entry.names ? hashMatches(entry.names, name) : patternsMatch(entry.names, name);
}

/** What `|1|salt|hash` holds for a name. */
export function hashName(name: string, salt: Buffer): Buffer {
  return createHmac('sha1', salt).update(name).digest();
}

function hashMatches({ salt, hash }: HashedName, name: string): boolean {
  return timingSafeEqual(hashName(name, salt), hash);
}

function patternsMatch(patterns: readonly NamePattern[], name: string): boolean {
  let matched = false;
  for (const { negated, pattern } of patterns) {
    if (!wildcardMatches(pattern, name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

/**
 * `*` is any run of characters, `?` any one; nothing else is special (brackets are not: `[host]:port` is literal).
 * Without a regular expression, whose backtracking would let one line of the file stop the process.
 */
export function wildcardMatches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let starAt = -1;
  let starText = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      starAt = p;
      starText = t;
      p += 1;
    } else if (pattern[p] === '?' || pattern[p] === text[t]) {
      p += 1;
      t += 1;
    } else if (starAt >= 0) {
      starText += 1;
      t = starText;
      p = starAt + 1;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}
