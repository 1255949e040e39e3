import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Server, ServerOptions } from '../../src/server/open-server.ts';
import { until } from '../support/eventually.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { openGateway, testToken } from '../support/gateway.ts';
import { createMemoryFleet, type MemoryFleet, type MemoryFleetOptions, someDomain } from '../support/memory-fleet.ts';

let fleet: MemoryFleet;
let server: Server;
const sockets: WebSocket[] = [];

async function open(fleetOptions: MemoryFleetOptions = {}, serverOptions: Partial<ServerOptions> = {}) {
  fleet = createMemoryFleet(fleetOptions);
  fleet.putHost({ name: 'alpha' });
  server = await openGateway(fleet, serverOptions);
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  // In a time that stands still, nobody would be sent away.
  await until(async () => (await openSockets()) === 0);
  await server.close();
  await fleet.close();
});

type Message = {
  readonly type: string;
  readonly id?: string;
  readonly payload?: {
    readonly data?: { readonly changes?: Told };
    readonly 0?: { readonly extensions: { readonly code: string } };
  };
};
type Told = {
  readonly __typename: string;
  readonly dropped?: number;
  readonly object?: { readonly name: string; readonly description: string };
};

const changesQuery = `subscription { changes(filter: { kinds: [DOMAIN] }, snapshot: NEVER) { __typename
  ... on ObjectUpserted { object { ... on Domain { name description } } }
  ... on Lagged { dropped } } }`;

/** A bare socket that has signed in, and all that it is told. */
async function connect(options: { readonly autoPong?: boolean } = {}) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', options);
  sockets.push(socket);
  const messages: Message[] = [];
  const send = (message: object) => socket.send(JSON.stringify(message));
  socket.on('open', () => send({ type: 'connection_init', payload: { token: testToken } }));
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as Message));
  await expect.poll(() => messages[0]?.type).toBe('connection_ack');
  return {
    socket,
    messages,
    async roundTrip() {
      const { length } = messages;
      send({ type: 'ping' });
      await expect.poll(() => messages.length).toBeGreaterThan(length);
    },
    told: () => messages.flatMap(({ payload }) => payload?.data?.changes ?? []),
    async subscribe(id: string) {
      const operations = await gauge('virtgraph_websocket_operations');
      send({ id, type: 'subscribe', payload: { query: changesQuery } });
      await expect.poll(() => gauge('virtgraph_websocket_operations')).toBe(operations + 1);
    },
  };
}

const large = 'x'.repeat(50_000);

/** Changes 20 domains in turn, with so much text that a reader who stops is soon noticed. Counts the answers made of it. */
async function change(times: number, from = 0): Promise<{ readonly answers: number }> {
  let answers = 0;
  for (let time = from; time < from + times; time++) {
    const domain = someDomain('alpha', time % 20);
    const config = Object.defineProperty({ ...domain.config }, 'description', {
      get() {
        answers++;
        return `${time} ${large}`;
      },
    });
    fleet.putDomain({ ...domain, config });
    // What was told is on its way before the next change.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return {
    get answers() {
      return answers;
    },
  };
}

const numberOf = ({ object }: Told) => Number(object?.description.split(' ')[0]);

describe('a WebSocket that is not read', () => {
  test('holds a bounded number of answers, delays nobody, and is then told that it lags, and the latest of each object', async () => {
    await open({ limits: { readerLag: 100 } });
    const slow = await connect();
    const quick = await connect();
    await slow.subscribe('a');
    await quick.subscribe('a');
    slow.socket.pause();
    const { answers } = await change(1_000);
    await expect.poll(() => quick.told().length).toBe(1_000);
    expect(quick.told().map(numberOf)).toEqual(Array.from({ length: 1_000 }).keys().toArray());
    // Of 50 MB to be had, the buffers of two sockets and of the system hold some.
    expect(answers - 1_000).toBeLessThan(300);

    slow.socket.resume();
    await expect.poll(() => slow.told().findLast(numberOf)?.object?.description.startsWith('999 ')).toBe(true);
    const told = slow.told();
    const lagged = told.findIndex(({ __typename }) => __typename === 'Lagged');
    expect(lagged).toBeGreaterThan(-1);
    // What came before had been sent when it stopped; after it, each of the twenty once.
    expect(told.slice(0, lagged).map(numberOf)).toEqual(Array.from({ length: lagged }).keys().toArray());
    expect(told.slice(lagged + 1).map(numberOf)).toEqual(Array.from({ length: 20 }, (_, index) => 980 + index));
    expect(told[lagged]?.dropped).toBe(1_000 - lagged - 20);
  });

  test('for a minute loses that operation, with a code, and keeps the others', async () => {
    const clock = createFakeClock();
    await open({ limits: { readerLag: 100 }, clock });
    const slow = await connect();
    await slow.subscribe('a');
    slow.socket.pause();
    await change(1_000);
    await clock.advance(61_000);
    slow.socket.resume();
    await expect.poll(() => slow.messages.at(-1)).toMatchObject({ id: 'a', type: 'error' });
    expect(slow.messages.at(-1)?.payload?.[0]?.extensions).toMatchObject({ code: 'SLOW_CONSUMER', retryable: true });
    expect(fleet.metrics().journal.readers).toBe(0);
    await slow.subscribe('b');
    await change(1, 1_000);
    await expect.poll(() => slow.messages.at(-1)).toMatchObject({ id: 'b', type: 'next' });
  });
});

describe('a client that vanishes', () => {
  test('without a word is let go with all that it had, and one that answers pings is not', async () => {
    const clock = createFakeClock();
    await open({}, { clock });
    const gone = await connect({ autoPong: false });
    const here = await connect();
    await gone.subscribe('a');
    await gone.subscribe('b');
    await here.subscribe('a');
    await clock.advance(12_000);
    await here.roundTrip();
    expect(await openSockets()).toBe(2);
    await clock.advance(12_000);
    await expect.poll(openSockets).toBe(1);
    await expect.poll(() => fleet.metrics().journal.readers).toBe(1);
    await change(3);
    await expect.poll(() => here.told()).toHaveLength(3);
  });

  test('while it does not read is let go too: no room was made for what waits', async () => {
    const clock = createFakeClock();
    await open({}, { clock });
    const gone = await connect();
    await gone.subscribe('a');
    gone.socket.pause();
    await change(500);
    await clock.advance(24_000);
    await expect.poll(openSockets).toBe(0);
    await expect.poll(() => fleet.metrics().journal.readers).toBe(0);
  });

  test('is not one that reads slowly, and so finds the pings late', async () => {
    const clock = createFakeClock();
    await open({ limits: { readerLag: 10_000 } }, { clock });
    const slow = await connect({ autoPong: false });
    await slow.subscribe('a');
    slow.socket.pause();
    const made = await change(1_000);
    for (let sip = 0; sip < 4; sip++) {
      const before = await untilFull(made);
      slow.socket.resume();
      // The next answer is made when the last ones have found room.
      await expect.poll(() => made.answers, { interval: 1 }).toBeGreaterThan(before);
      slow.socket.pause();
      await clock.advance(12_000);
    }
    expect(made.answers).toBeLessThan(1_000);
    expect(await openSockets()).toBe(1);
  });
});

/** Until no more answers are made, for want of room; returns how many there are. */
async function untilFull(made: { readonly answers: number }): Promise<number> {
  let answers = -1;
  while (answers !== made.answers) {
    answers = made.answers;
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  return answers;
}

const openSockets = () => gauge('virtgraph_websockets');

async function gauge(name: string): Promise<number> {
  const response = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${testToken}` } });
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await response.text())?.[1]);
}
