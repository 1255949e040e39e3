import { VirtgraphError } from '../errors.ts';
import { noSuchHost } from '../fleet/hosts/host-problem.ts';
import type { DomainRecord, HostView } from '../fleet/objects.ts';
import type { DomainFilter as FleetDomainFilter } from '../fleet/replica/domain-page.ts';
import type { Uuid } from '../model/brands.ts';
import type { Context } from './context.ts';
import { expectKind, findObject } from './ids.ts';
import type { DomainFilter, DomainRef } from './schema.gen.ts';

/** From what callers name things by to the things themselves. */

/** @throws NOT_FOUND when the fleet has no host of that name */
export function requireHost(context: Context, name: string): HostView {
  const host = context.fleet.host(name);
  if (host) return host;
  throw noSuchHost(name);
}

/** The host that an object is of, which need not be one of the fleet any more. */
export function hostOf({ fleet }: Context, object: { readonly hostName: string }): HostView {
  const host = fleet.hostOf(object);
  if (host) return host;
  throw noSuchHost(object.hostName);
}

/** `null`: there is none. @throws CONFLICT when several hosts have the UUID, BAD_USER_INPUT, NOT_FOUND */
export function findDomain(context: Context, ref: DomainRef): DomainRecord | null {
  const { fleet, ids } = context;
  if (typeof ref.id === 'string') {
    const decoded = ids.decode(ref.id);
    expectKind(decoded, 'domain');
    const object = findObject(fleet, decoded);
    return object?.kind === 'domain' ? object : null;
  }
  if (ref.path) {
    const host = requireHost(context, ref.path.host);
    return fleet.domainByName(host.name, ref.path.name);
  }
  if (!ref.uuid) return null;
  const found = fleet.domainsByUuid(ref.uuid);
  if (found.length > 1) {
    const hostNames = found.map((domain) => domain.hostName).sort();
    throw new VirtgraphError('CONFLICT', `Several hosts have a domain ${ref.uuid}: ${hostNames.join(', ')}.`, {
      remedy: 'Name it by its id, or by `path: { host, name }`.',
    });
  }
  return found[0] ?? null;
}

/** As `findDomain`, but @throws NOT_FOUND when there is none. */
export function requireDomain(context: Context, ref: DomainRef): DomainRecord {
  const domain = findDomain(context, ref);
  if (domain) return domain;
  const name = ref.path
    ? `${JSON.stringify(ref.path.name.slice(0, 80))} on ${ref.path.host}`
    : (ref.uuid ?? 'of this id');
  throw new VirtgraphError('NOT_FOUND', `There is no domain ${name}.`, {
    ...(ref.path && { host: ref.path.host }),
    remedy: 'If it was defined a moment ago, `domain(by:, fresh: true)` asks its host.',
  });
}

/** For what the fleet itself named a moment ago. */
export function requireDomainAt(context: Context, hostName: string, uuid: Uuid): DomainRecord {
  const domain = context.fleet.domain(hostName, uuid);
  if (domain) return domain;
  throw new VirtgraphError('NOT_FOUND', `The domain ${uuid} of ${hostName} was removed meanwhile.`, { host: hostName });
}

export function toDomainFilter(filter: DomainFilter | null | undefined): FleetDomainFilter {
  if (!filter) return {};
  return {
    ...filter,
    labels: filter.labels?.map(({ key, value }) => ({ key, value: value ?? null })) ?? null,
  };
}
