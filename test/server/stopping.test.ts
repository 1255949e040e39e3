import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/clock.ts';
import { openDriver } from '../../src/drivers/index.ts';
import { simDaemon, simTargets, stopSimDaemons } from '../../src/drivers/libvirt/sim/targets.ts';
import type { ActionOutcome } from '../../src/fleet/actions/action.ts';
import { openFleet } from '../../src/fleet/fleet.ts';
import type { Fleet } from '../../src/fleet/types.ts';
import { silentLog } from '../../src/log.ts';
import { createHandshakeLimiter } from '../../src/ssh/handshake-limiter.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { ask, openGateway, testToken } from '../support/gateway.ts';
import { createMemoryFleet, someDomain } from '../support/memory-fleet.ts';

const forceOff =
  'mutation { forceOffDomain(input: { domain: { path: { host: "alpha", name: "vm-1" } } }) { summary } }';

/** A fleet whose one action lasts until it is told otherwise. */
function slowFleet() {
  const tables = createMemoryFleet();
  tables.putHost({ name: 'alpha' });
  const domain = someDomain('alpha', 1);
  tables.putDomain(domain);
  const outcome = Promise.withResolvers<ActionOutcome>();
  const state = { begun: 0 };
  const actions = {
    ...tables.actions,
    forceOff() {
      state.begun++;
      return outcome.promise;
    },
  };
  const fleet: Fleet = { ...tables, actions };
  return { fleet, state, finish: () => outcome.resolve({ domain, summary: 'Forced off.', warnings: [] }) };
}

describe('a change that is under way when the gateway stops', () => {
  test('is finished and answered: over HTTP, over a WebSocket before it is closed, and over an event stream', async () => {
    const { fleet, state, finish } = slowFleet();
    const server = await openGateway(fleet);
    const overHttp = ask(server.url, forceOff);
    const overSocket = mutateOverSocket(server.url);
    const overStream = fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        authorization: `Bearer ${testToken}`,
      },
      body: JSON.stringify({ query: forceOff }),
    }).then((response) => response.text());
    await expect.poll(() => state.begun).toBe(3);
    const closed = server.close();
    // Only when nobody new is let in any more; the three are still waited for.
    await expect.poll(() => fetch(`${server.url}/readyz`).then(({ status }) => status)).toBe(503);
    finish();
    expect((await overHttp).data).toEqual({ forceOffDomain: { summary: 'Forced off.' } });
    expect(await overSocket).toEqual(['Forced off.', 1012]);
    expect(await overStream).toContain('Forced off.');
    await closed;
  });

  test('is finished also when who asked for it has left', async () => {
    const { fleet, state, finish } = slowFleet();
    const server = await openGateway(fleet);
    const leave = new AbortController();
    const asked = fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${testToken}` },
      body: JSON.stringify({ query: forceOff }),
      signal: leave.signal,
    });
    await expect.poll(() => state.begun).toBe(1);
    leave.abort();
    await expect(asked).rejects.toThrow(/abort/i);
    let isClosed = false;
    const closed = server.close().then(() => {
      isClosed = true;
    });
    await expect.poll(() => fetch(`${server.url}/readyz`).catch(() => 'refused')).toBe('refused');
    expect(isClosed).toBe(false);
    finish();
    await closed;
  });
});

describe('a change that its host does not answer', () => {
  afterEach(stopSimDaemons);

  test('is given up on after ten seconds, and answers that its outcome is not known', async () => {
    const [target] = simTargets();
    if (!target) throw new Error('There is no embedded host.');
    const limiter = createHandshakeLimiter({ perFirstHop: 1, total: 1 });
    const fleet = openFleet({
      id: 'test',
      targets: [target],
      clock: systemClock,
      log: silentLog,
      random: Math.random,
      openDriver: (to, options) => openDriver(to, { log: silentLog, clock: systemClock, limiter }, options),
    });
    await expect.poll(() => fleet.host(target.name)?.status).toBe('READY');
    const clock = createFakeClock();
    const server = await openGateway(fleet, { clock });
    const running = fleet.listDomains({
      filter: { states: ['RUNNING'] },
      orderBy: { field: 'NAME', direction: 'ASC' },
      first: 1,
      after: null,
    }).edges[0]?.node;
    const by = `{ path: { host: "${target.name}", name: "${running?.name}" } }`;
    simDaemon(target).setFaults({ latencyMs: 3_600_000 });
    const answer = ask(server.url, `mutation { forceOffDomain(input: { domain: ${by} }) { summary } }`);
    await expect.poll(() => fleet.link(target.name)?.lanes.some(({ callsInFlight }) => callsInFlight > 0)).toBe(true);
    const closed = server.close();
    await clock.advance(10_000);
    expect((await answer).errors?.[0]?.extensions).toMatchObject({ code: 'OUTCOME_UNKNOWN', outcome: 'UNKNOWN' });
    await clock.advance(1_000);
    await closed;
    await fleet.close();
  });
});

/** What was answered, and how the socket was closed. */
function mutateOverSocket(url: string): Promise<readonly [string, number]> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  let summary = 'nothing';
  const send = (message: object) => socket.send(JSON.stringify(message));
  socket.on('open', () => send({ type: 'connection_init', payload: { token: testToken } }));
  socket.once('message', () => send({ id: '1', type: 'subscribe', payload: { query: forceOff } }));
  socket.on('message', (data: Buffer) => {
    summary = /"summary":"([^"]*)"/.exec(data.toString())?.[1] ?? summary;
  });
  return new Promise((resolve) => socket.on('close', (code) => resolve([summary, code])));
}
