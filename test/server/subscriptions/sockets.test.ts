import { once } from 'node:events';
import net from 'node:net';
import { type Client, createClient } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Server } from '../../../src/server/open-server.ts';
import { openGateway, testLimits, testToken } from '../../support/gateway.ts';
import { createMemoryFleet, type MemoryFleet, reading, someDomain } from '../../support/memory-fleet.ts';

let fleet: MemoryFleet;
let server: Server;
const clients: Client[] = [];

beforeEach(async () => {
  fleet = createMemoryFleet();
  fleet.putHost({ name: 'alpha' });
  server = await openGateway(fleet, { origins: ['https://dashboard.example'] });
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose();
  await server.close();
  await fleet.close();
});

const socketUrl = () => `${server.url.replace('http', 'ws')}/graphql`;

function connect(connectionParams: Record<string, unknown> = { authorization: `Bearer ${testToken}` }): Client {
  const client = createClient({ url: socketUrl(), webSocketImpl: WebSocket, connectionParams, retryAttempts: 0 });
  clients.push(client);
  return client;
}

/** The results of a subscription, to be read one by one. */
const watch = (client: Client, query: string) => client.iterate({ query });

async function only(client: Client, query: string) {
  const { value } = await watch(client, query).next();
  return value;
}

/** How the server answers a bare attempt to open a socket. */
function tryOpen(headers: Record<string, string>, path = '/graphql'): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(server.url.replace('http', 'ws') + path, 'graphql-transport-ws', { headers });
    socket.on('open', () => {
      socket.close();
      resolve('open');
    });
    socket.on('error', (error) => resolve(error.message));
  });
}

describe('signing in', () => {
  test.each([{ authorization: `Bearer ${testToken}` }, { Authorization: `bearer ${testToken}` }, { token: testToken }])(
    'takes %j',
    async (params) => {
      expect(await only(connect(params), '{ hosts { totalCount } }')).toEqual({ data: { hosts: { totalCount: 1 } } });
    },
  );

  test.each([{}, { authorization: 'Bearer wrong' }, { token: 5 }])('closes with 4403 for %j', async (params) => {
    await expect(only(connect(params), '{ hosts { totalCount } }')).rejects.toMatchObject({ code: 4403 });
  });

  test('takes the header of those who can send one', async () => {
    const socket = new WebSocket(socketUrl(), 'graphql-transport-ws', {
      headers: { authorization: `Bearer ${testToken}` },
    });
    const acknowledged = new Promise((resolve) =>
      socket.on('message', (data: Buffer) => resolve(JSON.parse(data.toString()))),
    );
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    expect(await acknowledged).toEqual({ type: 'connection_ack' });
    socket.close();
  });
});

describe('a page', () => {
  test('of another site may not open a socket, whatever it knows', async () => {
    expect(await tryOpen({ origin: 'https://evil.example' })).toContain('403');
    expect(await tryOpen({ origin: 'null' })).toContain('403');
  });
  test('of our own, or of one that is configured, may', async () => {
    expect(await tryOpen({ origin: server.url })).toBe('open');
    expect(await tryOpen({ origin: 'https://dashboard.example' })).toBe('open');
  });
  test('finds no socket elsewhere', async () => {
    expect(await tryOpen({}, '/other')).toContain('404');
  });
});

test('a caller who is refused and hangs up at once does no harm', async () => {
  const { hostname, port } = new URL(server.url);
  const upgrade = 'HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  for (let i = 0; i < 20; i++) {
    const socket = net.connect(Number(port), hostname);
    await new Promise((resolve) => socket.write(`GET /other ${upgrade}`, resolve));
    socket.resetAndDestroy();
  }
  expect(await only(connect(), '{ hosts { totalCount } }')).toEqual({ data: { hosts: { totalCount: 1 } } });
});

test('callers who hang up while they wait for their handshake are not missed, and those who stay are let in', async () => {
  const { hostname, port } = new URL(server.url);
  const callers = await Promise.all(
    Array.from({ length: 60 }, async () => {
      const socket = net.connect(Number(port), hostname);
      await once(socket, 'connect');
      return socket;
    }),
  );
  const upgrade = `GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket
Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dmlydGdyYXBoLWJlbmNoIQ==
Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n`.replaceAll(/\r?\n/g, '\r\n');
  // All within one turn of the event loop, which is longer than handshakes may take of it.
  for (const caller of callers) caller.write(upgrade);
  for (const caller of callers.slice(0, 20)) caller.resetAndDestroy();
  const answers = await Promise.all(callers.slice(20).map(async (caller) => String((await once(caller, 'data'))[0])));
  expect(new Set(answers.map((answer) => answer.split('\r\n')[0]))).toEqual(
    new Set(['HTTP/1.1 101 Switching Protocols']),
  );
  for (const caller of callers) caller.destroy();
});

