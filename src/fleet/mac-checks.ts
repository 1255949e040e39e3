import { VirtgraphError } from '../errors.ts';
import type { MacAddress, Uuid } from '../model/brands.ts';
import { judgeGuestMac } from '../net/mac-rules.ts';
import { deriveTapMac } from '../net/tap.ts';
import { guestMacVerdict } from '../net/version-verdict.ts';
import { describeOwner, isOwnedBy, type MacOwners } from './action-guards.ts';
import type { MacOwnerRef } from './mac-owners.ts';

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

/** Everybody else who has the address. */
export function otherOwners(mac: MacAddress, taker: MacTaker, owners: MacOwners): readonly MacOwnerRef[] {
  return owners(mac).filter((owner) => !isOwnedBy(owner, taker));
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
