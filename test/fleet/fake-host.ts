import { createChannel } from '../../src/channel.ts';
import type { DomainJob, Driver, EndedJob } from '../../src/drivers/driver.ts';
import { hostProblem, VirtgraphError } from '../../src/errors.ts';
import type { OpenDriver } from '../../src/fleet/hosts/host-session.ts';
import { type MacAddress, parseUuid, type Uuid } from '../../src/model/brands.ts';
import type {
  DomainConfig,
  DomainInterface,
  DomainSnapshot,
  DomainState,
  DomainStatus,
} from '../../src/model/domain.ts';
import type { HostHint } from '../../src/model/hints.ts';
import type { HostCapabilities } from '../../src/model/host.ts';
import type { DomainMonitor } from '../../src/model/monitor.ts';
import type { Network, StoragePool } from '../../src/model/network.ts';
import type { DomainStatsSample } from '../../src/model/stats.ts';
import type { HostTarget } from '../../src/model/target.ts';
import { parseMac } from '../../src/net/mac.ts';

/** What a scripted host has of one domain. */
export type FakeDomain = {
  uuid: Uuid;
  name: string;
  state: DomainState;
  stateReason: string;
  libvirtId: number | null;
  persistent: boolean;
  autostart: boolean;
  memoryBytes: number;
  macs: MacAddress[];
  /** `null`: the same as it runs with. */
  storedMacs: MacAddress[] | null;
  cpuNs: bigint;
  monitor: DomainMonitor | null;
};

/** How a scripted call goes: before it is answered, this is awaited. */
type Gate = (verb: string, subject: string) => Promise<void> | void;

/**
 * A host at the far end of the driver's interface: it has domains, tells of events, is slow, refuses and goes down when
 * told to. Verbs read their answer at one moment and deliver it later if `gate` says so, as a real daemon does.
 */
export type FakeHost = {
  readonly name: string;
  readonly domains: Map<Uuid, FakeDomain>;
  readonly networks: Map<Uuid, Network>;
  readonly storagePools: Map<Uuid, StoragePool>;
  readonly capabilities: { -readonly [Key in keyof HostCapabilities]: HostCapabilities[Key] };
  /** Every verb that was called, with its subject. */
  readonly calls: string[];
  /** Runs after the answer was read and before it is delivered. */
  gate: Gate;
  /** The next opens fail with this until it is null. */
  refuse: VirtgraphError | null;
  /** Running guests do not let go of a card that is taken from them. */
  clings: boolean;
  /** What it does with its domains by itself, and how the last of that ended. */
  readonly jobs: DomainJob[];
  lastJob: EndedJob | null;
  /** Guests go on as if nobody had asked them to shut down. */
  ignoresRequests: boolean;
  /** When the daemon last gave a sign of life. */
  heardAt: number;
  /** Events are told while this is true. */
  eventful: boolean;
  readonly opens: number;
  readonly isConnected: boolean;
  /** Readings that are out now, and the most that ever were. */
  readonly statsOut: { now: number; most: number };
  readonly reads: { now: number; most: number };

  add(name: string, part?: Partial<FakeDomain>): FakeDomain;
  /** Changes one as somebody else would, and tells of it. */
  change(uuid: Uuid, part: Partial<FakeDomain>): void;
  remove(uuid: Uuid): void;
  hint(hint: HostHint): void;
  /** Cuts the connection. */
  drop(reason?: VirtgraphError): void;
  open: OpenDriver;
};

export const gone = () => hostProblem('CONNECTION_LOST', 'The connection was lost.', 'It comes back by itself.');
export const refused = () => hostProblem('CONNECTION_REFUSED', 'Nobody listens there.', 'Start sshd.');
export const keyRefused = () => hostProblem('AUTHENTICATION_FAILED', 'No key was taken.', 'Look at authorized_keys.');
export const keyChanged = () => hostProblem('HOST_KEY_CHANGED', 'The host key is another.', 'Look at known_hosts.');

