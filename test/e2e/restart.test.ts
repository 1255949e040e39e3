import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts';

type Told = {
  readonly __typename: string;
  readonly cursor?: string;
  readonly id?: string;
  readonly origin?: string;
  readonly object?: { readonly id: string; readonly name: string; readonly state?: string; readonly status?: string };
};

const changes = `subscription ($after: Cursor) { changes(after: $after) {
  __typename
  ... on ObjectUpserted { cursor origin object { id ... on Domain { name state } ... on Host { name status } } }
  ... on ObjectDeleted { cursor origin id }
  ... on SnapshotComplete { cursor }
  ... on Bookmark { cursor }
  ... on HostInterrupted { cursor }
  ... on HostResumed { cursor }
  ... on ResyncRequired { reason }
} }`;

/** A client that keeps its cursor and what it was told, over as many connections as it takes. */
function createWatcher() {
  const told: Told[] = [];
  const objects = new Map<string, NonNullable<Told['object']>>();
  let cursor: string | null = null;
  return {
    told,
    objects,
    watch(url: string, token: string): () => void {
      const client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${token}` },
        retryAttempts: 0,
      });
      return client.subscribe<{ changes: Told }>(
        { query: changes, variables: { after: cursor } },
        {
          next({ data }) {
            if (!data) return;
            const change = data.changes;
            told.push(change);
            if (change.cursor !== undefined) cursor = change.cursor;
            if (change.object) objects.set(change.object.id, change.object);
            if (change.__typename === 'ObjectDeleted' && change.id !== undefined) objects.delete(change.id);
          },
          // The gateway is killed while it is watched.
          error() {},
          complete() {},
        },
      );
    },
  };
}

async function ask(gateway: GatewayProcess, query: string): Promise<Record<string, never>> {
  const response = await fetch(`${await gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await gateway.token()}` },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data: Record<string, never>; errors?: unknown };
  expect(errors).toBe(undefined);
  return data;
}

const xml = (name: string) =>
  `<domain type='kvm'><name>${name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os></domain>`;
const define = (name: string) =>
  `mutation { defineDomain(input: { host: "one", xml: ${JSON.stringify(xml(name))} }) { summary } }`;
const state = '{ domains(first: 500) { nodes { id name state stale } } hosts { nodes { id name status } } }';

async function shared() {
  const dir = await mkdtemp(join(tmpdir(), 'virtgraph-restart-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const configure = (hosts: readonly string[]) =>
    writeFile(
      join(dir, 'virtgraph.yaml'),
      JSON.stringify({ listen: { port: 0 }, hosts: hosts.map((name) => ({ name, uri: `sim://${name}?domains=8` })) }),
    );
  const start = () =>
    startGateway({
      args: ['--config', join(dir, 'virtgraph.yaml')],
      env: { VIRTGRAPH_STATE_DIR: join(dir, 'state') },
    });
  return { dir, configure, start };
}

async function untilReady(gateway: GatewayProcess, count: number) {
  await expect
    .poll(() => ask(gateway, '{ hosts(filter: { statuses: [READY] }) { totalCount } }'))
    .toEqual({ hosts: { totalCount: count } });
}

test('who watched a gateway that was killed goes on from the last cursor, without starting over', async () => {
  const { configure, start } = await shared();
  await configure(['one', 'two']);
  const watcher = createWatcher();
  {
    await using gateway = await start();
    await untilReady(gateway, 2);
    watcher.watch(await gateway.url, await gateway.token());
    await expect.poll(() => watcher.told.some(({ __typename }) => __typename === 'SnapshotComplete')).toBe(true);
    // An embedded host forgets with its process: to the next gateway, this one was undefined meanwhile.
    await ask(gateway, define('forgotten'));
    await expect.poll(() => [...watcher.objects.values()].some(({ name }) => name === 'forgotten')).toBe(true);
    gateway.kill('SIGKILL');
    await gateway.exited;
  }
  const seen = watcher.told.length;
  await configure(['one', 'three']);
  await using gateway = await start();
  watcher.watch(await gateway.url, await gateway.token());
  await untilReady(gateway, 2);
  await ask(gateway, define('afterwards'));

  // What one holds who heard it all is what there is.
  await expect
    .poll(async () => {
      const { domains, hosts } = (await ask(gateway, state)) as unknown as Record<
        'domains' | 'hosts',
        { nodes: { id: string; name: string; state?: string; status?: string }[] }
      >;
      const there = [...domains.nodes, ...hosts.nodes].map(({ id, name, state: of, status }) => [
        id,
        name,
        of ?? status,
      ]);
      const held = [...watcher.objects.values()].filter((object) => object.state ?? object.status);
      const told = held.map(({ id, name, state: of, status }) => [id, name, of ?? status]);
      const byId = (a: (string | undefined)[], b: (string | undefined)[]) => String(a[0]).localeCompare(String(b[0]));
      return JSON.stringify(told.sort(byId)) === JSON.stringify(there.sort(byId)) && there.length === 19;
    })
    .toBe(true);
  const after = watcher.told.slice(seen);
  expect(after.filter(({ __typename }) => __typename === 'ResyncRequired')).toEqual([]);
  expect(after.filter(({ origin }) => origin === 'SNAPSHOT')).toEqual([]);
  expect([...watcher.objects.values()].map(({ name }) => name)).not.toContain('forgotten');
  // All of host two, itself, and the one that was forgotten; embedded networks and pools too.
  expect(after.filter(({ __typename }) => __typename === 'ObjectDeleted').length).toBeGreaterThanOrEqual(10);
  const kinds = after.map(({ __typename }) => __typename);
  expect(kinds.indexOf('HostInterrupted')).toBeLessThan(kinds.lastIndexOf('HostResumed'));
});

test('a gateway that starts where another runs says so and ends; one whose store is spoilt starts without it', async () => {
  const { dir, configure, start } = await shared();
  await configure(['one']);
  {
    await using first = await start();
    await untilReady(first, 1);
    await using second = await start();
    expect(await second.exited).toBe(1);
    expect(second.stderr()).toContain('store.sqlite is in use: another gateway runs with this state directory.');
    first.kill('SIGTERM');
    expect(await first.exited).toBe(0);
  }
  await writeFile(join(dir, 'state', 'store.sqlite'), 'no database');
  await using third = await start();
  await untilReady(third, 1);
  expect(third.stderr()).toContain('The store is damaged');
});
