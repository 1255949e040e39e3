/** Readings of many domains: in one call where the driver has that, else call by call. */
import type { Uuid } from '../../model/brands.ts';
import type { HostCapabilities } from '../../model/host.ts';
import type { StatsGroup } from '../../model/stats.ts';
import type { StatsRow, StatsShape } from '../../model/stats-columns.ts';
import type { CallOptions, Driver } from '../driver.ts';
import type { DomainRefs } from './domain-refs.ts';
import { isLibvirtError } from './errors.ts';
import type { Lanes } from './lanes.ts';
import { mapLimited } from './map-limited.ts';
import type { DomainRef } from './rpc/objects.ts';
import { procedures } from './rpc/procedures.ts';
import { type BulkStatsOptions, createBulkStats } from './stats/bulk-stats.ts';
import { readStatsOneByOne } from './stats/domain-stats-calls.ts';
import { listFlags } from './stats/stats-groups.ts';

export function statsVerbs(
  lanes: Lanes,
  refs: DomainRefs,
  capabilities: HostCapabilities,
  watching: Pick<BulkStatsOptions, 'health' | 'clock' | 'log'>,
): Pick<Driver, 'readDomainStats'> {
  const bulk = createBulkStats({ lanes, ...watching, activeDomains, named, domainCount: () => refs.size() });

  async function activeDomains(options: CallOptions): Promise<readonly DomainRef[]> {
    const args = { needResults: true, flags: listFlags.ACTIVE };
    return (await lanes.call(procedures.connectListAllDomains, args, options)).domains;
  }

  async function named(uuids: readonly Uuid[], options: CallOptions): Promise<readonly DomainRef[]> {
    const found = await mapLimited(uuids, 4, async (uuid) => {
      try {
        return await refs.find(uuid, options);
      } catch (error) {
        if (isLibvirtError(error, 'NO_DOMAIN')) return null;
        throw error;
      }
    });
    return found.filter((ref) => ref !== null);
  }

  return {
    async readDomainStats(groups, uuids, options) {
      if (groups.length === 0 || uuids?.length === 0) return [];
      const background = { priority: 'background' as const, ...options };
      if (!capabilities.bulkStats) {
        const domains = uuids ? await named(uuids, background) : await activeDomains(background);
        return readStatsOneByOne(lanes, domains, groups, background);
      }
      const samples = await bulk.read(groups, uuids, background);
      return samples.map((sample) => withMissing(sample, groups));
    },
  };
}

const groupFields = {
  cpu: 'cpu',
  balloon: 'memory',
  vcpu: 'vcpus',
  interface: 'interfaces',
  block: 'disks',
} as const satisfies Record<Exclude<StatsGroup, 'state'>, keyof StatsShape>;

/** The sample with a sentence about what was asked for and did not come. */
function withMissing(sample: StatsRow, groups: readonly StatsGroup[]): StatsRow {
  if (sample.missing !== null) return sample;
  const { shape } = sample;
  const isAbsent = (group: StatsGroup) => (group === 'state' ? sample.state : shape[groupFields[group]]) === null;
  const absent = groups.filter(isAbsent);
  const emptyDisks =
    shape.disks !== null && shape.disks.length > 0 && shape.disks.every(({ readBytes }) => readBytes < 0);
  if (emptyDisks && groups.includes('block')) absent.push('block');
  if (absent.length === 0) return sample;
  const why =
    sample.state === 'SHUTOFF' ? 'the domain is not running' : 'the guest is busy, or its driver does not have them';
  return sample.withMissing(`No readings of ${absent.join(', ')}: ${why}.`);
}