describe('a subscription', () => {
  test('to domains tells the present state, then each change', async () => {
    fleet.putDomain(someDomain('alpha', 1));
    const stream = watch(connect(), 'subscription { domainChanged { name state stateReason } }');
    expect((await stream.next()).value).toEqual({
      data: { domainChanged: { name: 'vm-1', state: 'RUNNING', stateReason: 'booted' } },
    });
    fleet.putDomain(someDomain('alpha', 1, { state: 'PAUSED', stateReason: 'user' }));
    expect((await stream.next()).value).toEqual({
      data: { domainChanged: { name: 'vm-1', state: 'PAUSED', stateReason: 'user' } },
    });
  });

  test('to changes tells objects, the end of the present state, and deletions by their id', async () => {
    const domain = someDomain('alpha', 1);
    fleet.putDomain(domain);
    const stream = watch(
      connect(),
      `subscription { changes { __typename
        ... on ObjectUpserted { origin object { __typename id } }
        ... on ObjectDeleted { origin id }
        ... on SnapshotComplete { cursor } } }`,
    );
    const seen = async () => (await stream.next()).value?.data?.['changes'];
    expect(await seen()).toMatchObject({
      __typename: 'ObjectUpserted',
      origin: 'SNAPSHOT',
      object: { __typename: 'Host' },
    });
    const upserted = await seen();
    expect(upserted).toMatchObject({ object: { __typename: 'Domain' } });
    expect(await seen()).toMatchObject({ __typename: 'SnapshotComplete', cursor: expect.any(String) });
    fleet.dropDomain(domain);
    const { object } = upserted as { readonly object: { readonly id: string } };
    expect(await seen()).toEqual({ __typename: 'ObjectDeleted', origin: 'EVENT', id: object.id });
  });

  test('to readings asks for what is selected, and lets go of the poller when it ends', async () => {
    fleet.putDomain(someDomain('alpha', 1));
    const stream = watch(
      connect(),
      'subscription { domainStats(intervalSeconds: 1.5) { samples { domain { name } stats { cpu { timeSeconds } disks { name } } } } }',
    );
    const first = stream.next();
    await expect.poll(() => fleet.openStreams).toBe(1);
    expect(fleet.statsQueries).toEqual([{ filter: {}, groups: ['cpu', 'block'], intervalMs: 1500 }]);
    const { uuid } = someDomain('alpha', 1);
    fleet.tick({
      at: 0,
      readings: [reading('alpha', uuid), reading('alpha', someDomain('alpha', 2).uuid)],
      missing: [],
    });
    expect((await first).value).toEqual({
      data: {
        domainStats: { samples: [{ domain: { name: 'vm-1' }, stats: { cpu: { timeSeconds: 1.5 }, disks: null } }] },
      },
    });
    await stream.return?.();
    await expect.poll(() => fleet.openStreams).toBe(0);
  });

  test('reads anew for each message what replicas do not hold', async () => {
    fleet.putDomain(someDomain('alpha', 1));
    const stream = watch(connect(), 'subscription { domainChanged { stats { cpu { timeSeconds } } } }');
    await stream.next();
    fleet.putDomain(someDomain('alpha', 1, { state: 'PAUSED' }));
    await stream.next();
    expect(fleet.statsCalls).toHaveLength(2);
  });

  test('that is refused is told why, with a code', async () => {
    for (const [query, code] of [
      ['subscription { domainChanged(filter: { hosts: ["nowhere"] }) { name } }', 'NOT_FOUND'],
      ['subscription { domainStats(intervalSeconds: 0.1) { at } }', 'BAD_USER_INPUT'],
    ] as const) {
      expect(await only(connect(), query)).toMatchObject({ errors: [{ extensions: { code } }] });
    }
  });

  test('ends with its socket', async () => {
    const client = connect();
    const next = watch(client, 'subscription { domainStats { at } }')
      .next()
      .catch(() => null);
    await expect.poll(() => fleet.openStreams).toBe(1);
    client.terminate();
    await next;
    await expect.poll(() => fleet.openStreams).toBe(0);
  });
});

describe('limits', () => {
  test('on documents are those of plain HTTP', async () => {
    const aliases = Array.from({ length: 61 }, (_, i) => `a${i}: name`).join(' ');
    const stream = watch(connect(), `{ host(name: "alpha") { ${aliases} } }`);
    await expect(stream.next()).rejects.toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED' } }]);
  });

  test('on subscriptions hold for each socket', async () => {
    const client = connect();
    const streams = Array.from({ length: testLimits.subscriptionsPerSocket }, () =>
      watch(client, 'subscription { domainStats { at } }'),
    );
    const waiting = streams.map((stream) => stream.next());
    await expect.poll(() => fleet.openStreams).toBe(testLimits.subscriptionsPerSocket);
    await expect(watch(client, 'subscription { domainStats { at } }').next()).rejects.toMatchObject([
      { extensions: { code: 'LIMIT_EXCEEDED' } },
    ]);
    for (const stream of streams) await stream.return?.();
    await Promise.all(waiting);
    expect(await only(client, '{ hosts { totalCount } }')).toEqual({ data: { hosts: { totalCount: 1 } } });
  });

  test('on messages close the socket', async () => {
    const stream = watch(connect(), `{ hosts { totalCount } } # ${'x'.repeat(300_000)}`);
    await expect(stream.next()).rejects.toMatchObject({ code: 1009 });
  });

  test('on sockets refuse the next one', async () => {
    await server.close();
    server = await openGateway(fleet, { limits: { ...testLimits, sockets: 1 } });
    const held = watch(connect(), 'subscription { domainStats { at } }')
      .next()
      .catch(() => null);
    await expect.poll(() => fleet.openStreams).toBe(1);
    expect(await tryOpen({})).toContain('503');
    await server.close();
    await held;
  });
});

test('a server that closes sends its sockets away with "try again"', async () => {
  const closed = new Promise((resolve) => {
    const client = createClient({
      url: socketUrl(),
      webSocketImpl: WebSocket,
      connectionParams: { token: testToken },
      retryAttempts: 0,
      on: { closed: (event) => resolve(event) },
    });
    clients.push(client);
    void watch(client, 'subscription { domainStats { at } }')
      .next()
      .catch(() => null);
  });
  await expect.poll(() => fleet.openStreams).toBe(1);
  await server.close();
  expect(await closed).toMatchObject({ code: 1012 });
  expect(fleet.openStreams).toBe(0);
});