export function uuidOf(number: number): Uuid {
  const uuid = parseUuid(number.toString(16).padStart(32, '0'));
  if (uuid === null) throw new Error('A number of up to 32 digits makes a UUID.');
  return uuid;
}

export function targetOf(name: string, part: Partial<HostTarget> = {}): HostTarget {
  return {
    name,
    uri: `sim:///${name}`,
    labels: {},
    readOnly: false,
    driver: 'qemu',
    transport: { kind: 'sim', daemonName: name, options: {} },
    connectName: 'qemu:///system',
    session: false,
    socket: null,
    mode: 'auto',
    keepaliveIntervalMs: 5_000,
    keepaliveCount: 5,
    ...part,
  };
}

let uuids = 0;

export function createFakeHost(name: string): FakeHost {
  const domains = new Map<Uuid, FakeDomain>();
  const networks = new Map<Uuid, Network>();
  const storagePools = new Map<Uuid, StoragePool>();
  const calls: string[] = [];
  let connection: ReturnType<typeof connect> | null = null;
  let opens = 0;
  let libvirtIds = 0;

  const host: FakeHost = {
    name,
    domains,
    networks,
    storagePools,
    calls,
    capabilities: {
      bulkStats: true,
      domainEvents: true,
      networks: true,
      storagePools: true,
      nodeDevices: true,
      events: ['lifecycle'],
      writable: true,
    },
    gate: () => {},
    refuse: null,
    clings: false,
    jobs: [],
    lastJob: null,
    ignoresRequests: false,
    heardAt: 0,
    eventful: true,
    statsOut: { now: 0, most: 0 },
    reads: { now: 0, most: 0 },
    get opens() {
      return opens;
    },
    get isConnected() {
      return connection !== null;
    },
    add(domainName, part = {}) {
      const domain: FakeDomain = {
        uuid: uuidOf(++uuids),
        name: domainName,
        state: 'SHUTOFF',
        stateReason: 'unknown',
        libvirtId: null,
        persistent: true,
        autostart: false,
        memoryBytes: 1024,
        macs: [],
        storedMacs: null,
        cpuNs: 0n,
        monitor: null,
        ...part,
      };
      domains.set(domain.uuid, domain);
      tell(domain);
      return domain;
    },
    change(uuid, part) {
      const domain = domains.get(uuid);
      if (!domain) throw new Error(`${name} has no domain ${uuid}.`);
      Object.assign(domain, part);
      tell(domain);
    },
    remove(uuid) {
      const domain = domains.get(uuid);
      domains.delete(uuid);
      if (domain) tell(domain);
    },
    hint: (hint) => void connection?.hints.push(hint),
    drop: (reason = gone()) => connection?.fail(reason),
    async open(_target, { signal }) {
      opens++;
      await host.gate('open', name);
      signal.throwIfAborted();
      if (host.refuse) throw host.refuse;
      connection = connect();
      return connection.driver;
    },
  };

  function tell({ uuid, name: domainName }: FakeDomain) {
    if (host.eventful) host.hint({ kind: 'domain', uuid, name: domainName, event: 'lifecycle', detail: {} });
  }

  function find(uuid: Uuid): FakeDomain {
    const domain = domains.get(uuid);
    if (domain) return domain;
    throw new VirtgraphError('NOT_FOUND', `no domain with matching uuid ${uuid}`);
  }

  function connect() {
    const over = new AbortController();
    const { promise: closed, resolve: close } = Promise.withResolvers<VirtgraphError>();
    const hints = createChannel<HostHint>({ capacity: 1_000, onFull: () => {} });
    function fail(reason: VirtgraphError) {
      if (over.signal.aborted) return;
      connection = null;
      over.abort(reason);
      hints.end();
      close(reason);
    }
    /** The answer is true at the moment of the call; the gate and the connection decide when and whether it comes. */
    async function answer<T>(verb: string, subject: string, signal: AbortSignal, read: () => T): Promise<T> {
      calls.push(`${verb} ${subject}`.trim());
      if (over.signal.aborted) throw over.signal.reason;
      const value = read();
      const ended = AbortSignal.any([signal, over.signal]);
      await Promise.race([
        Promise.resolve().then(() => host.gate(verb, subject)),
        new Promise((_, reject) => ended.addEventListener('abort', () => reject(ended.reason), { once: true })),
      ]);
      if (ended.aborted) throw ended.reason;
      return value;
    }
    const change = (verb: string, uuid: Uuid, signal: AbortSignal, act: (domain: FakeDomain) => void) =>
      answer(verb, uuid, signal, () => {
        const domain = find(uuid);
        act(domain);
        tell(domain);
      });
    function requireActive(domain: FakeDomain) {
      if (domain.libvirtId === null) throw new VirtgraphError('INVALID_STATE', 'domain is not running');
    }
    function turnOff(domain: FakeDomain) {
      requireActive(domain);
      Object.assign(domain, { state: 'SHUTOFF', libvirtId: null, cpuNs: 0n });
      if (!domain.persistent) domains.delete(domain.uuid);
    }
    const unsupported = () => Promise.reject(new VirtgraphError('UNSUPPORTED', 'not on this host'));

    const driver: Driver = {
      facts: {
        hypervisor: 'KVM',
        driverType: 'QEMU',
        libvirtVersion: '9.0.0',
        hypervisorVersion: '7.2.0',
        hostname: name,
        daemonUri: 'qemu:///system',
        node: null,
        readOnly: false,
      },
      capabilities: { ...host.capabilities },
      listDomains: ({ signal }) => answer('list', '', signal, () => [...domains.values()].map(statusOf)),
      async readDomain(uuid, { signal, onMoment }) {
        host.reads.now++;
        host.reads.most = Math.max(host.reads.most, host.reads.now);
        try {
          const now = domains.get(uuid);
          if (now) onMoment?.(statusOf(now));
          return await answer('read', uuid, signal, () => snapshotOf(find(uuid)));
        } finally {
          host.reads.now--;
        }
      },
      findDomain: (domainName, { signal }) =>
        answer('find', domainName, signal, () => {
          for (const domain of domains.values()) if (domain.name === domainName) return domain.uuid;
          throw new VirtgraphError('NOT_FOUND', `no domain with matching name '${domainName}'`);
        }),
      readDomainXml: (uuid, { signal }) => answer('xml', uuid, signal, () => snapshotOf(find(uuid)).xml),
      async readDomainStats(groups, uuids, { signal }) {
        host.statsOut.now++;
        host.statsOut.most = Math.max(host.statsOut.most, host.statsOut.now);
        try {
          return await answer('stats', groups.join(), signal, () =>
            [...domains.values()]
              .filter((domain) => (uuids === null ? domain.libvirtId !== null : uuids.includes(domain.uuid)))
              .map((domain) => sampleOf(domain, groups)),
          );
        } finally {
          host.statsOut.now--;
        }
      },
      readInterfaceAddresses: unsupported,
      startDomain: (uuid, { signal, paused }) =>
        change('start', uuid, signal, (domain) => {
          if (domain.libvirtId !== null) throw new VirtgraphError('INVALID_STATE', 'domain is already running');
          Object.assign(domain, { state: paused ? 'PAUSED' : 'RUNNING', libvirtId: ++libvirtIds });
        }),
      shutdownDomain: (uuid, { signal }) =>
        change('shutdown', uuid, signal, host.ignoresRequests ? requireActive : turnOff),
      rebootDomain: (uuid, { signal }) => change('reboot', uuid, signal, requireActive),
      resetDomain: (uuid, { signal }) => change('reset', uuid, signal, requireActive),
      destroyDomain: (uuid, { signal }) => change('destroy', uuid, signal, turnOff),
      suspendDomain: (uuid, { signal }) =>
        change('suspend', uuid, signal, (domain) => {
          requireActive(domain);
          domain.state = 'PAUSED';
        }),
      resumeDomain: (uuid, { signal }) =>
        change('resume', uuid, signal, (domain) => {
          requireActive(domain);
          domain.state = 'RUNNING';
        }),
      compareDomainXml: (before, after) => (before === after ? [] : [{ path: '.', before, after }]),
      checkDomainXml: (xml, { signal }) => answer('check', '', signal, () => xml !== ''),
      readJobs: (uuid, _disks, { signal }) => answer('jobs', uuid, signal, () => [...host.jobs]),
      readLastJob: (uuid, { signal }) => answer('last job', uuid, signal, () => host.lastJob),
      abortJob: (uuid, jobId, { signal }) =>
        answer('abort', `${jobId} of ${uuid}`, signal, () => {
          if (host.jobs.some(({ id }) => id === jobId)) return;
          const libvirt = { code: 55, codeName: 'OPERATION_INVALID', domain: 10, domainName: 'QEMU', level: 2 };
          const message = 'no job is active on the domain';
          throw new VirtgraphError('INVALID_STATE', message, { outcome: 'FAILED', libvirt: { ...libvirt, message } });
        }),
      inspectDomainXml: (xml) => configOf(parseFakeXml(xml)),
      defineDomain: (xml, { signal }) =>
        answer('define', '', signal, () => {
          const parsed = parseFakeXml(xml);
          const known = domains.get(parsed.uuid);
          if (known) {
            Object.assign(known, { memoryBytes: parsed.memoryBytes, macs: parsed.macs, persistent: true });
            tell(known);
          } else host.add(parsed.name, parsed);
          return parsed.uuid;
        }),
      undefineDomain: (uuid, { signal }) =>
        change('undefine', uuid, signal, (domain) => {
          domain.persistent = false;
          if (domain.libvirtId === null) domains.delete(uuid);
        }),
      setDomainAutostart: (uuid, autostart, { signal }) =>
        change('autostart', uuid, signal, (domain) => {
          domain.autostart = autostart;
        }),
      attachDevice: unsupported,
      detachDevice: unsupported,
      attachInterface: (uuid, { macAddress }, { signal, live, persistent }) =>
        change('attach', uuid, signal, (domain) => {
          const stored = domain.storedMacs ?? domain.macs;
          domain.storedMacs = persistent ? [...stored, macAddress] : [...stored];
          if (live) domain.macs = [...domain.macs, macAddress];
          if (domain.libvirtId === null) domain.macs = domain.storedMacs;
          if ((live === persistent && !host.clings) || domain.libvirtId === null) domain.storedMacs = null;
        }),
      detachInterface: (uuid, macAddress, { signal, live, persistent }) =>
        change('detach', uuid, signal, (domain) => {
          const without = (macs: readonly MacAddress[]) => macs.filter((mac) => mac !== macAddress);
          const stored = domain.storedMacs ?? domain.macs;
          domain.storedMacs = persistent ? without(stored) : [...stored];
          if (live && !host.clings) domain.macs = without(domain.macs);
          if (domain.libvirtId === null) domain.macs = domain.storedMacs;
          if (live === persistent || domain.libvirtId === null) domain.storedMacs = null;
        }),
      readCapabilities: unsupported,
      listNetworks: ({ signal }) => answer('networks', '', signal, () => [...networks.values()]),
      readNetwork: (uuid, { signal }) =>
        answer('network', uuid, signal, () => {
          const network = networks.get(uuid);
          if (!network) throw new VirtgraphError('NOT_FOUND', 'no network with matching uuid');
          return network;
        }),
      listStoragePools: ({ signal }) => answer('pools', '', signal, () => [...storagePools.values()]),
      readStoragePool: (uuid, { signal }) =>
        answer('pool', uuid, signal, () => {
          const pool = storagePools.get(uuid);
          if (!pool) throw new VirtgraphError('NOT_FOUND', 'no storage pool with matching uuid');
          return pool;
        }),
      listNodeDevices: unsupported,
      ping: ({ signal }) => answer('ping', '', signal, () => {}),
      hints,
      closed,
      link: () => ({
        roundTripMs: 1,
        lanes: [{ name: 'control', callsInFlight: 0, callsAbandoned: 0, callsQueued: 0, wedged: false }],
      }),
      lastHeardAt: () => host.heardAt,
      async close() {
        fail(gone());
      },
    };
    return { driver, hints, fail };
  }
  return host;
}

