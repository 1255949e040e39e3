import { homedir, userInfo } from 'node:os';

type Account = { readonly homedir: string; readonly username: string; readonly uid: number };

let found: Account | null = null;

/**
 * Whom this process runs as. OpenSSH goes by the user database, not by HOME; in a container that runs under
 * a number without a name there is no entry, and the environment has to do.
 */
export function currentAccount(env: Readonly<Record<string, string | undefined>>): Account {
  try {
    // Once: it reads /etc/passwd, or asks a server.
    found ??= userInfo();
    return found;
  } catch {
    return { homedir: env['HOME'] || homedir(), username: env['USER'] || 'root', uid: process.getuid?.() ?? 0 };
  }
}
