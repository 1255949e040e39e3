import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RunRecord } from './record.ts';

/** The gateway as a process that may die at any moment and is started again, with the same files and on the same port. */
export type MortalGateway = {
  readonly port: number;
  readonly token: string;
  /** Starts it when it does not run; settles when it says that it is ready. */
  start(): Promise<void>;
  /** SIGKILL, and waits for its end. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  close(): Promise<void>;
};

export type MortalGatewayOptions = {
  /** Its own; holds the configuration and the state. */
  readonly folder: string;
  /** What all its processes log goes there, one after the other. */
  readonly logPath: string;
  readonly config: object;
  readonly record: RunRecord;
};

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const token = 'chaos-chaos-chaos-chaos-chaos';

/** In a line of its log about what nobody caught. */
const mistake = /"event":"(?:uncaughtException|unhandledRejection)"/;

export async function openMortalGateway(options: MortalGatewayOptions): Promise<MortalGateway> {
  const { folder, logPath, config, record } = options;
  mkdirSync(folder, { recursive: true });
  const configPath = join(folder, 'virtgraph.yaml');
  // JSON is YAML.
  writeFileSync(configPath, JSON.stringify(config));
  let port = 0;
  let child: ChildProcess | null = null;
  let starting: Promise<void> | null = null;

  async function launch() {
    const serve = [main, 'serve', '--config', configPath, '--port', String(port)];
    const started = spawn(
      // With its parent gone, however that came, it goes too.
      'setpriv',
      ['--pdeathsig', 'KILL', process.execPath, ...serve],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: folder,
          VIRTGRAPH_STATE_DIR: join(folder, 'state'),
          VIRTGRAPH_TOKEN: token,
        },
      },
    );
    child = started;
    started.stderr.on('data', (chunk: Buffer) => appendFileSync(logPath, chunk));
    createInterface({ input: started.stderr }).on('line', (line) => {
      if (mistake.test(line)) record.violate('gateway', line);
    });
    const exited = once(started, 'exit');
    void exited.then(([status, signal]) => {
      if (child !== started) return;
      child = null;
      record.violate('gateway', `it ended by itself with ${status ?? signal}; see ${logPath}`);
      // Promises of the rest of the run can be judged all the same.
      if (port !== 0) gateway.start().catch((error: unknown) => record.violate('gateway', String(error)));
    });
    port = await new Promise<number>((resolve, reject) => {
      createInterface({ input: started.stdout }).on('line', (line) => {
        const found = / is ready at http:\/\/[^:]+:(\d+)/.exec(line)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
      void exited.then(([status]) => reject(new Error(`the gateway ended with ${status}; see ${logPath}`)));
    });
    record.note({ kind: 'gateway', who: 'gateway', text: 'started' });
  }

  const gateway: MortalGateway = {
    get port() {
      return port;
    },
    token,
    async start() {
      if (child !== null && starting === null) return;
      starting ??= launch().finally(() => {
        starting = null;
      });
      await starting;
    },
    async kill() {
      const dying = child;
      if (dying === null) return;
      child = null;
      const exited = once(dying, 'exit');
      dying.kill('SIGKILL');
      await exited;
      record.note({ kind: 'gateway', who: 'gateway', text: 'killed' });
    },
    signal: (signal) => void child?.kill(signal),
    close: () => gateway.kill(),
  };
  await gateway.start();
  return gateway;
}
