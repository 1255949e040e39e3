import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Log } from '../../src/log.ts';
import { silentLog } from '../../src/log.ts';
import { createIdCodec } from '../../src/resolvers/ids.ts';
import type { Server } from '../../src/server/open-server.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { ask, openGateway, testLimits, testToken } from '../support/gateway.ts';
import { createMemoryFleet, type MemoryFleet, someDomain } from '../support/memory-fleet.ts';

let fleet: MemoryFleet;
let server: Server;
const logged: object[] = [];
const log: Log = { ...silentLog, error: (fields) => logged.push(fields) };

beforeEach(async () => {
  logged.length = 0;
  fleet = createMemoryFleet();
  fleet.putHost({ name: 'alpha' });
  server = await openGateway(fleet, { log });
});

afterEach(async () => {
  await server.close();
  await fleet.close();
});

const authorization = `Bearer ${testToken}`;
const json = { authorization, 'content-type': 'application/json' };

async function request(path: string, init: RequestInit = {}) {
  const response = await fetch(server.url + path, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}
const post = (body: string, headers: Record<string, string> = json) =>
  request('/graphql', { method: 'POST', headers, body });

describe('a caller', () => {
  test.each(['/graphql', '/metrics', '/nothing'])(
    'without a token gets 401 from %s, in the shape of GraphQL',
    async (path) => {
      const { status, headers, text } = await request(path);
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toBe('Bearer realm="virtgraph"');
      expect(JSON.parse(text)).toEqual({
        errors: [
          { message: expect.stringContaining('token'), extensions: { code: 'UNAUTHENTICATED', retryable: false } },
        ],
      });
    },
  );

  test('without a token is not even listened to', async () => {
    const { status } = await post('x'.repeat(1_000_000), {
      'content-type': 'application/json',
      authorization: 'Bearer wrong',
    });
    expect(status).toBe(401);
  });

  test.each(['/healthz', '/readyz', '/'])('without a token gets %s', async (path) => {
    expect((await request(path)).status).toBe(200);
  });
});

describe('the page of the IDE', () => {
  test('forbids every script and connection that is not ours, and loads nothing from elsewhere', async () => {
    const { headers, text } = await request('/');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(text).not.toMatch(/https?:\/\//);
    expect(text).not.toMatch(/<script>[^<]/);
  });

  test('has every file it names, and no other', async () => {
    const { text } = await request('/');
    const files = [...text.matchAll(/(?:href|src)="(\/ide\/[^"]+)"/g)].map((match) => match[1] ?? '');
    expect(files.length).toBe(3);
    for (const file of files) expect(await request(file)).toMatchObject({ status: 200 });
    expect((await request('/ide/../package.json', { headers: { authorization } })).status).toBe(404);
  });
});

describe('a request', () => {
  test('with content negotiation gets the media type of GraphQL over HTTP', async () => {
    const accept = 'application/graphql-response+json';
    const { status, headers } = await post('{"query":"{ hosts { totalCount } }"}', { ...json, accept });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain(accept);
  });

  test.each([
    ['that is not JSON', 'hello', 400],
    ['that is empty', '{}', 400],
    ['that is a batch', '[{"query":"{ __typename }"}]', 400],
    ['with a query that cannot be read', '{"query":"{ hosts "}', 400],
    ['with a field that does not exist', '{"query":"{ hots }"}', 400],
    ['with a subscription', '{"query":"subscription { hostChanged { name } }"}', 400],
    ['with an address that is none', '{"query":"{ domains(filter: { macAddress: 5 }) { totalCount } }"}', 400],
    [
      'with a variable of the wrong type',
      '{"query":"query ($n: Int) { hosts(first: $n) { totalCount } }","variables":{"n":"x"}}',
      400,
    ],
  ])('%s is refused with a code and no stack', async (_what, body, status) => {
    const answer = await post(body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text).errors[0].extensions.code).toMatch(/^(BAD_USER_INPUT|INVALID_MAC_ADDRESS)$/);
    expect(answer.text).not.toMatch(/stack|node_modules|\bat /);
    expect(logged).toEqual([]);
  });

  test('of five megabytes is refused before it is read', async () => {
    const { status, text } = await post(`{"query":"${'x'.repeat(5_000_000)}"}`);
    expect(status).toBe(413);
    expect(JSON.parse(text).errors[0].extensions.code).toBe('LIMIT_EXCEEDED');
  });

  test.each([
    ['depth', `{ host(name: "x") { ${'networks { host { '.repeat(12)}name${' } }'.repeat(12)} } }`],
    ['tokens', `{ ${'gateway { version } '.repeat(2000)} }`],
    ['aliases', `{ host(name: "alpha") { ${Array.from({ length: 61 }, (_, i) => `a${i}: name`).join(' ')} } }`],
  ])('beyond the limit of %s is refused', async (_what, query) => {
    const { status, errors } = await ask(server.url, query);
    expect(status).toBe(400);
    expect(errors?.map((error) => error.extensions.code)).toContain('LIMIT_EXCEEDED');
  });

  test('by a form of another page is refused', async () => {
    const { status, text } = await post('{"query":"{ __typename }"}', { authorization, 'content-type': 'text/plain' });
    expect(status).toBe(415);
    expect(JSON.parse(text)).toMatchObject({ errors: [{ message: 'Expected a body of the type application/json.' }] });
  });

  test('by another method is told which ones there are', async () => {
    const { status, headers, text } = await request('/graphql?query={__typename}', {
      method: 'PUT',
      headers: json,
      body: '{}',
    });
    expect(status).toBe(405);
    expect(headers.get('allow')).toBe('GET, POST');
    expect(JSON.parse(text)).toMatchObject({ errors: [{ message: 'Expected a GET or a POST, saw a PUT.' }] });
  });

  test('by GET asks, and changes nothing', async () => {
    const get = (query: string) =>
      request(`/graphql?query=${encodeURIComponent(query)}`, { headers: { authorization } });
    expect(JSON.parse((await get('{ hosts { totalCount } }')).text)).toEqual({ data: { hosts: { totalCount: 1 } } });
    expect((await get('mutation { refreshHost(input: { host: "alpha" }) { host { name } } }')).status).toBe(405);
  });

  test('with an id from another gateway is told so', async () => {
    const id = createIdCodec('another').encode({ kind: 'host', hostName: 'alpha', uuid: '' });
    const { errors } = await ask(server.url, 'query ($id: ID!) { node(id: $id) { id } }', { id });
    expect(errors).toEqual([
      expect.objectContaining({
        message: 'This id was made by another gateway.',
        extensions: expect.objectContaining({ code: 'BAD_USER_INPUT', remedy: expect.any(String) }),
      }),
    ]);
  });

  test('that meets a mistake of ours is told a number, and the log has the rest', async () => {
    fleet.putDomain({ ...someDomain('alpha', 1), uuid: null as never });
    const { errors } = await ask(server.url, '{ domains { nodes { uuid } } }');
    expect(errors).toEqual([
      expect.objectContaining({
        path: ['domains', 'nodes', 0, 'uuid'],
        extensions: { code: 'INTERNAL', retryable: false, correlationId: expect.any(String) },
      }),
    ]);
    expect(JSON.stringify(errors)).not.toContain('non-nullable');
    expect(JSON.stringify(logged)).toContain('non-nullable');
  });
});

test('/metrics tells of hosts, domains and requests', async () => {
  fleet.putHost({ name: 'beta', status: 'LOST' });
  fleet.putDomain(someDomain('alpha', 1));
  await ask(server.url, '{ __typename }');
  const { text } = await request('/metrics', { headers: { authorization } });
  const { uuid } = someDomain('alpha', 1);
  expect(text.split('\n')).toEqual(
    expect.arrayContaining([
      'virtgraph_host_status{host="beta",status="LOST"} 1',
      'virtgraph_host_status{host="beta",status="READY"} 0',
      'virtgraph_domains{host="alpha",state="RUNNING"} 1',
      `virtgraph_domain_state{host="alpha",domain="vm-1",uuid="${uuid}",state="RUNNING"} 1`,
      'virtgraph_http_request_duration_seconds_count{route="/graphql",status="200"} 1',
    ]),
  );
  fleet.dropDomain(someDomain('alpha', 1));
  expect((await request('/metrics', { headers: { authorization } })).text).not.toContain('vm-1');
});

test('what the gateway says of its limits is what it was given', async () => {
  const { data } = await ask(
    server.url,
    '{ gateway { version limits { bodyBytes tokens depth aliases subscriptionsPerSocket } } }',
  );
  expect(data).toEqual({
    gateway: {
      version: '0.0.0-test',
      limits: {
        bodyBytes: 262_144,
        tokens: 5000,
        depth: 16,
        aliases: 60,
        subscriptionsPerSocket: testLimits.subscriptionsPerSocket,
      },
    },
  });
});

test('a server that closes does not wait for a connection on which nobody asked anything', async () => {
  // Its time stands still, so that it would wait for ever.
  const closing = await openGateway(createMemoryFleet(), { clock: createFakeClock() });
  const silent = connect(Number(new URL(closing.url).port), '127.0.0.1');
  await once(silent, 'connect');
  // Answered on another connection, after the silent one was taken.
  await fetch(`${closing.url}/healthz`);
  const ended = once(silent.resume(), 'close');
  await closing.close();
  await ended;
  expect(silent.destroyed).toBe(true);
});

test('a server that closes says so, waits for answers under way, and then for nobody', async () => {
  const { promise, resolve } = Promise.withResolvers<readonly []>();
  const asked = Promise.withResolvers<void>();
  const slow = createMemoryFleet({
    readStats() {
      asked.resolve();
      return promise;
    },
  });
  slow.putHost({ name: 'alpha' });
  slow.putDomain(someDomain('alpha', 1));
  const closing = await openGateway(slow);
  const answer = ask(closing.url, '{ domains { nodes { name stats { sampledAt } } } }');
  await asked.promise;
  const closed = closing.close();
  resolve([]);
  expect(await answer).toEqual({ status: 200, data: { domains: { nodes: [{ name: 'vm-1', stats: null }] } } });
  await closed;
  await closing.close();
  await expect(fetch(`${closing.url}/healthz`)).rejects.toThrow('fetch failed');
});