function statusOf(domain: FakeDomain): DomainStatus {
  return {
    uuid: domain.uuid,
    name: domain.name,
    libvirtId: domain.libvirtId,
    state: domain.state,
    stateReason: domain.stateReason,
    persistent: domain.persistent,
    autostart: domain.autostart,
    hasManagedSave: false,
  };
}

function configOf(domain: Pick<FakeDomain, 'uuid' | 'name' | 'memoryBytes' | 'macs'>): DomainConfig {
  return {
    name: domain.name,
    uuid: domain.uuid,
    title: null,
    description: null,
    type: 'kvm',
    hypervisor: 'KVM',
    osType: 'hvm',
    arch: 'x86_64',
    machine: 'pc',
    vcpus: 1,
    maxVcpus: 1,
    memoryBytes: domain.memoryBytes,
    maxMemoryBytes: domain.memoryBytes,
    bootDevices: [],
    features: [],
    interfaces: domain.macs.map(cardOf),
    disks: [],
    graphics: [],
    consoles: [],
  };
}

function cardOf(macAddress: MacAddress): DomainInterface {
  return {
    macAddress,
    type: 'bridge',
    source: 'br0',
    bridge: null,
    model: 'virtio',
    linkUp: null,
    target: null,
    targetManaged: true,
    alias: null,
  };
}

