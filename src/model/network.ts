import type { MacAddress, Uuid } from './brands.ts';

export type Network = {
  readonly uuid: Uuid;
  readonly name: string;
  readonly active: boolean;
  readonly persistent: boolean;
  readonly autostart: boolean | null;
  /** The bridge device; `null` where it has none. */
  readonly bridge: string | null;
  readonly macAddress: MacAddress | null;
  /** nat, route, open, bridge, private, vepa, passthrough, hostdev; `null`: isolated. */
  readonly forwardMode: string | null;
  readonly dnsDomain: string | null;
  /** Addresses with their prefix, such as 192.168.122.1/24. */
  readonly addresses: readonly string[];
};

export const storagePoolStates = ['INACTIVE', 'BUILDING', 'RUNNING', 'DEGRADED', 'INACCESSIBLE', 'UNKNOWN'] as const;
export type StoragePoolState = (typeof storagePoolStates)[number];

export type StoragePool = {
  readonly uuid: Uuid;
  readonly name: string;
  readonly state: StoragePoolState;
  readonly persistent: boolean;
  readonly autostart: boolean | null;
  /** dir, fs, netfs, logical, rbd, zfs, … */
  readonly type: string | null;
  readonly path: string | null;
  readonly capacityBytes: number | null;
  readonly allocationBytes: number | null;
  readonly availableBytes: number | null;
};

export type NodeDevice = {
  readonly name: string;
  readonly parent: string | null;
  readonly path: string | null;
  readonly driver: string | null;
  /** The kinds of capability it has: pci, usb_device, net, storage, … */
  readonly capabilities: readonly string[];
  /** For `net`: the interface and its MAC address. */
  readonly netInterface: string | null;
  readonly netAddress: MacAddress | null;
};
