import type { Uuid } from './brands.ts';
import type { DomainState } from './domain.ts';

/** The groups of `virDomainStatsTypes`, with the price of each in mind: state is nearly free, block is not. */
export const statsGroups = ['state', 'cpu', 'balloon', 'vcpu', 'interface', 'block'] as const;
export type StatsGroup = (typeof statsGroups)[number];

export type CpuReading = {
  /** CPU time used, in nanoseconds; `null` where not told. */
  readonly timeNs: bigint | null;
  readonly userNs: bigint | null;
  readonly systemNs: bigint | null;
};

export type MemoryReading = {
  readonly currentBytes: number | null;
  readonly maximumBytes: number | null;
  /** From the guest's balloon driver. */
  readonly availableBytes: number | null;
  readonly unusedBytes: number | null;
  readonly usableBytes: number | null;
  /** Resident set size of the process on the host. */
  readonly rssBytes: number | null;
};

export type VcpuReading = {
  readonly index: number;
  /** OFFLINE, RUNNING, BLOCKED, or UNKNOWN. */
  readonly state: string;
  readonly timeNs: bigint | null;
};

export type InterfaceReading = {
  /** The device on the host, such as vnet3. */
  readonly name: string;
  readonly rxBytes: bigint | null;
  readonly rxPackets: bigint | null;
  readonly rxErrors: bigint | null;
  readonly rxDrops: bigint | null;
  readonly txBytes: bigint | null;
  readonly txPackets: bigint | null;
  readonly txErrors: bigint | null;
  readonly txDrops: bigint | null;
};

export type BlockReading = {
  /** The guest's name of it, such as vda. */
  readonly name: string;
  readonly path: string | null;
  readonly readRequests: bigint | null;
  readonly readBytes: bigint | null;
  readonly writeRequests: bigint | null;
  readonly writeBytes: bigint | null;
  readonly capacityBytes: number | null;
  readonly allocationBytes: number | null;
  readonly physicalBytes: number | null;
};

/** One reading of one domain. A group that was not asked for, or that the host does not know, is `null`. */
export type DomainStatsSample = {
  readonly uuid: Uuid;
  readonly state: DomainState | null;
  readonly stateReason: string | null;
  readonly cpu: CpuReading | null;
  readonly memory: MemoryReading | null;
  readonly vcpus: readonly VcpuReading[] | null;
  readonly interfaces: readonly InterfaceReading[] | null;
  readonly disks: readonly BlockReading[] | null;
  /** Why something that was asked for is missing, as a sentence; `null` when nothing is. */
  readonly missing: string | null;
};
