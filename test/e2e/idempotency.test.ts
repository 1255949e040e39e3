import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts';

type Answer = {
  readonly data?: Readonly<Record<string, Record<string, unknown>>> | null;
  readonly errors?: readonly { readonly extensions: Readonly<Record<string, unknown>> }[];
};

/** A gateway over one embedded host, whose domains are gone with the process, and which keeps what a real one keeps. */
async function start(env: Readonly<Record<string, string>> = {}) {
  const gateway = await startGateway({
    args: ['--config', 'virtgraph.yaml', '--port', '0'],
    env,
    prepare: (dir) =>
      writeFile(
        join(dir, 'virtgraph.yaml'),
        'fleetId: same\njournal: { persist: sqlite }\nhosts: [{ name: alder, uri: "sim://alder?domains=2" }]\n',
      ),
  });
  await expect
    .poll(async () => (await ask(gateway, '{ hosts(filter: { statuses: [READY] }) { totalCount } }')).data)
    .toEqual({ hosts: { totalCount: 1 } });
  return gateway;
}

async function ask(gateway: GatewayProcess, query: string, variables: object = {}): Promise<Answer> {
  const response = await fetch(`${await gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await gateway.token()}` },
    body: JSON.stringify({ query, variables }),
  });
  // GraphQL's shape; what is in it, the tests look at.
  return (await response.json()) as Answer;
}

const xml = (memoryMib: number) =>
  `<domain type='kvm'><name>once</name><memory unit='MiB'>${memoryMib}</memory><vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os></domain>`;
const define = (gateway: GatewayProcess, memoryMib: number, idempotencyKey: string) =>
  ask(
    gateway,
    'mutation ($input: DefineDomainInput!) { defineDomain(input: $input) { summary domain { uuid name memory } task { id } } }',
    { input: { host: 'alder', xml: xml(memoryMib), idempotencyKey } },
  );

test('a key is answered as the first time, also after SIGKILL, and with another input it is a conflict', async () => {
  await using first = await start();
  const answer = await define(first, 64, 'a');
  expect(answer).toMatchObject({ data: { defineDomain: { domain: { name: 'once', memory: 64 * 2 ** 20 } } } });
  expect(await define(first, 64, 'a')).toEqual(answer);
  expect(await define(first, 128, 'a')).toMatchObject({
    errors: [{ extensions: { code: 'CONFLICT', outcome: 'NOT_SENT' } }],
  });
  // Its own name stands in the way, now that it is not the same request.
  const refused = await define(first, 128, 'b');
  expect(refused.errors).toHaveLength(1);
  first.kill('SIGKILL');
  await first.exited;

  await using second = await start({ VIRTGRAPH_STATE_DIR: first.stateDir });
  // The embedded host was made anew, without the domain: so what is said comes from what was kept.
  expect(await ask(second, '{ domain(by: { path: { host: "alder", name: "once" } }) { name } }')).toEqual({
    data: { domain: null },
  });
  expect(await define(second, 64, 'a')).toEqual(answer);
  expect(await define(second, 128, 'b')).toEqual(refused);
  expect(await define(second, 64, 'c')).toMatchObject({ data: { defineDomain: { domain: { name: 'once' } } } });
});

test('a guest that was asked to shut down is waited for by a task that outlives its client and the gateway', async () => {
  await using first = await start();
  const running = await ask(first, '{ domains(filter: { states: [RUNNING] }) { nodes { id } } }');
  const [domain] = (running.data?.['domains']?.['nodes'] ?? []) as readonly { readonly id: string }[];
  const asked = await ask(
    first,
    'mutation ($input: ShutdownDomainInput!) { shutdownDomain(input: $input) { task { id kind state } } }',
    { input: { domain: { id: domain?.id }, idempotencyKey: 'stop' } },
  );
  const task = asked.data?.['shutdownDomain']?.['task'] as { readonly id: string };
  expect(task).toMatchObject({ kind: 'SHUTDOWN_DOMAIN', state: 'RUNNING' });
  first.kill('SIGKILL');
  await first.exited;

  await using second = await start({ VIRTGRAPH_STATE_DIR: first.stateDir });
  const query =
    'query ($id: ID!) { node(id: $id) { ... on Task { id kind finishedAt host { name } } } task(id: $id) { id } }';
  expect(await ask(second, query, { id: task.id })).toMatchObject({
    data: { node: { id: task.id, kind: 'SHUTDOWN_DOMAIN', host: { name: 'alder' } }, task: { id: task.id } },
  });
  const other = await ask(second, 'query ($id: ID!) { task(id: $id) { id } }', { id: domain?.id });
  expect(other).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
});
