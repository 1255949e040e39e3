import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSshConnection, type SshConnection } from '../../src/ssh/connection.ts';
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

describe('against a real sshd', () => {
  let scratch: Scratch;
  let sshd: RealSshd;
  let echo: Server;
  let connection: SshConnection;

  beforeAll(async () => {
    await requireOpenSsh();
    scratch = await createScratch();
    sshd = await startSshd(scratch);
    await writeFile(scratch.path('known_hosts'), sshd.knownHosts());
    echo = await startEcho(scratch.path('echo.sock'));
    connection = await openSshConnection(targetFor(scratch, sshd.port), dependencies(scratch), { signal });
  });

  afterAll(async () => {
    await connection?.close();
    echo?.close();
    await sshd?.stop();
    await scratch?.remove();
  });

  test('a stream to a unix socket carries bytes both ways', async () => {
    const stream = await connection.openSocket(scratch.path('echo.sock'), { signal });
    stream.write('hello');
    const [chunk] = await once(stream, 'data');
    expect(String(chunk)).toBe('hello');
    stream.destroy();
    await once(stream, 'close');
  });

  test('a command gets its words as they are, and its output comes back', async () => {
    const words = ["it's", '$(id)', 'a b', '`x`', '\n', ''];
    const stream = await connection.openCommand(['printf', '<%s>', ...words], { signal });
    let output = '';
    for await (const chunk of stream) output += String(chunk);
    expect(output).toBe(words.map((word) => `<${word}>`).join(''));
  });

  test('a command that fails ends its stream with the status and what it said', async () => {
    const stream = await connection.openCommand(['sh', '-c', 'echo no such thing >&2; exit 7'], { signal });
    stream.resume();
    const [error] = await once(stream, 'error');
    expect(error.detail.problem).toBe('PROXY_COMMAND_FAILED');
    expect(error.message).toContain('status 7');
    expect(error.message).toContain('no such thing');
  });
});
