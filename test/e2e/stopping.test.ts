import { get, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startGateway } from '../support/gateway-process.ts';

const socketCount = 500;
const streamCount = 20;
/** In the course of so long they are sent away, each in a slot of its own. */
const spreadMs = 3_000;
/** Node's timers may come so much before their time. */
const timerMs = 2;
const query = 'subscription { domainChanged { id state } }';

test('500 sockets and 20 event streams are sent away over three seconds, and then the gateway ends with 0', async () => {
  await using gateway = await startGateway({ args: ['--port', '0'] });
  const url = await gateway.url;
  const token = await gateway.token();
  const left: { readonly code: number | 'stream'; readonly at: number }[] = [];
  const leave = (code: number | 'stream') => left.push({ code, at: performance.now() });

  await Promise.all([
    ...Array.from({ length: socketCount }, () => openSubscriber(url, token, leave)),
    ...Array.from({ length: streamCount }, () => openStream(url, token, () => leave('stream'))),
  ]);

  const signalledAt = performance.now();
  gateway.kill('SIGTERM');
  expect(await gateway.exited).toBe(0);
  await expect.poll(() => left.length).toBe(socketCount + streamCount);

  // A busy machine may make any of them late. Early is none: the next slot begins when the one before is over.
  const sockets = left.filter(({ code }) => code !== 'stream');
  const streams = left.filter(({ code }) => code === 'stream');
  expect(new Set(sockets.map(({ code }) => code))).toEqual(new Set([1012]));
  expect(sockets).toHaveLength(socketCount);
  for (const those of [sockets, streams]) {
    const early = those.filter(({ at }, index) => at - signalledAt < (index / those.length) * spreadMs - timerMs);
    expect(early).toEqual([]);
  }
  console.log(`the last left ${Math.round((left.at(-1)?.at ?? 0) - signalledAt)} ms after the signal`);
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
