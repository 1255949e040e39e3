import type { Uuid } from './brands.ts';
import type { DomainState } from './domain.ts';

/** The groups of `virDomainStatsTypes`, with the price of each in mind: state is nearly free, block is not. */
export const statsGroups = ['state', 'cpu', 'balloon', 'vcpu', 'interface', 'block'] as const;
export type StatsGroup = (typeof statsGroups)[number];

/**
 * What the host counts in 64 bits, exactly: a number up to 2^53 - 1, which nearly all are, and only beyond that a bigint.
 * Both compare with `<`; what is calculated with both must look which they are.
 */
export type Counter = number | bigint;

/** `virVcpuState`, by its number. */
export const vcpuStates: readonly string[] = ['OFFLINE', 'RUNNING', 'BLOCKED'];

export type CpuReading = {
  /** CPU time used, in nanoseconds; `null` where not told. */
  readonly timeNs: Counter | null;
  readonly userNs: Counter | null;
  readonly systemNs: Counter | null;
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
  readonly timeNs: Counter | null;
};

export type InterfaceReading = {
  /** The device on the host, such as vnet3. */
  readonly name: string;
  readonly rxBytes: Counter | null;
  readonly rxPackets: Counter | null;
  readonly rxErrors: Counter | null;
  readonly rxDrops: Counter | null;
  readonly txBytes: Counter | null;
  readonly txPackets: Counter | null;
  readonly txErrors: Counter | null;
  readonly txDrops: Counter | null;
};

export type BlockReading = {
  /** The guest's name of it, such as vda. */
  readonly name: string;
  readonly path: string | null;
  readonly readRequests: Counter | null;
  readonly readBytes: Counter | null;
  readonly writeRequests: Counter | null;
  readonly writeBytes: Counter | null;
  readonly capacityBytes: number | null;
  readonly allocationBytes: number | null;
  readonly physicalBytes: number | null;
};

/**
 * One reading of one domain. Its groups may be made when they are looked at: who looks often keeps what he got, and nobody
 * copies a sample by its properties. A group that was not asked for, or that the host does not know, is `null`. */
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
