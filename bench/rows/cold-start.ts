import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type CpuMeter, cpuOfProcess } from '../cpu.ts';
import { type Contender, measureSideBySide } from '../rounds.ts';
import type { BenchContext, Comparison, Row } from '../row.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** As npm installs it: without its package.json beside it, Node has to look into each file for which kind it is. */
const installed = join(root, 'node_modules/.cache/bench-package');
const dist = join(installed, 'dist');
const token = 'cold-start-'.repeat(4);

const hosts = 20;
const guestsOfEach = 50;

export const row: Row = {
  name: 'cold-start',
  title: `From the start of the process to an answer about ${hosts} hosts with ${hosts * guestsOfEach} guests`,
  needs: [],
  async run(bench) {
    await mkdir(installed, { recursive: true });
    for (const file of ['package.json', 'schema.graphql']) await copyFile(join(root, file), join(installed, file));
    await promisify(execFile)(process.execPath, [join(root, 'scripts/build.mjs'), dist], { cwd: root });
    const folder = await mkdtemp(join(tmpdir(), 'virtgraph-bench-'));
    try {
      return [await compare(bench, folder)];
    } finally {
      await rm(folder, { recursive: true });
      await rm(installed, { recursive: true });
    }
  },
};

async function compare(bench: BenchContext, folder: string): Promise<Comparison> {
  const config = join(folder, 'virtgraph.yaml');
  const configured = Array.from({ length: hosts }, (_, index) => ({
    name: `host${index}`,
    uri: `sim://host${index}?domains=${guestsOfEach}&activity=off`,
  }));
  await writeFile(config, JSON.stringify({ listen: { port: 0 }, log: { level: 'error' }, hosts: configured }));
  const start = (program: string) => startGateway([program, 'serve', '--config', config], folder);

  const published = join(dist, 'main.js');
  const before = await start(published);
  while ((await before.ask('{ hosts(filter: { statuses: [READY] }) { totalCount } }')).hosts.totalCount < hosts) {
    await wait(50);
  }
  await before.stop();

  let lastCpu = 0;
  let [answers, staleAnswers] = [0, 0];
  const cpu: CpuMeter = () => lastCpu;
  const contender = (name: string, program: string, note: string): Contender => ({
    name,
    note,
    cpu,
    async run() {
      const startedAt = performance.now();
      const gateway = await start(program);
      const { domains } = await gateway.ask('{ domains(first: 100) { totalCount nodes { name state stale } } }');
      const ms = performance.now() - startedAt;
      lastCpu += gateway.cpuMs();
      await gateway.stop();
      answers += 1;
      if (domains.nodes?.every(({ stale }) => stale)) staleAnswers += 1;
      return { ms, answer: domains.totalCount };
    },
  });
  const [built, sources] = await measureSideBySide(
    [
      contender('the package', published, 'built, its compiled code kept from the start before'),
      contender('the sources', join(root, 'src/main.ts'), 'as `npm start` runs them, without its own start'),
    ],
    bench.rounds,
    hosts * guestsOfEach,
  );
  return {
    title: 'the first answer, from what was last known',
    contenders: [built, sources],
    // The others came so late that hosts had been read meanwhile.
    facts: [{ name: 'answers of nothing but what an earlier run kept', value: `${staleAnswers} of ${answers}` }],
    goals: [
      { text: 'ms until the package answers, at the median', ratio: built.medianMs, target: 250, better: 'lower' },
    ],
  };
}

type Answer = {
  readonly hosts: { readonly totalCount: number };
  readonly domains: { readonly totalCount: number; readonly nodes?: readonly { readonly stale: boolean }[] };
};

async function startGateway(argv: readonly string[], folder: string) {
  const child = spawn(process.execPath, argv, {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      VIRTGRAPH_STATE_DIR: join(folder, 'state'),
      VIRTGRAPH_TOKEN: token,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const cpuMs = cpuOfProcess(child.pid ?? 0);
  const url = await readUrl(child.stdout);
  return {
    cpuMs,
    async ask(query: string): Promise<Answer> {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query }),
      });
      // What was asked for above.
      const { data } = (await response.json()) as { readonly data: Answer };
      return data;
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function readUrl(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const found = /is ready at (\S+)/.exec(line)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error('The gateway ended; what it said stands above');
}
