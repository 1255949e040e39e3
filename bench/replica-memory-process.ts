/**
 * What domains cost in memory. With --expose-gc and their number it fills replicas as mirrors do, from bytes as they come
 * over the wire, and prints what it found as one line of JSON. A process of its own, so that its heap has nothing else.
 */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../src/clock.ts';
import type { Driver } from '../src/drivers/driver.ts';
import type { DomainRef } from '../src/drivers/libvirt/rpc/objects.ts';
import { procedures } from '../src/drivers/libvirt/rpc/procedures.ts';
import { decode, encode } from '../src/drivers/libvirt/rpc/xdr.ts';
import { statsReply } from '../src/drivers/libvirt/stats/stats-decoder.ts';
import { parseDomainConfig } from '../src/drivers/libvirt/xml/domain.ts';
import { configVersion } from '../src/drivers/libvirt/xml/version.ts';
import { createMacRegistry } from '../src/fleet/mac/mac-registry.ts';
import type { DomainRecord } from '../src/fleet/objects.ts';
import { createDomainFilters } from '../src/fleet/replica/domain-filter.ts';
import type { DomainFilter, DomainOrderField } from '../src/fleet/replica/domain-page.ts';
import { createDomainIndex } from '../src/fleet/replica/domain-query.ts';
import { packText } from '../src/fleet/replica/packed-text.ts';
import { createReplica, type Replica } from '../src/fleet/replica/replica.ts';
import { createStatsPoller } from '../src/fleet/stats/stats-poller.ts';
import { parseUuid, type Uuid } from '../src/model/brands.ts';
import type { DomainConfig, DomainSnapshot, DomainStatus } from '../src/model/domain.ts';
import { type GuestXml, liveGuestXml, storedGuestXml } from './guest-xml.ts';
import { quantile } from './rounds.ts';
import { statsReplyBytes } from './stats-reply.ts';

export type MemoryFigures = {
  readonly domains: number;
  /** Of one domain: in the replica, the driver's list of names and the sorted views; without what its XML says. */
  readonly stateBytes: number;
  readonly configurationBytes: number;
  /** The last round of readings, with its rates. */
  readonly statsBytes: number;
  readonly fullGcMs: number;
  /** What the garbage collector did by itself while domains changed; `null`: that was not tried. */
  readonly natural: NaturalPauses | null;
  /** Median time of a page of 100. */
  readonly queriesMs: Readonly<Record<string, number>>;
};

/** Times for which nothing else ran, in milliseconds. */
export type NaturalPauses = {
  readonly seconds: number;
  readonly major: PauseFigures;
  /** A major collection's marking, in steps between other work. */
  readonly steps: PauseFigures;
  readonly minor: PauseFigures;
};
type PauseFigures = { readonly count: number; readonly p99Ms: number; readonly maxMs: number };

type GcEntry = { readonly duration: number; readonly detail: { readonly kind: number } };

const domainsOfHost = 1_000;

const [wanted = '5000', how = 'parsed', secondsOfChange = '0'] = process.argv.slice(2);
const hostNames = Array.from({ length: Number(wanted) / domainsOfHost }, (_, host) => `kvm${host}.example.com`);
const collect = globalThis.gc;
if (collect === undefined) throw new Error('Run it with --expose-gc.');

const uuids = hostNames.map((_, host) => Array.from({ length: domainsOfHost }, (__, index) => uuidOf(host, index)));
/** Everything that is held: nothing of it may be collected before the end. */
const held: unknown[] = [];

const nothing = {
  config: {
    ...parseDomainConfig(storedGuestXml({ index: 0, uuid: uuidOf(0, 0), hostName: 'template' })),
    interfaces: [],
  },
  xml: packText('<domain/>'),
  inactiveXml: null,
  storedInterfaces: [],
  version: 'none',
  monitor: null,
};
const template = JSON.stringify(
  parseDomainConfig(liveGuestXml({ index: 0, uuid: uuidOf(0, 0), hostName: 'template' })),
);

// Once for nothing: what is made only once, code above all, is not a domain's.
await fill(['warm-up'], readFully);
const before = heapBytes();
const bare = await fill(hostNames, null);
const stateBytes = (heapBytes() - before) / Number(wanted);
bare.release();
const between = heapBytes();
const full = await fill(hostNames, readFully);
const wholeBytes = (heapBytes() - between) / Number(wanted);
const statsFrom = heapBytes();
const readers = await readStats(full.replicas);
const statsBytes = (heapBytes() - statsFrom) / Number(wanted);
const gcTimes = Array.from({ length: 7 }, () => {
  const startedAt = performance.now();
  collect();
  return performance.now() - startedAt;
});
const figures: MemoryFigures = {
  domains: Number(wanted),
  stateBytes,
  configurationBytes: wholeBytes - stateBytes,
  statsBytes,
  fullGcMs: quantile(gcTimes, 0.5),
  natural: Number(secondsOfChange) > 0 ? await watchNaturally(full, readers) : null,
  queriesMs: timeQueries(full),
};
console.log(JSON.stringify(figures));
if (held.length === 0) throw new Error('Nothing was held.');

