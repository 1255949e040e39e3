import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openDriver } from '../../src/drivers/index.ts';
import { stopSimDaemons } from '../../src/drivers/libvirt/sim/targets.ts';
import { openFleet } from '../../src/fleet/fleet.ts';
import type { Fleet } from '../../src/fleet/types.ts';
import { silentLog } from '../../src/log.ts';
import type { HostTarget } from '../../src/model/target.ts';
import { createHandshakeLimiter } from '../../src/ssh/handshake-limiter.ts';
import { createKeyCache } from '../../src/ssh/key-cache.ts';
import { type Bastion, createBastion } from '../ssh/bastion.ts';
import { createScratch, dependencies, requireOpenSsh, type Scratch, targetFor } from '../ssh/real-sshd.ts';
import { type SimsOverSsh, startSimsOverSsh } from '../ssh/sim-over-ssh.ts';

/**
 * Many hosts behind one real sshd. The hosts are embedded daemons behind SSH servers in this process; more of them by
 * VIRTGRAPH_STORM_HOSTS=300.
 */
const hostCount = Number(process.env['VIRTGRAPH_STORM_HOSTS'] ?? 40);
const timeoutMs = 40_000 + hostCount * 1_000;

let scratch: Scratch;
let bastion: Bastion;
let sims: SimsOverSsh;
let fleet: Fleet | null = null;

beforeAll(async () => {
  await requireOpenSsh();
  scratch = await createScratch();
  bastion = await createBastion(scratch, { maxStartups: '10:30:100' });
  sims = await startSimsOverSsh(
    scratch,
    Array.from({ length: hostCount }, (_, index) => `storm${index}`),
  );
  await writeFile(scratch.path('known_hosts'), bastion.knownHosts + sims.knownHosts);
});
/** Their goodbyes, and those of the processes that served them, take a while on a busy machine. */
afterEach(async () => {
  await fleet?.close();
  fleet = null;
  await bastion?.stop();
}, timeoutMs);
afterAll(async () => {
  await sims?.stop();
  stopSimDaemons();
  await scratch?.remove();
});

function target(name: string, port: number): HostTarget {
  const jump = [{ host: '127.0.0.1', port: bastion.port, user: userInfo().username }];
  return {
    name,
    uri: `qemu+ssh://127.0.0.1:${port}/system`,
    labels: {},
    readOnly: false,
    driver: 'qemu',
    transport: { kind: 'ssh', ssh: targetFor(scratch, port, { jump }), proxy: 'auto', command: null, netcat: 'nc' },
    connectName: 'qemu:///system',
    session: false,
    socket: '/run/libvirt/libvirt-sock',
    mode: 'auto',
    keepaliveIntervalMs: 30_000,
    keepaliveCount: 5,
  };
}

/** A gateway to all of them, with so many handshakes at once. */
function open(handshakes: { readonly perFirstHop: number; readonly total: number }): Fleet {
  // `ssh -G` for each hop at each try is not what is measured here.
  const reach = { limiter: createHandshakeLimiter(handshakes), keys: createKeyCache(), sshBinary: '/nonexistent/ssh' };
  const deps = { ...dependencies(scratch, reach), clock: systemClock, log: silentLog };
  fleet = openFleet({
    id: 'storm',
    targets: [...sims.ports].map(([name, port]) => target(name, port)),
    clock: systemClock,
    log: silentLog,
    random: Math.random,
    openDriver: (host, options) => openDriver(host, deps, options),
  });
  return fleet;
}

const howMany = (status: string) => fleet?.hosts().filter((host) => host.status === status).length;
const all = (status: string) =>
  expect.poll(() => howMany(status), { timeout: timeoutMs, interval: 100 }).toBe(hostCount);
const said = (what: RegExp) => bastion.log().filter((line) => what.test(line)).length;

const refused = /past MaxStartups|MaxStartups throttling/;
const connection = /^Connection from /;

describe(`${hostCount} hosts behind one bastion with MaxStartups 10:30:100`, () => {
  test('come and come back after an outage with one handshake each, none of which is refused', {
    timeout: timeoutMs * 3,
  }, async () => {
    await bastion.start();
    open({ perFirstHop: 6, total: 16 });
    await all('READY');
    expect([said(connection), said(refused)]).toEqual([hostCount, 0]);

    await bastion.stop();
    await all('LOST');
    // So long that every host has tried in vain, some more than once.
    await expect
      .poll(() => fleet?.metrics().hosts.every(({ failedAttempts }) => failedAttempts > 0), { timeout: timeoutMs })
      .toBe(true);
    await bastion.start();
    const began = performance.now();
    await all('READY');
    console.log(`${hostCount} hosts were back after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    expect([said(connection), said(refused)]).toEqual([hostCount, 0]);
  });

  test('are refused by it without the cap, which shows that the cap is what keeps them from it', {
    timeout: timeoutMs,
  }, async () => {
    await bastion.start();
    open({ perFirstHop: hostCount, total: hostCount });
    await expect.poll(() => said(refused), { timeout: timeoutMs, interval: 50 }).toBeGreaterThan(0);
  });
});
