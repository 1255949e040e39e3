import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makePrivateDir } from '../private-dir.ts';
import { StartError } from './start-error.ts';

export type KeptValue = { readonly value: string; readonly isNew: boolean };

/**
 * A short text that is made once and kept in a file that only its owner may read. Two gateways that start at the same
 * moment get the same one. @throws StartError where it can be neither read nor written
 */
export async function keptValue(file: string, make: () => string): Promise<KeptValue> {
  try {
    return await readOrMake(file, make);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`${file} cannot be kept: ${reason}. VIRTGRAPH_STATE_DIR names another directory for it.`);
  }
}

async function readOrMake(file: string, make: () => string): Promise<KeptValue> {
  const known = await readIfThere(file);
  if (known) return { value: known, isNew: false };
  const value = make();
  makePrivateDir(dirname(file));
  // Written aside and linked into place: whoever reads sees all of it, and a second writer fails instead of replacing it.
  const draft = `${file}.${randomUUID()}`;
  // On the disk before its name is, or a machine that loses its power could come back with an empty file.
  await writeFile(draft, `${value}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    await link(draft, file);
    return { value, isNew: true };
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
    const other = await readIfThere(file);
    if (other) return { value: other, isNew: false };
    await rename(draft, file);
    return { value, isNew: true };
  } finally {
    await rm(draft, { force: true });
  }
}

/** `null` when there is none; an empty file is no value either. */
async function readIfThere(file: string): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).trim() || null;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
