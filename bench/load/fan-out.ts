/** A server with its subscribers, as a contender: one operation is to publish, and to wait until everybody has heard of it. */
import { cpuOfProcess } from '../cpu.ts';
import { type Contender, quantile, type Timed } from '../rounds.ts';
import type { Goal } from '../row.ts';
import type { ServerUnderLoad } from './server-under-load.ts';
import { openSubscribers } from './subscribers.ts';

export const changesQuery = `subscription Watch { changes(filter: { kinds: [DOMAIN] }, snapshot: NEVER) {
  __typename
  ... on ObjectUpserted {
    cursor origin observedAt
    object { __typename ... on Domain {
      id name uuid state stateReason vcpus memory host { name } interfaces { macAddress model }
    } }
  }
} }`;

export type FanOut = {
  readonly contender: Contender;
  /** Of each round, in the order of rounds; those that did not count come first. */
  readonly userMs: number[];
  readonly p50Ms: number[];
  readonly p99Ms: number[];
  /** One message, without what differs from one to the next. */
  readonly text: () => string;
  readonly message: () => string;
  close(): Promise<void>;
};

export type FanOutOptions = {
  readonly name: string;
  readonly note?: string;
  readonly token: string;
  readonly sockets: number;
  readonly subscriptionsPerSocket?: number;
  readonly changes?: number;
  /** It takes no subscriptions: each change is so many messages to a socket. */
  readonly isBare?: boolean;
};

const warmUps = 20;

export async function openFanOut(server: ServerUnderLoad, options: FanOutOptions): Promise<FanOut> {
  const { name, note, token, sockets, subscriptionsPerSocket = 1, changes = 1, isBare = false } = options;
  const subscribers = await openSubscribers({
    url: server.url,
    token,
    query: changesQuery,
    subscribers: sockets,
    subscriptionsPerSocket,
    isBare,
  });
  const userMs: number[] = [];
  const p50Ms: number[] = [];
  const p99Ms: number[] = [];
  let message = '';

  async function run() {
    const before = await server.usage();
    const arriving = subscribers.arrivals(changes);
    const publishedAtMs = await server.publish(changes);
    const { arrivedAtMs, text } = await arriving;
    const after = await server.usage();
    message = text;
    const latencies = arrivedAtMs.map((at) => at - publishedAtMs);
    userMs.push((after.userUs - before.userUs) / 1_000);
    p50Ms.push(quantile(latencies, 0.5));
    p99Ms.push(quantile(latencies, 0.99));
    return { answer: arrivedAtMs.length, ms: quantile(latencies, 1) };
  }

  // A gateway has been up for longer than a few changes: its code is compiled.
  for (let change = 0; change < warmUps; change++) await run();
  return {
    contender: { name, run, cpu: cpuOfProcess(server.pid), ...(note !== undefined && { note }) },
    userMs,
    p50Ms,
    p99Ms,
    message: () => message,
    text: () =>
      message.replace(/"id":"[0-9a-f-]{36}",/, '').replace(/"(cursor|observedAt|state)":"[^"]*"/g, '"$1":"…"'),
    async close() {
      await subscribers.close();
      await server.close();
    },
  };
}

/** How many times less (or, for `higher: false`, how much of) something is, by medians, with what it was round by round. */
export function timesGoal(text: string, theirs: readonly number[], ours: readonly number[], target: number): Goal {
  const rounds = Math.min(theirs.length, ours.length);
  // From the end: what did not count comes first.
  const ratios = Array.from(
    { length: rounds },
    (_, index) => (theirs.at(-1 - index) ?? 0) / (ours.at(-1 - index) ?? 0),
  );
  return {
    text,
    ratio: quantile(theirs.slice(-rounds), 0.5) / quantile(ours.slice(-rounds), 0.5),
    target,
    better: 'higher',
    spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
  };
}

/** What a message costs and how soon it is there, for the table of a row. */
export function factsOf(fanOut: FanOut, timed: Timed, messages: number) {
  const us = (ms: number) => `${((ms * 1_000) / messages).toFixed(2)} µs`;
  const ms = (values: readonly number[]) => `${quantile(values.slice(-timed.rounds), 0.5).toFixed(1)} ms`;
  const user = quantile(fanOut.userMs.slice(-timed.rounds), 0.5);
  return [
    { name: `${timed.name}: CPU a message, and user's part`, value: `${us(quantile(timed.cpusMs, 0.5))}, ${us(user)}` },
    { name: `${timed.name}: p50 and p99`, value: `${ms(fanOut.p50Ms)}, ${ms(fanOut.p99Ms)}` },
  ];
}
