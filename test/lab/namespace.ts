import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Subtree } from './cgroup.ts';
import { outputOf, type RunOptions, type RunResult, run, toolPath } from './run.ts';

/**
 * A set of Linux namespaces (network, mount, pid, uts, ipc, cgroup) that lives as long as this process.
 *
 * Nothing here has a name in the file system, so nothing can be left behind: the first process inside reads its stdin,
 * a pipe from us. When we close it, or die in whatever way, it ends; being pid 1 of its pid namespace it takes every
 * process inside with it, and the kernel then takes the network devices.
 */
export interface Namespace {
  /** Process id, as this process sees it, of the first process inside. */
  readonly pid: number;
  /** Runs a command inside: all namespaces and the cgroup subtree. */
  exec(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Like `exec`, and fails unless the command succeeds. */
  execOk(argv: readonly string[], options?: RunOptions): Promise<string>;
  /** What `exec` would run, for a caller that wants the child process itself. */
  command(argv: readonly string[]): string[];
  /** Ends every process inside. May be called twice. */
  close(): Promise<void>;
}

export interface NamespaceOptions {
  readonly hostName: string;
  /** Shell, run inside as the first thing. A command that fails in it fails the opening. */
  readonly bootScript: string;
  /** Where the boot script's messages go. */
  readonly logPath: string;
  readonly subtree?: Subtree;
}

const readyLine = 'namespace-is-ready';

export async function openNamespace(options: NamespaceOptions): Promise<Namespace> {
  const { subtree } = options;
  const join = subtree?.joinScript ?? ':';
  // The cgroup namespace comes first: its root is the cgroup of that moment, and under v2 the processes must then
  // leave the root for a leaf before controllers can be passed on.
  const inner = `set -e\n${join}\nexec unshare --net --mount --uts --ipc --pid --fork --kill-child --mount-proc \
bash --noprofile --norc -c "$BOOT"`;
  const outer = `set -e\n${subtree?.rootScript ?? ':'}\nexec unshare --cgroup bash --noprofile --norc -c "$INNER"`;
  const boot = [
    'set -e',
    `hostname ${options.hostName}`,
    'ip link set lo up',
    `{\n${options.bootScript}\n} </dev/null`,
    `echo ${readyLine}`,
    'exec >&-',
    'set +e',
    "read -r -d '' _", // until the pipe ends; meanwhile bash, as pid 1, reaps whatever is orphaned
  ].join('\n');

  const log = openSync(options.logPath, 'a', 0o600);
  const child = spawn('bash', ['--noprofile', '--norc', '-c', outer], {
    stdio: ['pipe', 'pipe', log],
    // Its own session: a Ctrl-C at the terminal is ours to handle, in order.
    detached: true,
    env: { PATH: toolPath(), LC_ALL: 'C', HOME: '/root', INNER: inner, BOOT: boot },
  });
  closeSync(log);
  child.stdin?.on('error', () => {}); // it may have died before we close the pipe: 'exit' tells
  try {
    await becameReady(child, options);
  } catch (error) {
    await end(child);
    throw error;
  }
  const pid = firstProcessOf(child);
  const enter = `${join}\nexec nsenter --target ${pid} --net --mount --uts --ipc --pid --cgroup -- "$@"`;
  const command = (argv: readonly string[]) => ['bash', '--noprofile', '--norc', '-ec', enter, 'nsenter', ...argv];
  return {
    pid,
    command,
    exec: (argv, runOptions) => run(command(argv), runOptions),
    execOk: async (argv, runOptions) => outputOf(argv, await run(command(argv), runOptions)),
    close: () => end(child),
  };
}

function becameReady(child: ChildProcess, options: NamespaceOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    let printed = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.includes(readyLine)) resolve();
    });
    child.on('error', reject);
    child.on('exit', (status, signal) => {
      const log = readFileSync(options.logPath, 'utf8').slice(-2000);
      reject(new Error(`${options.hostName} did not start (${signal ?? `status ${status}`})\n${printed}${log}`));
    });
  });
}

/** `unshare --fork` stays outside as the parent; its only child is the first process inside. */
function firstProcessOf(child: ChildProcess): number {
  const pid = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim());
  if (!Number.isInteger(pid) || pid <= 0) throw new Error(`no process inside the namespace of ${child.pid}`);
  return pid;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.stdin?.end();
  await exited;
}
