import { VirtgraphError } from '../errors.ts';
import type { StatsTick } from '../fleet/stats/reading.ts';
import type { Counter } from '../model/stats.ts';
import { hostOf, requireHost, toDomainFilter } from './lookup.ts';
import type {
  CpuStatsResolvers,
  DiskStatsResolvers,
  DomainStatsResolvers,
  DomainStatsTickResolvers,
  HostReadingGapResolvers,
  MemoryStatsResolvers,
  SubscriptionResolvers,
  VcpuStatsResolvers,
} from './schema.gen.ts';
import { selectedStatsGroups } from './select.ts';

const intervalSecondsRange = { least: 0.5, most: 3600, usual: 2 };

export const statsSubscriptions = {
  domainStats: {
    subscribe(_root, { filter, intervalSeconds }, context, info) {
      for (const name of filter?.hosts ?? []) requireHost(context, name);
      return context.fleet.openStats({
        filter: toDomainFilter(filter),
        groups: selectedStatsGroups(info, ['samples', 'stats']),
        intervalMs: checkedInterval(intervalSeconds) * 1000,
      });
    },
    resolve: (tick: StatsTick) => tick,
  },
} satisfies SubscriptionResolvers;

export const stats = {
  DomainStatsTick: {
    // A domain that was removed between the reading and now has nothing to show.
    samples: (tick, _args, { fleet }) =>
      tick.readings.flatMap((reading) => {
        const domain = fleet.domain(reading.hostName, reading.sample.uuid);
        return domain ? [{ domain, stats: reading }] : [];
      }),
  } satisfies DomainStatsTickResolvers,

  HostReadingGap: {
    host: (gap, _args, context) => hostOf(context, gap),
  } satisfies HostReadingGapResolvers,

  DomainStats: {
    state: ({ sample }) => sample.state,
    cpu: ({ sample, rates }) => sample.cpu && { cpu: sample.cpu, usage: rates?.cpuUsage ?? null },
    memory: ({ sample }) => sample.memory,
    vcpus: ({ sample, rates }) =>
      sample.vcpus?.map((vcpu, place) => ({ vcpu, usage: rates?.vcpuUsage(place) ?? null })) ?? null,
    interfaces: ({ sample, rates }) =>
      sample.interfaces?.map((reading, place) => {
        const rate = rates?.interface(place);
        return { ...reading, rxBytesPerSecond: rate?.rxBytes ?? null, txBytesPerSecond: rate?.txBytes ?? null };
      }) ?? null,
    disks: ({ sample, rates }) =>
      sample.disks?.map((reading, place) => {
        const rate = rates?.disk(place);
        return {
          ...reading,
          readBytesPerSecond: rate?.readBytes ?? null,
          writeBytesPerSecond: rate?.writeBytes ?? null,
        };
      }) ?? null,
    missing: ({ sample }) => sample.missing,
  } satisfies DomainStatsResolvers,

  CpuStats: {
    timeSeconds: ({ cpu }) => seconds(cpu.timeNs),
    userSeconds: ({ cpu }) => seconds(cpu.userNs),
    systemSeconds: ({ cpu }) => seconds(cpu.systemNs),
  } satisfies CpuStatsResolvers,

  MemoryStats: {
    current: (memory) => memory.currentBytes,
    maximum: (memory) => memory.maximumBytes,
    available: (memory) => memory.availableBytes,
    unused: (memory) => memory.unusedBytes,
    usable: (memory) => memory.usableBytes,
    rss: (memory) => memory.rssBytes,
  } satisfies MemoryStatsResolvers,

  VcpuStats: {
    index: ({ vcpu }) => vcpu.index,
    state: ({ vcpu }) => vcpu.state,
    timeSeconds: ({ vcpu }) => seconds(vcpu.timeNs),
  } satisfies VcpuStatsResolvers,

  DiskStats: {
    capacity: (disk) => disk.capacityBytes,
    allocation: (disk) => disk.allocationBytes,
    physical: (disk) => disk.physicalBytes,
  } satisfies DiskStatsResolvers,
};

function checkedInterval(seconds: number | null | undefined): number {
  const { least, most, usual } = intervalSecondsRange;
  const wanted = seconds ?? usual;
  if (wanted >= least && wanted <= most) return wanted;
  throw new VirtgraphError('BAD_USER_INPUT', `Expected \`intervalSeconds\` from ${least} to ${most}, saw ${wanted}.`);
}

function seconds(nanoseconds: Counter | null): number | null {
  return nanoseconds === null ? null : Number(nanoseconds) / 1e9;
}
