import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRandom } from '../../src/drivers/libvirt/sim/random.ts';
import { type ChaosAddress, type ChaosProxy, openChaosProxy } from './chaos-proxy.ts';
import { eventually } from './eventually.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';

/** The server behind the proxy: what came in, on whatever connection, and the sockets. */
type FarEnd = {
  readonly address: ChaosAddress;
  readonly sockets: Socket[];
  readonly text: () => string;
  readonly server: Server;
};

let folder: string;
let far: FarEnd;
let clock: FakeClock;
let proxy: ChaosProxy;
const clients: Client[] = [];

function seeded(): () => number {
  const random = createRandom(1);
  return () => random.next();
}

type Client = {
  readonly socket: Socket;
  readonly text: () => string;
  ended: boolean;
  closed: boolean;
  error: string | null;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'virtgraph-chaos-'));
  clock = createFakeClock();
  far = await openFarEnd({ host: '127.0.0.1', port: 0 });
  proxy = await openChaosProxy({ target: far.address, random: seeded(), clock });
});

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await proxy.close();
  for (const socket of far.sockets) socket.destroy();
  await new Promise<void>((resolve) => far.server.close(() => resolve()));
  await rm(folder, { recursive: true });
});

async function openFarEnd(listen: ChaosAddress): Promise<FarEnd> {
  const sockets: Socket[] = [];
  let text = '';
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  });
  await new Promise<void>((resolve) => server.listen(listen, () => resolve()));
  const bound = server.address();
  if (bound === null) throw new Error('not listening');
  const address = typeof bound === 'string' ? { path: bound } : { host: bound.address, port: bound.port };
  return { address, sockets, text: () => text, server };
}

function openClient(address: ChaosAddress = proxy.address): Client {
  const socket = connect({ ...address, allowHalfOpen: true });
  let text = '';
  const client: Client = { socket, text: () => text, ended: false, closed: false, error: null };
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.on('end', () => (client.ended = true));
  socket.on('close', () => (client.closed = true));
  socket.on('error', (error: NodeJS.ErrnoException) => (client.error = error.code ?? 'unknown'));
  clients.push(client);
  return client;
}

/** A client whose first byte has come through, with the far end's socket of it. */
async function openPair(address?: ChaosAddress): Promise<{ client: Client; server: Socket }> {
  const before = far.sockets.length;
  const client = openClient(address);
  const server = await eventually(() => {
    const socket = far.sockets[before];
    if (socket === undefined) throw new Error('not connected yet');
    return socket;
  });
  return { client, server };
}

const arrived = (read: () => string, expected: string) => eventually(() => expect(read()).toBe(expected));

describe('without faults', () => {
  test('bytes pass in both directions, and an end passes as an end', async () => {
    const { client, server } = await openPair();
    client.socket.write('ping');
    await arrived(far.text, 'ping');
    server.write('pong');
    await arrived(client.text, 'pong');
    client.socket.end('last');
    await arrived(far.text, 'pinglast');
    await eventually(() => expect(server.readableEnded).toBe(true));
    server.end('after the end');
    await arrived(client.text, 'pongafter the end');
    await eventually(() => expect(client.closed).toBe(true));
    await eventually(() => expect(proxy.connections).toBe(0));
    expect(client.error).toBeNull();
  });

  test('a unix socket can stand at either side', async () => {
    const listen = { path: join(folder, 'near.sock') };
    const unix = await openChaosProxy({ listen, target: proxy.address, random: () => 0 });
    const { client, server } = await openPair(unix.address);
    client.socket.write('through two proxies');
    await arrived(far.text, 'through two proxies');
    server.write('and back');
    await arrived(client.text, 'and back');
    await unix.close();
    await eventually(() => expect(client.ended).toBe(true));
  });

  test('however it is cut into pieces, what arrives is what was sent', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 3_000 }), { maxLength: 8 }),
        async (pieces) => {
          const { client, server } = await openPair();
          const before = far.text();
          for (const piece of pieces) client.socket.write(piece);
          const sent = Buffer.concat(pieces).toString('latin1');
          await eventually(() => expect(far.text().slice(before.length)).toBe(sent));
          client.socket.destroy();
          await eventually(() => expect(server.destroyed || server.readableEnded).toBe(true));
        },
      ),
      { numRuns: 15 },
    );
  });

  test('a large amount passes whole, and the reader’s pace is the sender’s', async () => {
    const { client, server } = await openPair();
    const size = 8 * 1024 * 1024;
    client.socket.pause();
    server.write(Buffer.alloc(size, 'x'));
    // Both kernels' buffers and ours are full: the rest waits with the sender.
    await eventually(() => expect(server.writableLength).toBeGreaterThan(0));
    client.socket.resume();
    await eventually(() => expect(client.text().length).toBe(size));
  });
});

