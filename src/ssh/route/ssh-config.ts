import { execFile } from 'node:child_process';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { hostProblem, type VirtgraphError } from '../../errors.ts';
import type { SshHop } from '../../model/target.ts';
import { currentAccount } from '../account.ts';
import { createHandshakeLimiter } from '../handshake-limiter.ts';
import type { SharedSshConfig, SshOutput } from './shared-ssh-config.ts';
import { parseSshConfigValues, type SshConfigValues } from './ssh-config-values.ts';

/** What OpenSSH would use for a host: the answer of `ssh -G`, or OpenSSH's defaults where there is no `ssh`. */
export type SshConfig = {
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  readonly identityFiles: readonly string[];
  /** `null`: none is to be used. */
  readonly identityAgent: string | null;
  readonly identitiesOnly: boolean;
  readonly proxyJump: readonly SshHop[];
  readonly userKnownHostsFiles: readonly string[];
  readonly globalKnownHostsFiles: readonly string[];
  readonly hostKeyAlias: string | null;
  readonly hashKnownHosts: boolean;
};

export type SshConfigReader = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Read instead of ~/.ssh/config and /etc/ssh/ssh_config (`ssh -F`). */
  readonly sshConfigFile?: string;
  readonly sshBinary?: string;
  /** Without it `ssh` is asked for every hop. */
  readonly shared?: SharedSshConfig;
};

/**
 * Of this process, whatever its fleets: starting a program holds everything else up, on a busy machine for a tenth of a
 * second. Hundreds of hosts that are dialled at once take turns, so that answers come in between.
 */
const turns = createHandshakeLimiter({ perFirstHop: 2, total: 2 });

const deadlineMs = 5_000;
const maxOutputBytes = 256 * 1024;

/**
 * Asks `ssh -G`, which alone knows Include, Match, tokens and canonical names. It runs the commands of `Match exec`
 * as every `ssh` does; we run none.
 */
export async function readSshConfig(
  hop: SshHop,
  reader: SshConfigReader,
  { signal }: { readonly signal: AbortSignal },
): Promise<SshConfig> {
  checkName(hop.host, 'host name');
  if (hop.user !== null) checkName(hop.user, 'user name');
  const own = [...(hop.port === null ? [] : ['-p', String(hop.port)]), ...(hop.user === null ? [] : ['-l', hop.user])];
  const { sshConfigFile: file, sshBinary: binary = 'ssh', env } = reader;
  const ask = (options: readonly string[]) => {
    const args = ['-G', ...options, ...(file === undefined ? [] : ['-F', file]), '--', hop.host];
    return turns.run(binary, () => run(binary, args, env, signal, hop.host), { signal });
  };
  const userFile = file ?? join(currentAccount(env).homedir, '.ssh', 'config');
  const shared = await reader.shared?.valuesFor(hop, userFile, () => ask(['-v']));
  if (shared) return readValues(shared, hop, reader.env);
  const output = await ask(own);
  return output === null
    ? defaultSshConfig(hop, reader.env)
    : readValues(parseSshConfigValues(output.stdout), hop, reader.env);
}

/**
 * Names go into the tokens of ssh_config, from there into commands of `Match exec`, and on into a shell:
 * what a shell would read as syntax is refused (OpenSSH does so itself since 9.6).
 */
function checkName(name: string, what: string): void {
  if (/^[\p{L}\p{N}_][\p{L}\p{N}._:%@+\\-]*$/u.test(name) || /^::[0-9A-Fa-f:.]*(%\w+)?$/.test(name)) return;
  throw unusable(`${JSON.stringify(name)} cannot be a ${what}.`, 'Use letters, digits, dots, dashes and underscores.');
}

function run(
  binary: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
  host: string,
): Promise<SshOutput | null> {
  return new Promise((resolve, reject) => {
    const options = { env, timeout: deadlineMs, killSignal: 'SIGKILL', maxBuffer: maxOutputBytes, signal } as const;
    const child = execFile(binary, args, options, (error, stdout, stderr) => {
      if (!error) resolve({ stdout, stderr });
      else if (signal.aborted) reject(signal.reason);
      // The second: it refuses to run under a user id that has no name, as containers have.
      else if (error.code === 'ENOENT' || /^No user exists for uid/m.test(stderr)) resolve(null);
      else {
        const said = stderr.trim() || (error.killed ? `no answer within ${deadlineMs / 1000} s` : error.message);
        reject(
          unusable(
            `OpenSSH's configuration for ${host} cannot be used: ${said}`,
            `Run "ssh -G ${host}" as the gateway's user and mend what it names.`,
          ),
        );
      }
    });
    child.stdin?.end();
  });
}

function unusable(message: string, remedy: string): VirtgraphError {
  return hostProblem('SSH_CONFIG_UNUSABLE', message, remedy);
}

