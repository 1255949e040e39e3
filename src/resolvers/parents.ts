import type { Change } from '../fleet/journal/change.ts';
import type { DomainRecord, HostView } from '../fleet/objects.ts';
import type { StatsReading, StatsTick } from '../fleet/stats/reading.ts';
import type { DomainInterface } from '../model/domain.ts';
import type { HostCapabilities } from '../model/host.ts';
import type { BlockReading, CpuReading, InterfaceReading, VcpuReading } from '../model/stats.ts';

/** What resolvers hand to the resolvers below them, where that is neither the schema's shape nor the fleet's. Named in codegen.yml. */

export type HostCapabilitiesParent = { readonly host: HostView; readonly capabilities: HostCapabilities };

export type DomainInterfaceParent = { readonly domain: DomainRecord; readonly nic: DomainInterface };

export type DomainStatsSampleParent = { readonly domain: DomainRecord; readonly stats: StatsReading };
export type HostReadingGapParent = StatsTick['missing'][number];

export type CpuStatsParent = { readonly cpu: CpuReading; readonly usage: number | null };
export type VcpuStatsParent = { readonly vcpu: VcpuReading; readonly usage: number | null };
export type InterfaceStatsParent = InterfaceReading & {
  readonly rxBytesPerSecond: number | null;
  readonly txBytesPerSecond: number | null;
};
export type DiskStatsParent = BlockReading & {
  readonly readBytesPerSecond: number | null;
  readonly writeBytesPerSecond: number | null;
};

export type MacHostVerdictParent = {
  readonly hostName: string;
  readonly accepted: boolean;
  readonly reason: string | null;
};

export type ObjectUpsertedParent = Extract<Change, { type: 'upserted' }>;
export type ObjectDeletedParent = Extract<Change, { type: 'deleted' }>;
export type HostInterruptedParent = Extract<Change, { type: 'hostInterrupted' }>;
export type HostResumedParent = Extract<Change, { type: 'hostResumed' }>;
