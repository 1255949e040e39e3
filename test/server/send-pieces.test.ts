import { once } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { sendPieces } from '../../src/server/send-pieces.ts';

const server = createServer();

afterEach(() => {
  server.removeAllListeners('request');
  server.closeAllConnections();
  server.close();
});

async function listen(answer: (response: ServerResponse) => void): Promise<string> {
  server.on('request', (_request, response) => answer(response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // It listens on a port.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test.each([
  ['none', []],
  ['one', ['{}']],
  ['some', ['{"a":', '1', '}\n']],
  ['more than are sent at once', Array.from({ length: 40 }, (_, index) => String(index % 10).repeat(100_000))],
])('%s arrive in their order, with their length', async (_what, texts) => {
  const pieces = texts.map((text) => Buffer.from(text));
  const url = await listen((response) => sendPieces(response, 202, { 'x-own': 'yes' }, pieces));
  const response = await fetch(url);
  const text = await response.text();
  expect(text === texts.join('')).toBe(true);
  expect([response.status, response.headers.get('x-own')]).toEqual([202, 'yes']);
  expect(response.headers.get('content-length')).toBe(String(text.length));
});

test('a reader who goes away in the midst of it is written to no more', async () => {
  const piece = Buffer.alloc(1_000_000, 0x20);
  const closed = Promise.withResolvers<ServerResponse>();
  const url = await listen((response) => {
    response.once('close', () => closed.resolve(response));
    sendPieces(
      response,
      200,
      {},
      Array.from({ length: 500 }, () => piece),
    );
  });
  const asked = request(url, (answer) => answer.once('data', () => answer.destroy()));
  asked.end();
  const response = await closed.promise;
  expect(response.writableEnded).toBe(false);
});
