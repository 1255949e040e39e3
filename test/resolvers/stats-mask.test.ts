import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openLibvirtDriver } from '../../src/drivers/libvirt/driver.ts';
import { procedures } from '../../src/drivers/libvirt/rpc/procedures.ts';
import { createSimDaemon } from '../../src/drivers/libvirt/sim/daemon.ts';
import { populateMany } from '../../src/drivers/libvirt/sim/embedded-fleet.ts';
import { openFleet } from '../../src/fleet/fleet.ts';
import { silentLog } from '../../src/log.ts';
import { simTarget } from '../drivers/libvirt/sim-driver.ts';
import { until } from '../support/eventually.ts';
import { ask, openGateway } from '../support/gateway.ts';
import { createWireTap } from '../support/wire-tap.ts';

const wire = createWireTap();
let url: string;
let close: () => Promise<void>;

beforeEach(async () => {
  const daemon = createSimDaemon({
    name: 'sim',
    hypervisor: 'qemu',
    clock: systemClock,
    populate: (host) => populateMany(host, 4),
  });
  const route = { label: 'sim', kind: 'socket' as const, open: async () => wire.tap(daemon.connect()) };
  const fleet = openFleet({
    id: 'test',
    targets: [simTarget],
    clock: systemClock,
    log: silentLog,
    random: Math.random,
    openDriver: (target, options) =>
      openLibvirtDriver(
        target,
        { routes: [route], close: async () => {} },
        { clock: systemClock, log: silentLog },
        options,
      ),
  });
  const gateway = await openGateway(fleet);
  url = gateway.url;
  close = async () => {
    await gateway.close();
    await fleet.close();
    daemon.close();
  };
  await until(() => fleet.host('h1')?.status === 'READY');
});

afterEach(() => close());

/** What the daemon was asked for by one question: the masks of groups that were on the wire. */
async function masksOf(selection: string): Promise<readonly number[]> {
  wire.clear();
  const answer = await ask(url, `{ domains(filter: { states: [RUNNING] }) { nodes { name ${selection} } } }`);
  expect(answer.errors).toBeUndefined();
  return wire.calls(procedures.connectGetAllDomainStats).map(({ stats }) => stats);
}

test.each([
  ['stats { state }', 1],
  ['stats { cpu { timeSeconds } }', 2],
  ['stats { memory { current } }', 4],
  ['stats { vcpus { index } }', 8],
  ['stats { interfaces { name rxBytes } }', 16],
  ['stats { disks { name } }', 32],
  ['stats { state memory { rss } disks { path } }', 1 + 4 + 32],
  ['stats { state cpu @include(if: false) { timeSeconds } }', 1],
  ['... on Domain { stats { ... { cpu { timeSeconds } } state } }', 1 + 2],
  ['stats { missing }', 1],
])('a selection of %s asks the host for those groups alone', async (selection, mask) => {
  expect(await masksOf(selection)).toEqual([mask]);
});

test('a list of states asks the host for nothing at all', async () => {
  expect(await masksOf('state stateReason interfaces { macAddress }')).toEqual([]);
});

test('a subscription to states alone asks for states alone, and two together for both', async () => {
  wire.clear();
  const query = (selection: string) =>
    `subscription { domainStats(intervalSeconds: 0.5) { samples { stats { ${selection} } } } }`;
  const states = await openStream(query('state'));
  await states.next();
  expect(masks()).toEqual(new Set([1]));
  const cpus = await openStream(query('cpu { timeSeconds }'));
  await cpus.next();
  expect(masks()).toEqual(new Set([1, 3]));
  await states.close();
  await cpus.close();
});

const masks = () => new Set(wire.calls(procedures.connectGetAllDomainStats).map(({ stats }) => stats));

async function openStream(query: string) {
  const over = new AbortController();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: 'Bearer a-token-for-tests',
    },
    body: JSON.stringify({ query }),
    signal: over.signal,
  });
  const reader = response.body?.getReader();
  if (!reader) throw new Error('The answer has no body.');
  return {
    /** Waits until something with data has come. */
    async next() {
      let text = '';
      while (!text.includes('"data"')) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`The stream ended: ${text}`);
        text += Buffer.from(value).toString('utf8');
      }
    },
    async close() {
      over.abort();
      await reader.closed.catch(() => {});
    },
  };
}
