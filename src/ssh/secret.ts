import { readFile } from 'node:fs/promises';
import { hostProblem } from '../errors.ts';
import type { SecretSource } from '../model/target.ts';
import { reasonOf } from './reason.ts';

/** Reads a secret from where the operator put it; one line end at its end is not part of it. */
export async function readSecret(
  source: SecretSource,
  what: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (source.kind === 'environment') {
    const value = env[source.variable];
    if (value !== undefined && value !== '') return value;
    throw hostProblem(
      'PASSPHRASE_NEEDED',
      `The ${what} is to come from the environment variable ${source.variable}, which is not set.`,
      `Set ${source.variable} for the gateway's process.`,
    );
  }
  try {
    return (await readFile(source.path, 'utf8')).replace(/\r?\n$/, '');
  } catch (cause) {
    throw hostProblem(
      'PASSPHRASE_NEEDED',
      `The ${what} is to come from the file ${source.path}, which cannot be read: ${reasonOf(cause)}.`,
      'Check that the file exists and that the gateway may read it.',
      { cause },
    );
  }
}
