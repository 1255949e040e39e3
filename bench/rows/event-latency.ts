import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { createClient } from 'graphql-ws';
import type { Gateway } from '../../test/lab/gateway.ts';
import { entryOf, openBenchHost } from '../bench-host.ts';
import { openDriverFor } from '../libvirt-contenders.ts';
import { openGatewayOf } from '../over-http.ts';
import { formatFigure } from '../report.ts';
import { quantile, ratioGoal, type Timed, timedOf } from '../rounds.ts';
import type { BenchContext, Comparison, Goal, Row } from '../row.ts';

/** Between one action and the next; the events of one must have come by then. */
const pauseMs = 25;

const arrivalNews = new EventEmitter();

function note(arrivals: number[]): void {
  arrivals.push(performance.now());
  arrivalNews.emit('arrival');
}

type Observer = { readonly name: string; readonly arrivals: number[]; close(): Promise<void> };

const actions = 500;

/**
 * From an action to the moment when its event is in somebody's hands, side by side for each event: `virsh event` on the
 * daemon's own socket, and a WebSocket subscriber of the gateway, which hears of it over SSH and reads the domain first.
 * The action comes over a third connection, from here, so that no process has to start for it.
 */
export const row: Row = {
  name: 'event-latency',
  title: "From an action to its event in a subscriber's hands",
  needs: ['lab'],
  run: measureEvents,
};

async function measureEvents(bench: BenchContext): Promise<readonly Comparison[]> {
  const { lab, qemu } = await openBenchHost(bench);
  const gateway = await openGatewayOf(lab, entryOf(qemu));
  try {
    return [await compare(gateway, qemu.unixUri, 'bench20')];
  } finally {
    await gateway.close();
  }
}

async function compare(gateway: Gateway, unixUri: string, guest: string): Promise<Comparison> {
  const driver = await openDriverFor(unixUri);
  const uuid = await driver.findDomain(guest, { signal: AbortSignal.timeout(5_000) });
  const observers = [await openVirshEvent(unixUri, guest), await openSubscriber(gateway, guest)] as const;
  const actedAt: number[] = [];
  try {
    for (let index = 0; index < actions; index += 1) {
      actedAt.push(performance.now());
      const options = { signal: AbortSignal.timeout(5_000) };
      await (index % 2 === 0 ? driver.suspendDomain(uuid, options) : driver.resumeDomain(uuid, options));
      await untilArrived(observers, index + 1);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  } finally {
    await Promise.all([...observers, driver].map((opened) => opened.close()));
  }
  const [virsh, ours] = [latencyOf(observers[0], actedAt), latencyOf(observers[1], actedAt)];
  return {
    title: `${actions} times a QEMU guest is suspended or resumed`,
    contenders: [virsh, ours],
    facts: [virsh, ours].map(({ name, timesMs }) => ({
      name: `99 of 100 within, ${name}`,
      value: `${formatFigure(quantile(timesMs, 0.99))} ms`,
    })),
    goals: [
      ratioGoal('a WebSocket over SSH, to virsh event on the socket', { of: ours, to: virsh, atMost: 4 }),
      { text: 'how much later at the median, in ms', ...laterMs(ours, virsh), target: 5, better: 'lower' },
    ],
  };
}

/** Of the same event, with each other. */
function laterMs(ours: Timed, virsh: Timed): Pick<Goal, 'ratio' | 'spread'> {
  const laterBy = ours.timesMs.map((ms, index) => ms - (virsh.timesMs[index] ?? Number.NaN));
  return { ratio: quantile(laterBy, 0.5), spread: [quantile(laterBy, 0.25), quantile(laterBy, 0.75)] };
}

function latencyOf({ name, arrivals }: Observer, actedAt: readonly number[]): Timed {
  const timesMs = actedAt.map((at, index) => (arrivals[index] ?? Number.NaN) - at);
  return timedOf(name, undefined, { timesMs, cpusMs: [] });
}

async function openVirshEvent(unixUri: string, guest: string): Promise<Observer> {
  const arrivals: number[] = [];
  // Without stdbuf the C library keeps lines for a pipe back until there are many.
  const args = [
    '-oL',
    'virsh',
    '-c',
    `${unixUri}&mode=direct`,
    'event',
    '--loop',
    '--event',
    'lifecycle',
    '--domain',
    guest,
  ];
  const child = spawn('stdbuf', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.includes('lifecycle')) note(arrivals);
  });
  // It says nothing when it has registered; a second is long enough for a process that starts in a tenth.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return {
    name: 'virsh event, unix socket',
    arrivals,
    async close() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
    },
  };
}

async function openSubscriber(gateway: Gateway, guest: string): Promise<Observer> {
  const arrivals: number[] = [];
  const client = createClient({
    url: `${gateway.url.replace('http', 'ws')}/graphql`,
    connectionParams: { authorization: `Bearer ${gateway.token}` },
    retryAttempts: 0,
  });
  const query = `subscription { changes(filter: { domains: { nameContains: "${guest}" } }) {
    __typename ... on ObjectUpserted { origin object { ... on Domain { name state stateReason } } } } }`;
  const begun = Promise.withResolvers<void>();
  client.subscribe<{ changes: { __typename: string; origin?: string } }>(
    { query },
    {
      next({ data }) {
        if (data?.changes.__typename === 'SnapshotComplete') begun.resolve();
        if (data?.changes.origin === 'EVENT') note(arrivals);
      },
      error: begun.reject,
      complete() {},
    },
  );
  await begun.promise;
  return { name: 'virtgraph, WebSocket, over ssh', arrivals, close: async () => client.dispose() };
}

/** Sleeps until there are so many: a loop that looked again and again would take a core from the daemon and the gateway. */
async function untilArrived(observers: readonly Observer[], count: number): Promise<void> {
  const deadline = AbortSignal.timeout(5_000);
  while (observers.some(({ arrivals }) => arrivals.length < count))
    await once(arrivalNews, 'arrival', { signal: deadline });
}
