import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import type { SshTarget } from '../../src/model/target.ts';
import type { SshDependencies } from '../../src/ssh/connection.ts';
import { createHandshakeLimiter } from '../../src/ssh/handshake-limiter.ts';

const sshdPath = '/usr/sbin/sshd';
export const run = promisify(execFile);

/** A missing OpenSSH is a failure of the test run, not a reason to pass over what it would have shown. */
export async function requireOpenSsh(): Promise<void> {
  await access(sshdPath, constants.X_OK).catch(() => {
    throw new Error(`${sshdPath} is missing. Install it: apt-get install openssh-server openssh-client`);
  });
}

export type KeyType = 'ed25519' | 'ecdsa' | 'rsa';

export async function generateKey(path: string, type: KeyType, passphrase = '', extra: string[] = []): Promise<void> {
  const bits = type === 'rsa' ? ['-b', '2048'] : [];
  await run('ssh-keygen', ['-q', '-t', type, ...bits, '-N', passphrase, '-C', `test ${type}`, '-f', path, ...extra]);
}

/** A scratch folder with a user key (ed25519) whose public half every sshd started here accepts. */
export async function createScratch(): Promise<Scratch> {
  const folder = await mkdtemp(join(tmpdir(), 'virtgraph-ssh-'));
  await generateKey(join(folder, 'user'), 'ed25519');
  await writeFile(join(folder, 'authorized_keys'), await readFile(join(folder, 'user.pub')));
  await writeFile(join(folder, 'ssh_config'), '');
  return { folder, path: (name) => join(folder, name), remove: () => rm(folder, { recursive: true, force: true }) };
}

export type Scratch = {
  readonly folder: string;
  path(name: string): string;
  remove(): Promise<void>;
};

export type RealSshd = {
  readonly port: number;
  /** Public host keys as `type base64`, by type. */
  readonly hostKeys: ReadonlyMap<KeyType, string>;
  readonly process: ChildProcess;
  /** The known_hosts lines for this server. */
  knownHosts(): string;
  log(): string;
  stop(): Promise<void>;
};

/** OpenSSH's own server on a free port of 127.0.0.1, with throw-away host keys and a configuration of its own. */
export async function startSshd(
  scratch: Scratch,
  options: { readonly config?: readonly string[]; readonly hostKeyTypes?: readonly KeyType[] } = {},
): Promise<RealSshd> {
  // sshd insists on its privilege separation folder, which the package makes only when the service starts.
  await mkdir('/run/sshd', { recursive: true }).catch(() => {});
  const home = await mkdtemp(scratch.path('sshd-'));
  const hostKeys = new Map<KeyType, string>();
  const keyLines: string[] = [];
  for (const type of options.hostKeyTypes ?? ['ed25519']) {
    const path = join(home, `host_${type}`);
    await generateKey(path, type);
    const [keyType, key] = (await readFile(`${path}.pub`, 'utf8')).split(' ');
    hostKeys.set(type, `${keyType} ${key}`);
    keyLines.push(`HostKey ${path}`);
  }
  const port = await freePort();
  const lines = [
    // First value wins in sshd_config.
    ...(options.config ?? []),
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...keyLines,
    `AuthorizedKeysFile ${scratch.path('authorized_keys')}`,
    `PidFile ${join(home, 'pid')}`,
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'LogLevel VERBOSE',
    // bash reads ~/.bashrc when sshd starts it, unless it is not the first shell. What the account that runs the tests
    // has in there is no part of them; it may even wait for a lock.
    'SetEnv SHLVL=5',
  ];
  await writeFile(join(home, 'sshd_config'), `${lines.join('\n')}\n`);
  const child = spawn(sshdPath, ['-D', '-e', '-f', join(home, 'sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  const listening = new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('Server listening on')) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`sshd did not start: ${log}`)));
  });
  await listening;
  return {
    port,
    hostKeys,
    process: child,
    knownHosts: () => [...hostKeys.values()].map((key) => `[127.0.0.1]:${port} ${key}\n`).join(''),
    log: () => log,
    stop: () => stopWithChildren(child),
  };
}

/** The processes that serve the connections leave sshd's process group, so each is looked up and ended by its id. */
async function stopWithChildren(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  const gone = child.exitCode !== null || child.signalCode !== null;
  const exited = gone ? Promise.resolve() : new Promise((resolve) => child.once('exit', resolve));
  for (const pid of gone ? [] : [child.pid, ...(await descendantsOf(child.pid))]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Already gone.
    }
  }
  await exited;
}

async function descendantsOf(pid: number): Promise<number[]> {
  const listed = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = listed.split(' ').filter(Boolean).map(Number);
  return [...children, ...(await Promise.all(children.map(descendantsOf))).flat()];
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** A unix socket that sends back what it gets. */
export async function startEcho(path: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}

/** A target on 127.0.0.1 that is right in every respect; `changes` spoils or alters what a test is about. */
export function targetFor(scratch: Scratch, port: number, changes: Partial<SshTarget> = {}): SshTarget {
  return {
    hop: { host: '127.0.0.1', port, user: userInfo().username },
    jump: [],
    keyFile: scratch.path('user'),
    knownHostsFile: scratch.path('known_hosts'),
    knownHostsVerify: 'normal',
    authMethods: null,
    passphrase: null,
    password: null,
    ...changes,
  };
}

/** The environment without an agent, and a configuration of OpenSSH that is empty. */
export function dependencies(scratch: Scratch, changes: Partial<SshDependencies> = {}): SshDependencies {
  const { SSH_AUTH_SOCK: _, ...env } = process.env;
  return {
    log: silentLog,
    clock: systemClock,
    limiter: createHandshakeLimiter(),
    env,
    sshConfigFile: scratch.path('ssh_config'),
    ...changes,
  };
}