/** The double's own notation; the XML of real hosts is the driver's business. */
export function fakeXml(domain: Pick<FakeDomain, 'uuid' | 'name' | 'memoryBytes' | 'macs'>): string {
  const { uuid, name, memoryBytes, macs } = domain;
  return JSON.stringify({ uuid, name, memoryBytes, macs });
}

function parseFakeXml(xml: string): Pick<FakeDomain, 'uuid' | 'name' | 'memoryBytes' | 'macs'> {
  try {
    const { uuid, name, memoryBytes, macs } = JSON.parse(xml);
    return { uuid: parseUuid(uuid) ?? uuidOf(0), name, memoryBytes, macs: macs.map(parseMac) };
  } catch (cause) {
    throw new VirtgraphError('BAD_USER_INPUT', 'This is not the XML of a domain.', { cause });
  }
}

function snapshotOf(domain: FakeDomain): DomainSnapshot {
  const stored = domain.persistent && domain.storedMacs !== null ? { ...domain, macs: domain.storedMacs } : null;
  return {
    status: statusOf(domain),
    config: configOf(domain),
    xml: fakeXml(domain),
    inactiveXml: stored === null ? null : fakeXml(stored),
    version: `v-${fakeXml(stored ?? domain).length}-${domain.memoryBytes}-${(stored ?? domain).macs.join()}`,
    monitor: domain.monitor,
  };
}

function sampleOf(domain: FakeDomain, groups: readonly string[]): DomainStatsSample {
  return {
    uuid: domain.uuid,
    state: domain.state,
    stateReason: null,
    cpu: groups.includes('cpu') ? { timeNs: domain.cpuNs, userNs: null, systemNs: null } : null,
    memory: null,
    vcpus: null,
    interfaces: null,
    disks: null,
    missing: null,
  };
}
