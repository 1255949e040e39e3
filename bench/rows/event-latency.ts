import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { createClient } from 'graphql-ws';
import type { Driver } from '../../src/drivers/driver.ts';
import type { Uuid } from '../../src/model/brands.ts';
import type { Gateway } from '../../test/lab/gateway.ts';
import { entryOf, openBenchHost, type Subject } from '../bench-host.ts';
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
    return [await compare(gateway, qemu, 'bench20')];
  } finally {
    await gateway.close();
  }
}

async function compare(gateway: Gateway, { unixUri, sshUri }: Subject, guest: string): Promise<Comparison> {
  const [driver, reader] = await Promise.all([openDriverFor(unixUri), openDriverFor(sshUri)]);
  const uuid = await driver.findDomain(guest, { signal: AbortSignal.timeout(5_000) });
  const observers = [await openVirshEvent(unixUri, guest), await openSubscriber(gateway, guest)] as const;
  const actedAt: number[] = [];
  const rereadMs: number[] = [];
  try {
    for (let index = 0; index < actions; index += 1) {
      actedAt.push(performance.now());
      const options = { signal: AbortSignal.timeout(5_000) };
      await (index % 2 === 0 ? driver.suspendDomain(uuid, options) : driver.resumeDomain(uuid, options));
      await untilArrived(observers, index + 1);
      rereadMs.push(await timeReread(reader, uuid));
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  } finally {
    await Promise.all([...observers, driver, reader].map((opened) => opened.close()));
  }
  const [virsh, ours] = [latencyOf(observers[0], actedAt), latencyOf(observers[1], actedAt)];
  const reread = timedOf('reading its state once more, over ssh', undefined, { timesMs: rereadMs, cpusMs: [] });
  const virshOf = (index: number) => virsh.timesMs[index] ?? Number.NaN;
  const rereadOf = (index: number) => rereadMs[index] ?? Number.NaN;
  return {
    title: `${actions} times a QEMU guest is suspended or resumed`,
    contenders: [virsh, ours, reread],
    facts: [virsh, ours].map(({ name, timesMs }) => ({
      name: `99 of 100 within, ${name}`,
      value: `${formatFigure(quantile(timesMs, 0.99))} ms`,
    })),
    goals: [
      ratioGoal('a WebSocket over SSH, to virsh event on the socket', { of: ours, to: virsh, atMost: 4 }),
      {
        text: 'the same without the reading, to virsh event, at the median',
        ...quartiles(ours.timesMs.map((ms, index) => (ms - rereadOf(index)) / virshOf(index))),
        target: 1.5,
        better: 'lower',
      },
      { text: 'ms, 99 of 100 within', ratio: quantile(ours.timesMs, 0.99), target: 10, better: 'lower' },
      {
        text: 'how much later at the median, in ms',
        ...quartiles(ours.timesMs.map((ms, index) => ms - virshOf(index))),
        target: 5,
        better: 'lower',
      },
    ],
  };
}

/** Of the same event, with each other. */
function quartiles(values: readonly number[]): Pick<Goal, 'ratio' | 'spread'> {
  return { ratio: quantile(values, 0.5), spread: [quantile(values, 0.25), quantile(values, 0.75)] };
}

/** Until its state is there, which is what a subscriber is told first; ends when all of it has been read. */
async function timeReread(driver: Driver, uuid: Uuid): Promise<number> {
  const begun = performance.now();
  let toldAt = Number.NaN;
  const onMoment = () => {
    toldAt = performance.now();
  };
  await driver.readDomain(uuid, { signal: AbortSignal.timeout(5_000), onMoment });
  return toldAt - begun;
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
