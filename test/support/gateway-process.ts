import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The gateway as a user starts it: a process of its own, in a directory of its own. */
export type GatewayProcess = {
  readonly dir: string;
  readonly stateDir: string;
  readonly pid: number;
  /** Once it has said that it is ready. */
  readonly url: Promise<string>;
  readonly stdout: () => string;
  readonly stderr: () => string;
  token(): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** The exit code; the signal's name where one ended it. */
  readonly exited: Promise<number | string>;
  /** Ends it at once, and removes its directory. Throws when it made a mistake that nobody caught. */
  [Symbol.asyncDispose](): Promise<void>;
};

export type ProcessOptions = {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the directory before the process starts there. */
  readonly prepare?: (dir: string) => Promise<void>;
  /** Run instead of the sources: its main.js. */
  readonly program?: string;
  /** The test is about such a mistake. */
  readonly mayFail?: boolean;
};

export async function startGateway({
  args = [],
  env = {},
  prepare,
  program = main,
  mayFail = false,
}: ProcessOptions = {}): Promise<GatewayProcess> {
  const dir = await mkdtemp(join(tmpdir(), 'virtgraph-test-'));
  await prepare?.(dir);
  const stateDir = env['VIRTGRAPH_STATE_DIR'] ?? join(dir, 'state');
  const child = spawn(process.execPath, [program, ...args], {
    cwd: dir,
    env: { PATH: process.env['PATH'], HOME: dir, VIRTGRAPH_STATE_DIR: stateDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout = collect(child, 'stdout');
  const stderr = collect(child, 'stderr');
  const exited = new Promise<number | string>((resolve) => {
    child.on('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  const url = new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const found = /is ready at (\S+)\n/.exec(stdout())?.[1];
      if (found !== undefined) resolve(found);
    });
    void exited.then((code) => reject(new Error(`The gateway ended with ${code}: ${stderr()}`)));
  });
  // Whoever expects it not to start never asks for its address.
  url.catch(() => {});
  return {
    dir,
    stateDir,
    // None where it could not be started, which `url` then says.
    pid: child.pid ?? 0,
    url,
    stdout,
    stderr,
    exited,
    token: async () => (await readFile(join(stateDir, 'token'), 'utf8')).trim(),
    kill: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      await rm(dir, { recursive: true, force: true });
      const mistake = /^.*"event":"(?:uncaughtException|unhandledRejection)".*$/m.exec(stderr())?.[0];
      if (mistake !== undefined && !mayFail) throw new Error(`The gateway made a mistake: ${mistake}`);
    },
  };
}

function collect(child: ChildProcess, name: 'stdout' | 'stderr'): () => string {
  let text = '';
  child[name]?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return () => text;
}
