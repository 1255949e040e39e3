import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type ConfigOverrides, type ConfigResult, defaultConfig, parseConfig } from './parse-config.ts';
import { homeDir } from './state-dir.ts';
import { maxConfigBytes } from './yaml-source.ts';

export type LoadOptions = {
  /** `--config`. */
  readonly path: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDir: string;
  readonly overrides?: ConfigOverrides;
};

const fileName = 'virtgraph.yaml';
const systemDir = '/etc/virtgraph';

/**
 * Finds, reads and judges the configuration: `--config`, else VIRTGRAPH_CONFIG, else virtgraph.yaml in the working
 * directory, else in /etc/virtgraph, else the defaults (`config.file` is then `null`). A file that was named must exist.
 */
export async function loadConfig(options: LoadOptions): Promise<ConfigResult> {
  const { env, overrides } = options;
  const parseOptions = { homeDir: homeDir(env), ...(overrides && { overrides }) };
  const file = await findConfigFile(options);
  if (file === null) return defaultConfig(parseOptions);
  const read = await readText(file);
  if (read.ok) return parseConfig(read.text, file, parseOptions);
  return { ok: false, problems: [{ file, line: 1, column: 1, path: '', message: read.message }] };
}

async function findConfigFile({ path, env, workingDir }: LoadOptions): Promise<string | null> {
  const named = path ?? (env['VIRTGRAPH_CONFIG'] || null);
  if (named !== null) return resolve(workingDir, named);
  for (const dir of [workingDir, systemDir]) {
    const file = join(dir, fileName);
    if (await mayExist(file)) return file;
  }
  return null;
}

/** Only a file that is surely not there is passed over: one that cannot be looked at must be told. */
async function mayExist(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR';
  }
}

type ReadResult = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

async function readText(file: string): Promise<ReadResult> {
  try {
    const { size } = await stat(file);
    if (size > maxConfigBytes) {
      return { ok: false, message: `Expected at most ${maxConfigBytes} bytes, saw ${size}.` };
    }
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file)) };
  } catch (error) {
    return { ok: false, message: whyUnreadable(error) };
  }
}

function whyUnreadable(error: unknown): string {
  switch (errorCode(error)) {
    case 'ENOENT':
      return 'There is no such file.';
    case 'EACCES':
      return 'The file may not be read by this user.';
    case 'EISDIR':
      return 'Expected a file, saw a directory.';
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'The file is not text in UTF-8.';
    default:
      return `The file cannot be read: ${error instanceof Error ? error.message : String(error)}.`;
  }
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}
