import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startGateway } from '../../test/support/gateway-process.ts';
import { cpuOfProcess } from '../cpu.ts';
import { keepIn } from '../keep.ts';
import { type DaemonsOptions, socketOf } from './socket-of.ts';

/** A gateway of so many embedded hosts, which are in a process of their own and are reached over unix sockets. */
export type ScalingPoint = {
  readonly url: string;
  readonly token: string;
  /** From the start of its process until it had read all hosts. */
  readonly readyMs: number;
  readonly readyCpuMs: number;
  readonly cpu: () => number;
  /** Resident, when it has come to rest. */
  memoryMib(): Promise<number>;
  ask(query: string): Promise<unknown>;
  /** Suspends or resumes a guest at its host. */
  change(): void;
  close(): Promise<void>;
};

export async function openPoint(hosts: number, domainsPerHost: number): Promise<ScalingPoint> {
  await using opening = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'virtgraph-scaling-'));
  opening.defer(() => rmSync(folder, { recursive: true }));
  const daemons = keepIn(opening)(
    await startChild('daemons.ts', { folder, hosts, domainsPerHost } satisfies DaemonsOptions),
  );

  const startedAt = performance.now();
  const gateway = opening.use(
    await startGateway({
      args: ['serve', '--config', 'virtgraph.yaml', '--port', '0'],
      prepare: async (dir) => writeFileSync(join(dir, 'virtgraph.yaml'), configOf(folder, hosts)),
    }),
  );
  // Disposed of in time, or with us.
  const end = () => gateway.kill('SIGKILL');
  process.once('exit', end);
  opening.defer(() => void process.off('exit', end));
  const url = await gateway.url;
  const token = await gateway.token();
  const ask = async (query: string) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query }),
    });
    const { data, errors } = (await response.json()) as { data?: unknown; errors?: unknown }; // GraphQL's shape
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return data;
  };
  await untilReady(ask, hosts);
  const readyMs = performance.now() - startedAt;
  const cpu = cpuOfProcess(gateway.pid);
  const closing = opening.move();
  return {
    url,
    token,
    readyMs,
    readyCpuMs: cpu(),
    cpu,
    async memoryMib() {
      await pause(1_000);
      const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
    },
    ask,
    change: () => daemons.send('change'),
    close: () => closing.disposeAsync(),
  };
}

/** JSON is YAML. */
function configOf(folder: string, hosts: number): string {
  return JSON.stringify({
    log: { level: 'warn' },
    limits: { sockets: 20_000 },
    hosts: Array.from({ length: hosts }, (_, index) => ({
      name: `host-${index}`,
      uri: `qemu+unix:///system?socket=${socketOf(folder, index)}`,
    })),
  });
}

async function untilReady(ask: ScalingPoint['ask'], hosts: number): Promise<void> {
  // A hundred thousand domains are read in a minute or two where nobody else is at work.
  for (const deadline = AbortSignal.timeout(600_000); ; await pause(50, undefined, { signal: deadline })) {
    const { hosts: ready } = (await ask('{ hosts(filter: { statuses: [READY] }, first: 1) { totalCount } }')) as {
      readonly hosts: { readonly totalCount: number };
    }; // as asked for
    if (ready.totalCount === hosts) return;
  }
}

/** A process of this folder, when it has said that it is ready. */
export async function startChild(file: string, options: object) {
  const child = fork(new URL(file, import.meta.url), [JSON.stringify(options)]);
  const ended = once(child, 'exit');
  const first = await Promise.race([once(child, 'message'), ended.then(() => null)]);
  if (first === null) throw new Error(`${file} ended before it was ready`);
  return Object.assign(child, {
    async close() {
      if (child.connected) child.disconnect();
      await ended;
    },
  });
}
