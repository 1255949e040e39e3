import type { Driver } from '../../drivers/driver.ts';
import { sayingNotSent, VirtgraphError } from '../../errors.ts';
import type { MacAddress, Uuid } from '../../model/brands.ts';
import type { MacOwnerRef } from '../mac/mac-owners.ts';
import type { DomainRecord, HostView, NetworkRecord } from '../objects.ts';

/** What an action needs of the host it works on. */
export type ActionHost = {
  readonly name: string;
  readonly view: () => HostView;
  /** @throws HOST_UNREACHABLE, HOST_BLOCKED */
  readonly driver: () => Driver;
  readonly domain: (uuid: Uuid) => DomainRecord | null;
  readonly domainByName: (name: string) => DomainRecord | null;
  readonly networkByName: (name: string) => NetworkRecord | null;
  /** From the host, now. @throws NOT_FOUND and whatever reading may fail with. */
  readonly readDomain: (uuid: Uuid, signal: AbortSignal) => Promise<DomainRecord>;
};

/** The driver of a host that may be changed. @throws FORBIDDEN, HOST_UNREACHABLE, HOST_BLOCKED */
export function writableDriver(host: ActionHost): Driver {
  const forbidden = () =>
    new VirtgraphError('FORBIDDEN', `${host.name} was opened read-only: nothing on it can be changed.`, {
      host: host.name,
      outcome: 'NOT_SENT',
      remedy: 'Ask the operator to take `readOnly` off this host in the configuration.',
    });
  // Said also of a host that is down: it is true whatever becomes of it.
  if (host.view().readOnly) throw forbidden();
  const driver = changing(host);
  if (!driver.capabilities.writable) throw forbidden();
  return driver;
}

function changing(host: ActionHost): Driver {
  try {
    return host.driver();
  } catch (error) {
    throw sayingNotSent(error);
  }
}

/**
 * The domain to act on. With an expectation it is read from its host first, since the replica may be a moment behind.
 * @throws NOT_FOUND, CONFLICT naming the present version
 */
export async function expectedDomain(
  host: ActionHost,
  uuid: Uuid,
  expectedVersion: string | null,
  signal: AbortSignal,
): Promise<DomainRecord> {
  const known = expectedVersion === null ? host.domain(uuid) : null;
  const domain = known ?? (await host.readDomain(uuid, signal));
  if (expectedVersion !== null && domain.version !== expectedVersion) {
    throw new VirtgraphError(
      'CONFLICT',
      `${domain.name} on ${host.name} has been changed: its version is ${domain.version}, not ${expectedVersion}.`,
      { host: host.name, outcome: 'NOT_SENT', remedy: 'Read it again, and decide anew.' },
    );
  }
  return domain;
}

export function isActive(domain: DomainRecord): boolean {
  return domain.libvirtId !== null;
}

export function invalidState(domain: DomainRecord, message: string): VirtgraphError {
  return new VirtgraphError('INVALID_STATE', `${domain.name} on ${domain.hostName} ${message}.`, {
    host: domain.hostName,
    outcome: 'NOT_SENT',
  });
}

/** Who has an address, as a phrase. */
export function describeOwner({ domainName, hostName, role, active }: MacOwnerRef): string {
  const card = role === 'GUEST' ? 'a network card' : 'a tap device';
  return `${card} of ${domainName} on ${hostName}${active ? '' : ' (off)'}`;
}

export function isOwnedBy(
  owner: MacOwnerRef,
  domain: { readonly hostName: string; readonly uuid: Uuid | null },
): boolean {
  return owner.hostName === domain.hostName && owner.domainUuid === domain.uuid;
}

export type MacOwners = (mac: MacAddress) => readonly MacOwnerRef[];
