import { type Client, createClient } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Server } from '../../src/server/open-server.ts';
import { until } from '../support/eventually.ts';
import { openGateway, testLimits, testToken } from '../support/gateway.ts';
import { createMemoryFleet, type MemoryFleet, someDomain } from '../support/memory-fleet.ts';

let fleet: MemoryFleet;
let server: Server;
const clients: Client[] = [];

beforeEach(async () => {
  fleet = createMemoryFleet();
  fleet.putHost({ name: 'alpha' });
  fleet.putHost({ name: 'beta' });
  server = await openGateway(fleet, { limits: { ...testLimits, sockets: 200, subscriptionsPerSocket: 20 } });
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose();
  await server.close();
  await fleet.close();
});

type Told = {
  readonly __typename: string;
  readonly cursor?: string;
  readonly object?: { readonly name: string; readonly description: string | null };
};

const fields = `__typename
  ... on ObjectUpserted { cursor object { ... on Domain { name description } } }
  ... on SnapshotComplete { cursor }
  ... on Bookmark { cursor }`;
const query = `subscription ($after: Cursor, $mode: SnapshotMode! = NEVER, $filter: ChangeFilter) {
  changes(after: $after, snapshot: $mode, filter: $filter) { ${fields} } }`;

/** What is told to one who subscribes on a socket of his own, or on the one that is given. */
function subscribe(variables: Record<string, unknown> = {}, text = query, client = connect()) {
  const told: Told[] = [];
  const stop = client.subscribe<{ changes: Told }>(
    { query: text, variables },
    {
      next: ({ data }) => void (data && told.push(data.changes)),
      error: () => {},
      complete: () => {},
    },
  );
  return { told, stop, described: () => told.flatMap(({ object }) => object?.description ?? []) };
}

function connect(): Client {
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { token: testToken },
    retryAttempts: 0,
    lazy: true,
  });
  clients.push(client);
  return client;
}

async function subscribed(count: number): Promise<void> {
  await expect
    .poll(async () => {
      const headers = { authorization: `Bearer ${testToken}` };
      const text = await (await fetch(`${server.url}/metrics`, { headers })).text();
      return Number(/^virtgraph_websocket_operations (\d+)$/m.exec(text)?.[1]);
    })
    .toBe(count);
}

let executions = 0;
/** A change whose text tells which it is; how often it is read is counted. */
function change(hostName: string, number: number, description: string) {
  const domain = someDomain(hostName, number);
  const config = Object.defineProperty({ ...domain.config }, 'description', {
    get() {
      executions++;
      return description;
    },
  });
  fleet.putDomain({ ...domain, config });
}

describe('subscribers of one document', () => {
  beforeEach(() => {
    executions = 0;
  });

  test('are told of a change that was executed once, however they wrote the document and wherever they began', async () => {
    const cursor = fleet.journal.cursor();
    const all = [
      subscribe(),
      subscribe(),
      subscribe({ after: cursor }),
      subscribe({}, query.replaceAll('  ', ' ').replace('{', '{ # a comment\n')),
      subscribe({ mode: 'ALWAYS' }),
    ];
    await subscribed(all.length);
    await expect.poll(() => all.at(-1)?.told.at(-1)?.__typename).toBe('SnapshotComplete');
    change('alpha', 1, 'once');
    for (const each of all) await expect.poll(each.described).toEqual(['once']);
    expect(executions).toBe(1);
    expect(fleet.metrics().journal.readers).toBe(1);
  });

  test('are no cohort when their variables differ', async () => {
    const alpha = subscribe({ filter: { hosts: ['alpha'] } });
    const beta = subscribe({ filter: { hosts: ['beta'] } });
    await subscribed(2);
    change('beta', 1, 'of beta');
    await expect.poll(beta.described).toEqual(['of beta']);
    change('alpha', 1, 'of alpha');
    await expect.poll(alpha.described).toEqual(['of alpha']);
    expect(beta.described()).toEqual(['of beta']);
  });

  test('leave one by one, and with the last one the journal is read no more', async () => {
    const all = [subscribe(), subscribe(), subscribe()];
    await subscribed(3);
    const [first, second, third] = all;
    first?.stop();
    await subscribed(2);
    change('alpha', 1, 'two are left');
    await expect.poll(() => third?.described()).toEqual(['two are left']);
    expect(second?.described()).toEqual(['two are left']);
    expect(first?.described()).toEqual([]);
    second?.stop();
    third?.stop();
    await expect.poll(() => fleet.metrics().journal.readers).toBe(0);
  });

  test('on one socket are each told by their own id', async () => {
    const client = connect();
    const all = Array.from({ length: 10 }, () => subscribe({}, query, client));
    await subscribed(10);
    for (let number = 0; number < 20; number++) change('alpha', number, `change ${number}`);
    const expected = Array.from({ length: 20 }, (_, number) => `change ${number}`);
    for (const each of all) await expect.poll(each.described).toEqual(expected);
    expect(executions).toBe(20);
  });

  test('who come back with a cursor are told what they missed, each from where he was, and then go on with the others', async () => {
    const witness = subscribe();
    await subscribed(1);
    const back: { readonly from: number; readonly each: ReturnType<typeof subscribe> }[] = [];
    const total = 300;
    for (let number = 0; number < total; number++) {
      change('alpha', number % 7, `${number}`);
      if (number % 10 === 0) {
        await until(() => witness.told.length === number + 1);
        const from = Math.floor(number / 2);
        back.push({ from: from + 1, each: subscribe({ after: witness.told[from]?.cursor }) });
      }
    }
    const upTo = (from: number) => Array.from({ length: total - from }, (_, index) => `${from + index}`);
    await expect.poll(witness.described).toEqual(upTo(0));
    for (const { from, each } of back) await expect.poll(each.described).toEqual(upTo(from));
    await expect.poll(() => fleet.metrics().journal.readers).toBe(1);
  });

  test.each([0, 1, 60, 125, 126, 1_000, 65_400, 65_536, 200_000])(
    'are told an answer with a text of %i bytes as it is',
    async (length) => {
      const one = subscribe();
      await subscribed(1);
      const text = `ü${'x'.repeat(length)}`;
      change('alpha', 1, text);
      change('alpha', 2, 'after it');
      await expect.poll(one.described).toEqual([text, 'after it']);
    },
  );
});
