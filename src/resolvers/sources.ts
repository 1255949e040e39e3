import type { DomainRecord } from '../fleet/objects.ts';
import type { DomainInterface } from '../model/domain.ts';
import type { Context } from './context.ts';
import type { Resolvers } from './schema.gen.ts';

/**
 * What the value of a field depends on, besides its arguments:
 * - `record`: on its parent alone.
 * - `tap`: on its parent, and on what `fleet.macs.tapBasis` of the parent's host stands for.
 * - `host`: on the parent's `hostName`, and on what is known of that host at the moment.
 * - `fleet`: on anything that is in memory at the moment.
 *
 * What is not named here may ask a host, or wait for something else. Whoever makes answers without graphql-js takes none
 * of these fields. A field without a resolver is a property of its parent, so `record`. A resolver with a source is not
 * given graphql-js's `info`, and returns no promise, but that fields of `Query` may.
 */
export type Source = 'record' | 'tap' | 'host' | 'fleet';

/** Types whose objects are the fleet's own: immutable, and the same object for as long as nothing in it changes. */
export const recordTypes: ReadonlySet<string> = new Set(['Host', 'Domain', 'Network', 'StoragePool']);

const sources = {
  Query: {
    hosts: 'fleet',
    host: 'fleet',
    domains: 'fleet',
    macConflicts: 'fleet',
    changesSince: 'fleet',
    task: 'fleet',
    tasks: 'fleet',
    gateway: 'fleet',
  },
  Subscription: {
    changes: 'fleet',
    domainChanged: 'fleet',
    domainStats: 'fleet',
    hostChanged: 'fleet',
    taskProgress: 'fleet',
  },
  Host: {
    id: 'record',
    addedByApi: 'fleet',
    labels: 'record',
    statusReason: 'record',
    hypervisor: 'record',
    libvirtVersion: 'record',
    hypervisorVersion: 'record',
    hostname: 'record',
    node: 'record',
    capabilities: 'record',
    link: 'fleet',
    domains: 'fleet',
    networks: 'fleet',
    storagePools: 'fleet',
  },
  HostCapabilities: {
    bulkStats: 'record',
    domainEvents: 'record',
    events: 'record',
    writable: 'record',
    networks: 'record',
    storagePools: 'record',
    nodeDevices: 'record',
  },
  Domain: {
    id: 'record',
    monitor: 'record',
    host: 'host',
    hypervisor: 'record',
    osType: 'record',
    arch: 'record',
    machine: 'record',
    vcpus: 'record',
    maxVcpus: 'record',
    memory: 'record',
    maxMemory: 'record',
    title: 'record',
    description: 'record',
    bootDevices: 'record',
    features: 'record',
    interfaces: 'record',
    disks: 'record',
    graphics: 'record',
    consoles: 'record',
    // Of the record alone, but large, and packed there: kept as text it would be there twice.
    xml: 'fleet',
    asOf: 'host',
    stale: 'host',
  },
  DomainInterface: {
    macAddress: 'record',
    type: 'record',
    source: 'record',
    model: 'record',
    linkUp: 'record',
    target: 'record',
    tapMacAddress: 'tap',
    tapNote: 'tap',
  },
  Network: { id: 'record', host: 'host', asOf: 'host', stale: 'host' },
  StoragePool: {
    id: 'record',
    host: 'host',
    capacity: 'record',
    allocation: 'record',
    available: 'record',
    asOf: 'host',
    stale: 'host',
  },
  DomainStatsTick: { samples: 'fleet' },
  HostReadingGap: { host: 'host' },
  DomainStats: {
    state: 'record',
    cpu: 'record',
    memory: 'record',
    vcpus: 'record',
    interfaces: 'record',
    disks: 'record',
    missing: 'record',
  },
  CpuStats: { timeSeconds: 'record', userSeconds: 'record', systemSeconds: 'record' },
  MemoryStats: {
    current: 'record',
    maximum: 'record',
    available: 'record',
    unused: 'record',
    usable: 'record',
    rss: 'record',
  },
  VcpuStats: { index: 'record', state: 'record', timeSeconds: 'record' },
  DiskStats: { capacity: 'record', allocation: 'record', physical: 'record' },
  MacOwner: { domain: 'fleet' },
  ObjectDeleted: { id: 'record' },
  HostInterrupted: { problem: 'record' },
  Task: { id: 'record', kind: 'record', host: 'fleet', domain: 'fleet' },
} as const satisfies { readonly [Type in keyof Resolvers]?: SourcesOf<NonNullable<Resolvers[Type]>> };

type SourcesOf<Fields> = { readonly [Field in keyof Fields]?: Source };

/**
 * All that resolvers of `record` and `tap` fields are given of a context. Whatever else one of them read would be missing,
 * and not merely out of date in a text that is kept.
 */
export function narrowContext({ ids, fleet }: Context): Context {
  // Not a whole context, on purpose: see above.
  return {
    ids,
    fleet: { macs: { tap: (domain: DomainRecord, nic: DomainInterface) => fleet.macs.tap(domain, nic) } },
  } as unknown as Context;
}

/** The source of a field that has a resolver; `null` where nothing is promised. */
export function sourceOf(typeName: string, fieldName: string): Source | null {
  const ofType: Readonly<Record<string, Readonly<Record<string, Source>>>> = sources;
  return ofType[typeName]?.[fieldName] ?? null;
}
