import { withHost } from '../errors.ts';
import { noSuchHost } from './hosts/host-problem.ts';
import type { HostRoster } from './hosts/host-roster.ts';
import type { HostSession } from './hosts/host-session.ts';
import type { DomainPredicate } from './replica/domain-filter.ts';
import type { DomainFilter } from './replica/domain-page.ts';
import type { DomainIndex } from './replica/domain-query.ts';
import type { Fleet } from './types.ts';

/** Hosts and what they have: found in memory, or read from them anew. */
export type FleetObjects = Pick<
  Fleet,
  | 'hosts'
  | 'host'
  | 'hostOf'
  | 'link'
  | 'networks'
  | 'storagePools'
  | 'network'
  | 'storagePool'
  | 'domain'
  | 'domainByName'
  | 'domainsByUuid'
  | 'listDomains'
  | 'matches'
  | 'refreshDomains'
  | 'refreshDomain'
  | 'refreshDomainByName'
  | 'driver'
  | 'refreshHost'
>;

export type HostLookup = {
  /** @throws NOT_FOUND */
  readonly session: (hostName: string) => HostSession;
  /** @throws NOT_FOUND for the first name that is none */
  readonly requireHosts: (...lists: readonly (readonly string[] | null | undefined)[]) => void;
};

export function createHostLookup(sessions: ReadonlyMap<string, HostSession>): HostLookup {
  function session(hostName: string): HostSession {
    const found = sessions.get(hostName);
    if (found) return found;
    throw noSuchHost(hostName);
  }
  return {
    session,
    requireHosts(...lists) {
      for (const hostName of lists.flatMap((list) => list ?? [])) session(hostName);
    },
  };
}

export function createFleetObjects(
  { sessions, former }: Pick<HostRoster, 'sessions' | 'former'>,
  { session, requireHosts }: HostLookup,
  domains: { readonly index: DomainIndex; readonly predicate: (filter: DomainFilter) => DomainPredicate },
): FleetObjects {
  const replicaOf = (hostName: string) => sessions.get(hostName)?.replica ?? null;
  return {
    hosts: () => [...sessions.values()].map(({ view }) => view()).sort(byName),
    host: (name) => sessions.get(name)?.view() ?? null,
    hostOf: ({ hostName }) => sessions.get(hostName)?.view() ?? former.get(hostName) ?? null,
    link: (hostName) => sessions.get(hostName)?.link() ?? null,
    networks: (hostName) => [...session(hostName).replica.networks.values()].sort(byName),
    storagePools: (hostName) => [...session(hostName).replica.storagePools.values()].sort(byName),
    network: (hostName, uuid) => replicaOf(hostName)?.networks.get(uuid) ?? null,
    storagePool: (hostName, uuid) => replicaOf(hostName)?.storagePools.get(uuid) ?? null,
    domain: (hostName, uuid) => replicaOf(hostName)?.domains.get(uuid) ?? null,
    domainByName: (hostName, name) => replicaOf(hostName)?.domainByName(name) ?? null,
    domainsByUuid: (uuid) => [...sessions.values()].flatMap(({ replica }) => replica.domains.get(uuid) ?? []),
    listDomains(query) {
      requireHosts(query.filter.hosts);
      return domains.index.list(query);
    },
    matches: (filter, domain) => domains.predicate(filter)(domain),
    async refreshDomains(hostNames, signal) {
      requireHosts(hostNames);
      const asked = hostNames ? hostNames.map(session) : [...sessions.values()];
      // Those that fail are shown as they were, stale; only the end of the request itself is the caller's.
      await Promise.allSettled(asked.map((of) => of.readList(signal)));
      signal.throwIfAborted();
    },
    refreshDomain: (hostName, uuid, signal) => session(hostName).readDomain(uuid, signal),
    async refreshDomainByName(hostName, name, signal) {
      const of = session(hostName);
      try {
        return await of.readDomain(await of.driver().findDomain(name, { signal }), signal);
      } catch (error) {
        throw signal.aborted ? signal.reason : withHost(error, hostName);
      }
    },
    driver: (hostName) => session(hostName).driver(),
    refreshHost: (hostName, signal) => session(hostName).refresh(signal),
  };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
