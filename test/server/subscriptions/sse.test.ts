import { createClient } from 'graphql-sse';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Server } from '../../../src/server/open-server.ts';
import { openGateway, testLimits, testToken } from '../../support/gateway.ts';
import { createMemoryFleet, type MemoryFleet, someDomain } from '../../support/memory-fleet.ts';

let fleet: MemoryFleet;
let server: Server;

beforeEach(async () => {
  fleet = createMemoryFleet();
  fleet.putHost({ name: 'alpha' });
  fleet.putDomain(someDomain('alpha', 1));
  server = await openGateway(fleet, { limits: { ...testLimits, sockets: 3 } });
});

afterEach(async () => {
  await server.close();
  await fleet.close();
});

const headers = {
  authorization: `Bearer ${testToken}`,
  accept: 'text/event-stream',
  'content-type': 'application/json',
};

function stream(query: string, method = 'POST', signal: AbortSignal | null = null): Promise<Response> {
  return method === 'GET'
    ? fetch(`${server.url}/graphql?query=${encodeURIComponent(query)}`, { headers, signal })
    : fetch(`${server.url}/graphql`, { method, headers, signal, body: JSON.stringify({ query }) });
}
const read = async (query: string, method?: string) => (await stream(query, method)).text();

describe('an event stream', () => {
  test('is understood by the client of graphql-sse', async () => {
    const client = createClient({
      url: `${server.url}/graphql`,
      headers: { authorization: headers.authorization },
      retryAttempts: 0,
    });
    const watched = client.iterate({ query: 'subscription { domainChanged { name state } }' });
    expect((await watched.next()).value).toEqual({ data: { domainChanged: { name: 'vm-1', state: 'RUNNING' } } });
    fleet.putDomain(someDomain('alpha', 1, { state: 'CRASHED' }));
    expect((await watched.next()).value).toEqual({ data: { domainChanged: { name: 'vm-1', state: 'CRASHED' } } });
    await watched.return?.();
    client.dispose();
  });

  test.each(['GET', 'POST'])('of a question by %s is its answer, and the end', async (method) => {
    expect(await read('{ hosts { totalCount } }', method)).toBe(
      ':\n\nevent: next\ndata: {"data":{"hosts":{"totalCount":1}}}\n\nevent: complete\ndata:\n\n',
    );
  });

  test('changes nothing by GET', async () => {
    const text = await read(
      'mutation { forceOffDomain(input: { domain: { path: { host: "alpha", name: "vm-1" } } }) { summary } }',
      'GET',
    );
    expect(text).toContain('"code":"BAD_USER_INPUT"');
    expect(fleet.domainByName('alpha', 'vm-1')?.state).toBe('RUNNING');
  });

  test.each([
    ['{ hots }', 'BAD_USER_INPUT'],
    [`{ ${'gateway { version } '.repeat(31)} }`, 'LIMIT_EXCEEDED'],
    ['subscription { domainChanged(filter: { hosts: ["nowhere"] }) { name } }', 'NOT_FOUND'],
  ])('of %s is an error with a code, and the end', async (query, code) => {
    const text = await read(query);
    expect(text).toContain(`"code":"${code}"`);
    expect(text).toMatch(/event: complete\ndata:\n\n$/);
  });

  test('without a query is refused as a request', async () => {
    const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: '{}' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  test('lets go of what it reads from when the reader leaves', async () => {
    const leave = new AbortController();
    const response = await stream('subscription { domainStats { at } }', 'POST', leave.signal);
    await expect.poll(() => fleet.openStreams).toBe(1);
    leave.abort();
    await response.text().catch(() => '');
    await expect.poll(() => fleet.openStreams).toBe(0);
  });

  test('beyond the most that may be open is refused', async () => {
    const leave = new AbortController();
    for (let i = 0; i < 3; i++) await stream('subscription { domainStats { at } }', 'POST', leave.signal);
    const response = await stream('subscription { domainStats { at } }');
    expect(response.status).toBe(503);
    leave.abort();
    await response.text();
  });

  test('that nobody reads does not pull answers into memory', async () => {
    const leave = new AbortController();
    await stream('subscription { domainChanged { description } }', 'POST', leave.signal);
    const large = 'x'.repeat(200_000);
    let answers = 0;
    for (let i = 0; i < 300; i++) {
      const domain = someDomain('alpha', 1);
      const config = Object.defineProperty({ ...domain.config }, 'description', {
        get() {
          answers++;
          return large;
        },
      });
      fleet.putDomain({ ...domain, config });
      await new Promise((resolve) => setImmediate(resolve));
    }
    // 60 MB were there to be had; the buffers of two sockets hold a few.
    expect(answers).toBeGreaterThan(0);
    expect(answers).toBeLessThan(100);
    leave.abort();
  });
});
