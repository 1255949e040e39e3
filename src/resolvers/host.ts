import type { HostView } from '../fleet/objects.ts';
import { answerWait } from './answer-wait.ts';
import { pickFromChanges } from './changes.ts';
import { connectionOf, pageOfHosts, pageSize } from './connection.ts';
import { requireHost, toDomainFilter } from './lookup.ts';
import type {
  HostCapabilitiesResolvers,
  HostFilter,
  HostResolvers,
  MutationResolvers,
  QueryResolvers,
  SubscriptionResolvers,
} from './schema.gen.ts';

export const hostQueries = {
  hosts(_root, { filter, first, after }, { fleet }) {
    const hosts = fleet.hosts().filter((host) => matchesHost(filter ?? {}, host));
    return connectionOf(pageOfHosts(hosts, pageSize(first), after ?? null));
  },
  host: (_root, { name }, { fleet }) => fleet.host(name),
} satisfies QueryResolvers;

export const hostMutations = {
  async refreshHost(_root, { input }, context) {
    const { name } = requireHost(context, input.host);
    return await context.fleet.refreshAsTask(name, answerWait(context, input), 'REFRESH_HOST');
  },
  async probeHost(_root, { input }, context) {
    const host = requireHost(context, input.host);
    const { report, task } = await context.fleet.probe(host.name, answerWait(context, input));
    return { ...report, host, task };
  },
} satisfies MutationResolvers;

export const hostSubscriptions = {
  hostChanged: {
    subscribe(_root, { name }, context) {
      const hosts = typeof name === 'string' ? [requireHost(context, name).name] : null;
      const changes = context.fleet.journal.open({
        filter: { hosts, kinds: ['host'] },
        after: null,
        snapshot: 'ALWAYS',
      });
      return pickFromChanges(
        changes,
        (object) => (object.kind === 'host' ? object : null),
        // Who follows one host would otherwise hear nothing any more, and take it for well.
        ({ type }) => hosts !== null && type === 'deleted',
      );
    },
    resolve: (host: HostView) => host,
  },
} satisfies SubscriptionResolvers;

export const host = {
  Host: {
    id: (host, _args, { ids }) => ids.encodeObject(host),
    addedByApi: (host, _args, { hostAdmin }) => hostAdmin.isManaged(host.name),
    labels: (host) => Object.entries(host.labels).map(([key, value]) => ({ key, value })),
    statusReason: (host) => host.problem,
    hypervisor: (host) => host.facts?.hypervisor ?? null,
    libvirtVersion: (host) => host.facts?.libvirtVersion ?? null,
    hypervisorVersion: (host) => host.facts?.hypervisorVersion ?? null,
    hostname: (host) => host.facts?.hostname ?? null,
    node(host) {
      const node = host.facts?.node;
      return node ? { ...node, socketsPerNode: node.sockets, memory: node.memoryBytes } : null;
    },
    capabilities: (host) => host.capabilities && { host, capabilities: host.capabilities },
    link: (host, _args, { fleet }) => fleet.link(host.name),
    domains(host, { filter, orderBy, first, after }, { fleet }) {
      const wanted = toDomainFilter(filter);
      const isNamed = wanted.hosts?.includes(host.name) ?? true;
      const query = { ...wanted, hosts: isNamed ? [host.name] : [] };
      return connectionOf(
        fleet.listDomains({
          filter: query,
          orderBy: orderBy ?? { field: 'NAME', direction: 'ASC' },
          first: pageSize(first),
          after: after ?? null,
        }),
      );
    },
    networks: (host, _args, { fleet }) => fleet.networks(host.name),
    storagePools: (host, _args, { fleet }) => fleet.storagePools(host.name),
    nodeDevices: (host, { capability }, { loaders }) =>
      loaders.nodeDevices.load({ hostName: host.name, capability: capability ?? '' }),
  } satisfies HostResolvers,

  HostCapabilities: {
    bulkStats: ({ capabilities }) => capabilities.bulkStats,
    domainEvents: ({ capabilities }) => capabilities.domainEvents,
    events: ({ capabilities }) => capabilities.events,
    writable: ({ capabilities }) => capabilities.writable,
    networks: ({ capabilities }) => capabilities.networks,
    storagePools: ({ capabilities }) => capabilities.storagePools,
    nodeDevices: ({ capabilities }) => capabilities.nodeDevices,
    guests: async ({ host }, _args, { loaders }) => (await loaders.capabilities.load(host.name)).guests,
  } satisfies HostCapabilitiesResolvers,
};

function matchesHost(filter: HostFilter, host: HostView): boolean {
  const hypervisor = host.facts?.hypervisor;
  return (
    (filter.names?.includes(host.name) ?? true) &&
    (filter.statuses?.includes(host.status) ?? true) &&
    (filter.hypervisors?.some((wanted) => wanted === hypervisor) ?? true) &&
    (filter.labels?.every(({ key, value }) =>
      typeof value === 'string' ? host.labels[key] === value : Object.hasOwn(host.labels, key),
    ) ??
      true)
  );
}
