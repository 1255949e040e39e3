/** A process full of subscribers. Started by `subscribers.ts`, which it obeys over the channel between processes. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSubscriber, type Subscriber, type SubscriberOptions } from './subscriber.ts';
import { systemClockOffsetMs } from './system-clock.ts';

export type Order =
  | {
      readonly type: 'open';
      readonly url: string;
      readonly token: string;
      readonly isBare: boolean;
      readonly query: string;
      /** One for each subscriber. */
      readonly variables: readonly Readonly<Record<string, unknown>>[];
      readonly subscriptionsPerSocket: number;
      /** Handshakes under way at once. */
      readonly atOnce: number;
    }
  /** To be answered when `messages` more have come since the last time. */
  | { readonly type: 'expect'; readonly messages: number }
  | { readonly type: 'count' }
  | { readonly type: 'close' };

/** Moments are in milliseconds of the system's monotonic clock. */
export type Report =
  | { readonly type: 'open'; readonly startedAtMs: number; readonly tookMs: number }
  /** When each came. */
  | { readonly type: 'arrived'; readonly arrivedAtMs: Float64Array; readonly bytes: number; readonly text: string }
  | { readonly type: 'count'; readonly messages: number; readonly bytes: number; readonly text: string }
  | { readonly type: 'failed'; readonly reason: string };

const mostAttempts = 5;
const againAfterMs = 200;

const toSystemMs = systemClockOffsetMs();
const subscribers: Subscriber[] = [];
let arrivals = new Float64Array(1 << 16);
let arrived = 0;
let bytes = 0;
let text = '';
let awaited = 0;
let isClosing = false;

function onMessage(length: number) {
  if (arrived === arrivals.length) {
    const larger = new Float64Array(arrivals.length * 2);
    larger.set(arrivals);
    arrivals = larger;
  }
  arrivals[arrived++] = performance.now() + toSystemMs;
  bytes += length;
  settle();
}

function settle() {
  if (awaited === 0 || arrived < awaited) return;
  report({ type: 'arrived', arrivedAtMs: arrivals.slice(0, awaited), bytes, text });
  arrivals.copyWithin(0, awaited, arrived);
  arrived -= awaited;
  awaited = 0;
  bytes = 0;
}

async function open(order: Order & { readonly type: 'open' }) {
  const { url, token, isBare, query, subscriptionsPerSocket } = order;
  const startedAt = performance.now();
  const waiting = [...order.variables];
  async function openSome() {
    for (let variables = waiting.pop(); variables !== undefined; variables = waiting.pop()) {
      const own = variables;
      const subscriptions = Array.from({ length: subscriptionsPerSocket }, () => ({
        id: randomUUID(),
        query,
        variables: own,
      }));
      subscribers.push(
        await openAtLast({
          url,
          token,
          isBare,
          subscriptions,
          onMessage,
          onText(message) {
            text = message;
          },
          wantsText: () => text === '',
          onClosed: (reason) => isClosing || report({ type: 'failed', reason }),
        }),
      );
    }
  }
  await Promise.all(Array.from({ length: order.atOnce }, openSome));
  report({ type: 'open', startedAtMs: startedAt + toSystemMs, tookMs: performance.now() - startedAt });
}

/** As clients do: one that is not let in, since too many come at once, comes again a little later. */
async function openAtLast(options: SubscriberOptions): Promise<Subscriber> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openSubscriber(options);
    } catch (error) {
      if (attempt === mostAttempts) throw error;
      await sleep(attempt * againAfterMs * (0.5 + Math.random()));
    }
  }
}

function report(message: Report) {
  if (process.connected) process.send?.(message);
}

process.on('disconnect', () => process.exit());
process.on('message', (order: Order) => {
  switch (order.type) {
    case 'open':
      open(order).catch((error: unknown) => report({ type: 'failed', reason: String(error) }));
      break;
    case 'expect':
      awaited = order.messages;
      settle();
      break;
    case 'count':
      report({ type: 'count', messages: arrived, bytes, text });
      arrived = 0;
      bytes = 0;
      break;
    case 'close':
      isClosing = true;
      for (const subscriber of subscribers) subscriber.close();
      process.disconnect();
      break;
    default:
      order satisfies never;
  }
});
