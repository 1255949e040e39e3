import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type CpuMeter, cpuOfProcess } from '../cpu.ts';
import type { BenchContext } from '../row.ts';
import type { Command, Kind, ProcessOptions, Reply } from './protocol.ts';

/** A process of its own that answers about so many domains. */
export type Answering = {
  readonly url: string;
  readonly cpu: CpuMeter;
  change(domains: number): Promise<void>;
  /** Milliseconds that the event loop was held up at most while `work` was done. */
  longestBlockDuring(work: () => Promise<void>): Promise<number>;
  close(): Promise<void>;
};

const program = new URL('process.ts', import.meta.url).pathname;

export async function openAnswering(
  bench: BenchContext,
  kind: Kind,
  { hosts, domainsOfHost }: Pick<ProcessOptions, 'hosts' | 'domainsOfHost'>,
): Promise<Answering> {
  const names = kind === 'mercurius' ? (['fastify', 'mercurius', 'graphql'] as const) : [];
  const peers = await Promise.all(names.map(async (name) => [name, await bench.peer(`npm/${name}`)] as const));
  const options: ProcessOptions = { kind, hosts, domainsOfHost, peers: Object.fromEntries(peers) };
  const child = fork(program, [JSON.stringify(options)], { execArgv: ['--expose-gc'] });
  const started = await reply(child);
  if (!('url' in started)) throw new Error(`${kind} did not start`);
  const ask = (command: Command) => {
    const answer = reply(child);
    child.send(command);
    return answer;
  };
  return {
    url: started.url,
    cpu: cpuOfProcess(child.pid ?? 0),
    async change(domains) {
      await ask({ type: 'change', domains });
    },
    async longestBlockDuring(work) {
      await ask({ type: 'watch' });
      await work();
      const answer = await ask({ type: 'longestBlock' });
      return 'longestBlockMs' in answer ? answer.longestBlockMs : Number.NaN;
    },
    async close() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

async function reply(child: ChildProcess): Promise<Reply> {
  const ended = new AbortController();
  const onExit = () => ended.abort(new Error('the answering process ended; what it said stands above'));
  child.once('exit', onExit);
  try {
    const [message] = await once(child, 'message', { signal: ended.signal });
    return message;
  } finally {
    child.off('exit', onExit);
  }
}
