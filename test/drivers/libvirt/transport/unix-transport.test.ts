import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openUnixSocket } from '../../../../src/drivers/libvirt/transport/unix-transport.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'virtgraph-unix-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const options = { signal: new AbortController().signal };

test('a socket that is there is connected to', async () => {
  const server = net.createServer((socket) => socket.end('hello'));
  server.listen(path.join(directory, 's'));
  await once(server, 'listening');
  const stream = await openUnixSocket(path.join(directory, 's'), options);
  const [bytes] = (await once(stream, 'data')) as [Buffer];
  expect(bytes.toString()).toBe('hello');
  stream.destroy();
  server.close();
});

test('a socket that is not there is a problem of its own', async () => {
  await expect(openUnixSocket(path.join(directory, 'none'), options)).rejects.toMatchObject({
    detail: { problem: 'SOCKET_NOT_FOUND' },
  });
});

test('a file that nobody listens on refuses', async () => {
  await expect(openUnixSocket('/dev/null', options)).rejects.toMatchObject({
    code: 'HOST_UNREACHABLE',
    message: expect.stringContaining('ECONNREFUSED'),
    detail: { problem: 'SOCKET_REFUSED' },
  });
});

test('a caller who has given up gets the reason', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(openUnixSocket(path.join(directory, 's'), { signal })).rejects.toThrow('enough');
});
