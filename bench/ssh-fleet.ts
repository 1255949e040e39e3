import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type JsonProgram, openJsonProgram } from './json-program.ts';

const run = promisify(execFile);
const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Embedded daemons without guests behind SSH servers of their own, in another process, and what reaches them. */
export type SshFleet = {
  readonly ports: readonly number[];
  /** So many handshakes so far, and the most that one host had at the same time. */
  handshakes(): Promise<{ readonly handshakes: number; readonly mostAtOnce: number }>;
  /** The gateway's part that reaches hosts, in a process of its own, with all of them configured. */
  openClient(): Promise<FleetClient>;
  /** What `ssh` needs to reach one of them, but for what it shall do there. */
  sshOptions(port: number): readonly string[];
  close(): Promise<void>;
};

export type FleetClient = {
  /** Until the first so many hosts, or all of them, are READY. */
  connect(count?: number): Promise<{ readonly ms: number; readonly cpuMs: number; readonly failed: number }>;
  /** After a full collection of garbage; in bytes. */
  memory(): Promise<{ readonly rss: number; readonly heapUsed: number }>;
  idle(ms: number): Promise<{ readonly cpuMs: number }>;
  close(): Promise<void>;
};

export async function openSshFleet(hosts: number): Promise<SshFleet> {
  const folder = await mkdtemp(join(tmpdir(), 'virtgraph-bench-'));
  const path = (name: string) => join(folder, name);
  for (const name of ['host_key', 'key']) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path(name)]);
  }
  const servers = await openJsonProgram([fileOf('ssh-hosts.ts'), String(hosts), path('host_key')]);
  // What ssh-hosts.ts prints.
  const { ports } = servers.first as { readonly ports: readonly number[] };
  const [type, key] = (await readFile(path('host_key.pub'), 'utf8')).split(' ');
  await writeFile(path('known_hosts'), ports.map((port) => `[127.0.0.1]:${port} ${type} ${key}\n`).join(''));
  // As on a gateway, where this file is older than the storm.
  const longAgo = new Date(Date.now() - 3_600_000);
  await utimes(path('known_hosts'), longAgo, longAgo);
  const parameters = `keyfile=${path('key')}&known_hosts=${path('known_hosts')}&sshauth=privkey`;
  const configured = ports.map((port, index) => ({
    name: `host${index}`,
    uri: `qemu+ssh://root@127.0.0.1:${port}/system?${parameters}`,
  }));
  await writeFile(path('virtgraph.yaml'), JSON.stringify({ hosts: configured }));
  return {
    ports,
    handshakes: () => servers.ask('') as ReturnType<SshFleet['handshakes']>,
    openClient: async () =>
      asClient(await openJsonProgram(['--expose-gc', fileOf('fleet-client.ts'), path('virtgraph.yaml')])),
    sshOptions: (port) => [
      '-oBatchMode=yes',
      '-oIdentitiesOnly=yes',
      `-oUserKnownHostsFile=${path('known_hosts')}`,
      `-F/dev/null`,
      `-i${path('key')}`,
      `-p${port}`,
      'root@127.0.0.1',
    ],
    async close() {
      await servers.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The answers are those of fleet-client.ts. */
function asClient(program: JsonProgram): FleetClient {
  return {
    connect: (count = Number.MAX_SAFE_INTEGER) => program.ask(`connect ${count}`) as ReturnType<FleetClient['connect']>,
    memory: () => program.ask('memory') as ReturnType<FleetClient['memory']>,
    idle: (ms) => program.ask(`idle ${ms}`) as ReturnType<FleetClient['idle']>,
    close: () => program.close(),
  };
}
