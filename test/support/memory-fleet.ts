import { randomBytes } from 'node:crypto';
import { createChannel } from '../../src/channel.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { VirtgraphError } from '../../src/errors.ts';
import type { ActionOutcome, ActionRequest } from '../../src/fleet/actions/action.ts';
import { createAnswers } from '../../src/fleet/actions/answers.ts';
import { createChangeFilters } from '../../src/fleet/journal/change-filter.ts';
import { createJournal, defaultJournalLimits } from '../../src/fleet/journal/journal.ts';
import { settledDomains } from '../../src/fleet/journal/settled-domains.ts';
import { createMacRegistry } from '../../src/fleet/mac/mac-registry.ts';
import type { DomainRecord, HostView, NetworkRecord } from '../../src/fleet/objects.ts';
import { createDomainFilters } from '../../src/fleet/replica/domain-filter.ts';
import { createDomainIndex } from '../../src/fleet/replica/domain-query.ts';
import { packText } from '../../src/fleet/replica/packed-text.ts';
import type { StatsQuery, StatsReading, StatsTick } from '../../src/fleet/stats/reading.ts';
import { createCancelTask } from '../../src/fleet/tasks/cancel-task.ts';
import { createHostTasks } from '../../src/fleet/tasks/host-tasks.ts';
import { createTaskBook } from '../../src/fleet/tasks/task-book.ts';
import { createTasks } from '../../src/fleet/tasks/tasks.ts';
import type { Fleet } from '../../src/fleet/types.ts';
import { silentLog } from '../../src/log.ts';
import { parseUuid, type Uuid } from '../../src/model/brands.ts';
import type { DomainConfig, DomainState } from '../../src/model/domain.ts';
import { keepInMemory } from '../../src/model/kept-records.ts';
import type { StatsGroup } from '../../src/model/stats.ts';
import { parseMac } from '../../src/net/mac.ts';

/**
 * A fleet whose hosts are tables: the real journal, index and MAC registry over objects that a test puts in.
 * What would be asked of a host is answered by `driver`, or fails as a host does that is not there.
 */
export type MemoryFleet = Fleet & {
  putHost(host: Partial<HostView> & { readonly name: string }): HostView;
  putDomain(domain: DomainRecord): void;
  dropDomain(domain: DomainRecord): void;
  putNetwork(network: NetworkRecord): void;
  /** Its daemon is a user's own from now on, or the system's. */
  putSession(hostName: string, isSession: boolean): void;
  /** What `readStats` and `openStats` were asked for. */
  readonly statsCalls: {
    readonly hostName: string;
    readonly uuids: readonly Uuid[];
    readonly groups: readonly StatsGroup[];
  }[];
  readonly statsQueries: StatsQuery[];
  tick(tick: StatsTick): void;
  /** Streams of readings that nobody has ended. */
  readonly openStreams: number;
};

export type MemoryFleetOptions = {
  readonly id?: string;
  readonly driver?: Fleet['driver'];
  readonly readStats?: Fleet['readStats'];
  readonly probe?: Fleet['probe'];
  /** The journal's. */
  readonly limits?: Partial<typeof defaultJournalLimits>;
  readonly clock?: Clock;
};

