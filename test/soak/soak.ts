import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createRandom } from '../../src/drivers/libvirt/sim/random.ts';
import { pause } from '../chaos/pause.ts';
import { testToken } from '../support/gateway.ts';
import { type Counts, openSoakGateway, type SoakGateway } from './gateway.ts';
import { startNemesis } from './nemesis.ts';
import { type Reading, type Trend, trendOf } from './slope.ts';
import type { SubscribersOptions, SubscribersReport } from './subscribers.ts';

export type SoakOptions = {
  readonly seconds: number;
  readonly hosts: number;
  readonly domainsPerHost: number;
  readonly subscribers: number;
  readonly seed: number;
  readonly say: (line: string) => void;
};

export type SoakReport = {
  readonly clients: SubscribersReport;
  readonly deeds: Readonly<Record<string, number>>;
  /** Of the run without its first third, in MiB. */
  readonly heap: Trend;
  readonly rss: Trend;
  readonly counts: Counts;
  /** Waits on the gateway's clock, with every host connected anew: before anybody came, after all had left, and at the end. */
  readonly timers: { readonly before: number; readonly after: number; readonly closed: number };
  /** What kept the process alive at the end and did not at the beginning. */
  readonly resourcesLeft: readonly string[];
  readonly listenersLeft: number;
  readonly mistakes: readonly string[];
};

/** Hosts that fail, clients of every kind, changes all the time; then quiet, and what is left is counted. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { seconds, hosts, seed, say } = options;
  const mistakes: string[] = [];
  const onWarning = (warning: Error) => mistakes.push(`warning: ${warning.message}`);
  process.on('warning', onWarning);
  const resourcesBefore = process.getActiveResourcesInfo();
  const listenersBefore = countListeners();
  // The gateway's timers keep no process alive, and neither do embedded hosts.
  const alive = setInterval(() => {}, 60_000);
  const gateway = await openSoakGateway(options);
  let before: number;
  let counts: Counts;
  let after: number;
  let clients: SubscribersReport;
  const heap: Reading[] = [];
  const rss: Reading[] = [];
  const random = createRandom(seed);
  let deeds: Readonly<Record<string, number>>;
  try {
    await everyHostReady(gateway);
    before = await settledTimers(gateway, 0);
    say(`${hosts} hosts are ready; ${before} timers wait.`);
    const subscribers = startSubscribers({
      url: gateway.server.url,
      token: testToken,
      subscribers: options.subscribers,
      seed,
      hosts: gateway.daemons.map(({ name }) => name),
    });
    const nemesis = startNemesis(gateway.daemons, random);
    ({ deeds } = nemesis);
    await measure(seconds, heap, rss, async ({ heapUsed, external, rss }) => {
      const { sockets, eventStreams, journalReaders } = await gateway.counts();
      const memory = `heap ${mebibytes(heapUsed)}, outside of it ${mebibytes(external)}, resident ${mebibytes(rss)} MiB`;
      say(`${sockets} sockets, ${eventStreams} event streams, ${journalReaders} readers; ${memory}`);
    });
    nemesis.stop();
    clients = await subscribers.end();
    say('The clients have left.');
    say('It is quiet; counting what is left.');
    await everyHostReady(gateway);
    say('Every host is ready again.');
    counts = await settledCounts(gateway);
    // Lanes were opened, and keep timers of their own: every connection anew, as at the beginning.
    for (const daemon of gateway.daemons) daemon.dropConnections();
    await everyHostReady(gateway);
    after = await settledTimers(gateway, before);
  } finally {
    await gateway.close();
  }
  await pause(200, new AbortController().signal);
  process.off('warning', onWarning);
  clearInterval(alive);
  return {
    clients,
    deeds,
    heap: trendOf(laterPart(heap)),
    rss: trendOf(laterPart(rss)),
    counts,
    timers: { before, after, closed: gateway.clock.pending },
    resourcesLeft: without(process.getActiveResourcesInfo(), resourcesBefore),
    listenersLeft: countListeners() - listenersBefore,
    mistakes: [...mistakes, ...gateway.mistakes],
  };
}

/** In words, what is not as it has to be. Memory is judged only where a run was long enough to tell. */
export function findFaults(report: SoakReport, { judgeMemory }: { readonly judgeMemory: boolean }): string[] {
  const { heap, rss, timers, counts } = report;
  const faults = [...report.mistakes];
  for (const [name, count] of Object.entries(counts)) if (count !== 0) faults.push(`${count} ${name} are left`);
  if (timers.after > timers.before)
    faults.push(`${timers.after} timers wait, and ${timers.before} did at the beginning`);
  if (timers.closed > 0) faults.push(`${timers.closed} timers wait when all is closed`);
  if (report.resourcesLeft.length > 0) faults.push(`left open: ${report.resourcesLeft.join(', ')}`);
  if (report.listenersLeft > 0) faults.push(`${report.listenersLeft} listeners are left on the process`);
  for (const code of ['INTERNAL', 'status 500']) {
    const times = report.clients.outcomes[code] ?? 0;
    if (times > 0) faults.push(`${times} changes answered ${code}`);
  }
  if (judgeMemory && heap.rise > heap.mean * heapTolerance) faults.push(`the heap grew by ${heap.rise.toFixed(1)} MiB`);
  if (judgeMemory && rss.rise > rss.mean * rssTolerance) faults.push(`the memory grew by ${rss.rise.toFixed(1)} MiB`);
  return faults;
}