describe('a way that is cut', () => {
  test('with RST both sides see a reset', async () => {
    const { client, server } = await openPair();
    let serverError: string | undefined;
    server.on('error', (error: NodeJS.ErrnoException) => (serverError = error.code));
    expect(proxy.cut('RST')).toBe(1);
    await eventually(() => expect(client.error).toBe('ECONNRESET'));
    await eventually(() => expect(serverError).toBe('ECONNRESET'));
  });

  test('with FIN both sides see an end', async () => {
    const { client, server } = await openPair();
    proxy.cut('FIN');
    await eventually(() => expect(client.ended).toBe(true));
    await eventually(() => expect(server.readableEnded).toBe(true));
    expect(client.error).toBeNull();
  });

  test.each(['RST', 'FIN'] as const)('after N bytes exactly those N have arrived, with %s', async (kind) => {
    const { client, server } = await openPair();
    proxy.cutAfter('down', 5, kind);
    server.write('abc');
    await arrived(client.text, 'abc');
    server.write('defghi');
    await eventually(() => expect(client.closed || client.ended).toBe(true));
    expect(client.text()).toBe('abcde');
    expect(client.error).toBe(kind === 'RST' ? 'ECONNRESET' : null);
  });

  test('what was to come after N bytes never comes once it was called off', async () => {
    const { client, server } = await openPair();
    const callOff = proxy.cutAfter('down', 5, 'RST');
    server.write('abc');
    await arrived(client.text, 'abc');
    callOff();
    server.write('defghi');
    await arrived(client.text, 'abcdefghi');
    expect(client.closed).toBe(false);
  });

  test('a side that is just being told of the other’s end is cut all the same', async () => {
    const { client, server } = await openPair();
    proxy.setFaults({ down: { stall: true } });
    server.end('x');
    await eventually(() => expect(server.writableFinished).toBe(true));
    client.socket.write('also after that');
    await arrived(far.text, 'also after that');
    proxy.setFaults({});
    // Until the end has been handed to the kernel, and no longer.
    await new Promise<void>((resolve) => process.nextTick(() => process.nextTick(resolve)));
    proxy.cut('RST');
    await eventually(() => {
      client.socket.write('?');
      expect(client.closed).toBe(true);
    });
  });

  test('new connections are refused while it refuses, and taken again when healed', async () => {
    const { client: old } = await openPair();
    proxy.setFaults({ refuse: true });
    const refused = openClient();
    await eventually(() => expect(refused.closed).toBe(true));
    old.socket.write('still here');
    await arrived(far.text, 'still here');
    proxy.setFaults({});
    await openPair();
  });

  test('a far end that is not there ends the client', async () => {
    proxy.retarget({ path: join(folder, 'nobody.sock') });
    const client = openClient();
    await eventually(() => expect(client.closed).toBe(true));
  });
});

describe('a way that is half open', () => {
  test('swallows one direction, also its end, and lets the other through', async () => {
    const { client, server } = await openPair();
    proxy.setFaults({ up: { swallow: true } });
    client.socket.write('into the void');
    server.write('heard');
    await arrived(client.text, 'heard');
    client.socket.destroy();
    await eventually(() => expect(client.closed).toBe(true));
    expect(far.text()).toBe('');
    expect(server.readableEnded).toBe(false);
  });

  test('never carries again on a connection that lost bytes, and carries on a new one when healed', async () => {
    const { client } = await openPair();
    proxy.setFaults({ up: { swallow: true }, down: { swallow: true } });
    await new Promise<void>((resolve) => client.socket.write('lost', () => resolve()));
    // Its way through the proxy is longer than that of the bytes before it: they are lost when it stands.
    const { client: witness } = await openPair();
    proxy.setFaults({});
    witness.socket.write('new');
    await arrived(far.text, 'new');
    client.socket.write('too late');
    witness.socket.write('er');
    await arrived(far.text, 'newer');
    expect(far.text()).not.toContain('lost');
  });
});

describe('a way that is slow', () => {
  test('holds everything back while it stalls, and gives all of it on afterwards', async () => {
    const { client, server } = await openPair();
    proxy.setFaults({ down: { stall: true } });
    server.write('first ');
    server.end('second');
    client.socket.write('up is free');
    await arrived(far.text, 'up is free');
    expect(client.text()).toBe('');
    proxy.setFaults({});
    await arrived(client.text, 'first second');
    await eventually(() => expect(client.ended).toBe(true));
  });

  test('delivers after its latency and not before', async () => {
    const { client } = await openPair();
    proxy.setFaults({ up: { latencyMs: 1_000 } });
    client.socket.write('slow');
    await eventually(() => expect(clock.pending).toBe(1));
    await clock.advance(999);
    expect(far.text()).toBe('');
    await clock.advance(1);
    await arrived(far.text, 'slow');
  });

  test('keeps the order whatever the jitter', async () => {
    const { client } = await openPair();
    proxy.setFaults({ up: { latencyMs: 10, jitterMs: 1_000 } });
    for (const letter of 'abcdefgh') {
      await new Promise<void>((resolve) => client.socket.write(letter, () => resolve()));
    }
    await eventually(async () => {
      await clock.advance(200);
      expect(far.text()).toBe('abcdefgh');
    });
  });

  test('drips so many bytes a tick', async () => {
    const { client } = await openPair();
    proxy.setFaults({ up: { drip: { bytes: 2, everyMs: 100 } } });
    client.socket.write('abcdef');
    await arrived(far.text, 'ab');
    await clock.advance(100);
    await arrived(far.text, 'abcd');
    expect(far.text()).toBe('abcd');
    proxy.setFaults({});
    await arrived(far.text, 'abcdef');
  });
});

test('garbage arrives in the stream, and is the same for the same seed', async () => {
  const { client, server } = await openPair();
  server.write('before');
  await arrived(client.text, 'before');
  proxy.injectGarbage('down', 4);
  const random = seeded();
  const garbage = Buffer.from(Array.from({ length: 4 }, () => Math.floor(random() * 256))).toString('latin1');
  await arrived(client.text, `before${garbage}`);
  server.write('after');
  await arrived(client.text, `before${garbage}after`);
  expect(garbage).toHaveLength(4);
});
