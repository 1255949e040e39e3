/** Readings of many domains: in one call where the driver has that, else call by call. */
import type { Uuid } from '../../model/brands.ts';
import type { HostCapabilities } from '../../model/host.ts';
import type { DomainStatsSample, StatsGroup } from '../../model/stats.ts';
import type { CallOptions, Driver } from '../driver.ts';
import type { DomainRefs } from './domain-refs.ts';
import { readStatsOneByOne } from './domain-stats-calls.ts';
import { isAnyLibvirtError, isLibvirtError } from './errors.ts';
import type { Lanes } from './lanes.ts';
import { mapLimited } from './map-limited.ts';
import type { DomainRef } from './rpc/objects.ts';
import { procedures } from './rpc/procedures.ts';
import { bulkStats } from './stats-decoder.ts';
import { listFlags, statsFlags, statsMask } from './stats-groups.ts';

/**
 * A reply must fit into 32 MiB, and a guest with many CPUs, disks and cards takes some 6 kB of it with all groups.
 * The protocol's own limit is 16,384 records.
 */
const maxDomainsPerCall = { stateOnly: 16_384, more: 4_096 } as const;

export function statsVerbs(
  lanes: Lanes,
  refs: DomainRefs,
  capabilities: HostCapabilities,
): Pick<Driver, 'readDomainStats'> {
  /** Daemons before libvirt 4.5 refuse the flag. */
  let noWait: number = statsFlags.NOWAIT;

  async function readBulk(domains: readonly DomainRef[], stats: number, filter: number, options: CallOptions) {
    try {
      return await lanes.call(bulkStats, { domains, stats, flags: filter | noWait }, options);
    } catch (error) {
      if (noWait === 0 || !isLibvirtError(error, 'INVALID_ARG', 'ARGUMENT_UNSUPPORTED')) throw error;
      const samples = await lanes.call(bulkStats, { domains, stats, flags: filter }, options);
      noWait = 0;
      return samples;
    }
  }

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
      const stats = statsMask(groups);
      const onlyState = groups.every((group) => group === 'state');
      const perCall = onlyState ? maxDomainsPerCall.stateOnly : maxDomainsPerCall.more;
      if (!capabilities.bulkStats) {
        const domains = uuids ? await named(uuids, background) : await activeDomains(background);
        return readStatsOneByOne(lanes, domains, groups, background);
      }
      if (!uuids && refs.size <= perCall) {
        const samples = await readBulk([], stats, statsFlags.ACTIVE, background);
        return samples.map((sample) => withMissing(sample, groups));
      }
      const domains = uuids ? await named(uuids, background) : await activeDomains(background);
      const samples: DomainStatsSample[] = [];
      for (let start = 0; start < domains.length; start += perCall) {
        samples.push(...(await readNamed(domains.slice(start, start + perCall), stats, background)));
      }
      return samples.map((sample) => withMissing(sample, groups));
    },
  };

  /** Some drivers fail the whole call because of one domain that has just gone. */
  async function readNamed(domains: readonly DomainRef[], stats: number, options: CallOptions) {
    try {
      return await readBulk(domains, stats, 0, options);
    } catch (error) {
      if (!isLibvirtError(error, 'NO_DOMAIN')) throw error;
      const samples = await mapLimited(domains, 4, async (domain) => {
        try {
          return await readBulk([domain], stats, 0, options);
        } catch (oneError) {
          if (isAnyLibvirtError(oneError)) return [];
          throw oneError;
        }
      });
      return samples.flat();
    }
  }
}

const groupFields = {
  state: 'state',
  cpu: 'cpu',
  balloon: 'memory',
  vcpu: 'vcpus',
  interface: 'interfaces',
  block: 'disks',
} as const satisfies Record<StatsGroup, keyof DomainStatsSample>;

/** The sample with a sentence about what was asked for and did not come. */
function withMissing(sample: DomainStatsSample, groups: readonly StatsGroup[]): DomainStatsSample {
  const absent = groups.filter((group) => sample[groupFields[group]] === null);
  const emptyDisks =
    sample.disks !== null && sample.disks.length > 0 && sample.disks.every((disk) => disk.readBytes === null);
  if (emptyDisks && groups.includes('block')) absent.push('block');
  if (absent.length === 0) return sample;
  const why =
    sample.state === 'SHUTOFF' ? 'the domain is not running' : 'the guest is busy, or its driver does not have them';
  return { ...sample, missing: `No readings of ${absent.join(', ')}: ${why}.` };
}