type Filled = Awaited<ReturnType<typeof fill>>;

async function fill(names: readonly string[], read: typeof readFully | null) {
  const replicas = new Map<string, Replica>();
  const macs = createMacRegistry(
    {
      isSessionDaemon: () => false,
      network: () => null,
      networksMark: () => null,
      domainsOn: (hostName) => replicas.get(hostName)?.domains.values() ?? [],
      randomBytes: (count) => new Uint8Array(count),
    },
    [],
  );
  function* allDomains() {
    for (const replica of replicas.values()) yield* replica.domains.values();
  }
  const index = createDomainIndex(allDomains, createDomainFilters({ labels: () => ({}), tap: macs.tap }));
  const refs: Map<Uuid, DomainRef>[] = [];
  for (const [host, hostName] of names.entries()) {
    const replica = createReplica(hostName, {
      domainStored(previous, next) {
        macs.replaceDomain(previous, next);
        index.replaceDomain(previous, next);
      },
      tell() {},
    });
    replicas.set(hostName, replica);
    const list = listOf(host, hostName);
    refs.push(new Map(list.map((ref) => [ref.uuid, ref])));
    const statuses = list.map(({ uuid, name, id }) => ({
      uuid,
      name,
      libvirtId: id,
      state: 'RUNNING' as const,
      stateReason: 'booted',
      persistent: true,
      autostart: true,
      hasManagedSave: false,
    }));
    // Without configurations: all share one, as nothing else would.
    if (read === null) replica.restore(statuses.map((status) => ({ ...status, ...nothing, kind: 'domain', hostName })));
    else {
      for (const [at, status] of statuses.entries()) {
        const guest = { index: host * domainsOfHost + at, uuid: status.uuid, hostName };
        replica.putDomain({ ...read(guest), status }, inactiveInterfaces, 'RECONCILE');
      }
    }
  }
  // Sorted views are put in order in turns.
  for (let turn = 0; turn < Number(wanted) / 100; turn += 1) await nextTurn();
  index.list({ filter: {}, orderBy: { field: 'NAME', direction: 'ASC' }, first: 1, after: null });
  const filled = { replicas, index, macs, refs };
  held.push(filled);
  return { replicas, index, release: () => void held.splice(held.indexOf(filled), 1) };
}

/** A list as a daemon sends it. */
function listOf(host: number, hostName: string): readonly DomainRef[] {
  const domains = (uuids[host] ?? []).map((uuid, index) => ({
    name: `guest-${host * domainsOfHost + index}.${hostName}`,
    uuid,
    id: index + 1,
  }));
  const { reply } = procedures.connectListAllDomains;
  return decode(reply, encode(reply, { domains, count: domains.length })).domains;
}

/** From its XML, as a driver does. Parsing a hundred thousand takes minutes: then one is parsed, and the others made of it. */
function readFully(guest: GuestXml): Omit<DomainSnapshot, 'status'> {
  const [xml, inactiveXml] = [Buffer.from(liveGuestXml(guest)), Buffer.from(storedGuestXml(guest))].map(String);
  const texts = { xml: xml ?? '', inactiveXml: inactiveXml ?? '' };
  if (how === 'parsed') {
    const version = configVersion(texts.inactiveXml);
    return { ...texts, config: parseDomainConfig(texts.xml), version, monitor: null };
  }
  return { ...texts, config: configLike(template, guest), version: `version-${guest.index}-xxxxxx`, monitor: null };
}

function configLike(one: string, { index, uuid, hostName }: GuestXml): DomainConfig {
  const config = JSON.parse(one.replaceAll('guest-0.template', `guest-${index}.${hostName}`));
  const [first, second] = /address='([0-9a-f:]{17})'[^]*address='([0-9a-f:]{17})'/
    .exec(liveGuestXml({ index, uuid, hostName }))
    ?.slice(1) ?? ['', ''];
  Object.assign(config, { uuid, title: `Guest ${index}` });
  Object.assign(config.interfaces[0], { macAddress: first, target: `vnet${2 * (index % domainsOfHost)}` });
  Object.assign(config.interfaces[1], { macAddress: second, target: `vnet${2 * (index % domainsOfHost) + 1}` });
  config.graphics[0].port = 5900 + (index % domainsOfHost);
  config.consoles[0].path = `/dev/pts/${index % domainsOfHost}`;
  return config;
}

/** Both have the same cards. */
function inactiveInterfaces(xml: string) {
  return how === 'parsed' ? parseDomainConfig(xml).interfaces : [];
}

async function readStats(replicas: ReadonlyMap<string, Replica>): Promise<readonly (() => Promise<unknown>)[]> {
  const again: (() => Promise<unknown>)[] = [];
  for (const [host, replica] of [...replicas.values()].entries()) {
    const read = () => Promise.resolve(decode(statsReply, statsReplyBytes(uuids[host] ?? [])));
    // Only this verb is asked of it.
    const driver = { readDomainStats: read } as unknown as Driver;
    const poller = createStatsPoller(
      { name: 'host', driver: () => driver, domain: (uuid) => replica.domains.get(uuid) ?? null },
      { ...systemClock, monotonic: () => ticks },
    );
    let ticks = 0;
    poller.join({ groups: ['state'], intervalMs: 1_000 });
    await poller.round(['state']);
    ticks = 1_000;
    const round = await poller.round(['state']);
    if (round.readings === null) throw new Error(round.reason);
    held.push(poller, round);
    again.push(() => {
      ticks += 1_000;
      return poller.round(['state']);
    });
  }
  return again;
}

