import { VirtgraphError } from '../errors.ts';
import type { DomainRecord } from '../fleet/objects.ts';
import { unpackText } from '../fleet/replica/packed-text.ts';
import type { Hypervisor } from '../model/domain.ts';
import { monitorOk } from '../model/monitor.ts';
import { connectionOf, pageSize } from './connection.ts';
import { findDomain, hostOf, requireHost, toDomainFilter } from './lookup.ts';
import type { DomainResolvers, QueryResolvers, SubscriptionResolvers } from './schema.gen.ts';
import { selectedStatsGroups } from './select.ts';

export const domainQueries = {
  domains(_root, { filter, orderBy, first, after, fresh }, { fleet, loaders }) {
    const query = {
      filter: toDomainFilter(filter),
      orderBy: orderBy ?? { field: 'NAME', direction: 'ASC' },
      first: pageSize(first),
      after: after ?? null,
    } as const;
    // Not an async function: what is in memory needs no promise.
    if (!fresh) return connectionOf(fleet.listDomains(query));
    return loaders.freshDomains
      .load({ hostNames: filter?.hosts ?? null })
      .then(() => connectionOf(fleet.listDomains(query)));
  },
  async domain(_root, { by, fresh }, context) {
    const { fleet, signal } = context;
    if (!fresh) return findDomain(context, by);
    // By name the host may know one that the replica has not seen yet.
    if (by.path)
      return nullWhenGone(fleet.refreshDomainByName(requireHost(context, by.path.host).name, by.path.name, signal));
    const known = findDomain(context, by);
    return known && nullWhenGone(fleet.refreshDomain(known.hostName, known.uuid, signal));
  },
} satisfies QueryResolvers;

export const domainSubscriptions = {
  domainChanged: {
    subscribe(_root, { filter }, context) {
      for (const name of filter?.hosts ?? []) requireHost(context, name);
      return context.fleet.openDomains(toDomainFilter(filter));
    },
    resolve: (domain: DomainRecord) => domain,
  },
} satisfies SubscriptionResolvers;

const hypervisorsWithMonitor: ReadonlySet<Hypervisor> = new Set(['QEMU', 'KVM']);

export const domain = {
  Domain: {
    id: (domain, _args, { ids }) => ids.encodeObject(domain),
    monitor: ({ monitor, libvirtId, config }) =>
      libvirtId === null || !hypervisorsWithMonitor.has(config.hypervisor) ? null : (monitor ?? monitorOk),
    host: (domain, _args, context) => hostOf(context, domain),
    hypervisor: ({ config }) => config.hypervisor,
    osType: ({ config }) => config.osType,
    arch: ({ config }) => config.arch,
    machine: ({ config }) => config.machine,
    vcpus: ({ config }) => config.vcpus,
    maxVcpus: ({ config }) => config.maxVcpus,
    memory: ({ config }) => config.memoryBytes,
    maxMemory: ({ config }) => config.maxMemoryBytes,
    title: ({ config }) => config.title,
    description: ({ config }) => config.description,
    bootDevices: ({ config }) => config.bootDevices,
    features: ({ config }) => config.features,
    interfaces: (domain) => domain.config.interfaces.map((nic) => ({ domain, nic })),
    disks: ({ config }) => config.disks,
    graphics: ({ config }) => config.graphics,
    consoles: ({ config }) => config.consoles,
    xml: (domain, { inactive }) => unpackText(inactive ? (domain.inactiveXml ?? domain.xml) : domain.xml),
    stats: ({ hostName, uuid }, _args, { loaders }, info) =>
      loaders.stats.load({ hostName, uuid, groups: selectedStatsGroups(info, []) }),
    jobs: ({ hostName, uuid }, _args, { fleet, signal }) => fleet.tasks.jobs(hostName, uuid, signal),
    asOf: (domain, _args, context) => asOf(hostOf(context, domain)),
    stale: (domain, _args, context) => hostOf(context, domain).stale,
  } satisfies DomainResolvers,
};

/** Whatever is known of a host was read from it, so this is never `null` where it is asked. */
export function asOf(host: { readonly asOf: number | null }): number {
  return host.asOf ?? 0;
}

async function nullWhenGone(reading: Promise<DomainRecord>): Promise<DomainRecord | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof VirtgraphError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}
