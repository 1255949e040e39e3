import type { MacAddress, Uuid } from '../../model/brands.ts';
import type { MacConflictKind, MacConflictSeverity } from '../../net/conflicts.ts';

/** One network card that has an address, as the guest's or as its tap's. */
export type MacOwnerRef = {
  readonly hostName: string;
  readonly domainUuid: Uuid;
  readonly domainName: string;
  /** From 0; cards that only the stored configuration has are counted after those it runs with. */
  readonly interfaceIndex: number;
  readonly role: 'GUEST' | 'TAP';
  readonly active: boolean;
};

export type MacConflict = {
  readonly kind: MacConflictKind;
  readonly severity: MacConflictSeverity;
  readonly macAddress: MacAddress;
  readonly segment: string;
  readonly parties: readonly MacOwnerRef[];
  readonly message: string;
};

/** A card's tap address, or why it has none that can be derived. */
export type NicTap =
  | { readonly tapMac: MacAddress; readonly note: null }
  | { readonly tapMac: null; readonly note: string };