/** Of the mean, over the measured part of a run: what garbage collection and the allocator leave undecided. */
export const heapTolerance = 0.05;
export const rssTolerance = 0.1;

const sampleMs = 5_000;
const mebibyte = 2 ** 20;

async function measure(
  seconds: number,
  heap: Reading[],
  rss: Reading[],
  tell: (usage: NodeJS.MemoryUsage) => Promise<void>,
): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void; // there by the flag
  const startedAt = performance.now();
  const never = new AbortController().signal;
  for (let sample = 1; sample * sampleMs <= seconds * 1000; sample++) {
    await pause(Math.max(0, startedAt + sample * sampleMs - performance.now()), never);
    collect();
    const usage = process.memoryUsage();
    const at = (performance.now() - startedAt) / 1000;
    heap.push({ at, value: usage.heapUsed / mebibyte });
    rss.push({ at, value: usage.rss / mebibyte });
    if (sample % 6 === 0) await tell(usage);
  }
}

function mebibytes(bytes: number): string {
  return (bytes / mebibyte).toFixed(1);
}

function laterPart(readings: readonly Reading[]): readonly Reading[] {
  return readings.slice(Math.floor(readings.length / 3));
}

/** Those that failed often wait up to a minute before they are tried again, unless they are asked to. */
async function everyHostReady({ fleet }: SoakGateway): Promise<void> {
  const patience = AbortSignal.timeout(120_000);
  for (;;) {
    const late = fleet.hosts().filter(({ status }) => status !== 'READY');
    if (late.length === 0) return;
    if (patience.aborted) {
      const states = late.map(({ name, status, problem }) => `${name} is ${status}: ${problem?.message}`);
      throw new Error(`After two minutes ${states.join('; ')}`);
    }
    const tries = late.map(({ name }) => fleet.refreshHost(name, AbortSignal.timeout(5_000)));
    await Promise.allSettled(tries);
  }
}

async function settledCounts(gateway: SoakGateway): Promise<Counts> {
  let counts = await gateway.counts();
  // Those that vanished are noticed at the second ping; calls that hang end by their deadlines.
  for (let second = 0; second < 60 && Object.values(counts).some((count) => count !== 0); second++) {
    await pause(1_000, new AbortController().signal);
    counts = await gateway.counts();
  }
  return counts;
}

/** The least that was seen within some seconds: work that comes and goes has timers too. */
async function settledTimers({ clock }: SoakGateway, enough: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let tenth = 0; tenth < 100 && least > enough; tenth++) {
    await pause(100, new AbortController().signal);
    least = Math.min(least, clock.pending);
  }
  return least;
}

function startSubscribers(options: SubscribersOptions): { end(): Promise<SubscribersReport> } {
  const program = fileURLToPath(new URL('subscribers.ts', import.meta.url));
  const child = fork(program, [JSON.stringify(options)], { execArgv: [] });
  const exited = once(child, 'exit');
  return {
    async end() {
      const reported = once(child, 'message') as Promise<[SubscribersReport]>; // it sends nothing else
      child.send('end');
      const early = exited.then(() => Promise.reject(new Error('The clients ended without a report.')));
      const [report] = await Promise.race([reported, early]);
      await exited;
      return report;
    },
  };
}

function countListeners(): number {
  return process.eventNames().reduce((total, name) => total + process.listenerCount(name), 0);
}

/** What is in the first list more often than in the second. */
function without(names: readonly string[], others: readonly string[]): string[] {
  const rest = [...others];
  return names.filter((name) => {
    const index = rest.indexOf(name);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
}
