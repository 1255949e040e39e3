/** What else a login may do on an SSH server, found out by trying, without an effect on the server. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { VirtgraphError } from '../errors.ts';
import type { SshConnection } from './connection.ts';
import { withDeadline } from './deadline.ts';
import { ChannelRefused } from './ssh2-client.ts';

export type SshAllowances = {
  /** FORCED: a session opens, and something else than the command asked for runs in it, such as `command=` or nologin. */
  readonly commands: 'ALLOWED' | 'FORCED' | 'REFUSED' | 'UNCLEAR';
  readonly tcp: 'ALLOWED' | 'REFUSED' | 'UNCLEAR';
  /** Those of the sockets asked about that open. A server answers alike for one that it forbids and one that is missing. */
  readonly openSockets: readonly string[];
};

type Options = { readonly clock: Clock; readonly signal: AbortSignal };

/** A login shell may take its time over its start-up files. */
const commandTimeoutMs = 5_000;

/** tcpmux: nothing listens there, so that nobody is bothered where the connection is allowed. */
const unusedPort = 1;

/** RFC 4254 section 5.1. With this answer the server tried, and so it may. */
const connectFailed = 2;

/** Tries a command, a TCP connection to the server itself, and the sockets named. Fails only with the connection. */
export async function readAllowances(
  connection: SshConnection,
  sockets: readonly string[],
  options: Options,
): Promise<SshAllowances> {
  const [commands, tcp, opened] = await Promise.all([
    tryCommand(connection, options),
    tryTcp(connection, options),
    Promise.all(sockets.map((path) => trySocket(connection, path, options))),
  ]);
  return { commands, tcp, openSockets: sockets.filter((_path, index) => opened[index]) };
}

async function tryCommand(connection: SshConnection, options: Options): Promise<SshAllowances['commands']> {
  // Nobody else would say this by chance.
  const word = `virtgraph-${randomBytes(8).toString('hex')}`;
  try {
    return (await commandOutput(connection, ['echo', word], options)).includes(word) ? 'ALLOWED' : 'FORCED';
  } catch (error) {
    const refusal = refusalOf(error, options);
    if (refusal) return 'REFUSED';
    // It ran, and ended badly: nologin does.
    return error instanceof VirtgraphError && error.detail.problem === 'PROXY_COMMAND_FAILED' ? 'FORCED' : 'UNCLEAR';
  }
}

async function tryTcp(connection: SshConnection, options: Options): Promise<SshAllowances['tcp']> {
  try {
    (await connection.openTcp('127.0.0.1', unusedPort, options)).destroy();
    return 'ALLOWED';
  } catch (error) {
    const refusal = refusalOf(error, options);
    if (!refusal) return 'UNCLEAR';
    return refusal.reason === connectFailed ? 'ALLOWED' : 'REFUSED';
  }
}

async function trySocket(connection: SshConnection, path: string, options: Options): Promise<boolean> {
  try {
    (await connection.openSocket(path, options)).destroy();
    return true;
  } catch (error) {
    refusalOf(error, options);
    return false;
  }
}

/** The server's refusal, or `null` where it was something else. @throws what ended the connection, or the wait */
function refusalOf(error: unknown, { signal }: Options): ChannelRefused | null {
  signal.throwIfAborted();
  if (!(error instanceof VirtgraphError)) throw error;
  const { problem, cause } = error.detail;
  if (problem === 'CONNECTION_LOST' || problem === 'KEEPALIVE_TIMED_OUT') throw error;
  return cause instanceof ChannelRefused ? cause : null;
}

const maxOutputBytes = 4_096;

/** What a command prints, at most 4 kB of it. Fails as `openCommand` does, and with TIMEOUT after 5 s. */
export async function commandOutput(
  connection: SshConnection,
  argv: readonly string[],
  { clock, signal }: Options,
): Promise<string> {
  const onTimeout = () => new VirtgraphError('TIMEOUT', `${argv[0]} did not end within ${commandTimeoutMs / 1000} s.`);
  const deadline = { clock, timeoutMs: commandTimeoutMs, signals: [signal], onTimeout };
  return withDeadline(deadline, async ({ signal: within }) => {
    const stream = await connection.openCommand(argv, { signal: within });
    const abort = () => stream.destroy(onTimeout());
    within.addEventListener('abort', abort, { once: true });
    try {
      let text = '';
      for await (const chunk of stream) {
        text += String(chunk);
        if (text.length > maxOutputBytes) break;
      }
      return text;
    } finally {
      within.removeEventListener('abort', abort);
      stream.destroy();
    }
  });
}
