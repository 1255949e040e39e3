import { Worker } from 'node:worker_threads';
import { openAsker } from '../answering/ask.ts';
import type { AskingOptions, LongAnswer } from '../answering/asking-worker.ts';
import { type Answering, openAnswering } from '../answering/open.ts';
import { domainFields } from '../answering/questions.ts';
import { keepIn } from '../keep.ts';
import { quantile, timedOf } from '../rounds.ts';
import type { BenchContext, Comparison, Row } from '../row.ts';

const fleet = { hosts: 20, domainsOfHost: 500 };
const trivial = JSON.stringify({ query: '{ gateway { version } }' });
const long = (first: string) =>
  `{ hosts(first: 20) { nodes { name domains(first: 500) { nodes { ${first} ${domainFields} } } } } }`;
const answersOfRound = 3;
/** As long as some long answers take, so that there are about as many questions in both. */
const idleMs = 500;
/** Somebody asks so often, whether or not the last one has been answered. */
const everyMs = 5;
/** Of those who ask: where more wait than this, they wait for a connection, which counts too. */
const connections = 32;

export const row: Row = {
  name: 'big-answer',
  title: 'A trivial question while 10,000 domains are answered to somebody else',
  needs: [],
  async run(bench) {
    await using opened = new AsyncDisposableStack();
    const keep = keepIn(opened);
    const ours = keep(await openAnswering(bench, 'virtgraph', fleet));
    const apollo = keep(await openAnswering(bench, 'apollo', fleet));
    return [
      await beside(bench, 'virtgraph, never asked before', ours, long('n%: name')),
      await beside(bench, 'virtgraph, asked again and again', ours, long('')),
      await beside({ ...bench, rounds: Math.min(3, bench.rounds) }, 'Apollo Server', apollo, long('')),
    ];
  },
};

async function beside(bench: BenchContext, name: string, answering: Answering, query: string): Promise<Comparison> {
  const asker = openAsker(answering.url, connections);
  const idle: number[] = [];
  const busy: number[] = [];
  const idleBlocks: number[] = [];
  const blocks: number[] = [];
  const answers: LongAnswer[] = [];
  const options = { url: answering.url, query, answers: answersOfRound };
  // The first of each is slow for other reasons.
  await askDuring(asker, askLong(options), []);
  for (let round = 0; round < bench.rounds; round++) {
    const pause = new Promise<void>((resolve) => setTimeout(resolve, idleMs));
    idleBlocks.push(await answering.longestBlockDuring(() => askDuring(asker, pause, idle)));
    blocks.push(
      await answering.longestBlockDuring(async () => {
        const long = askLong(options);
        await askDuring(asker, long, busy);
        answers.push(...(await long));
      }),
    );
  }
  asker.close();
  const p99 = (times: readonly number[]) => quantile(times, 0.99);
  const timed = (label: string, timesMs: readonly number[]) =>
    timedOf(label, `p99 ${p99(timesMs).toFixed(2)} ms`, { timesMs, cpusMs: [] });
  const longTimes = answers.map(({ ms }) => ms);
  const bytes = quantile(
    answers.map((answer) => answer.bytes),
    0.5,
  );
  const longest = quantile(blocks, 0.5);
  return {
    title: name,
    contenders: [timed('trivial, idle', idle), timed('trivial, meanwhile', busy), timed('the long answers', longTimes)],
    facts: [
      { name: 'bytes of a long answer', value: String(bytes) },
      { name: 'longest block of the event loop, idle', value: `${quantile(idleBlocks, 0.5).toFixed(1)} ms` },
      { name: 'longest block of the event loop, meanwhile', value: `${longest.toFixed(1)} ms` },
    ],
    goals: name.startsWith('virtgraph')
      ? [
          { text: 'p99 meanwhile, of the p99 idle', ratio: p99(busy) / p99(idle), target: 10, better: 'lower' },
          { text: 'ms that the event loop is held up at most', ratio: longest, target: 10, better: 'lower' },
        ]
      : [],
  };
}

/**
 * A trivial question every few milliseconds until `other` has settled, each timed from when it was due. One who waits for
 * an answer before he asks again would ask once while the event loop is held up, and a thousand times while it is not.
 */
async function askDuring(asker: ReturnType<typeof openAsker>, other: Promise<unknown>, times: number[]): Promise<void> {
  const state = { isOver: false };
  const over = () => {
    state.isOver = true;
  };
  void other.then(over, over);
  const asked: Promise<void>[] = [];
  for (let dueAt = performance.now(); !state.isOver; dueAt += everyMs) {
    await new Promise<void>((resolve) => setTimeout(resolve, Math.max(0, dueAt - performance.now())));
    asked.push(asker.ask(trivial).then(() => void times.push(performance.now() - dueAt)));
  }
  await Promise.all(asked);
}

function askLong(options: AskingOptions): Promise<readonly LongAnswer[]> {
  const worker = new Worker(new URL('../answering/asking-worker.ts', import.meta.url), { workerData: options });
  const { promise, resolve, reject } = Promise.withResolvers<readonly LongAnswer[]>();
  worker.once('message', resolve);
  worker.once('error', reject);
  return promise;
}
