import { spawn } from 'node:child_process';

export interface RunResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Text for stdin; without it stdin is empty. */
  readonly input?: string;
  /** After this long the command is killed, and the result carries its signal. Default 60 000. */
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command to its end. Fails only when it cannot be started: an exit status is a result, not an error. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [command = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: 'pipe',
      timeout: options.timeoutMs ?? 60_000,
      killSignal: 'SIGKILL',
      // A lab reads what commands print, so their language and libvirt's own settings must not leak in from outside.
      env: { ...process.env, LC_ALL: 'C', LIBVIRT_DEFAULT_URI: '', PATH: toolPath(), ...options.env },
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on('error', () => {}); // a command that reads no stdin closes it early: its exit status says the rest
    child.stdin.end(options.input ?? '');
    child.on('error', reject);
    child.on('close', (status, signal) => {
      resolve({ status, signal, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

/** Runs a command that must succeed and returns what it printed. */
export async function runOk(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  return outputOf(argv, await run(argv, options));
}

/** What a successful command printed; fails with what an unsuccessful one said. */
export function outputOf(argv: readonly string[], result: RunResult): string {
  if (result.status === 0) return result.stdout;
  const end = result.signal === null ? `exit status ${result.status}` : `signal ${result.signal}`;
  throw new Error(`${argv.join(' ')}: ${end}\n${result.stderr}${result.stdout}`.trimEnd());
}

/** An ordinary user's PATH lacks the folders in which sshd, libvirtd and ip are kept. */
export function toolPath(): string {
  return `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`;
}
