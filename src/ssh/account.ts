import { homedir, userInfo } from 'node:os';

/**
 * Whom this process runs as. OpenSSH goes by the user database, not by HOME; in a container that runs under
 * a number without a name there is no entry, and the environment has to do.
 */
export function currentAccount(env: Readonly<Record<string, string | undefined>>): {
  readonly homedir: string;
  readonly username: string;
  readonly uid: number;
} {
  try {
    return userInfo();
  } catch {
    return { homedir: env['HOME'] || homedir(), username: env['USER'] || 'root', uid: process.getuid?.() ?? 0 };
  }
}
