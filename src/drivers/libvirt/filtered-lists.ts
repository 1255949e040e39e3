/** What libvirt tells of domains by lists of those that have it: whether they are stored, start with the host, are saved. */
import type { Uuid } from '../../model/brands.ts';
import type { CallOptions } from '../driver.ts';
import { isAnyLibvirtError } from './errors.ts';
import type { Lanes } from './lanes.ts';
import { procedures } from './rpc/procedures.ts';
import { listFlags } from './stats/stats-groups.ts';

/** Whether a domain has it; `null` where the driver does not know the notion. */
type FilteredList = (options: CallOptions) => Promise<((uuid: Uuid) => boolean) | null>;

/** @param domainCount how many domains the host has, about */
export function createFilteredLists(
  lanes: Lanes,
  domainCount: () => number,
): Readonly<Record<'persistent' | 'autostart' | 'managedSave', FilteredList>> {
  async function listBy(filter: number, options: CallOptions): Promise<ReadonlySet<Uuid> | null> {
    try {
      const args = { needResults: true, flags: filter };
      const { domains } = await lanes.call(procedures.connectListAllDomains, args, options);
      return new Set(domains.map(({ uuid }) => uuid));
    } catch (error) {
      if (isAnyLibvirtError(error)) return null;
      throw error;
    }
  }

  /** Asks for those who have it, or for those who have not: whichever were the fewer last time. */
  function filteredList(having: number, lacking: number, fewerLack: boolean): FilteredList {
    let askForLacking = fewerLack;
    return async (options) => {
      const isLacking = askForLacking;
      const listed = await listBy(isLacking ? lacking : having, options);
      if (listed === null) {
        if (!isLacking) return null;
        const others = await listBy(having, options);
        return others && ((uuid) => others.has(uuid));
      }
      if (listed.size > domainCount() / 2) askForLacking = !isLacking;
      return (uuid) => listed.has(uuid) !== isLacking;
    };
  }

  return {
    persistent: filteredList(listFlags.PERSISTENT, listFlags.TRANSIENT, true),
    autostart: filteredList(listFlags.AUTOSTART, listFlags.NO_AUTOSTART, false),
    managedSave: filteredList(listFlags.MANAGED_SAVE, listFlags.NO_MANAGED_SAVE, false),
  };
}
