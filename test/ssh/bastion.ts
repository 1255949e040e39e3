import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { freePort, generateKey, type Scratch } from './real-sshd.ts';

/** OpenSSH's own server as a jump host, which can be out of order for a while and come back as the same. */
export type Bastion = {
  readonly port: number;
  readonly knownHosts: string;
  start(): Promise<void>;
  /** Ends the listener and every connection through it, at once. */
  stop(): Promise<void>;
  /** What it has said since it was started last. */
  log(): readonly string[];
};

export async function createBastion(
  scratch: Scratch,
  { maxStartups }: { readonly maxStartups: string },
): Promise<Bastion> {
  // sshd insists on its privilege separation folder, which the package makes only when the service starts.
  await mkdir('/run/sshd', { recursive: true }).catch(() => {});
  const hostKey = scratch.path('bastion_key');
  await generateKey(hostKey, 'ed25519');
  const port = await freePort();
  const config = scratch.path('bastion_config');
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${scratch.path('authorized_keys')}`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'PermitRootLogin yes',
    'AllowTcpForwarding yes',
    `MaxStartups ${maxStartups}`,
    'LogLevel VERBOSE',
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const [type, key] = (await readFile(`${hostKey}.pub`, 'utf8')).split(' ');
  let child: ChildProcess | null = null;
  let said: string[] = [];

  return {
    port,
    knownHosts: `[127.0.0.1]:${port} ${type} ${key}\n`,
    log: () => said,
    async start() {
      if (child !== null) throw new Error('This bastion is running already.');
      const log: string[] = [];
      said = log;
      const started = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
      child = started;
      await new Promise<void>((resolve, reject) => {
        createInterface({ input: started.stderr }).on('line', (line) => {
          log.push(line);
          if (line.includes('Server listening on')) resolve();
        });
        started.once('exit', () => reject(new Error(`sshd did not start: ${log.join('\n')}`)));
      });
    },
    async stop() {
      const stopped = child;
      child = null;
      if (stopped?.pid === undefined) return;
      const exited = new Promise((resolve) => stopped.once('exit', resolve));
      // The processes that serve connections leave sshd's process group, so each is ended by its id.
      for (const pid of [stopped.pid, ...(await descendantsOf(stopped.pid))]) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // Ended by itself meanwhile.
        }
      }
      await exited;
    },
  };
}

async function descendantsOf(pid: number): Promise<number[]> {
  const listed = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = listed.split(' ').filter(Boolean).map(Number);
  return [...children, ...(await Promise.all(children.map(descendantsOf))).flat()];
}
