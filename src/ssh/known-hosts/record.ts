import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makePrivateDir } from '../../private-dir.ts';
import { keyTypeOf } from '../host-key.ts';
import { hashName } from './match.ts';
import { takeWriteTurn } from './write-turn.ts';

/** The line that makes `name` known by `key`. `hashed`: as `HashKnownHosts yes` wants it. */
export function knownHostLine(name: string, key: Buffer, options: { readonly hashed: boolean }): string {
  return `${options.hashed ? hashedField(name) : name} ${keyTypeOf(key)} ${key.toString('base64')}\n`;
}

function hashedField(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${hashName(name, salt).toString('base64')}`;
}

/**
 * Appends a line to a known_hosts file, which is made (0600, its folder 0700) where it is missing.
 * One `write` in append mode, so that two processes that learn a host at the same moment do not mix their lines.
 */
export function appendKnownHost(path: string, line: string): Promise<void> {
  return takeWriteTurn(() => append(path, line));
}

async function append(path: string, line: string): Promise<void> {
  makePrivateDir(dirname(path));
  const file = await open(path, 'a+', 0o600);
  try {
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    // A last line without its end would swallow ours.
    const text = size > 0 && last[0] !== 0x0a ? `\n${line}` : line;
    await file.write(text, null, 'utf8');
  } finally {
    await file.close();
  }
}
