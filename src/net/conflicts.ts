import type { MacAddress, Uuid } from '../model/brands.ts';

/** One NIC of one guest anywhere in the fleet, as far as conflicts need it. */
export type NicRecord = {
  readonly host: string;
  readonly domainUuid: Uuid;
  readonly domainName: string;
  /** Position among the interfaces of the domain, from 0. */
  readonly nicIndex: number;
  readonly mac: MacAddress;
  /** The derived address of its tap device; `null` where it has none. */
  readonly tapMac: MacAddress | null;
  /** Key of the L2 segment (see `segmentOf`); `null`: shares none. */
  readonly segment: string | null;
  readonly active: boolean;
};

export const macConflictKinds = ['DUPLICATE_MAC', 'SHADOWED_BY_TAP', 'SAME_TAP_MAC'] as const;
export type MacConflictKind = (typeof macConflictKinds)[number];

/** `ERROR`: it happens between running guests now. `WARNING`: it will when a guest that is off is started. */
export type MacConflictSeverity = 'ERROR' | 'WARNING';

export type MacConflict = {
  readonly kind: MacConflictKind;
  readonly severity: MacConflictSeverity;
  /** The address that two want: a guest's for `DUPLICATE_MAC` and `SHADOWED_BY_TAP`, a tap's for `SAME_TAP_MAC`. */
  readonly mac: MacAddress;
  readonly segment: string;
  /** By host, name and position. For `SHADOWED_BY_TAP` those that are shadowed come first. */
  readonly parties: readonly NicRecord[];
  readonly message: string;
};

/** All NICs at one address of one segment. */
type Holders = { readonly segment: string; readonly mac: MacAddress; readonly nics: NicRecord[] };

/** Every conflict among `nics`, in a stable order. Time and memory grow with their number, not with its square. */
export function findMacConflicts(nics: readonly NicRecord[]): readonly MacConflict[] {
  const byMac = new Map<string, Holders>();
  const byTapMac = new Map<string, Holders>();
  for (const nic of nics) {
    if (nic.segment === null) continue;
    addHolder(byMac, nic.segment, nic.mac, nic);
    if (nic.tapMac !== null) addHolder(byTapMac, nic.segment, nic.tapMac, nic);
  }
  const conflicts: MacConflict[] = [];
  for (const [key, guests] of byMac) {
    push(conflicts, duplicateMac(guests));
    const owners = byTapMac.get(key);
    if (owners) push(conflicts, shadowedByTap(guests, owners));
  }
  for (const owners of byTapMac.values()) push(conflicts, sameTapMac(owners));
  return conflicts.sort(inOrder);
}

/** Two guests with one address on one segment: switches send to whichever spoke last. */
function duplicateMac({ segment, mac, nics }: Holders): MacConflict | null {
  const running = nics.filter((nic) => nic.active);
  if (areCopiesOfOneGuest(nics)) {
    // A migration leaves its definition behind, and for a moment the guest is active on both sides: no reason for an alarm.
    if (running.length < 2) return null;
    const message = `${mac} is used by ${nameAll(nics)}, which is active on several hosts: a migration under way, or a copy.`;
    return { kind: 'DUPLICATE_MAC', severity: 'WARNING', segment, mac, parties: sortParties(nics), message };
  }
  if (nics.length < 2) return null;
  const isNow = running.length > 1 && !areCopiesOfOneGuest(running);
  return {
    kind: 'DUPLICATE_MAC',
    severity: isNow ? 'ERROR' : 'WARNING',
    segment,
    mac,
    parties: sortParties(nics),
    message: `${mac} is used by ${nameAll(nics)} on the same segment.`,
  };
}

/** A bridge takes the address of each of its ports for its own, so what is sent to such a guest never leaves the host. */
function shadowedByTap(guests: Holders, owners: Holders): MacConflict {
  const isNow = guests.nics.some((nic) => nic.active) && owners.nics.some((nic) => nic.active);
  return {
    kind: 'SHADOWED_BY_TAP',
    severity: isNow ? 'ERROR' : 'WARNING',
    segment: guests.segment,
    mac: guests.mac,
    parties: [...sortParties(guests.nics), ...sortParties(owners.nics)],
    message: `${guests.mac} of ${nameAll(guests.nics)} is also the tap address of ${nameAll(owners.nics)}: the bridge keeps what is sent to it.`,
  };
}

/** Guests whose addresses differ in the first byte only. Those with the same address are duplicates already. */
function sameTapMac({ segment, mac, nics }: Holders): MacConflict | null {
  if (countAddresses(nics) < 2) return null;
  return {
    kind: 'SAME_TAP_MAC',
    severity: countAddresses(nics.filter((nic) => nic.active)) > 1 ? 'ERROR' : 'WARNING',
    segment,
    mac,
    parties: sortParties(nics),
    message: `${nameAll(nics)} have addresses that differ only in the first byte, so that their tap devices share ${mac}.`,
  };
}

function addHolder(index: Map<string, Holders>, segment: string, mac: MacAddress, nic: NicRecord) {
  const key = `${mac} ${segment}`;
  const holders = index.get(key);
  if (holders) holders.nics.push(nic);
  else index.set(key, { segment, mac, nics: [nic] });
}

function push(conflicts: MacConflict[], conflict: MacConflict | null) {
  if (conflict) conflicts.push(conflict);
}

/** One domain by its UUID, at most once on each host. */
function areCopiesOfOneGuest(nics: readonly NicRecord[]): boolean {
  const hosts = new Set(nics.map((nic) => nic.host));
  return hosts.size === nics.length && nics.every((nic) => nic.domainUuid === nics[0]?.domainUuid);
}

function countAddresses(nics: readonly NicRecord[]): number {
  return new Set(nics.map((nic) => nic.mac)).size;
}

function nameAll(nics: readonly NicRecord[]): string {
  const guests = [...Map.groupBy(sortParties(nics), ({ host, domainUuid }) => `${host} ${domainUuid}`).values()];
  const shown = guests.slice(0, 3).map(nameOne);
  const others = guests.slice(3).flat().length;
  return others > 0 ? `${shown.join(', ')} and ${others} more` : shown.join(' and ');
}

/** One guest, some of whose cards take part. */
function nameOne([nic, ...more]: readonly NicRecord[]): string {
  if (!nic) return '';
  const name = `${nic.domainName} on ${nic.host}${nic.active ? '' : ' (off)'}`;
  return more.length === 0 ? name : `${more.length + 1} cards of ${name}`;
}

function sortParties(nics: readonly NicRecord[]): readonly NicRecord[] {
  return [...nics].sort(
    (a, b) =>
      compare(a.host, b.host) ||
      compare(a.domainName, b.domainName) ||
      compare(a.domainUuid, b.domainUuid) ||
      a.nicIndex - b.nicIndex,
  );
}

/** Errors first, then by kind, address and segment. */
function inOrder(a: MacConflict, b: MacConflict): number {
  return (
    compare(a.severity, b.severity) ||
    macConflictKinds.indexOf(a.kind) - macConflictKinds.indexOf(b.kind) ||
    compare(a.mac, b.mac) ||
    compare(a.segment, b.segment)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
