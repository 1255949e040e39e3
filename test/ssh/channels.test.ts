import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VirtgraphError } from '../../src/errors.ts';
import { openSshConnection, type SshConnection } from '../../src/ssh/connection.ts';
import { eventually } from '../support/eventually.ts';
import { expectProblem, problemOf } from './expect-problem.ts';
import {
  createScratch,
  dependencies,
  type RealSshd,
  requireOpenSsh,
  type Scratch,
  startEcho,
  startSshd,
  targetFor,
} from './real-sshd.ts';

const { signal } = new AbortController();

describe('streams through a real sshd', () => {
  let scratch: Scratch;
  let echo: Server;
  const running: RealSshd[] = [];
  const open: SshConnection[] = [];

  async function connectTo(config: readonly string[]): Promise<{ sshd: RealSshd; connection: SshConnection }> {
    const sshd = await startSshd(scratch, { config });
    running.push(sshd);
    const knownHostsFile = scratch.path(`known_hosts-${sshd.port}`);
    await writeFile(knownHostsFile, sshd.knownHosts());
    const target = targetFor(scratch, sshd.port, { knownHostsFile });
    const connection = await openSshConnection(target, dependencies(scratch), { signal });
    open.push(connection);
    return { sshd, connection };
  }

  beforeAll(async () => {
    await requireOpenSsh();
    scratch = await createScratch();
    echo = await startEcho(scratch.path('echo.sock'));
  });
  afterAll(async () => {
    // The servers first: what they run is found as long as they are there.
    await Promise.all(running.map((sshd) => sshd.stop()));
    await Promise.all(open.map((connection) => connection.close()));
    echo?.close();
    await scratch?.remove();
  });

  test('40 streams on one connection keep their bytes apart', async () => {
    const { connection } = await connectTo([]);
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const stream = await connection.openSocket(scratch.path('echo.sock'), { signal });
        stream.write(`stream ${index}`);
        const [chunk] = await once(stream, 'data');
        stream.destroy();
        return String(chunk);
      }),
    );
    expect(answers).toEqual(answers.map((_, index) => `stream ${index}`));
  });

  test('8 MB come back whole, to a reader that lets them wait', async () => {
    const { connection } = await connectTo([]);
    const stream = await connection.openSocket(scratch.path('echo.sock'), { signal });
    const sent = Buffer.alloc(8 * 1024 * 1024, 'virtgraph');
    let accepted = false;
    stream.write(sent, () => {
      accepted = true;
    });
    // Unread, no more than the windows on the way are taken; the rest of the write waits.
    await once(stream, 'readable');
    expect(accepted).toBe(false);
    const received: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of stream) {
      received.push(chunk);
      bytes += chunk.length;
      if (bytes >= sent.length) break;
    }
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  test('a small answer does not wait for a delayed acknowledgement', async () => {
    const { connection } = await connectTo([]);
    // The size of a list of domains: more than one segment, so that Nagle would hold the last one back for 40 ms.
    const answer = Buffer.alloc(40_000, 'x');
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', () => socket.write(answer));
    });
    await new Promise<void>((resolve) => server.listen(scratch.path('answer.sock'), resolve));
    const stream = await connection.openSocket(scratch.path('answer.sock'), { signal });
    let bytes = 0;
    let answered = () => {};
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes % answer.length === 0) answered();
    });
    async function medianMs(): Promise<number> {
      const times: number[] = [];
      for (let round = 0; round < 15; round += 1) {
        const start = performance.now();
        const done = new Promise<void>((resolve) => {
          answered = resolve;
        });
        stream.write('?');
        await done;
        times.push(performance.now() - start);
      }
      return times.sort((a, b) => a - b)[7] ?? Number.POSITIVE_INFINITY;
    }
    // With Nagle on at either end the median stays at 44 ms; without, it is well under one. The session that turns it
    // off in sshd runs beside the first streams, hence the waiting.
    await eventually(async () => expect(await medianMs()).toBeLessThan(20));
    stream.destroy();
    server.close();
  });

  test('the far end of a socket that closes ends the stream without an error', async () => {
    const { connection } = await connectTo([]);
    const server = createServer((socket) => socket.end('bye'));
    await new Promise<void>((resolve) => server.listen(scratch.path('bye.sock'), resolve));
    const stream = await connection.openSocket(scratch.path('bye.sock'), { signal });
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    expect(text).toBe('bye');
    if (!stream.closed) await once(stream, 'close');
    server.close();
  });

  test('a socket that is missing is refused, with every cause it may have', async () => {
    const { connection } = await connectTo([]);
    const path = scratch.path('missing.sock');
    const error = await expectProblem(connection.openSocket(path, { signal }), 'SOCKET_REFUSED');
    expect(error.message).toContain(path);
    expect(error.detail.remedy).toContain('AllowStreamLocalForwarding');
    expect(error.detail.remedy).toContain('does not exist');
  });

  test('a refused socket leaves the connection of use', async () => {
    const { connection } = await connectTo([]);
    expect(await problemOf(connection.openSocket(scratch.path('missing.sock'), { signal }))).toBe('SOCKET_REFUSED');
    const stream = await connection.openSocket(scratch.path('echo.sock'), { signal });
    stream.destroy();
  });

  test('AllowStreamLocalForwarding no looks to us like a missing socket, and a command still gets through', async () => {
    const { connection } = await connectTo(['AllowStreamLocalForwarding no']);
    expect(await problemOf(connection.openSocket(scratch.path('echo.sock'), { signal }))).toBe('SOCKET_REFUSED');
    const stream = await connection.openCommand(['nc', '-U', scratch.path('echo.sock')], { signal });
    stream.write('by netcat');
    const [chunk] = await once(stream, 'data');
    expect(String(chunk)).toBe('by netcat');
    stream.destroy();
    await once(stream, 'close');
  });

  test('MaxSessions 0 forwards sockets and runs no commands', async () => {
    const { connection } = await connectTo(['MaxSessions 0']);
    const stream = await connection.openSocket(scratch.path('echo.sock'), { signal });
    stream.write('still here');
    const [chunk] = await once(stream, 'data');
    expect(String(chunk)).toBe('still here');
    expect(await problemOf(connection.openCommand(['true'], { signal }))).toBe('PROXY_COMMAND_FAILED');
  });

  test('MaxSessions 1 leaves room for a command right after connecting', async () => {
    const { connection } = await connectTo(['MaxSessions 1']);
    const stream = await connection.openCommand(['echo', 'alone'], { signal });
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    expect(text).toBe('alone\n');
  });

  test('a forced command that never ends does not keep sockets from being opened', async () => {
    const { connection } = await connectTo(['ForceCommand sleep 600']);
    const stream = await connection.openSocket(scratch.path('echo.sock'), { signal });
    stream.write('anyway');
    const [chunk] = await once(stream, 'data');
    expect(String(chunk)).toBe('anyway');
  });

  test('a command that is not there is named with what the shell said', async () => {
    const { connection } = await connectTo([]);
    const stream = await connection.openCommand(['virt-ssh-helper-not-here', 'qemu:///system'], { signal });
    stream.resume();
    const [error] = await once(stream, 'error');
    expect(error.detail.problem).toBe('PROXY_COMMAND_FAILED');
    expect(error.message).toContain('status 127');
    expect(error.message).toContain('not found');
    expect(error.detail.remedy).toContain('virt-ssh-helper-not-here qemu:///system');
  });

  test('a command that is killed is said to be', async () => {
    const { connection } = await connectTo([]);
    const stream = await connection.openCommand(['sh', '-c', 'kill -TERM $$'], { signal });
    stream.resume();
    const [error] = await once(stream, 'error');
    expect(error.message).toContain('SIGTERM');
  });

  test('a server that is killed fails every stream, and what waits, with one reason', async () => {
    const { sshd, connection } = await connectTo([]);
    const path = scratch.path('echo.sock');
    const streams = await Promise.all([1, 2, 3].map(() => connection.openSocket(path, { signal })));
    const errors = streams.map((stream) => once(stream, 'error').then(([error]): VirtgraphError => error));
    const waiting = connection.openSocket(path, { signal }).then(
      (stream) => once(stream, 'error').then(([error]) => error),
      (error: unknown) => error,
    );
    await sshd.stop();
    const reason = await connection.closed;
    expect(reason.detail.problem).toBe('CONNECTION_LOST');
    for (const error of [...(await Promise.all(errors)), await waiting]) expect(error).toBe(reason);
    for (const stream of streams) expect(stream.destroyed).toBe(true);
    await expect(connection.openSocket(path, { signal })).rejects.toBe(reason);
  });

  test('closing twice is closing once, and ends the streams', async () => {
    const { connection } = await connectTo([]);
    const stream = await connection.openSocket(scratch.path('echo.sock'), { signal });
    const failed = once(stream, 'error');
    await connection.close();
    await connection.close();
    const reason = await connection.closed;
    expect((await failed)[0]).toBe(reason);
    expect(reason.message).toContain('closed by the gateway');
  });

  test('giving up on a channel leaves the connection of use', async () => {
    const { connection } = await connectTo([]);
    const giveUp = new AbortController();
    const attempt = connection.openSocket(scratch.path('echo.sock'), { signal: giveUp.signal });
    giveUp.abort(new Error('no longer wanted'));
    await expect(attempt).rejects.toThrow('no longer wanted');
    const stream = await connection.openSocket(scratch.path('echo.sock'), { signal });
    stream.destroy();
  });
});
