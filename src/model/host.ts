import type { Hypervisor } from './domain.ts';

export const hostStatuses = ['CONNECTING', 'SYNCING', 'READY', 'LOST', 'BLOCKED', 'DISABLED'] as const;
export type HostStatus = (typeof hostStatuses)[number];

/** What the machine has, of `virNodeGetInfo`. */
export type HostNode = {
  readonly cpuModel: string;
  readonly cpus: number;
  readonly cpuMhz: number | null;
  readonly numaNodes: number;
  readonly sockets: number;
  readonly coresPerSocket: number;
  readonly threadsPerCore: number;
  readonly memoryBytes: number;
};

/** What a host said of itself when it was opened. `null`: it would not say (within its deadline). */
export type HostFacts = {
  readonly hypervisor: Hypervisor;
  /** `virConnectGetType`, as it came: QEMU, LXC, Xen, TEST, … */
  readonly driverType: string;
  /** As `major.minor.release`. */
  readonly libvirtVersion: string | null;
  readonly hypervisorVersion: string | null;
  readonly hostname: string | null;
  /** The canonical URI that the daemon gives itself. */
  readonly daemonUri: string | null;
  readonly node: HostNode | null;
  readonly readOnly: boolean;
};

/** What may be asked of a host. A verb that is missing fails with `UNSUPPORTED`. */
export type HostCapabilities = {
  /** Readings of all domains in one call. Without it they come from one call a domain. */
  readonly bulkStats: boolean;
  /** Without it the host is polled. */
  readonly domainEvents: boolean;
  readonly networks: boolean;
  readonly storagePools: boolean;
  readonly nodeDevices: boolean;
  /** Ids of the callback protocol's events that this daemon accepted, by name. */
  readonly events: readonly string[];
  /** False on a read-only connection. */
  readonly writable: boolean;
};

/** One guest kind of `virConnectGetCapabilities`. */
export type GuestCapability = {
  readonly osType: string;
  readonly arch: string;
  readonly domainTypes: readonly string[];
  readonly machines: readonly string[];
  readonly emulator: string | null;
};

/** Parsed capabilities of a host. */
export type CapabilitiesReport = {
  readonly hostUuid: string | null;
  readonly cpuArch: string | null;
  readonly cpuModel: string | null;
  readonly guests: readonly GuestCapability[];
};
