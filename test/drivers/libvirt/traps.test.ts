import { expect, test } from 'vitest';
import { openLibvirtDriver } from '../../../src/drivers/libvirt/driver.ts';
import { createSimDaemon } from '../../../src/drivers/libvirt/sim/daemon.ts';
import { silentLog } from '../../../src/log.ts';
import { createFakeClock, settle } from '../../support/fake-clock.ts';
import { openSimDriver, simTarget } from './sim-driver.ts';

/** What other clients of libvirt have fallen into, each named after what was seen. */
const { signal } = new AbortController();

test('the fifth call in flight kills the connection: it waits here instead, and the daemon goes on reading', async () => {
  const sim = await openSimDriver({ guests: 12 });
  for (const uuid of sim.running.slice(0, 8)) sim.daemon.stick(uuid);
  const connections = sim.daemon.connectionCount;
  const stuck = sim.running.slice(0, 8).map((uuid) => sim.driver.suspendDomain(uuid, { signal }).catch(codeOf));
  await sim.clock.advance(1_000);
  expect(sim.driver.link().lanes.find(({ name }) => name === 'work')).toMatchObject({
    callsInFlight: 4,
    callsQueued: 4,
  });
  let closed = false;
  void sim.driver.closed.then(() => {
    closed = true;
  });
  // The daemon gives up a client it cannot hear after 30 s; so does it one whose places are all taken.
  await sim.clock.advance(70_000);
  expect(closed).toBe(false);
  expect(sim.daemon.connectionCount).toBeLessThanOrEqual(connections + 2);
  expect(await sim.driver.listDomains({ signal })).toHaveLength(12);
  await Promise.all(stuck);
  await sim.close();
});

test('a connection lost in the middle of the handshake leaves nothing waiting and nothing open', async () => {
  for (const afterMs of [0, 500, 1_500, 2_500, 3_500]) {
    const clock = createFakeClock();
    const daemon = createSimDaemon({ name: 'sim', hypervisor: 'qemu', clock, faults: { latencyMs: 1_000 } });
    let closes = 0;
    const transport = {
      routes: [{ label: 'sim', kind: 'socket' as const, open: async () => daemon.connect() }],
      close: async () => void (closes += 1),
    };
    const opening = openLibvirtDriver(simTarget, transport, { clock, log: silentLog }, { signal }).catch(codeOf);
    await clock.advance(afterMs);
    daemon.dropConnections();
    await settle();
    await clock.advance(2_000);
    expect(await opening).toBe('HOST_UNREACHABLE');
    expect({ closes, connections: daemon.connectionCount }).toEqual({ closes: 1, connections: 0 });
    daemon.close();
  }
});

test('a consumer that calls libvirt back for each event does not stop the reader', async () => {
  const sim = await openSimDriver({ guests: 30 });
  const read: string[] = [];
  void (async () => {
    for await (const hint of sim.driver.hints) {
      if (hint.kind !== 'domain') continue;
      read.push((await sim.driver.readDomain(hint.uuid, { signal })).status.state);
    }
  })();
  await Promise.all(sim.running.map((uuid) => sim.driver.suspendDomain(uuid, { signal })));
  await sim.clock.advance(100);
  expect(read.filter((state) => state === 'PAUSED')).toHaveLength(30);
  await sim.close();
});

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error;
}
