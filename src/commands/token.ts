import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuthConfig } from '../config/config.ts';
import type { AuthMode } from '../server/auth.ts';
import { quoteCommand } from '../ssh/shell-quote.ts';
import { keptValue } from './kept-value.ts';
import { StartError } from './start-error.ts';

/** Who may ask, and how a shell gets at the token without its being typed. */
export type SignIn = {
  readonly auth: AuthMode;
  /** Shell syntax that yields the token, such as `$(cat '/var/lib/virtgraph/token')`; `null`: none is needed. */
  readonly shellToken: string | null;
  /** Made at this start; `null`: it is not new. */
  readonly newToken: NewToken | null;
  /** Allowed, but to be said at every start. */
  readonly warnings: readonly string[];
};

export type NewToken = {
  readonly file: string;
  /** To be shown once; `null`: it must not be, since what is printed is kept in a log. */
  readonly shown: string | null;
};

const fileName = 'token';
/** What can be tried faster than it can be changed is no secret. */
const minTokenCharacters = 16;

/** VIRTGRAPH_TOKEN, else the configured file, else the one in the state directory, which is made at the first start. */
export async function readSignIn(
  config: AuthConfig,
  stateDir: string,
  env: Readonly<Record<string, string | undefined>>,
  stdout: { readonly isTTY?: boolean } = process.stdout,
): Promise<SignIn> {
  const given = await readGivenSignIn(config, env);
  if (given !== null) return given;
  const file = join(stateDir, fileName);
  const { value, isNew } = await keptValue(file, () => randomBytes(32).toString('base64url'));
  return {
    auth: tokenAuth(value, file),
    shellToken: catOf(file),
    newToken: isNew ? { file, shown: isLogged(env, stdout) ? null : value } : null,
    warnings: [],
  };
}

/** As `readSignIn`, of what somebody has written: `null` where that leaves it to the state directory. Makes nothing. */
export async function readGivenSignIn(
  config: AuthConfig,
  env: Readonly<Record<string, string | undefined>>,
): Promise<SignIn | null> {
  const nothingNew = { newToken: null, warnings: [] };
  if (config.mode === 'none') return { ...nothingNew, auth: { mode: 'none' }, shellToken: null };
  const fromEnv = env['VIRTGRAPH_TOKEN'];
  if (fromEnv) {
    return { ...nothingNew, auth: tokenAuth(fromEnv, 'VIRTGRAPH_TOKEN'), shellToken: '$VIRTGRAPH_TOKEN' };
  }
  const { tokenFile } = config;
  if (tokenFile === null) return null;
  const { token, isForEverybody } = await readTokenFile(tokenFile);
  return {
    ...nothingNew,
    auth: tokenAuth(token, tokenFile),
    shellToken: catOf(tokenFile),
    warnings: isForEverybody
      ? [
          `Every user of this machine may read the token, and so use the gateway: chmod 600 ${quoteCommand([tokenFile])}`,
        ]
      : [],
  };
}

/** systemd sets JOURNAL_STREAM for what it logs. Terminals that a service opened inherit it, and are no log. */
function isLogged(env: Readonly<Record<string, string | undefined>>, stdout: { readonly isTTY?: boolean }): boolean {
  return Boolean(env['JOURNAL_STREAM']) && stdout.isTTY !== true;
}

function tokenAuth(token: string, source: string): AuthMode {
  if (token.length >= minTokenCharacters && /^[\x21-\x7e]+$/.test(token)) return { mode: 'token', token };
  throw new StartError(
    `The token of ${source} must have at least ${minTokenCharacters} visible ASCII characters and no spaces; \`openssl rand -base64 32\` makes a good one.`,
  );
}

async function readTokenFile(path: string): Promise<{ readonly token: string; readonly isForEverybody: boolean }> {
  try {
    await using file = await open(path);
    const [text, { mode }] = await Promise.all([file.readFile('utf8'), file.stat()]);
    // A group is the operator's choice, as systemd's credentials show.
    return { token: text.split('\n')[0]?.trim() ?? '', isForEverybody: (mode & 0o007) !== 0 };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`The token file ${path} cannot be read: ${reason}.`);
  }
}

function catOf(file: string): string {
  return `$(cat '${file.replaceAll("'", String.raw`'\''`)}')`;
}