function readValues(values: SshConfigValues, hop: SshHop, env: SshConfigReader['env']): SshConfig {
  const first = (keyword: string) => values.get(keyword)?.[0] ?? null;

  const command = first('proxycommand');
  if (command !== null && command !== 'none') {
    throw unusable(
      `OpenSSH's configuration for ${hop.host} sets ProxyCommand (${command}), which is not supported.`,
      `Use ProxyJump in ssh_config, or set "jump" for this host.`,
    );
  }
  const revoked = first('revokedhostkeys');
  if (revoked !== null && revoked !== 'none') {
    // Passing over a list of revoked keys would be worse than not connecting.
    throw unusable(
      `OpenSSH's configuration for ${hop.host} sets RevokedHostKeys (${revoked}), which is not supported.`,
      'List the revoked keys as @revoked lines in a known_hosts file instead.',
    );
  }

  const defaults = defaultSshConfig(hop, env);
  const hostName = first('hostname') ?? defaults.hostName;
  const user = first('user') ?? defaults.user;
  const port = Number(first('port') ?? defaults.port);
  const alias = first('hostkeyalias');
  const hostKeyAlias = alias === 'none' ? null : alias;
  const expand = (path: string) => expandPath(path, { hostName, user, port, original: hop.host, hostKeyAlias, env });
  const paths = (keyword: string) =>
    (first(keyword) ?? '')
      .split(/\s+/)
      .filter((path) => path !== '' && path !== 'none')
      .map(expand);

  return {
    hostName,
    port,
    user,
    identityFiles: (values.get('identityfile') ?? []).filter((path) => path !== 'none').map(expand),
    identityAgent: agentSocket(first('identityagent'), env, expand),
    identitiesOnly: first('identitiesonly') === 'yes',
    proxyJump: parseProxyJump(first('proxyjump')),
    userKnownHostsFiles: paths('userknownhostsfile'),
    globalKnownHostsFiles: paths('globalknownhostsfile'),
    hostKeyAlias,
    hashKnownHosts: first('hashknownhosts') === 'yes',
  };
}

function agentSocket(
  value: string | null,
  env: SshConfigReader['env'],
  expand: (path: string) => string,
): string | null {
  if (value === null || value === 'SSH_AUTH_SOCK') return env['SSH_AUTH_SOCK'] || null;
  if (value === 'none') return null;
  if (value.startsWith('$') && !value.startsWith('${')) return env[value.slice(1)] || null;
  return expand(value);
}

/** `[user@]host[:port]` or `ssh://[user@]host[:port]`, first hop first. */
export function parseProxyJump(value: string | null): readonly SshHop[] {
  if (value === null || value === 'none') return [];
  return value.split(',').map((word) => {
    const text = word.trim().replace(/^ssh:\/\//, '');
    const match =
      /^(?:(?<user>.+)@)?(?:\[(?<bracketed>[^\]]+)\]|(?<host>[^:@[\]]+)|(?<v6>[0-9A-Fa-f:]+))(?::(?<port>\d+))?$/.exec(
        text,
      );
    const host = match?.groups?.['bracketed'] ?? match?.groups?.['host'] ?? match?.groups?.['v6'];
    const port = match?.groups?.['port'];
    if (host === undefined) throw unusable(`ProxyJump names ${word}, which is no host.`, 'Write [user@]host[:port].');
    return { host, port: port === undefined ? null : Number(port), user: match?.groups?.['user'] ?? null };
  });
}

/** What OpenSSH does for a host that no configuration mentions. */
function defaultSshConfig(hop: SshHop, env: SshConfigReader['env']): SshConfig {
  const account = currentAccount(env);
  const inHome = (name: string) => join(account.homedir, '.ssh', name);
  return {
    hostName: hop.host,
    port: hop.port ?? 22,
    user: hop.user ?? account.username,
    identityFiles: ['id_ed25519', 'id_ecdsa', 'id_rsa'].map(inHome),
    identityAgent: env['SSH_AUTH_SOCK'] || null,
    identitiesOnly: false,
    proxyJump: [],
    userKnownHostsFiles: ['known_hosts', 'known_hosts2'].map(inHome),
    globalKnownHostsFiles: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
    hostKeyAlias: null,
    hashKnownHosts: false,
  };
}

type Tokens = {
  readonly hostName: string;
  readonly user: string;
  readonly port: number;
  readonly original: string;
  readonly hostKeyAlias: string | null;
  readonly env: SshConfigReader['env'];
};

/** `ssh -G` leaves `~`, `%` tokens and `${…}` in file names as they were written. ssh_config(5), TOKENS. */
function expandPath(path: string, tokens: Tokens): string {
  if (!/[~%$]/.test(path)) return path;
  const account = currentAccount(tokens.env);
  const values: Readonly<Record<string, string>> = {
    '%': '%',
    d: account.homedir,
    h: tokens.hostName,
    i: String(account.uid),
    k: tokens.hostKeyAlias ?? tokens.original,
    L: hostname().split('.')[0] ?? '',
    l: hostname(),
    n: tokens.original,
    p: String(tokens.port),
    r: tokens.user,
    u: account.username,
  };
  return path
    .replace(/^~(?=\/|$)/, account.homedir)
    .replace(/\$\{(\w+)\}/g, (whole, name: string) => tokens.env[name] ?? whole)
    .replace(/%(.)/g, (whole, letter: string) => values[letter] ?? whole);
}