export function createMemoryFleet(options: MemoryFleetOptions = {}): MemoryFleet {
  const hosts = new Map<string, HostView>();
  const domains = new Map<string, DomainRecord>();
  const networks: NetworkRecord[] = [];
  let networksMark = {};
  const sessionDaemons = new Set<string>();
  const keyOf = (hostName: string, uuid: string) => `${hostName}/${uuid}`;

  const macs = createMacRegistry(
    {
      isSessionDaemon: (hostName) => sessionDaemons.has(hostName),
      network: (hostName, name) =>
        networks.find((network) => network.hostName === hostName && network.name === name) ?? null,
      networksMark: () => networksMark,
      domainsOn: (hostName) => [...domains.values()].filter((domain) => domain.hostName === hostName),
      randomBytes,
    },
    [],
  );
  const domainFilter = createDomainFilters({
    labels: (name) => hosts.get(name)?.labels ?? {},
    tap: (domain, nic) => macs.tap(domain, nic),
  });
  const index = createDomainIndex(() => domains.values(), domainFilter);
  const journal = createJournal({
    newEpoch: () => randomBytes(8).toString('hex'),
    log: silentLog,
    limits: { ...defaultJournalLimits, ...options.limits },
    clock: options.clock ?? systemClock,
    predicates: createChangeFilters(domainFilter, () => true),
    snapshot: () => [...hosts.values(), ...domains.values()],
  });
  const streams = new Set<ReturnType<typeof createChannel<StatsTick>>>();

  function requireDomain(hostName: string, uuid: Uuid): DomainRecord {
    const domain = domains.get(keyOf(hostName, uuid));
    if (!domain)
      throw new VirtgraphError('NOT_FOUND', `There is no domain ${uuid} on ${hostName}.`, { host: hostName });
    return domain;
  }

  function changeState(from: DomainState, to: DomainState, summary: string) {
    return async ({ hostName, uuid, dryRun }: ActionRequest): Promise<ActionOutcome> => {
      const domain = requireDomain(hostName, uuid);
      if (domain.state !== from) {
        throw new VirtgraphError('INVALID_STATE', `${domain.name} is ${domain.state}.`, {
          host: hostName,
          outcome: 'FAILED',
          libvirt: { code: 55, codeName: 'OPERATION_INVALID', domain: 10, domainName: 'QEMU', level: 2, message: 'no' },
        });
      }
      if (!dryRun) fleet.putDomain({ ...domain, state: to, libvirtId: to === 'RUNNING' ? 1 : null });
      return { domain: requireDomain(hostName, uuid), summary, warnings: [] };
    };
  }
  const unsupported = async (): Promise<never> => {
    throw new VirtgraphError('UNSUPPORTED', 'This fleet of tables cannot do that.');
  };

  const cannotChangeHosts = (): never => {
    throw new VirtgraphError('UNSUPPORTED', 'Hosts are put into this fleet by `putHost`.');
  };

  const kept = keepInMemory();
  const clock = options.clock ?? systemClock;
  const book = createTaskBook({ kept: kept.task, clock, log: silentLog });
  const tasks = createTasks({ book, clock, log: silentLog, host: () => null });
  // It has no host that could do something by itself.
  const hostTasks = createHostTasks({ book, clock, log: silentLog });
  const cancel = createCancelTask({ book, tasks, hostTasks, jobs: { cancel: unsupported } });

  const fleet: MemoryFleet = {
    tasks: { ...tasks, cancel, jobs: async () => [] },
    answers: createAnswers({ kept, tasks, clock }),
    id: options.id ?? 'memory',
    statsCalls: [],
    statsQueries: [],
    hosts: () => [...hosts.values()],
    host: (name) => hosts.get(name) ?? null,
    hostOf: ({ hostName }) => hosts.get(hostName) ?? null,
    link: () => null,
    networks: (hostName) => networks.filter((network) => network.hostName === hostName),
    storagePools: () => [],
    network: (hostName, uuid) => networks.find((each) => each.hostName === hostName && each.uuid === uuid) ?? null,
    storagePool: () => null,
    domain: (hostName, uuid) => domains.get(keyOf(hostName, uuid)) ?? null,
    domainByName: (hostName, name) =>
      [...domains.values()].find((domain) => domain.hostName === hostName && domain.name === name) ?? null,
    domainsByUuid: (uuid) => [...domains.values()].filter((domain) => domain.uuid === uuid),
    listDomains: (query) => index.list(query),
    matches: (filter, domain) => domainFilter(filter)(domain),
    refreshDomains: async () => {},
    refreshDomain: async (hostName, uuid) => requireDomain(hostName, uuid),
    async refreshDomainByName(hostName, name) {
      const domain = fleet.domainByName(hostName, name);
      if (!domain) throw new VirtgraphError('NOT_FOUND', `There is no domain ${name}.`);
      return domain;
    },
    driver:
      options.driver ??
      ((hostName) => {
        throw new VirtgraphError('HOST_UNREACHABLE', `${hostName} cannot be reached.`, {
          problem: 'CONNECTION_REFUSED',
        });
      }),
    hostTasks,
    probe: options.probe ?? unsupported,
    refreshAsTask: async (name, { signal }) => ({ host: await fleet.refreshHost(name, signal), task: null }),
    async refreshHost(name) {
      const host = hosts.get(name);
      if (!host) throw new VirtgraphError('NOT_FOUND', `There is no host ${name}.`);
      return host;
    },
    setHosts: cannotChangeHosts,
    journal,
    macs,
    actions: {
      start: changeState('SHUTOFF', 'RUNNING', 'Started.'),
      shutdown: changeState('RUNNING', 'SHUTDOWN', 'Asked to shut down.'),
      reboot: changeState('RUNNING', 'RUNNING', 'Asked to reboot.'),
      reset: changeState('RUNNING', 'RUNNING', 'Reset.'),
      forceOff: changeState('RUNNING', 'SHUTOFF', 'Forced off.'),
      suspend: changeState('RUNNING', 'PAUSED', 'Paused.'),
      resume: changeState('PAUSED', 'RUNNING', 'Resumed.'),
      define: unsupported,
      undefine: unsupported,
      setAutostart: unsupported,
      attachInterface: unsupported,
      detachInterface: unsupported,
    },
    openDomains: (filter) =>
      settledDomains(
        journal.open({ filter: { kinds: ['domain'], domains: filter }, after: null, snapshot: 'ALWAYS' }),
        systemClock,
      ),
    openStats(query) {
      fleet.statsQueries.push(query);
      const stream = createChannel<StatsTick>({ capacity: 100, onClose: () => streams.delete(stream) });
      streams.add(stream);
      return stream;
    },
    readStats: async (hostName, uuids, groups, signal) => {
      fleet.statsCalls.push({ hostName, uuids, groups });
      return options.readStats
        ? options.readStats(hostName, uuids, groups, signal)
        : uuids.map((uuid) => reading(hostName, uuid));
    },
    metrics: () => ({
      hosts: [...hosts.values()].map(({ name, status }) => ({
        name,
        status,
        reconnects: 0,
        failedAttempts: 0,
        link: null,
        domains: new Map(
          [...domains.values()].filter(({ hostName }) => hostName === name).map((domain) => [domain.uuid, domain]),
        ),
        readings: null,
      })),
      journal: { entries: 0, estimatedBytes: 0, written: 0, readers: journal.size.readers, isPersistent: false },
      statsStreams: streams.size,
    }),
    async close() {
      journal.close();
      for (const stream of streams) stream.end();
    },

    putHost(host) {
      const previous = hosts.get(host.name) ?? null;
      const next = { ...blankHost, ...previous, ...host };
      hosts.set(next.name, next);
      journal.append({ type: 'upserted', object: next, previous, origin: 'EVENT', changedFields: null });
      return next;
    },
    putDomain(domain) {
      const key = keyOf(domain.hostName, domain.uuid);
      const previous = domains.get(key) ?? null;
      domains.set(key, domain);
      index.replaceDomain(previous, domain);
      macs.replaceDomain(previous, domain);
      journal.append({ type: 'upserted', object: domain, previous, origin: 'EVENT', changedFields: null });
    },
    dropDomain(domain) {
      domains.delete(keyOf(domain.hostName, domain.uuid));
      index.replaceDomain(domain, null);
      macs.replaceDomain(domain, null);
      journal.append({ type: 'deleted', object: domain, origin: 'EVENT' });
    },
    putNetwork(network) {
      const place = networks.findIndex(({ hostName, uuid }) => hostName === network.hostName && uuid === network.uuid);
      networks.splice(place < 0 ? networks.length : place, place < 0 ? 0 : 1, network);
      networksMark = {};
      macs.networkChanged(network.hostName);
    },
    putSession(hostName, isSession) {
      if (isSession) sessionDaemons.add(hostName);
      else sessionDaemons.delete(hostName);
    },
    tick(tick) {
      for (const stream of streams) stream.push(tick);
    },
    get openStreams() {
      return streams.size;
    },
  };
  return fleet;
}