/**
 * In each tenth of a second: the readings of one host (of a hundred, each every 10 s), ten domains start or stop, one is read
 * whole, and somebody looks at a page.
 */
async function watchNaturally(
  { replicas, index }: Filled,
  readers: readonly (() => Promise<unknown>)[],
): Promise<NaturalPauses> {
  const pauses = new Map<number, number[]>();
  const observer = new PerformanceObserver((list) => {
    // Node's type of an entry leaves out what its documentation says: an entry of this type has its kind there.
    for (const { duration, detail } of list.getEntries() as unknown as readonly GcEntry[]) {
      const { kind } = detail;
      pauses.set(kind, [...(pauses.get(kind) ?? []), duration]);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const seconds = Number(secondsOfChange);
  const hosts = [...replicas];
  for (let step = 0; step < seconds * 10; step += 1) {
    const host = step % hosts.length;
    const [hostName, replica] = hosts[host] ?? [];
    await readers[host]?.();
    for (let change = 0; change < 10; change += 1) {
      const uuid = uuids[host]?.[(step * 10 + change) % domainsOfHost];
      const domain = uuid && replica?.domains.get(uuid);
      if (!domain) throw new Error('Every domain is there.');
      replica?.putDomainStatus({ ...domain, state: domain.state === 'RUNNING' ? 'PAUSED' : 'RUNNING' }, 'EVENT');
      const { uuid: ofGuest, libvirtId } = domain;
      const guest = { index: host * domainsOfHost + (libvirtId ?? 1) - 1, uuid: ofGuest, hostName: hostName ?? '' };
      if (change === 0)
        replica?.putDomain({ ...readFully(guest), status: statusOf(domain) }, inactiveInterfaces, 'RECONCILE');
    }
    index.list({ filter: {}, orderBy: { field: 'NAME', direction: 'ASC' }, first: 100, after: null });
    await delay(100);
  }
  observer.disconnect();
  const figuresOf = (kind: number): PauseFigures => {
    const found = pauses.get(kind) ?? [0];
    return { count: pauses.get(kind)?.length ?? 0, p99Ms: quantile(found, 0.99), maxMs: Math.max(...found) };
  };
  return {
    seconds,
    major: figuresOf(constants.NODE_PERFORMANCE_GC_MAJOR),
    steps: figuresOf(constants.NODE_PERFORMANCE_GC_INCREMENTAL),
    minor: figuresOf(constants.NODE_PERFORMANCE_GC_MINOR),
  };
}

function statusOf(record: DomainRecord): DomainStatus {
  const { uuid, name, libvirtId, state, stateReason, persistent, autostart, hasManagedSave } = record;
  return { uuid, name, libvirtId, state, stateReason, persistent, autostart, hasManagedSave };
}

function timeQueries({ index, replicas }: Filled): Record<string, number> {
  const orders: DomainOrderField[] = ['NAME', 'HOST', 'STATE', 'MEMORY'];
  const filters: Record<string, DomainFilter> = {
    nothing: {},
    hosts: { hosts: hostNames.slice(0, 1) },
    states: { states: ['PAUSED'] },
    nameContains: { nameContains: 'GUEST-77' },
    hypervisors: { hypervisors: ['KVM'] },
  };
  const times: Record<string, number> = {};
  const [replica] = replicas.values();
  const [some] = replica?.domains.values() ?? [];
  for (const field of orders) {
    const startedAt = performance.now();
    index.list({ filter: {}, orderBy: { field, direction: 'ASC' }, first: 1, after: null });
    times[`first ${field}`] = performance.now() - startedAt;
    for (const [name, filter] of Object.entries(filters)) {
      const samples = Array.from({ length: 15 }, (_, round) => {
        // One has changed since, as always.
        if (some) replica?.putDomainStatus({ ...some, state: round % 2 ? 'PAUSED' : 'RUNNING' }, 'EVENT');
        const begun = performance.now();
        index.list({ filter: { ...filter }, orderBy: { field, direction: 'DESC' }, first: 100, after: null });
        return performance.now() - begun;
      });
      times[`${name} by ${field}`] = quantile(samples, 0.5);
    }
  }
  return times;
}

function heapBytes(): number {
  for (let i = 0; i < 3; i += 1) collect?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function uuidOf(host: number, index: number): Uuid {
  const uuid = parseUuid(
    `4dea22b3-1d52-48f3-${(0x8000 + host).toString(16)}-${(index * 7919).toString(16).padStart(12, '0')}`,
  );
  if (uuid === null) throw new Error('This is a UUID.');
  return uuid;
}
