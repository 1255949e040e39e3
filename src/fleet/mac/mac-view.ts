import type { MacAddress } from '../../model/brands.ts';
import type { DomainInterface } from '../../model/domain.ts';
import type { DomainRecord } from '../objects.ts';
import type { MacConflict, MacOwnerRef, NicTap } from './mac-owners.ts';

export type MacView = {
  owners(mac: MacAddress): readonly MacOwnerRef[];
  conflicts(hostName: string | null): readonly MacConflict[];
  /** A free address; not reserved. `BAD_USER_INPUT` for a bad OUI, `RESOURCE_EXHAUSTED` when none is free. */
  propose(oui: string): MacAddress;
  isFree(mac: MacAddress): boolean;
  /** The tap address of one of the domain's cards, or why there is none that can be derived. */
  tap(domain: DomainRecord, nic: DomainInterface): NicTap;
  /**
   * Stands for all that `tap` looks at besides its arguments: while it is the same object, so are the answers of `tap`
   * for the domains of this host. Once it has changed, it never comes back.
   */
  tapBasis(hostName: string): object;
};
