import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { stopSimDaemons } from '../../src/drivers/libvirt/sim/targets.ts';
import { probeHost } from '../../src/drivers/probe.ts';
import { silentLog } from '../../src/log.ts';
import type { ProbeReport, ProbeStage } from '../../src/model/probe.ts';
import type { HostTarget, SshTarget, Transport } from '../../src/model/target.ts';
import { createHandshakeLimiter, type HandshakeLimiter } from '../../src/ssh/handshake-limiter.ts';
import { targetOf } from '../fleet/fake-host.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';

const never = new AbortController().signal;
let folder: string;
const servers: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'virtgraph-probe-'));
});

afterEach(async () => {
  stopSimDaemons();
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Takes connections and never says a word. Resolves with `connected` when there is one. */
async function startSilence(where: { path: string } | { host: string; port: number }) {
  const sockets = new Set<Socket>();
  const { promise: connected, resolve } = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    resolve();
  });
  await new Promise<void>((listening) => server.listen(where, listening));
  servers.push({ server, sockets });
  return { server, connected };
}

const deps = (clock: FakeClock | typeof systemClock) => ({
  log: silentLog,
  clock,
  limiter: createHandshakeLimiter(),
  env: { PATH: '' },
  sshBinary: '/nonexistent/ssh',
});

const ssh = (port: number, changes: Partial<SshTarget> = {}): Transport => ({
  kind: 'ssh',
  ssh: {
    hop: { host: '127.0.0.1', port, user: 'root' },
    jump: [],
    keyFile: null,
    knownHostsFile: '/dev/null',
    knownHostsVerify: 'normal',
    authMethods: ['privkey'],
    passphrase: null,
    password: null,
    ...changes,
  },
  proxy: 'auto',
  command: null,
  netcat: 'nc',
});

const target = (transport: Transport, part: Partial<HostTarget> = {}) => targetOf('h1', { transport, ...part });

const failure = ({ stages }: ProbeReport) => stages.find(({ verdict }) => verdict === 'FAILED');

test('a daemon that takes the connection and says nothing fails by its deadline', async () => {
  const path = join(folder, 'silent');
  const { connected } = await startSilence({ path });
  const clock = createFakeClock();
  const probing = probeHost(target({ kind: 'unix' }, { socket: path }), deps(clock), { signal: never });
  await connected;
  await clock.advance(5_000);
  const report = await probing;
  expect(failure(report)).toMatchObject({
    stage: 'libvirt-auth',
    code: 'LIBVIRT_OPEN_FAILED',
    remedy: expect.stringContaining('restart the daemon'),
  });
  expect(report).toMatchObject({ host: 'h1', ok: false, durationMs: 5_000 });
});

test('a server that takes the connection and says nothing fails at the key exchange', async () => {
  const { server, connected } = await startSilence({ host: '127.0.0.1', port: 0 });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  const clock = createFakeClock();
  const begun: string[] = [];
  const { promise: exchanging, resolve } = Promise.withResolvers<void>();
  const probing = probeHost(target(ssh(address.port)), deps(clock), {
    signal: never,
    onBegin({ stage }) {
      begun.push(stage);
      if (stage === 'key-exchange') resolve();
    },
  });
  await Promise.all([connected, exchanging]);
  await clock.advance(20_000);
  expect(failure(await probing)).toMatchObject({
    stage: 'key-exchange',
    code: 'KEY_EXCHANGE_FAILED',
    durationMs: 20_000,
  });
  expect(begun).toEqual(['config', 'resolve', 'connect', 'key-exchange']);
});

test('who waits for its turn at a jump host in vain is told after a minute', async () => {
  const clock = createFakeClock();
  const busy = { ...deps(clock), limiter: createHandshakeLimiter({ total: 1 }) };
  const { promise: handshake, resolve: end } = Promise.withResolvers<void>();
  const other = busy.limiter.run('elsewhere:22', () => handshake, { signal: never });
  const told: ProbeStage[] = [];
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const limiter: HandshakeLimiter = {
    ...busy.limiter,
    run(firstHop, work, options) {
      resolve();
      return busy.limiter.run(firstHop, work, options);
    },
  };
  const probing = probeHost(
    target(ssh(1)),
    { ...busy, limiter },
    { signal: never, onStage: (stage) => told.push(stage) },
  );
  await asked;
  await clock.advance(60_000);
  const report = await probing;
  expect(failure(report)).toMatchObject({ stage: 'resolve', message: 'The probe was ended after 60 s.' });
  expect(told).toEqual(report.stages);
  end();
  await other;
});

test('a known_hosts file that cannot be read fails as the host key, before anybody is connected to', async () => {
  const report = await probeHost(target(ssh(1, { knownHostsFile: folder })), deps(systemClock), { signal: never });
  expect(report.stages.slice(0, 5).map(({ stage, verdict }) => `${stage} ${verdict}`)).toEqual([
    'config OK',
    'resolve SKIPPED',
    'connect SKIPPED',
    'key-exchange SKIPPED',
    'host-key FAILED',
  ]);
  expect(failure(report)?.code).toBe('KNOWN_HOSTS_UNREADABLE');
});

test('a probe ends with the signal of the one who asked', async () => {
  const path = join(folder, 'unheard');
  const { connected } = await startSilence({ path });
  const asking = new AbortController();
  const probing = probeHost(target({ kind: 'unix' }, { socket: path }), deps(systemClock), { signal: asking.signal });
  await connected;
  asking.abort(new Error('no longer wanted'));
  await expect(probing).rejects.toThrow('no longer wanted');
});

test('a host that is read-only by configuration is, without a warning', async () => {
  const transport: Transport = { kind: 'sim', daemonName: 'probed', options: {} };
  const part = { driver: 'qemu', connectName: 'qemu:///system', readOnly: true };
  const report = await probeHost(target(transport, part), deps(systemClock), { signal: never });
  expect(report.ok).toBe(true);
  expect(report.stages.find(({ stage }) => stage === 'permissions')).toMatchObject({
    verdict: 'OK',
    message: 'lists 5 domains; read-only, as configured',
  });
});
