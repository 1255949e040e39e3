/** From the measuring process: a server in another one, or the write loop in C, behind the same few verbs. */
import { fork, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ServerKind, ServerOrder, ServerReport } from './fan-out-server.ts';

export type Usage = { readonly userUs: number; readonly systemUs: number };

export type ServerUnderLoad = {
  readonly url: string;
  readonly pid: number;
  /** When, in milliseconds of the system's monotonic clock. */
  publish(changes: number, host?: number): Promise<number>;
  /** Since it began. */
  usage(): Promise<Usage>;
  heapBytes(): Promise<number>;
  close(): Promise<void>;
};

export type ServerUnderLoadOptions = {
  readonly hosts?: number;
  readonly domainsPerHost?: number;
  readonly message?: string;
};

const program = fileURLToPath(new URL('./fan-out-server.ts', import.meta.url));

export async function openServerUnderLoad(
  kind: ServerKind,
  { hosts = 1, domainsPerHost = 10, message = '' }: ServerUnderLoadOptions = {},
): Promise<ServerUnderLoad> {
  const child = fork(program);
  function ask<T extends ServerReport['type']>(
    order: ServerOrder,
    type: T,
  ): Promise<Extract<ServerReport, { readonly type: T }>> {
    return new Promise((resolve, reject) => {
      const onExit = () => reject(new Error(`The server ${kind} ended.`));
      child.once('exit', onExit);
      child.once('message', (report: ServerReport) => {
        child.off('exit', onExit);
        if (isOfType(report, type)) resolve(report);
        else reject(new Error(`The server ${kind} answered ${report.type} where ${type} was asked for.`));
      });
      child.send(order);
    });
  }
  const { url } = await ask({ type: 'open', kind, hosts, domainsPerHost, message }, 'open');
  return {
    url,
    pid: pidOf(child),
    publish: async (changes, host = 0) => (await ask({ type: 'publish', changes, host }, 'published')).atMs,
    usage: () => ask({ type: 'usage' }, 'usage'),
    heapBytes: async () => (await ask({ type: 'heap' }, 'heap')).usedBytes,
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.send({ type: 'close' } satisfies ServerOrder);
      await ended;
    },
  };
}

function isOfType<T extends ServerReport['type']>(
  report: ServerReport,
  type: T,
): report is Extract<ServerReport, { readonly type: T }> {
  return report.type === type;
}

/** Writes frames whose payload has so many bytes to that many bare subscribers. `binary`: of bench/peers/c/write-loop.c. */
export async function openWriteLoop(
  binary: string,
  subscribers: number,
  payloadBytes: number,
): Promise<ServerUnderLoad> {
  const child = spawn(binary, [String(subscribers), String(payloadBytes)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async () => String((await lines.next()).value).split(' ');
  const port = (await read())[1];
  let isReady = false;
  let userUs = 0;
  let systemUs = 0;
  return {
    url: `http://127.0.0.1:${port}`,
    pid: pidOf(child),
    async publish(changes) {
      if (!isReady) await read();
      isReady = true;
      child.stdin.write(`${changes}\n`);
      const [, startedAtMs, user, system] = await read();
      userUs += Number(user);
      systemUs += Number(system);
      return Number(startedAtMs);
    },
    usage: async () => ({ userUs, systemUs }),
    // Its sockets are numbers.
    heapBytes: async () => 0,
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.stdin.end();
      await ended;
    },
  };
}

function pidOf({ pid }: { readonly pid?: number | undefined }): number {
  if (pid === undefined) throw new Error('A server could not be started.');
  return pid;
}
