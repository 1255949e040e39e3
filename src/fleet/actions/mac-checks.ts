import { VirtgraphError } from '../../errors.ts';
import type { MacAddress, Uuid } from '../../model/brands.ts';
import type { DomainConfig } from '../../model/domain.ts';
import { judgeGuestMac } from '../../net/mac-rules.ts';
import { deriveTapMac } from '../../net/tap.ts';
import { guestMacVerdict } from '../../net/version-verdict.ts';
import { type ActionHost, describeOwner, isOwnedBy, type MacOwners } from '../hosts/action-guards.ts';
import type { MacOwnerRef } from '../mac/mac-owners.ts';

/** @throws INVALID_MAC_ADDRESS for one that no guest may have, before any host is asked. */
export function requireGuestMac(mac: MacAddress, hostName: string) {
  const finding = judgeGuestMac(mac).find(({ severity }) => severity === 'ERROR');
  if (finding) {
    throw new VirtgraphError('INVALID_MAC_ADDRESS', finding.message, { host: hostName, outcome: 'NOT_SENT' });
  }
}

/** The domain that is about to have an address; what it has already is not in its own way. */
export type MacTaker = {
  readonly hostName: string;
  readonly uuid: Uuid | null;
  readonly libvirtVersion: string | null;
};

/** Everybody else who has the address; first those on the same host, where it does most harm. */
export function otherOwners(mac: MacAddress, taker: MacTaker, owners: MacOwners): readonly MacOwnerRef[] {
  const others = owners(mac).filter((owner) => !isOwnedBy(owner, taker));
  const isNear = ({ hostName }: MacOwnerRef) => hostName === taker.hostName;
  return [...others.filter(isNear), ...others.filter((owner) => !isNear(owner))];
}

/** What is worth knowing before an address is used, as sentences. */
export function macWarnings(mac: MacAddress, taker: MacTaker, owners: MacOwners): readonly string[] {
  const warnings = otherOwners(mac, taker, owners).map(
    (owner) => `${mac} is also the address of ${describeOwner(owner)}.`,
  );
  const tap = deriveTapMac(mac);
  for (const owner of otherOwners(tap, taker, owners)) {
    warnings.push(`The tap device of ${mac} would have ${tap}, which is also the address of ${describeOwner(owner)}.`);
  }
  const { verdict, message } = guestMacVerdict(mac, taker.libvirtVersion);
  if (verdict === 'REFUSED') warnings.push(message);
  return warnings;
}

/** The same for all addresses that a configuration gives one domain. */
export function addressWarnings(
  on: ActionHost,
  config: Pick<DomainConfig, 'interfaces'>,
  uuid: Uuid | null,
  owners: MacOwners,
): readonly string[] {
  const taker: MacTaker = { hostName: on.name, uuid, libvirtVersion: on.view().facts?.libvirtVersion ?? null };
  const addresses = config.interfaces.map((nic) => nic.macAddress);
  const twice = new Set(addresses.filter((mac, index) => addresses.indexOf(mac) !== index));
  return [
    ...[...twice].map((mac) => `Several of its own network cards have ${mac}.`),
    ...new Set(addresses.flatMap((mac) => macWarnings(mac, taker, owners))),
  ];
}
