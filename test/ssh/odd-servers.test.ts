import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SshTarget } from '../../src/model/target.ts';
import { openSshConnection, type SshConnection, type SshDependencies } from '../../src/ssh/connection.ts';
import { createHandshakeLimiter } from '../../src/ssh/handshake-limiter.ts';
import { type ChaosProxy, openChaosProxy } from '../support/chaos-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { expectProblem, problemOf } from './expect-problem.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import { createScratch, dependencies, freePort, type Scratch, targetFor } from './real-sshd.ts';
import { type AuthContext, type ScriptedServer, startScriptedServer, startTcpServer } from './scripted-server.ts';

describe('servers that fail us at each stage', () => {
  const { signal } = new AbortController();
  let scratch: Scratch;
  let cleanups: (() => Promise<void>)[];

  beforeEach(async () => {
    scratch = await createScratch();
    cleanups = [];
  });
  afterEach(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
    await scratch.remove();
  });

  async function start(script: Parameters<typeof startScriptedServer>[1]): Promise<ScriptedServer> {
    const server = await startScriptedServer(scratch, script);
    cleanups.push(() => server.stop());
    await writeFile(scratch.path('known_hosts'), server.knownHosts);
    return server;
  }

  async function startTcp(onSocket: Parameters<typeof startTcpServer>[0]): Promise<number> {
    const server = await startTcpServer(onSocket);
    cleanups.push(() => server.stop());
    return server.port;
  }

  async function open(
    port: number,
    changes: Partial<SshTarget> = {},
    deps: Partial<SshDependencies> = {},
  ): Promise<SshConnection> {
    const target = targetFor(scratch, port, changes);
    const connection = await openSshConnection(target, dependencies(scratch, deps), { signal });
    cleanups.push(() => connection.close());
    return connection;
  }

  /** Waits until `work` waits for the clock, then lets it wait for too long. */
  async function timeOut(clock: ManualClock, waiting: () => boolean, byMs: number): Promise<void> {
    await eventually(() => expect(waiting()).toBe(true));
    clock.advance(byMs);
  }

  describe('resolve and connect', () => {
    test('a name that does not exist', async () => {
      const target = { hop: { host: 'no-such-host.invalid', port: null, user: null } };
      const error = await expectProblem(open(22, target), 'NAME_NOT_RESOLVED');
      expect(error.message).toContain('no-such-host.invalid');
      expect(error.retryable).toBe(true);
    });

    test('a port nobody listens on', async () => {
      const port = await freePort();
      const error = await expectProblem(open(port), 'CONNECTION_REFUSED');
      expect(error.message).toBe(`Cannot connect to 127.0.0.1 port ${port}: connection refused.`);
    });

    describe('while others have taken all places', () => {
      /** Connects, and then waits for a place, until `leave`. */
      async function openInCrowd(onSocket: (socket: Socket) => void, options: { readonly signal: AbortSignal }) {
        const limiter = createHandshakeLimiter({ total: 1 });
        const [first, crowd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        const connected = Promise.withResolvers<void>();
        const port = await startTcp((socket) => {
          onSocket(socket);
          connected.resolve();
        });
        const before = limiter.run('first', () => first.promise, { signal });
        const opening = openSshConnection(targetFor(scratch, port), dependencies(scratch, { limiter }), options);
        await eventually(() => expect(limiter.waiting).toBe(1));
        const behind = limiter.run('crowd', () => crowd.promise, { signal });
        // It dials, which takes no place, and the next one has its place meanwhile.
        first.resolve();
        await before;
        await connected.promise;
        await eventually(() => expect([limiter.running, limiter.waiting]).toEqual([1, 1]));
        const leave = async () => {
          crowd.resolve();
          await behind;
        };
        return { opening, leave };
      }

      test('a server that resets the connection fails it, and nothing else', async () => {
        const { promise: reset, resolve: onReset } = Promise.withResolvers<void>();
        const onSocket = (socket: Socket) => {
          setTimeout(() => socket.resetAndDestroy().once('close', () => onReset()), 30);
        };
        const { opening, leave } = await openInCrowd(onSocket, { signal });
        const failed = expectProblem(opening, 'KEY_EXCHANGE_FAILED');
        await reset;
        await new Promise((resolve) => setTimeout(resolve, 30));
        await leave();
        expect((await failed).message).toContain('connection reset');
      });

      test('whoever no longer wants the connection leaves none open', async () => {
        const { promise: closed, resolve: onClose } = Promise.withResolvers<void>();
        const giveUp = new AbortController();
        const onSocket = (socket: Socket) => socket.resume().once('close', () => onClose());
        const { opening, leave } = await openInCrowd(onSocket, giveUp);
        giveUp.abort(new Error('host removed'));
        await expect(opening).rejects.toThrow('host removed');
        await closed;
        await leave();
      });
    });

    test('an address there is no way to', async () => {
      // The kernel connects no TCP to the broadcast address, and sends nothing.
      const target = { hop: { host: '255.255.255.255', port: 22, user: null } };
      expect(await problemOf(open(22, target))).toBe('HOST_NOT_ROUTABLE');
    });
  });

  describe('key exchange', () => {
    test.each([
      ['key exchange', { kex: ['diffie-hellman-group14-sha1' as const] }],
      ['cipher', { cipher: ['aes256-cbc' as const] }],
      ['MAC', { cipher: ['aes128-ctr' as const], hmac: ['hmac-sha1' as const] }],
    ])('a server whose only %s is an outdated one has nothing in common with us', async (_what, algorithms) => {
      const { port } = await start({ algorithms });
      const error = await expectProblem(open(port), 'NO_COMMON_ALGORITHM');
      expect(error.code).toBe('HOST_BLOCKED');
    });

    test('a server that has chacha20-poly1305 only is reached all the same', async () => {
      const { port } = await start({ algorithms: { cipher: ['chacha20-poly1305@openssh.com'] } });
      expect((await open(port)).hostKeyFingerprint).toMatch(/^SHA256:/);
    });

    test('a server that speaks something else', async () => {
      const port = await startTcp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      expect(await problemOf(open(port))).toBe('KEY_EXCHANGE_FAILED');
    });

    test('a server that hangs up at once, as sshd does past MaxStartups', async () => {
      const port = await startTcp((socket) => socket.destroy());
      const error = await expectProblem(open(port), 'KEY_EXCHANGE_FAILED');
      expect(error.detail.remedy).toContain('MaxStartups');
    });

    test('a server that says nothing is given up after 20 s, and its connection closed', async () => {
      const connected = Promise.withResolvers<Socket>();
      // By then we are past connecting, whose own deadline is shorter.
      const port = await startTcp((socket) => void socket.once('data', () => connected.resolve(socket)));
      const clock = createManualClock();
      const attempt = open(port, {}, { clock });
      const failed = expectProblem(attempt, 'KEY_EXCHANGE_FAILED');
      const socket = await connected.promise;
      await timeOut(clock, () => clock.pending > 0, 20_000);
      expect((await failed).message).toContain('within 20 s');
      if (!socket.closed) await once(socket, 'close');
      expect(clock.pending).toBe(0);
    });
  });

  describe('authentication', () => {
    const password = { kind: 'environment', variable: 'HOST_PASSWORD' } as const;
    const env = { ...process.env, SSH_AUTH_SOCK: undefined, HOST_PASSWORD: 'right' };

    test('a server that never decides is given up after 20 s', async () => {
      const seen: AuthContext[] = [];
      const { port } = await start({ onAuthentication: (context) => void seen.push(context) });
      const clock = createManualClock();
      const failed = expectProblem(open(port, {}, { clock }), 'AUTHENTICATION_UNFINISHED');
      await timeOut(clock, () => seen.length > 0, 20_000);
      expect((await failed).message).toContain('within 20 s');
    });

    test('the first thing a server hears is a key, with no question before it', async () => {
      const methods: string[] = [];
      const { port } = await start({
        onAuthentication(context) {
          methods.push(context.method);
          context.accept();
        },
      });
      await open(port);
      expect(new Set(methods)).toEqual(new Set(['publickey']));
    });

    test('a password is used where keys are refused', async () => {
      const { port } = await start({
        onAuthentication(context) {
          if (context.method === 'password' && context.password === 'right') context.accept();
          else context.reject(['publickey', 'password']);
        },
      });
      await open(port, { password }, { env });
      const wrong = open(port, { password }, { env: { ...env, HOST_PASSWORD: 'wrong' } });
      const error = await expectProblem(wrong, 'AUTHENTICATION_FAILED');
      expect(error.message).toContain('password');
      expect(error.message).not.toContain('wrong');
    });

    test('keyboard-interactive answers the hidden prompt with the password', async () => {
      const { port } = await start({
        onAuthentication(context) {
          if (context.method !== 'keyboard-interactive') {
            context.reject(['keyboard-interactive']);
            return;
          }
          context.prompt([{ prompt: 'Password: ', echo: false }], (answers) => {
            if (answers[0] === 'right') context.accept();
            else context.reject();
          });
        },
      });
      const connection = await open(port, { password, authMethods: ['keyboard-interactive'] }, { env });
      expect(connection.hostKeyFingerprint).toMatch(/^SHA256:/);
    });

    test('a server that wants a key and then a password gets both', async () => {
      let keyAccepted = false;
      const { port } = await start({
        onAuthentication(context) {
          if (context.method === 'publickey') {
            keyAccepted ||= context.signature !== undefined;
            if (context.signature) context.reject(['password'], true);
            else context.accept();
          } else if (context.method === 'password' && keyAccepted) context.accept();
          else context.reject(['publickey']);
        },
      });
      const connection = await open(port, { password }, { env });
      expect(connection.hostKeyFingerprint).toMatch(/^SHA256:/);
    });

    test('a server that hangs up while we log in has not refused our keys', async () => {
      const { port } = await start({
        onConnection: (client) => client.on('authentication', () => client.end()),
        onAuthentication: () => {},
      });
      expect(await problemOf(open(port))).toBe('AUTHENTICATION_UNFINISHED');
    });
  });

  describe('channels', () => {
    test('a server that forwards no sockets says so', async () => {
      const { port } = await start({});
      const connection = await open(port);
      const error = await expectProblem(connection.openSocket('/run/x', { signal }), 'FORWARDING_REFUSED');
      expect(error.detail.remedy).toContain('AllowStreamLocalForwarding');
    });

    test('a channel that is never answered is given up after 10 s, and the connection stays', async () => {
      let asked = 0;
      const { port } = await start({
        onConnection: (client) => client.on('openssh.streamlocal', () => void (asked += 1)),
      });
      const clock = createManualClock();
      const connection = await open(port, {}, { clock });
      const failed = expectProblem(connection.openSocket('/run/x', { signal }), 'CHANNEL_TIMED_OUT');
      await timeOut(clock, () => asked > 0, 10_000);
      expect((await failed).message).toContain('/run/x');
      expect(await Promise.race([connection.closed, Promise.resolve('still open')])).toBe('still open');
    });

    test('a host that falls silent is given up after three keepalives, and so are its streams', async () => {
      const { port, knownHosts } = await start({
        onConnection: (client) => client.on('openssh.streamlocal', (accept) => void accept()),
      });
      // The network in between, which loses everything from some moment on.
      const ways: Socket[] = [];
      const between = await startTcp((socket) => {
        const onward = connect(port, '127.0.0.1').on('error', () => {});
        socket.pipe(onward).pipe(socket);
        socket.on('close', () => onward.destroy());
        ways.push(socket, onward);
      });
      await writeFile(scratch.path('known_hosts'), knownHosts.replace(String(port), String(between)));
      const connection = await open(between, {}, { keepaliveIntervalMs: 20 });
      const stream = await connection.openSocket('/run/x', { signal });
      const failed = once(stream, 'error');
      for (const way of ways) way.unpipe().pause();
      const [error] = await failed;
      expect(error.detail.problem).toBe('KEEPALIVE_TIMED_OUT');
      expect(await connection.closed).toBe(error);
    });
  });

  test('giving up during the handshake closes the connection and gives the reason back', async () => {
    const connected = Promise.withResolvers<Socket>();
    const port = await startTcp((socket) => connected.resolve(socket.resume()));
    const giveUp = new AbortController();
    const deps = dependencies(scratch);
    const attempt = openSshConnection(targetFor(scratch, port), deps, { signal: giveUp.signal });
    const failed = attempt.catch((reason: unknown) => reason);
    const socket = await connected.promise;
    giveUp.abort(new Error('host removed'));
    expect(await failed).toEqual(new Error('host removed'));
    if (!socket.closed) await once(socket, 'close');
    expect(deps.limiter.running).toBe(0);
  });

  test('how a command ended is known, also where that comes in one piece with the answer', async () => {
    let way: ChaosProxy | null = null;
    const server = await start({
      onConnection(client) {
        client.on('session', (accept) => {
          accept().on('exec', (acceptExec, _reject, { command }) => {
            way?.setFaults({ down: { stall: true } });
            setTimeout(() => way?.setFaults({}), 30);
            const channel = acceptExec();
            channel.stderr.write('not found');
            channel.exit(command === 'true' ? 0 : 127);
            channel.end();
          });
        });
      },
    });
    way = await openChaosProxy({ target: { host: '127.0.0.1', port: server.port }, random: Math.random });
    cleanups.push(async () => way?.close());
    if ('path' in way.address) throw new Error('not a TCP port');
    const { port } = way.address;
    await writeFile(scratch.path('known_hosts'), server.knownHosts.replace(`:${server.port} `, `:${port} `));
    const connection = await open(port);
    const stream = (await connection.openCommand(['virt-ssh-helper'], { signal })).resume();
    const [error] = await once(stream, 'error');
    expect(error.message).toContain('ended with status 127: not found');
  });
});
