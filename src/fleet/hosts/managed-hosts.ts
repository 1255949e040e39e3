import { randomUUID } from 'node:crypto';
import { open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ManagedHost } from '../../config/managed-host.ts';
import { asList, asRecord, asText } from '../../config/plain.ts';
import { errorFields, type Log } from '../../log.ts';
import { makePrivateDir } from '../../private-dir.ts';
import { unwritableFile } from './unwritable-file.ts';

/** The hosts that were added by the API, in a file of the state directory. */
export type ManagedHosts = {
  readonly all: readonly ManagedHost[];
  /** Kept when it returns: also when the machine loses its power then. @throws RESOURCE_EXHAUSTED */
  save(hosts: readonly ManagedHost[]): Promise<void>;
};

const version = 1;

/** A file that cannot be read costs these hosts, never the start: it is put aside, and that is logged. */
export async function openManagedHosts(file: string, log: Log): Promise<ManagedHosts> {
  let all = await load(file, log);
  return {
    get all() {
      return all;
    },
    async save(hosts) {
      try {
        await replaceFile(file, `${JSON.stringify({ version, hosts }, null, 2)}\n`);
      } catch (error) {
        throw unwritableFile(file, error);
      }
      all = hosts;
    },
  };
}

async function load(file: string, log: Log): Promise<readonly ManagedHost[]> {
  try {
    return parseHosts(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    const aside = `${file}.broken`;
    log.error(
      { file, aside, ...errorFields(error) },
      'the hosts that were added by the API cannot be read; starting without',
    );
    await rename(file, aside).catch((cause: unknown) => log.error(errorFields(cause), 'nor can they be put aside'));
    return [];
  }
}

/** What each means is judged elsewhere, against the rules of now. */
function parseHosts(value: unknown): readonly ManagedHost[] {
  const found = asRecord(value);
  if (found?.['version'] !== version || !Array.isArray(found['hosts'])) {
    throw new Error(`expected hosts in the format ${version}`);
  }
  return found['hosts'].map((entry: unknown) => {
    const host = asRecord(entry);
    const name = asText(host?.['name']);
    const uri = asText(host?.['uri']);
    if (host === null || name === null || uri === null) throw new Error('expected a name and a uri for each host');
    const labels = Object.entries(asRecord(host['labels']) ?? {}).flatMap(([key, label]) =>
      typeof label === 'string' ? [[key, label] as const] : [],
    );
    const jump = asList(host['jump']).filter((hop) => typeof hop === 'string');
    return { name, uri, labels: Object.fromEntries(labels), jump, readOnly: host['readOnly'] === true };
  });
}

async function replaceFile(file: string, text: string): Promise<void> {
  makePrivateDir(dirname(file));
  const draft = `${file}.${randomUUID()}`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await unlink(draft).catch(() => {});
    throw error;
  }
}
