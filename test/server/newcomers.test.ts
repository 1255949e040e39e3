import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { receiveNewcomers } from '../../src/server/newcomers.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';

/** As many as are listened to at once. */
const silent = 64;
const turn = () => new Promise((resolve) => setImmediate(resolve));

let clock: FakeClock;
let server: Server;
let connected: number;
const clients: Socket[] = [];

beforeEach(async () => {
  clock = createFakeClock();
  connected = 0;
  server = createServer((request, response) => response.end(`heard ${request.url}`));
  server.on('connection', () => connected++);
  receiveNewcomers(server, 'connection', clock);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** Connected, as the server sees it too, and silent. */
async function come() {
  // It listens on a port, not on a path.
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  clients.push(client);
  const before = connected;
  let text = '';
  client.on('data', (bytes) => {
    text += bytes.toString();
  });
  await eventually(() => expect(connected).toBe(before + 1), 1);
  return {
    ask: (path: string) => client.write(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`),
    answered: (path: string) => eventually(() => expect(text).toContain(`heard ${path}`), 1),
    text: () => text,
    leave: () => client.destroy(),
  };
}

async function comeMany() {
  const many: Awaited<ReturnType<typeof come>>[] = [];
  for (let count = 0; count < silent; count++) many.push(await come());
  return many;
}

/** Long enough for an answer, were there one. */
async function fewTurns() {
  for (let count = 0; count < 50; count++) await turn();
}

test('who comes while enough others are listened to waits until one of them has asked', async () => {
  const [first] = await comeMany();
  const late = await come();
  late.ask('/late');
  await fewTurns();
  expect(late.text()).toBe('');
  first?.ask('/first');
  await late.answered('/late');
  await first?.answered('/first');
});

test('one who leaves makes room too', async () => {
  const [first] = await comeMany();
  const late = await come();
  late.ask('/late');
  await fewTurns();
  expect(late.text()).toBe('');
  first?.leave();
  await late.answered('/late');
});

test('who says nothing for a while makes room for others, and is heard when it is his turn again', async () => {
  const [first] = await comeMany();
  const late = await come();
  late.ask('/late');
  await fewTurns();
  expect(late.text()).toBe('');
  await clock.advance(50);
  await late.answered('/late');
  first?.ask('/first');
  await clock.advance(50);
  await first?.answered('/first');
});

test('who has asked once is listened to from then on', async () => {
  const early = await come();
  early.ask('/early');
  await early.answered('/early');
  await comeMany();
  const late = await come();
  late.ask('/late');
  early.ask('/again');
  await early.answered('/again');
  expect(late.text()).toBe('');
});
