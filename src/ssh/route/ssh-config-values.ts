import type { SshHop } from '../../model/target.ts';

/** What `ssh -G` prints, a keyword in lower case with its values in each line. */
export type SshConfigValues = ReadonlyMap<string, readonly string[]>;

export function parseSshConfigValues(output: string): SshConfigValues {
  const values = new Map<string, string[]>();
  for (const line of output.split('\n')) {
    const space = line.indexOf(' ');
    if (space < 0) continue;
    const keyword = line.slice(0, space).toLowerCase();
    const value = line.slice(space + 1).trim();
    const known = values.get(keyword);
    if (known) known.push(value);
    else values.set(keyword, [value]);
  }
  return values;
}

/** OpenSSH makes the name lower case; the user and the port that are given go before those of its configuration. */
export function valuesForHop(values: SshConfigValues, { host, port, user }: SshHop): SshConfigValues {
  const own = new Map(values).set('hostname', [host.toLowerCase()]);
  if (port !== null) own.set('port', [String(port)]);
  if (user !== null) own.set('user', [user]);
  return own;
}
