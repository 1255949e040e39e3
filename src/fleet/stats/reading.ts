import type { DomainStatsSample, StatsGroup } from '../../model/stats.ts';
import type { DomainFilter } from '../replica/domain-page.ts';

export type StatsQuery = {
  readonly filter: DomainFilter;
  readonly groups: readonly StatsGroup[];
  readonly intervalMs: number;
};

/** Per second, between the last two readings; `null` in a first reading and after a counter was reset. */
export type StatsRates = {
  /** Processors kept busy. */
  readonly cpuUsage: number | null;
  /** Of the CPU, card or disk at that place of the sample's list; `null` where nothing is known. */
  vcpuUsage(place: number): number | null;
  interface(place: number): { readonly rxBytes: number; readonly txBytes: number } | null;
  disk(place: number): { readonly readBytes: number; readonly writeBytes: number } | null;
};

export type StatsReading = {
  readonly hostName: string;
  readonly sample: DomainStatsSample;
  readonly rates: StatsRates | null;
  /** Taken before the host was asked, in milliseconds since 1970. */
  readonly sampledAt: number;
};

export type StatsTick = {
  readonly at: number;
  readonly readings: readonly StatsReading[];
  readonly missing: readonly { readonly hostName: string; readonly reason: string }[];
};