/** When the tables were written. */
const memoryAsOf = Date.UTC(2026, 2, 1, 12);

const blankHost: Omit<HostView, 'name'> = {
  kind: 'host',
  uri: 'qemu:///system',
  labels: {},
  readOnly: false,
  status: 'READY',
  problem: null,
  asOf: memoryAsOf,
  stale: false,
  facts: null,
  capabilities: null,
};

/** A domain with a number: its name, UUID and address follow from it. */
export function someDomain(
  hostName: string,
  number: number,
  changes: Partial<Omit<DomainRecord, 'config'>> & { readonly config?: Partial<DomainConfig> } = {},
): DomainRecord {
  const uuid = parseUuid(`00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`);
  if (!uuid) throw new Error('The number is too large.');
  const name = `vm-${number}`;
  const isRunning = (changes.state ?? 'RUNNING') === 'RUNNING';
  const hex = number.toString(16).padStart(4, '0');
  const nic = {
    macAddress: parseMac(`52:54:00:00:${hex.slice(0, 2)}:${hex.slice(2)}`),
    type: 'bridge',
    source: 'br0',
    bridge: null,
    model: 'virtio',
    linkUp: null,
    target: isRunning ? `vnet${number}` : null,
    targetManaged: true,
    alias: null,
  } as const;
  return {
    kind: 'domain',
    hostName,
    uuid,
    name,
    libvirtId: isRunning ? number : null,
    state: 'RUNNING',
    stateReason: 'booted',
    persistent: true,
    autostart: false,
    hasManagedSave: false,
    storedInterfaces: [],
    xml: packText(`<domain><name>${name}</name></domain>`),
    inactiveXml: null,
    version: 'v1',
    monitor: null,
    ...changes,
    config: {
      name,
      uuid,
      title: null,
      description: null,
      type: 'kvm',
      hypervisor: 'KVM',
      osType: 'hvm',
      arch: 'x86_64',
      machine: 'pc-q35-7.2',
      vcpus: 2,
      maxVcpus: 4,
      memoryBytes: 2 ** 31,
      maxMemoryBytes: 2 ** 32,
      bootDevices: ['hd'],
      features: ['acpi'],
      interfaces: [nic],
      disks: [],
      graphics: [],
      consoles: [],
      ...changes.config,
    },
  };
}

export function reading(hostName: string, uuid: Uuid): StatsReading {
  return {
    hostName,
    sampledAt: memoryAsOf,
    rates: null,
    sample: {
      uuid,
      state: 'RUNNING',
      stateReason: 'booted',
      cpu: { timeNs: 1_500_000_000n, userNs: null, systemNs: null },
      memory: null,
      vcpus: null,
      interfaces: null,
      disks: null,
      missing: null,
    },
  };
}
