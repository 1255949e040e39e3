import type { MacAddress, Uuid } from './brands.ts';
import type { DomainMonitor } from './monitor.ts';

/** `virDomainState`, by name. `UNKNOWN` stands for a number that this version does not know. */
export const domainStates = [
  'NOSTATE',
  'RUNNING',
  'BLOCKED',
  'PAUSED',
  'SHUTDOWN',
  'SHUTOFF',
  'CRASHED',
  'PMSUSPENDED',
  'UNKNOWN',
] as const;
export type DomainState = (typeof domainStates)[number];

export const hypervisors = [
  'QEMU',
  'KVM',
  'XEN',
  'LXC',
  'BHYVE',
  'VIRTUOZZO',
  'ESX',
  'VCENTER',
  'VMWARE',
  'HYPERV',
  'VIRTUALBOX',
  'POWER',
  'OPENVZ',
  'CLOUD_HYPERVISOR',
  'TEST',
  'UNKNOWN',
] as const;
export type Hypervisor = (typeof hypervisors)[number];

/** One line of a host's list: what arrives in the first round trips, before any XML. */
export type DomainStatus = {
  readonly uuid: Uuid;
  readonly name: string;
  /** libvirt's number for a running domain; `null` when it is not active. */
  readonly libvirtId: number | null;
  readonly state: DomainState;
  /** libvirt's reason by name, such as `booted`, `destroyed`, `from snapshot`; `unknown (17)` for a number not known. */
  readonly stateReason: string;
  readonly persistent: boolean;
  /** `null` where the hypervisor does not know the notion. */
  readonly autostart: boolean | null;
  readonly hasManagedSave: boolean | null;
};

/** The part of it that an event is mostly about, which is to be had in one round trip. */
export type DomainMoment = Pick<DomainStatus, 'uuid' | 'libvirtId' | 'state' | 'stateReason'>;

export type DomainInterface = {
  readonly macAddress: MacAddress;
  /** libvirt's word: network, bridge, direct, user, ethernet, hostdev, vhostuser, vdpa, mcast, … */
  readonly type: string;
  /** Network name, bridge, device or path: whatever `<source>` names. */
  readonly source: string | null;
  /** For `type='network'`: the bridge that libvirt says it is on, while running. */
  readonly bridge: string | null;
  readonly model: string | null;
  readonly linkUp: boolean | null;
  /** `<target dev>`: the device on the host. */
  readonly target: string | null;
  /** `<target managed='no'>`: libvirt did not make the device and leaves its MAC alone. */
  readonly targetManaged: boolean;
  readonly alias: string | null;
};

export type DomainDisk = {
  /** The guest's name of it, such as `vda`. */
  readonly target: string;
  readonly bus: string | null;
  /** disk, cdrom, floppy, lun. */
  readonly device: string;
  /** file, block, network, volume, dir, … */
  readonly type: string;
  /** Path, `pool/volume`, or `protocol:name`; `null` for an empty drive. */
  readonly source: string | null;
  readonly format: string | null;
  readonly readOnly: boolean;
  readonly shareable: boolean;
  readonly serial: string | null;
  readonly bootOrder: number | null;
};

export type DomainGraphics = {
  /** vnc, spice, rdp, … */
  readonly type: string;
  /** `null` when not assigned (yet). */
  readonly port: number | null;
  readonly tlsPort: number | null;
  readonly listen: string | null;
  readonly socket: string | null;
};

export type DomainConsole = {
  /** pty, tcp, unix, file, … */
  readonly type: string;
  /** serial, virtio, xen, lxc, … */
  readonly targetType: string | null;
  readonly targetPort: number | null;
  /** The path on the host while running, such as /dev/pts/3. */
  readonly path: string | null;
  readonly alias: string | null;
};

/** What a domain's XML says, for every hypervisor; absent is `null`. Sizes in bytes. */
export type DomainConfig = {
  readonly name: string;
  readonly uuid: Uuid | null;
  readonly title: string | null;
  readonly description: string | null;
  /** `<domain type>` as written, and what it means. */
  readonly type: string;
  readonly hypervisor: Hypervisor;
  readonly osType: string | null;
  readonly arch: string | null;
  readonly machine: string | null;
  readonly vcpus: number;
  readonly maxVcpus: number;
  readonly memoryBytes: number;
  readonly maxMemoryBytes: number;
  readonly bootDevices: readonly string[];
  /** Names of the elements under `<features>`, in order. */
  readonly features: readonly string[];
  readonly interfaces: readonly DomainInterface[];
  readonly disks: readonly DomainDisk[];
  readonly graphics: readonly DomainGraphics[];
  readonly consoles: readonly DomainConsole[];
};

/** All that one read of a domain yields. */
export type DomainSnapshot = {
  readonly status: DomainStatus;
  /** Of the live XML while running, else of the inactive one. */
  readonly config: DomainConfig;
  /** The XML that `config` was read from. */
  readonly xml: string;
  /** What it starts with next time, where that is another text than `xml`: of a running domain with a stored configuration. */
  readonly inactiveXml: string | null;
  /** Changes whenever the persistent configuration does (of the live one, for a transient domain). */
  readonly version: string;
  /** What is the matter with the guest's monitor; `null` when nothing is, as far as known. */
  readonly monitor: DomainMonitor | null;
};
