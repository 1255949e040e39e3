/** The calls of bulk statistics: as few as fit, also for daemons and drivers with oddities of their own. */
import type { StatsRow } from '../../../model/stats-columns.ts';
import { isAnyLibvirtError, isLibvirtError } from '../errors.ts';
import type { LaneCallOptions, Lanes } from '../lanes.ts';
import { mapLimited } from '../map-limited.ts';
import type { DomainRef } from '../rpc/objects.ts';
import { bulkStats } from './stats-decoder.ts';
import { statsFlags, statsMasks } from './stats-groups.ts';

/** The protocol's own limit of records in a reply (`REMOTE_DOMAIN_LIST_MAX`). */
const mostDomainsPerCall = 16_384;

/** Half of the 32 MiB into which a reply must fit: guests differ, and grow. */
const replyBytes = 16 * 1_024 * 1_024;

/** Of a guest of which nothing is known yet: one with many CPUs, disks and cards takes some 6 kB with all groups. */
const unknownDomainBytes = 4_096;

/** `stats`: a mask of groups. */
export type StatsCalls = {
  /** How many domains fit into a reply. */
  mostPerCall(stats: number): number;
  /** What a round has told makes the next one as few calls as fit. */
  learn(stats: number, samples: readonly StatsRow[]): void;
  /** All that run, in one call. */
  allActive(stats: number, how: LaneCallOptions): Promise<readonly StatsRow[]>;
  /** These, in one call. Those that have just gone are left out. */
  named(domains: readonly DomainRef[], stats: number, how: LaneCallOptions): Promise<readonly StatsRow[]>;
  /** These, so many at a time as fit into a reply. */
  pieces(domains: readonly DomainRef[], stats: number): Iterable<readonly DomainRef[]>;
};

export function createStatsCalls(lanes: Lanes): StatsCalls {
  /** Daemons before libvirt 4.5 refuse the flag. */
  let noWait: number = statsFlags.NOWAIT;
  /** By the mask of groups: what a domain takes of a reply, as the last round had it. */
  const domainBytes = new Map<number, number>();

  function mostPerCall(stats: number): number {
    if (stats === statsMasks.state) return mostDomainsPerCall;
    return Math.min(mostDomainsPerCall, Math.floor(replyBytes / (domainBytes.get(stats) ?? unknownDomainBytes)));
  }

  async function call(domains: readonly DomainRef[], stats: number, filter: number, how: LaneCallOptions) {
    try {
      return await lanes.call(bulkStats, { domains, stats, flags: filter | noWait }, how);
    } catch (error) {
      if (noWait === 0 || !isLibvirtError(error, 'INVALID_ARG', 'ARGUMENT_UNSUPPORTED')) throw error;
      const samples = await lanes.call(bulkStats, { domains, stats, flags: filter }, how);
      noWait = 0;
      return samples;
    }
  }

  return {
    mostPerCall,
    learn(stats, samples) {
      if (samples.length === 0) return;
      const bytes = samples.reduce((sum, sample) => sum + bytesOf(sample), 0);
      domainBytes.set(stats, bytes / samples.length);
    },
    allActive: (stats, how) => call([], stats, statsFlags.ACTIVE, how),
    async named(domains, stats, how) {
      try {
        return await call(domains, stats, 0, how);
      } catch (error) {
        // Some drivers fail the whole call because of one domain that has just gone.
        if (!isLibvirtError(error, 'NO_DOMAIN')) throw error;
        const samples = await mapLimited(domains, 4, async (domain) => {
          try {
            return await call([domain], stats, 0, how);
          } catch (oneError) {
            if (isAnyLibvirtError(oneError)) return [];
            throw oneError;
          }
        });
        return samples.flat();
      }
    },
    *pieces(domains, stats) {
      const most = mostPerCall(stats);
      for (let start = 0; start < domains.length; start += most) yield domains.slice(start, start + most);
    },
  };
}

/** About: its name, the groups of one value, and some 36 bytes for each value of a CPU, a card or a disk. */
function bytesOf({ shape: { vcpus, interfaces, disks } }: StatsRow): number {
  return 800 + 200 * (vcpus?.length ?? 0) + 400 * (interfaces?.length ?? 0) + 800 * (disks?.length ?? 0);
}
