import { get, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startGateway } from '../support/gateway-process.ts';

const socketCount = 500;
const streamCount = 20;
const query = 'subscription { domainChanged { id state } }';

test('500 sockets and 20 event streams are sent away over three seconds, and then the gateway ends with 0', async () => {
  await using gateway = await startGateway({ args: ['--port', '0'] });
  const url = await gateway.url;
  const token = await gateway.token();
  const left: { readonly code: number | 'stream'; readonly at: number }[] = [];
  const leave = (code: number | 'stream') => left.push({ code, at: performance.now() });

  const sockets = Array.from({ length: socketCount }, () => openSubscriber(url, token, leave));
  const streams = Array.from({ length: streamCount }, () => openStream(url, token, () => leave('stream')));
  await Promise.all([...sockets, ...streams]);

  const signalledAt = performance.now();
  gateway.kill('SIGTERM');
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(503);
  expect(await gateway.exited).toBe(0);
  const tookMs = performance.now() - signalledAt;
  await expect.poll(() => left.length).toBe(socketCount + streamCount);

  const codes = left.filter(({ code }) => code !== 'stream').map(({ code }) => code);
  expect(new Set(codes)).toEqual(new Set([1012]));
  expect(codes).toHaveLength(socketCount);
  // In each of the three seconds, a good part of them; a busy machine may be late.
  const perSecond = [0, 1, 2].map(
    (second) => left.filter(({ at }) => Math.floor((at - signalledAt) / 1000) === second).length,
  );
  for (const count of perSecond) expect(count).toBeGreaterThan((socketCount + streamCount) / 6);
  console.log(`left in each second: ${perSecond.join(', ')}; ended ${Math.round(tookMs)} ms after the signal`);
  expect(tookMs).toBeGreaterThan(2_000);
  expect(tookMs).toBeLessThan(8_000);
});

/** One that has been told the present state. */
function openSubscriber(url: string, token: string, leave: (code: number) => void): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const send = (message: object) => socket.send(JSON.stringify(message));
  socket.on('open', () => send({ type: 'connection_init', payload: { token } }));
  socket.once('message', () => send({ id: '1', type: 'subscribe', payload: { query } }));
  socket.on('close', leave);
  return new Promise((resolve, reject) => {
    socket.on('message', (data: Buffer) => {
      if (data.includes('"next"')) resolve();
    });
    socket.on('error', reject);
  });
}

function openStream(url: string, token: string, leave: () => void): Promise<void> {
  const headers = { accept: 'text/event-stream', authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const request = get(`${url}/graphql?query=${encodeURIComponent(query)}`, { headers, agent: false });
    request.on('error', reject);
    request.on('response', (response: IncomingMessage) => {
      response.once('data', () => resolve());
      response.on('error', () => {});
      response.on('close', leave);
    });
  });
}
