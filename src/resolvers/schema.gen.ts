// Generated from schema.graphql by `npm run generate`. Do not edit.
import type { Cursor } from '../model/brands.ts';
import type { MacAddress } from '../model/brands.ts';
import type { Uuid } from '../model/brands.ts';
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { NodeObject } from './ids.ts';
import type { TaskRecord } from '../model/task.ts';
import type { HostView, DomainRecord, NetworkRecord, StoragePoolRecord } from '../fleet/objects.ts';
import type { HostCapabilitiesParent, DomainInterfaceParent, DomainStatsSampleParent, HostReadingGapParent, CpuStatsParent, VcpuStatsParent, InterfaceStatsParent, DiskStatsParent, MacHostVerdictParent, ObjectUpsertedParent, ObjectDeletedParent, HostInterruptedParent, HostResumedParent } from './parents.ts';
import type { HostLinkView } from '../fleet/hosts/host-link.ts';
import type { StatsReading, StatsTick } from '../fleet/stats/reading.ts';
import type { MemoryReading } from '../model/stats.ts';
import type { MacOwnerRef, MacConflict as FleetMacConflict } from '../fleet/mac/mac-registry.ts';
import type { Change as FleetChange } from '../fleet/journal/change.ts';
import type { Context } from './context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = T | null | undefined;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A size in bytes: a JSON integer of at most 2^53-1. Never KiB. */
  Bytes: { input: number; output: number; }
  /** A place in the stream of changes. Opaque: keep it, hand it back, never look inside. */
  Cursor: { input: Cursor; output: Cursor; }
  /** A moment as RFC 3339 in UTC with milliseconds, such as `2026-03-01T12:00:00.000Z`. */
  DateTime: { input: number; output: number; }
  /**
   * A MAC address. Out: lower case with colons, `52:54:00:12:34:56`. In: colons (one or two digits a byte), dashes,
   * dots (`5254.0012.3456`) or twelve bare hex digits. Anything else fails with `INVALID_MAC_ADDRESS`.
   */
  MacAddress: { input: MacAddress; output: MacAddress; }
  /** An unsigned 64-bit counter, always as a decimal string, since JSON numbers lose digits past 2^53. */
  UInt64: { input: bigint; output: number | bigint; }
  /** A UUID, lower case with dashes out; any case, with or without dashes, in. */
  UUID: { input: Uuid; output: Uuid; }
};

/** A host to add. */
export type AddHostInput = {
  /** Say what would happen, and do nothing. */
  readonly dryRun: Scalars['Boolean']['input'];
  /** A key of your choice, 1 to 128 characters: asked again with it within 24 hours, this answers as the first time. See `StartDomainInput`. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** SSH servers on the way, first one first, each as `[user@]host[:port]`. Empty: what ssh_config says. */
  readonly jump: ReadonlyArray<Scalars['String']['input']>;
  /** For finding hosts by, in filters. Each key once. */
  readonly labels: ReadonlyArray<LabelInput>;
  /** What the API is to call it: letters, digits, dashes and dots. Unique, ignoring case. */
  readonly name: Scalars['String']['input'];
  /** Open the read-only socket: nothing can be changed. */
  readonly readOnly: Scalars['Boolean']['input'];
  /** Connection URI in libvirt's own syntax, such as `qemu+ssh://root@kvm1.example/system`. */
  readonly uri: Scalars['String']['input'];
};

/** Family of an IP address. */
export type AddressFamily =
  /** IPv4. */
  | 'IPV4'
  /** IPv6. */
  | 'IPV6';

/** Where a guest's IP address is known from (virDomainInterfaceAddresses). */
export type AddressSource =
  /** The agent inside the guest. `GUEST_AGENT_UNAVAILABLE` where there is none. */
  | 'AGENT'
  /** The host's ARP table. */
  | 'ARP'
  /** The leases of libvirt's own DHCP server. */
  | 'LEASE';

/** The network card to add. */
export type AttachInterfaceInput = {
  /** Which domain. */
  readonly domain: DomainRef;
  /** Say what would happen, and do nothing. */
  readonly dryRun: Scalars['Boolean']['input'];
  /** Fail with `CONFLICT` unless `Domain.version` is this. */
  readonly expectedVersion?: InputMaybe<Scalars['String']['input']>;
  /** Use the address even though it is taken. */
  readonly force: Scalars['Boolean']['input'];
  /** A key of your choice, 1 to 128 characters: asked again with it within 24 hours, this answers as the first time. See `StartDomainInput`. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Change the running guest. Default: when it is running. */
  readonly live?: InputMaybe<Scalars['Boolean']['input']>;
  /** Its address; one is allocated when absent. */
  readonly macAddress?: InputMaybe<Scalars['MacAddress']['input']>;
  /** The card's model, such as `virtio`; the hypervisor's default when absent. */
  readonly model?: InputMaybe<Scalars['String']['input']>;
  /** Change what it starts with next time. Default: when it has a stored configuration. */
  readonly persistent?: InputMaybe<Scalars['Boolean']['input']>;
  /** What it is connected to. */
  readonly source: InterfaceSource;
};

/** Nothing happened that matches, but the place has moved: keep this cursor. */
export type Bookmark = {
  readonly __typename?: 'Bookmark';
  /** Go on after this. */
  readonly cursor: Scalars['Cursor']['output'];
};

/** Which task is to end. */
export type CancelTaskInput = {
  /** A key of your choice, 1 to 128 characters: asked again with it within 24 hours, this answers as the first time. See `StartDomainInput`. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** The id of a task. */
  readonly task: Scalars['ID']['input'];
};

/** One message of the stream of changes. */
export type Change = Bookmark | HostInterrupted | HostResumed | Lagged | ObjectDeleted | ObjectUpserted | ResyncRequired | SnapshotComplete;

/** Every part given must match. Marks such as `Bookmark` always come. */
export type ChangeFilter = {
  /**
   * Domains: only those that match. One that ceases to match is told once more, as it is then, so that nobody goes on showing
   * it. Other kinds are left out then.
   */
  readonly domains?: InputMaybe<DomainFilter>;
  /** Of these hosts. A name that is not configured fails with `NOT_FOUND`. */
  readonly hosts?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Of these kinds of object. */
  readonly kinds?: InputMaybe<ReadonlyArray<ChangeKind>>;
};

/** The kinds of object that change. */
export type ChangeKind =
  /** Domains. */
  | 'DOMAIN'
  /** Hosts. */
  | 'HOST'
  /** Virtual networks. */
  | 'NETWORK'
  /** Storage pools. */
  | 'STORAGE_POOL';

/** How a change was noticed. */
export type ChangeOrigin =
  /** The host told of it. */
  | 'EVENT'
  /** The host tells of nothing by itself, so it is polled. */
  | 'POLL'
  /** All was read and compared: after a reconnect, at the regular time, or on request. */
  | 'RECONCILE'
  /** Not a change: the present state at the beginning of a stream. */
  | 'SNAPSHOT';

/** A page of changes, for scripts that poll. */
export type ChangePage = {
  readonly __typename?: 'ChangePage';
  /** The changes, oldest first. */
  readonly changes: ReadonlyArray<Change>;
  /** `after` of the next call. */
  readonly cursor: Scalars['Cursor']['output'];
  /** There are more already. */
  readonly hasMore: Scalars['Boolean']['output'];
};

/** One place in which a configuration would change. */
export type ConfigurationDifference = {
  readonly __typename?: 'ConfigurationDifference';
  /** As it would be; null for what would go. */
  readonly after: Maybe<Scalars['String']['output']>;
  /** The text or the attribute as it is, or the XML of an element that would go; null for what is new. */
  readonly before: Maybe<Scalars['String']['output']>;
  /** Elements from below `<domain>` on, numbered where there are several, then perhaps an attribute: `devices/interface[2]/source/@network`. */
  readonly path: Scalars['String']['output'];
};

/** One mistake in the configuration. */
export type ConfigurationProblem = {
  readonly __typename?: 'ConfigurationProblem';
  /** Where in the line, from 1. */
  readonly column: Scalars['Int']['output'];
  /** The file. */
  readonly file: Scalars['String']['output'];
  /** Where it stands, from 1. */
  readonly line: Scalars['Int']['output'];
  /** What was expected, and what was seen. */
  readonly message: Scalars['String']['output'];
  /** What it is about, such as `hosts[2].uri`; empty for the whole file. */
  readonly path: Scalars['String']['output'];
};

/** Processor use of a domain. */
export type CpuStats = {
  readonly __typename?: 'CpuStats';
  /** Of that, by the kernel for the guest. */
  readonly systemSeconds: Maybe<Scalars['Float']['output']>;
  /** CPU time used since it started, in seconds. */
  readonly timeSeconds: Maybe<Scalars['Float']['output']>;
  /** Processors kept busy between the last two readings: 1.5 is one and a half. Null in a single reading. */
  readonly usage: Maybe<Scalars['Float']['output']>;
  /** Of that, by the guest's user space. */
  readonly userSeconds: Maybe<Scalars['Float']['output']>;
};

/** What to define, and where. */
export type DefineDomainInput = {
  /**
   * Read and check it, and do nothing. The payload says what would be defined, and what would change (`diff`). Where the
   * hypervisor can tell beforehand, its host is asked whether it would run this (virConnectDomainXMLToNative), and what
   * it refuses is `BAD_USER_INPUT` in libvirt's words; elsewhere a warning says that it cannot be known.
   */
  readonly dryRun: Scalars['Boolean']['input'];
  /** For a domain that exists: fail with `CONFLICT` unless its `version` is this. */
  readonly expectedVersion?: InputMaybe<Scalars['String']['input']>;
  /** The host's configured name. */
  readonly host: Scalars['String']['input'];
  /** A key of your choice, 1 to 128 characters: asked again with it within 24 hours, this answers as the first time. See `StartDomainInput`. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Have libvirt check it against its schema first. */
  readonly validate: Scalars['Boolean']['input'];
  /** libvirt's domain XML. */
  readonly xml: Scalars['String']['input'];
};

/** The network card to remove. */
export type DetachInterfaceInput = {
  /** Which domain. */
  readonly domain: DomainRef;
  /** Say what would happen, and do nothing. */
  readonly dryRun: Scalars['Boolean']['input'];
  /** Fail with `CONFLICT` unless `Domain.version` is this. */
  readonly expectedVersion?: InputMaybe<Scalars['String']['input']>;
  /** A key of your choice, 1 to 128 characters: asked again with it within 24 hours, this answers as the first time. See `StartDomainInput`. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Change the running guest. Default: when it is running and has the card. */
  readonly live?: InputMaybe<Scalars['Boolean']['input']>;
  /** The card's address. */
  readonly macAddress: Scalars['MacAddress']['input'];
  /** Change what it starts with next time. Default: when its stored configuration has the card. */
  readonly persistent?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Traffic and size of one disk. */
export type DiskStats = {
  readonly __typename?: 'DiskStats';
  /** The space given to it. */
  readonly allocation: Maybe<Scalars['Bytes']['output']>;
  /** The size that the guest sees. */
  readonly capacity: Maybe<Scalars['Bytes']['output']>;
  /** The guest's name of it, such as `vda`. */
  readonly name: Scalars['String']['output'];
  /** Its path on the host. */
  readonly path: Maybe<Scalars['String']['output']>;
  /** The size of its container on the host. */
  readonly physical: Maybe<Scalars['Bytes']['output']>;
  /** Bytes read. */
  readonly readBytes: Maybe<Scalars['UInt64']['output']>;
  /** Bytes read a second between the last two readings. Null in a single reading. */
  readonly readBytesPerSecond: Maybe<Scalars['Float']['output']>;
  /** Reads. */
  readonly readRequests: Maybe<Scalars['UInt64']['output']>;
  /** Bytes written. */
  readonly writeBytes: Maybe<Scalars['UInt64']['output']>;
  /** Bytes written a second between the last two readings. Null in a single reading. */
  readonly writeBytesPerSecond: Maybe<Scalars['Float']['output']>;
  /** Writes. */
  readonly writeRequests: Maybe<Scalars['UInt64']['output']>;
};

/** A guest: a virtual machine or a container. */
export type Domain = Node & {
  readonly __typename?: 'Domain';
  /** Architecture, such as `x86_64`. */
  readonly arch: Maybe<Scalars['String']['output']>;
  /** When this was last known true. */
  readonly asOf: Scalars['DateTime']['output'];
  /** Starts with its host; null where the hypervisor does not know the notion. */
  readonly autostart: Maybe<Scalars['Boolean']['output']>;
  /** Devices to boot from, in order: hd, cdrom, network, fd. */
  readonly bootDevices: ReadonlyArray<Scalars['String']['output']>;
  /** Text consoles. */
  readonly consoles: ReadonlyArray<DomainConsole>;
  /** A description given to it. */
  readonly description: Maybe<Scalars['String']['output']>;
  /** Disks and drives. */
  readonly disks: ReadonlyArray<DomainDisk>;
  /** Names of the features that are switched on, such as `acpi`. */
  readonly features: ReadonlyArray<Scalars['String']['output']>;
  /** Graphical consoles. */
  readonly graphics: ReadonlyArray<DomainGraphics>;
  /** Has a managed save image, from which it would resume; null where the hypervisor does not know the notion. */
  readonly hasManagedSave: Maybe<Scalars['Boolean']['output']>;
  /** The host that has it. */
  readonly host: Host;
  /** What runs it. */
  readonly hypervisor: Hypervisor;
  /** Opaque, and bound to this fleet, its kind and its host. */
  readonly id: Scalars['ID']['output'];
  /** Network cards. */
  readonly interfaces: ReadonlyArray<DomainInterface>;
  /**
   * What libvirt does with it by itself now, whoever began it: a save, a dump, a migration, copies of its disks
   * (virDomainGetJobStats, virDomainGetBlockJobInfo). Asked of the host; each is a `Task` of kind `HOST_JOB` from then on,
   * looked at once a second until it is over. Empty where the hypervisor's driver knows no jobs, as LXC's; null with an
   * error when the host cannot answer.
   */
  readonly jobs: Maybe<ReadonlyArray<Task>>;
  /** Machine type, such as `pc-q35-7.2`. */
  readonly machine: Maybe<Scalars['String']['output']>;
  /** Memory it can have. */
  readonly maxMemory: Scalars['Bytes']['output'];
  /** Virtual CPUs it can have. */
  readonly maxVcpus: Scalars['Int']['output'];
  /** Memory it has now. */
  readonly memory: Scalars['Bytes']['output'];
  /**
   * Whether the guest's monitor answers, where the host tells (QEMU and KVM). Null while it is not running.
   * Only somebody who enters a monitor finds that it is stuck, so nothing is noticed while nobody asks the guest for anything.
   */
  readonly monitor: Maybe<DomainMonitor>;
  /** Its name, unique on its host. */
  readonly name: Scalars['String']['output'];
  /** hvm, xen, exe, …; null where the configuration does not say. */
  readonly osType: Maybe<Scalars['String']['output']>;
  /** Has a stored configuration; otherwise it is gone once it is off. */
  readonly persistent: Scalars['Boolean']['output'];
  /** It may no longer be true: the host is not `READY`. */
  readonly stale: Scalars['Boolean']['output'];
  /** Its state when last read. */
  readonly state: DomainState;
  /** libvirt's reason for that state, such as `booted`, `destroyed`, `user`. */
  readonly stateReason: Scalars['String']['output'];
  /**
   * One reading, asked of the host now; only the groups that are selected are asked for. Null with an error when the
   * host cannot answer. For more than one reading, subscribe to `domainStats`.
   */
  readonly stats: Maybe<DomainStats>;
  /** A short title given to it. */
  readonly title: Maybe<Scalars['String']['output']>;
  /** Its UUID. */
  readonly uuid: Scalars['UUID']['output'];
  /** Virtual CPUs it has now. */
  readonly vcpus: Scalars['Int']['output'];
  /** Changes whenever the stored configuration does; `expectedVersion` of mutations. */
  readonly version: Scalars['String']['output'];
  /** Its configuration as libvirt's XML, without passwords (virDomainGetXMLDesc). */
  readonly xml: Scalars['String']['output'];
};


/** A guest: a virtual machine or a container. */
export type DomainXmlArgs = {
  inactive?: InputMaybe<Scalars['Boolean']['input']>;
};

/** One domain, and how to go about it. */
export type DomainActionInput = {
  /** Which domain. */
  readonly domain: DomainRef;
  /** Say what would happen, and do nothing. */
  readonly dryRun: Scalars['Boolean']['input'];
  /** Fail with `CONFLICT` unless `Domain.version` is this. */
  readonly expectedVersion?: InputMaybe<Scalars['String']['input']>;
  /** A key of your choice, 1 to 128 characters: asked again with it within 24 hours, this answers as the first time. See `StartDomainInput`. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

/** A page of domains. */
export type DomainConnection = {
  readonly __typename?: 'DomainConnection';
  /** The domains with their cursors. */
  readonly edges: ReadonlyArray<DomainEdge>;
  /** The domains. */
  readonly nodes: ReadonlyArray<Domain>;
  /** Where the page ends. */
  readonly pageInfo: PageInfo;
  /** How many match in all. */
  readonly totalCount: Scalars['Int']['output'];
};

/** A text console of a domain. */
export type DomainConsole = {
  readonly __typename?: 'DomainConsole';
  /** Its path on the host while running, such as `/dev/pts/3`. */
  readonly path: Maybe<Scalars['String']['output']>;
  /** Its number. */
  readonly targetPort: Maybe<Scalars['Int']['output']>;
  /** serial, virtio, xen, lxc, … */
  readonly targetType: Maybe<Scalars['String']['output']>;
  /** pty, tcp, unix, file, … */
  readonly type: Scalars['String']['output'];
};

/** A disk or drive of a domain. */
export type DomainDisk = {
  readonly __typename?: 'DomainDisk';
  /** Its place in the boot order; null where it has none. */
  readonly bootOrder: Maybe<Scalars['Int']['output']>;
  /** virtio, scsi, sata, ide, usb, xen, … */
  readonly bus: Maybe<Scalars['String']['output']>;
  /** disk, cdrom, floppy, lun. */
  readonly device: Scalars['String']['output'];
  /** qcow2, raw, … */
  readonly format: Maybe<Scalars['String']['output']>;
  /** Cannot be written. */
  readonly readOnly: Scalars['Boolean']['output'];
  /** Its serial number. */
  readonly serial: Maybe<Scalars['String']['output']>;
  /** May be shared between domains. */
  readonly shareable: Scalars['Boolean']['output'];
  /** Path, `pool/volume` or `protocol:name`; null for an empty drive. */
  readonly source: Maybe<Scalars['String']['output']>;
  /** The guest's name of it, such as `vda`. */
  readonly target: Scalars['String']['output'];
  /** file, block, network, volume, … */
  readonly type: Scalars['String']['output'];
};

/** A domain and its place in the list. */
export type DomainEdge = {
  readonly __typename?: 'DomainEdge';
  /** Its place. */
  readonly cursor: Scalars['String']['output'];
  /** The domain. */
  readonly node: Domain;
};

/** Every part given must match. */
export type DomainFilter = {
  /** On any of these hosts. A name that is not configured fails with `NOT_FOUND`. */
  readonly hosts?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Of any of these hypervisors. */
  readonly hypervisors?: InputMaybe<ReadonlyArray<Hypervisor>>;
  /** On a host with all of these labels. */
  readonly labels?: InputMaybe<ReadonlyArray<LabelFilter>>;
  /** One of its interfaces has this address, as the guest's or as the tap's. */
  readonly macAddress?: InputMaybe<Scalars['MacAddress']['input']>;
  /** The name contains this, ignoring case. */
  readonly nameContains?: InputMaybe<Scalars['String']['input']>;
  /** In any of these states. */
  readonly states?: InputMaybe<ReadonlyArray<DomainState>>;
};

/** A graphical console of a domain. */
export type DomainGraphics = {
  readonly __typename?: 'DomainGraphics';
  /** The address it listens on. */
  readonly listen: Maybe<Scalars['String']['output']>;
  /** Its port on the host; null while not assigned. */
  readonly port: Maybe<Scalars['Int']['output']>;
  /** The unix socket it listens on. */
  readonly socket: Maybe<Scalars['String']['output']>;
  /** Its TLS port on the host; null while not assigned. */
  readonly tlsPort: Maybe<Scalars['Int']['output']>;
  /** vnc, spice, rdp, … */
  readonly type: Scalars['String']['output'];
};

/** A network card of a domain. */
export type DomainInterface = {
  readonly __typename?: 'DomainInterface';
  /** Addresses that libvirt knows, asked of the host now; null while the guest is off, and with an error when it cannot answer. */
  readonly addresses: Maybe<ReadonlyArray<InterfaceAddress>>;
  /** Whether the link is up; null where the configuration does not say (it is up then). */
  readonly linkUp: Maybe<Scalars['Boolean']['output']>;
  /** The guest's address. */
  readonly macAddress: Scalars['MacAddress']['output'];
  /** The card's model, such as `virtio`. */
  readonly model: Maybe<Scalars['String']['output']>;
  /**
   * The address that the host's device really has (virConnectListAllNodeDevices), asked of the host now.
   * Null where the guest is off or the host cannot tell.
   */
  readonly observedTapMacAddress: Maybe<Scalars['MacAddress']['output']>;
  /** The network, bridge or device it is connected to. */
  readonly source: Maybe<Scalars['String']['output']>;
  /** The tap device's address by libvirt's rule; null where this kind of interface has no tap of libvirt's: see `tapNote`. */
  readonly tapMacAddress: Maybe<Scalars['MacAddress']['output']>;
  /** Why there is no derived tap address; null where there is one. */
  readonly tapNote: Maybe<Scalars['String']['output']>;
  /** The device on the host, such as `vnet3`, while running. */
  readonly target: Maybe<Scalars['String']['output']>;
  /** libvirt's kind: network, bridge, direct, user, ethernet, hostdev, vhostuser, vdpa, … */
  readonly type: Scalars['String']['output'];
};


/** A network card of a domain. */
export type DomainInterfaceAddressesArgs = {
  source?: InputMaybe<AddressSource>;
};

/**
 * How libvirt gets on with a guest's monitor (virDomainGetControlInfo). A guest whose monitor does not answer is left out of
 * bulk readings, and its `stats` say so in `missing`; it can still be forced off.
 */
export type DomainMonitor = {
  readonly __typename?: 'DomainMonitor';
  /** Who holds the guest, in libvirt's words, such as `monitor=remoteDispatchDomainSuspend`; null until libvirt has said. */
  readonly heldBy: Maybe<Scalars['String']['output']>;
  /** Since when; null for `OK`. */
  readonly since: Maybe<Scalars['DateTime']['output']>;
  /** What is the matter with it. */
  readonly status: MonitorStatus;
};

/** How to sort domains. */
export type DomainOrder = {
  /** Which way. */
  readonly direction: OrderDirection;
  /** By what. */
  readonly field: DomainOrderField;
};

/** What domains can be sorted by. Equal ones follow by host and UUID. */
export type DomainOrderField =
  /** Its host's name, then its own. */
  | 'HOST'
  /** Its current memory. */
  | 'MEMORY'
  /** Its name. */
  | 'NAME'
  /** Its state, in the order of libvirt's numbers. */
  | 'STATE'
  /** Its current number of virtual CPUs. */
  | 'VCPUS';

/** A host and a name on it. */
export type DomainPath = {
  /** The host's configured name. */
  readonly host: Scalars['String']['input'];
  /** The domain's name, in full. */
  readonly name: Scalars['String']['input'];
};

/** A domain after a change, read back from its host. */
export type DomainPayload = {
  readonly __typename?: 'DomainPayload';
  /**
   * For a `dryRun` of `defineDomain`: where the configuration would differ from the stored one, element by element of the XML
   * trees. What libvirt would fill in by itself shows as missing: begin with `xml(inactive: true)`. Null where nothing is
   * replaced. Passwords are not shown.
   */
  readonly diff: Maybe<ReadonlyArray<ConfigurationDifference>>;
  /** The domain; for a `dryRun`, as it is now (null where it would be new). */
  readonly domain: Maybe<Domain>;
  /** Nothing was done. */
  readonly dryRun: Scalars['Boolean']['output'];
  /** What was done, or for a `dryRun` what would be done. */
  readonly summary: Scalars['String']['output'];
  /**
   * What goes on after this answer: a guest that was asked to shut down or to reboot, a graceful `forceOffDomain` that takes
   * longer than a second, a guest that has not let go of a network card yet. Null where nothing does.
   */
  readonly task: Maybe<Task>;
  /** Worth knowing, such as a MAC address that collides. */
  readonly warnings: ReadonlyArray<Scalars['String']['output']>;
};

/** How to name one domain. */
export type DomainRef =
  /** Its id. */
  { readonly id: Scalars['ID']['input']; readonly path?: never; readonly uuid?: never; }
  |  /** Its host and its name. */
  { readonly id?: never; readonly path: DomainPath; readonly uuid?: never; }
  |  /** Its UUID, when only one host has it. */
  { readonly id?: never; readonly path?: never; readonly uuid: Scalars['UUID']['input']; };

/** State of a domain (virDomainState). */
export type DomainState =
  /** Blocked on a resource. */
  | 'BLOCKED'
  /** Crashed. */
  | 'CRASHED'
  /** The hypervisor cannot say. */
  | 'NOSTATE'
  /** Paused by a user or the hypervisor. */
  | 'PAUSED'
  /** Suspended by the guest's power management. */
  | 'PMSUSPENDED'
  /** Running. */
  | 'RUNNING'
  /** Being shut down. */
  | 'SHUTDOWN'
  /** Off. */
  | 'SHUTOFF'
  /** A number that this version does not know; `stateReason` has it. */
  | 'UNKNOWN';

/** One reading of a domain (virConnectGetAllDomainStats). A group that the host does not know is null, and `missing` says why. */
export type DomainStats = {
  readonly __typename?: 'DomainStats';
  /** Group `cpu`. */
  readonly cpu: Maybe<CpuStats>;
  /** Group `block`. */
  readonly disks: Maybe<ReadonlyArray<DiskStats>>;
  /** Group `interface`. */
  readonly interfaces: Maybe<ReadonlyArray<InterfaceStats>>;
  /** Group `balloon`. */
  readonly memory: Maybe<MemoryStats>;
  /** Why something is missing, as a sentence. */
  readonly missing: Maybe<Scalars['String']['output']>;
  /** Taken just before the host was asked. */
  readonly sampledAt: Scalars['DateTime']['output'];
  /** Group `state`. */
  readonly state: Maybe<DomainState>;
  /** Group `vcpu`. */
  readonly vcpus: Maybe<ReadonlyArray<VcpuStats>>;
};

/** One domain's reading. */
export type DomainStatsSample = {
  readonly __typename?: 'DomainStatsSample';
  /** The domain. */
  readonly domain: Domain;
  /** The reading, with rates from the second one on. */
  readonly stats: DomainStats;
};

/** The readings of one tick. */
export type DomainStatsTick = {
  readonly __typename?: 'DomainStatsTick';
  /** When the readings were taken. */
  readonly at: Scalars['DateTime']['output'];
  /** Hosts whose readings are missing, and why. */
  readonly missing: ReadonlyArray<HostReadingGap>;
  /** One for each matching domain that runs and answered. */
  readonly samples: ReadonlyArray<DomainStatsSample>;
};

/** How to force a domain off. */
export type ForceOffDomainInput = {
  /** Which domain. */
  readonly domain: DomainRef;
  /** Say what would happen, and do nothing. */
  readonly dryRun: Scalars['Boolean']['input'];
  /** Fail with `CONFLICT` unless `Domain.version` is this. */
  readonly expectedVersion?: InputMaybe<Scalars['String']['input']>;
  /**
   * Let the hypervisor's process flush what it holds, and fail with `GUEST_BUSY` if it will not go. What takes longer than
   * a second goes on as `DomainPayload.task`, and fails there.
   */
  readonly graceful: Scalars['Boolean']['input'];
  /** A key of your choice, 1 to 128 characters: asked again with it within 24 hours, this answers as the first time. See `StartDomainInput`. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

/** What is answering. */
export type Gateway = {
  readonly __typename?: 'Gateway';
  /** How the configuration that is in force stands to its file. */
  readonly configuration: GatewayConfiguration;
  /** The present place in the stream of changes. */
  readonly cursor: Scalars['Cursor']['output'];
  /** Id of the fleet that ids and cursors are bound to. */
  readonly fleetId: Scalars['String']['output'];
  /** Whether that stream survives a restart of the gateway. */
  readonly journalPersistence: JournalPersistence;
  /** Bounds that apply to every request. */
  readonly limits: GatewayLimits;
  /** When the process started. */
  readonly startedAt: Scalars['DateTime']['output'];
  /** Version of virtgraph. */
  readonly version: Scalars['String']['output'];
};

/**
 * How the configuration that is in force stands to its file. The file is read again when it is written, and at SIGHUP: hosts
 * and `api` are in force at once, everything else after a restart. A file with a mistake changes nothing.
 */
export type GatewayConfiguration = {
  readonly __typename?: 'GatewayConfiguration';
  /** The file; null where the gateway was started without one. */
  readonly file: Maybe<Scalars['String']['output']>;
  /** Hosts that were added by the API and are left out now. */
  readonly idleHosts: ReadonlyArray<IdleHost>;
  /** When what is in force was read. */
  readonly loadedAt: Scalars['DateTime']['output'];
  /** Keys that say something else in the file than what is in force until a restart. */
  readonly needsRestart: ReadonlyArray<Scalars['String']['output']>;
  /** Why the file as it is now is not in force; empty when it is. */
  readonly problems: ReadonlyArray<ConfigurationProblem>;
};

/**
 * Bounds that apply to every request, over HTTP, WebSocket and server-sent events alike. Past one: `LIMIT_EXCEEDED`.
 * Besides these, a document has at most 5000 fields as executed, pages (`first`) nested two deep, 100 fragments and 50
 * directives, and an operation as many fields at its root as `limits.queryRootFields` of the configuration allows, 30 by
 * default.
 */
export type GatewayLimits = {
  readonly __typename?: 'GatewayLimits';
  /** Aliases in a document. */
  readonly aliases: Scalars['Int']['output'];
  /** Bytes of a request's body. */
  readonly bodyBytes: Scalars['Int']['output'];
  /** Nesting of selections. */
  readonly depth: Scalars['Int']['output'];
  /** Subscriptions on one socket. */
  readonly subscriptionsPerSocket: Scalars['Int']['output'];
  /** Tokens of a document. */
  readonly tokens: Scalars['Int']['output'];
};

/** A kind of guest that a host can run. */
export type GuestCapability = {
  readonly __typename?: 'GuestCapability';
  /** x86_64, aarch64, … */
  readonly arch: Scalars['String']['output'];
  /** qemu, kvm, lxc, … */
  readonly domainTypes: ReadonlyArray<Scalars['String']['output']>;
  /** Path of the emulator. */
  readonly emulator: Maybe<Scalars['String']['output']>;
  /** Machine types, such as `pc-q35-7.2`. */
  readonly machines: ReadonlyArray<Scalars['String']['output']>;
  /** hvm, xen, exe, … */
  readonly osType: Scalars['String']['output'];
};

/** A libvirt host: one daemon, reached as configured. */
export type Host = Node & {
  readonly __typename?: 'Host';
  /** Added by `addHost`, and kept by the gateway; otherwise it stands in the configuration. */
  readonly addedByApi: Scalars['Boolean']['output'];
  /**
   * When all that is said of it was last known true; null before the first contact. Of one that is `READY`, when it last
   * gave a sign of life: one that has nothing to tell is asked for one every 25 seconds or more often, unless its URI says
   * otherwise. The few changes for which libvirt has no event, such as of `autostart`, are seen later: docs/RELIABILITY.md.
   */
  readonly asOf: Maybe<Scalars['DateTime']['output']>;
  /** What may be asked of it; null before the first contact. */
  readonly capabilities: Maybe<HostCapabilities>;
  /** Its domains, from memory. */
  readonly domains: DomainConnection;
  /** The host's own name for itself (virConnectGetHostname); null where it did not say in time. */
  readonly hostname: Maybe<Scalars['String']['output']>;
  /** What runs the guests; null before the first contact. */
  readonly hypervisor: Maybe<Hypervisor>;
  /** Version of the hypervisor, such as `7.2.22` (virConnectGetVersion). */
  readonly hypervisorVersion: Maybe<Scalars['String']['output']>;
  /** Opaque, and bound to this fleet, its kind and its host. */
  readonly id: Scalars['ID']['output'];
  /** Labels of the configuration. */
  readonly labels: ReadonlyArray<Label>;
  /** Version of libvirt's daemon, such as `9.0.0` (virConnectGetLibVersion). */
  readonly libvirtVersion: Maybe<Scalars['String']['output']>;
  /** How the connection is doing; null while there is none. */
  readonly link: Maybe<HostLink>;
  /** The name in the configuration. */
  readonly name: Scalars['String']['output'];
  /** Its virtual networks, from memory. */
  readonly networks: ReadonlyArray<Network>;
  /** The machine (virNodeGetInfo); null before the first contact, or where the hypervisor cannot say. */
  readonly node: Maybe<HostNode>;
  /** Its devices (virConnectListAllNodeDevices), asked of the host now; null with an error when it cannot answer. */
  readonly nodeDevices: Maybe<ReadonlyArray<NodeDevice>>;
  /** Opened through the read-only socket: nothing can be changed. */
  readonly readOnly: Scalars['Boolean']['output'];
  /** What is said of it may no longer be true: the host is not `READY`. */
  readonly stale: Scalars['Boolean']['output'];
  /** How the gateway stands with it. */
  readonly status: HostStatus;
  /** Why it cannot be used; null while it can. */
  readonly statusReason: Maybe<HostProblem>;
  /** Its storage pools, from memory. Sizes are those of the last reconcile. */
  readonly storagePools: ReadonlyArray<StoragePool>;
  /** The URI in the configuration. Carries no secrets. */
  readonly uri: Scalars['String']['output'];
};


/** A libvirt host: one daemon, reached as configured. */
export type HostDomainsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<DomainFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<DomainOrder>;
};


/** A libvirt host: one daemon, reached as configured. */
export type HostNodeDevicesArgs = {
  capability?: InputMaybe<Scalars['String']['input']>;
};

/** What may be asked of a host. */
export type HostCapabilities = {
  readonly __typename?: 'HostCapabilities';
  /** Readings of all domains come in one call; otherwise from one call a domain. */
  readonly bulkStats: Scalars['Boolean']['output'];
  /** The daemon tells of changes by itself; otherwise it is polled. */
  readonly domainEvents: Scalars['Boolean']['output'];
  /** The events that the daemon accepted to tell of. */
  readonly events: ReadonlyArray<Scalars['String']['output']>;
  /** Kinds of guests it can run (virConnectGetCapabilities), asked of the host now; null with an error when it cannot answer. */
  readonly guests: Maybe<ReadonlyArray<GuestCapability>>;
  /** It knows virtual networks. */
  readonly networks: Scalars['Boolean']['output'];
  /** It knows node devices. */
  readonly nodeDevices: Scalars['Boolean']['output'];
  /** It knows storage pools. */
  readonly storagePools: Scalars['Boolean']['output'];
  /** Something may be changed: not opened read-only. */
  readonly writable: Scalars['Boolean']['output'];
};

/** A host after it was added or changed. */
export type HostChangePayload = {
  readonly __typename?: 'HostChangePayload';
  /** Nothing was done. */
  readonly dryRun: Scalars['Boolean']['output'];
  /** The host, which is connected to next; for a `dryRun`, as it is now (null where it would be new). */
  readonly host: Maybe<Host>;
  /** What was done, or for a `dryRun` what would be done. */
  readonly summary: Scalars['String']['output'];
  /** Worth knowing, such as a driver that is not known. */
  readonly warnings: ReadonlyArray<Scalars['String']['output']>;
};

/** A page of hosts. */
export type HostConnection = {
  readonly __typename?: 'HostConnection';
  /** The hosts with their cursors. */
  readonly edges: ReadonlyArray<HostEdge>;
  /** The hosts. */
  readonly nodes: ReadonlyArray<Host>;
  /** Where the page ends. */
  readonly pageInfo: PageInfo;
  /** How many match in all. */
  readonly totalCount: Scalars['Int']['output'];
};

/** A host and its place in the list. */
export type HostEdge = {
  readonly __typename?: 'HostEdge';
  /** Its place. */
  readonly cursor: Scalars['String']['output'];
  /** The host. */
  readonly node: Host;
};

/** Every part given must match. */
export type HostFilter = {
  /** Any of these hypervisors. */
  readonly hypervisors?: InputMaybe<ReadonlyArray<Hypervisor>>;
  /** All of these labels. */
  readonly labels?: InputMaybe<ReadonlyArray<LabelFilter>>;
  /** Any of these names. */
  readonly names?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Any of these statuses. */
  readonly statuses?: InputMaybe<ReadonlyArray<HostStatus>>;
};

/** A host is out of reach: its objects are stale until `HostResumed`. */
export type HostInterrupted = {
  readonly __typename?: 'HostInterrupted';
  /** Go on after this. */
  readonly cursor: Scalars['Cursor']['output'];
  /** The host. */
  readonly host: Host;
  /** When. */
  readonly observedAt: Scalars['DateTime']['output'];
  /** Why. */
  readonly problem: Maybe<HostProblem>;
};

/** One libvirt connection of a host. */
export type HostLane = {
  readonly __typename?: 'HostLane';
  /** Of those, the ones nobody waits for any more. They still count. */
  readonly callsAbandoned: Scalars['Int']['output'];
  /** Calls sent and not yet answered. */
  readonly callsInFlight: Scalars['Int']['output'];
  /** Calls waiting to be sent. */
  readonly callsQueued: Scalars['Int']['output'];
  /** control, work, stats; or one of them with ` (replacement)`: what does the work of a wedged one, at most one on a host. */
  readonly name: Scalars['String']['output'];
  /**
   * Abandoned calls hold so many of its places (three of four) that it is left alone until the host has answered some:
   * the host waits for guests that do not answer. See `Domain.monitor`.
   */
  readonly wedged: Scalars['Boolean']['output'];
};

/** How the connection to a host is doing. */
export type HostLink = {
  readonly __typename?: 'HostLink';
  /** When it was made. */
  readonly connectedAt: Scalars['DateTime']['output'];
  /** The libvirt connections over it. */
  readonly lanes: ReadonlyArray<HostLane>;
  /** When the last event came. */
  readonly lastEventAt: Maybe<Scalars['DateTime']['output']>;
  /** When all was last read and compared. */
  readonly lastReconcileAt: Maybe<Scalars['DateTime']['output']>;
  /** Milliseconds of the last keepalive's round trip; null before the first. */
  readonly roundTripMs: Maybe<Scalars['Float']['output']>;
  /**
   * How many of the host's domains could not be read when that was last tried; each is tried again by itself, at the latest
   * after a minute. Of one that was never read nothing is shown: it is missing from every list and count.
   */
  readonly unreadDomains: Scalars['Int']['output'];
};

/** The machine (virNodeGetInfo). */
export type HostNode = {
  readonly __typename?: 'HostNode';
  /** Cores in a socket. */
  readonly coresPerSocket: Scalars['Int']['output'];
  /** Expected frequency in MHz; null where not known. */
  readonly cpuMhz: Maybe<Scalars['Int']['output']>;
  /** CPU model, such as `x86_64`. */
  readonly cpuModel: Scalars['String']['output'];
  /** CPUs that are online. */
  readonly cpus: Scalars['Int']['output'];
  /** Memory of the machine. */
  readonly memory: Scalars['Bytes']['output'];
  /** NUMA cells. */
  readonly numaNodes: Scalars['Int']['output'];
  /** Sockets in a NUMA cell. */
  readonly socketsPerNode: Scalars['Int']['output'];
  /** Threads in a core. */
  readonly threadsPerCore: Scalars['Int']['output'];
};

/** A host after it was asked anew. */
export type HostPayload = {
  readonly __typename?: 'HostPayload';
  /** The host; with a `task`, as it is meanwhile. */
  readonly host: Host;
  /** What goes on after this answer, or was cancelled before it; null where all is over. */
  readonly task: Maybe<Task>;
};

/** Why a host cannot be used. */
export type HostProblem = {
  readonly __typename?: 'HostProblem';
  /** A code from the closed list in docs/ERRORS.md, such as `HOST_KEY_UNKNOWN`. */
  readonly code: Scalars['String']['output'];
  /** What happened. */
  readonly message: Scalars['String']['output'];
  /** When the gateway tries again; null: not before a person acts (`retryHost`, `trustHostKey`). */
  readonly nextAttemptAt: Maybe<Scalars['DateTime']['output']>;
  /** What to do about it. */
  readonly remedy: Scalars['String']['output'];
  /** Since when. */
  readonly since: Scalars['DateTime']['output'];
  /** The step that failed: config, resolve, connect, key-exchange, host-key, authentication, channel, socket, libvirt-auth, open, running. */
  readonly stage: Scalars['String']['output'];
};

/** Why a host's readings are missing. */
export type HostReadingGap = {
  readonly __typename?: 'HostReadingGap';
  /** The host. */
  readonly host: Host;
  /** Why, as a sentence. */
  readonly reason: Scalars['String']['output'];
};

/** A host is back. What changed meanwhile was told just before, with the origin `RECONCILE`. */
export type HostResumed = {
  readonly __typename?: 'HostResumed';
  /** Go on after this. */
  readonly cursor: Scalars['Cursor']['output'];
  /** The host. */
  readonly host: Host;
  /** When. */
  readonly observedAt: Scalars['DateTime']['output'];
};

/** How the gateway stands with a host. */
export type HostStatus =
  /** It cannot be used until a person acts: see `statusReason`. */
  | 'BLOCKED'
  /** On the way: the first contact, or the next try. */
  | 'CONNECTING'
  /** Switched off by the configuration. */
  | 'DISABLED'
  /** It was reached before and is not now; the gateway keeps trying. */
  | 'LOST'
  /** Connected, and what is said of it is true; of domains that cannot be read, see `HostLink.unreadDomains`. */
  | 'READY'
  /** Connected, reading what it has. */
  | 'SYNCING';

/** What runs a guest. */
export type Hypervisor =
  /** bhyve of FreeBSD. */
  | 'BHYVE'
  /** Cloud Hypervisor. */
  | 'CLOUD_HYPERVISOR'
  /** VMware ESX. */
  | 'ESX'
  /** Microsoft Hyper-V. */
  | 'HYPERV'
  /** QEMU with KVM. */
  | 'KVM'
  /** Linux containers. */
  | 'LXC'
  /** OpenVZ. */
  | 'OPENVZ'
  /** IBM POWER Hypervisor. */
  | 'POWER'
  /** QEMU without hardware virtualisation. */
  | 'QEMU'
  /** libvirt's test driver. */
  | 'TEST'
  /** One that this version does not know. */
  | 'UNKNOWN'
  /** VMware vCenter. */
  | 'VCENTER'
  /** Oracle VirtualBox. */
  | 'VIRTUALBOX'
  /** Virtuozzo. */
  | 'VIRTUOZZO'
  /** VMware Workstation, Player, Fusion. */
  | 'VMWARE'
  /** Xen. */
  | 'XEN';

/** A host that was added by the API and is not part of the fleet: the configuration does not allow it, or has its name. */
export type IdleHost = {
  readonly __typename?: 'IdleHost';
  /** Its name. */
  readonly name: Scalars['String']['output'];
  /** Why it is left out. */
  readonly reason: Scalars['String']['output'];
};

/** An IP address of a guest. */
export type InterfaceAddress = {
  readonly __typename?: 'InterfaceAddress';
  /** The address. */
  readonly address: Scalars['String']['output'];
  /** Which family. */
  readonly family: AddressFamily;
  /** Length of its prefix. */
  readonly prefix: Scalars['Int']['output'];
  /** Where it is known from. */
  readonly source: AddressSource;
};

/** A domain after a network card was added. */
export type InterfacePayload = {
  readonly __typename?: 'InterfacePayload';
  /** The domain. */
  readonly domain: Maybe<Domain>;
  /** Nothing was done. */
  readonly dryRun: Scalars['Boolean']['output'];
  /** The card; for a `dryRun`, null. */
  readonly interface: Maybe<DomainInterface>;
  /** The address it has, or for a `dryRun` would have. */
  readonly macAddress: Scalars['MacAddress']['output'];
  /** What was done, or for a `dryRun` what would be done. */
  readonly summary: Scalars['String']['output'];
  /** Worth knowing. */
  readonly warnings: ReadonlyArray<Scalars['String']['output']>;
};

/** What a network card is connected to. */
export type InterfaceSource =
  /** A bridge of the host, by device name. */
  { readonly bridge: Scalars['String']['input']; readonly network?: never; }
  |  /** A virtual network of the host, by name. */
  { readonly bridge?: never; readonly network: Scalars['String']['input']; };

/** Traffic of one network card, as the host sees it: `rx` is what the guest receives. */
export type InterfaceStats = {
  readonly __typename?: 'InterfaceStats';
  /** The device on the host, such as `vnet3`. */
  readonly name: Scalars['String']['output'];
  /** Bytes received. */
  readonly rxBytes: Maybe<Scalars['UInt64']['output']>;
  /** Bytes received a second between the last two readings. Null in a single reading. */
  readonly rxBytesPerSecond: Maybe<Scalars['Float']['output']>;
  /** Packets dropped on receiving. */
  readonly rxDrops: Maybe<Scalars['UInt64']['output']>;
  /** Errors on receiving. */
  readonly rxErrors: Maybe<Scalars['UInt64']['output']>;
  /** Packets received. */
  readonly rxPackets: Maybe<Scalars['UInt64']['output']>;
  /** Bytes sent. */
  readonly txBytes: Maybe<Scalars['UInt64']['output']>;
  /** Bytes sent a second between the last two readings. Null in a single reading. */
  readonly txBytesPerSecond: Maybe<Scalars['Float']['output']>;
  /** Packets dropped on sending. */
  readonly txDrops: Maybe<Scalars['UInt64']['output']>;
  /** Errors on sending. */
  readonly txErrors: Maybe<Scalars['UInt64']['output']>;
  /** Packets sent. */
  readonly txPackets: Maybe<Scalars['UInt64']['output']>;
};

/** What becomes of the record of changes when the gateway ends. */
export type JournalPersistence =
  /**
   * It should be kept, and the disk has failed: cursors given out since then are void after a restart. It is tried again by
   * itself; once it is `SQLITE` again, they are kept too.
   */
  | 'FAILED'
  /** It ends too: every cursor is void after a restart. The configuration wants it so. */
  | 'NONE'
  /** It is kept in the state directory: cursors survive a restart. */
  | 'SQLITE';

/** A key and a value that the configuration gave a host. */
export type Label = {
  readonly __typename?: 'Label';
  /** The key. */
  readonly key: Scalars['String']['output'];
  /** The value. */
  readonly value: Scalars['String']['output'];
};

/** A label, and perhaps its value. */
export type LabelFilter = {
  /** The label's key. */
  readonly key: Scalars['String']['input'];
  /** Its value; any when absent. */
  readonly value?: InputMaybe<Scalars['String']['input']>;
};

/** A key and a value to give a host. */
export type LabelInput = {
  /** The key. */
  readonly key: Scalars['String']['input'];
  /** The value. */
  readonly value: Scalars['String']['input'];
};

/** You read too slowly: changes were merged, and only the latest state of each object follows. */
export type Lagged = {
  readonly __typename?: 'Lagged';
  /** How many changes you will not see one by one. */
  readonly dropped: Scalars['Int']['output'];
};

/** What a MAC address would mean for a guest's network card. */
export type MacAddressReport = {
  readonly __typename?: 'MacAddressReport';
  /** What is wrong with it, or worth knowing. */
  readonly findings: ReadonlyArray<MacFinding>;
  /** Neither it nor its tap address is taken anywhere in the fleet. */
  readonly free: Scalars['Boolean']['output'];
  /** Whether each host's libvirt would start a guest with it. */
  readonly hostVerdicts: ReadonlyArray<MacHostVerdict>;
  /** What was asked about. */
  readonly input: Scalars['String']['output'];
  /** Chosen locally rather than by a manufacturer; null when it is not a MAC address. */
  readonly locallyAdministered: Maybe<Scalars['Boolean']['output']>;
  /** In canonical form; null when it is not a MAC address at all. */
  readonly macAddress: Maybe<Scalars['MacAddress']['output']>;
  /** Who has this address now, as a guest's or as a tap's. */
  readonly owners: ReadonlyArray<MacOwner>;
  /** The address that its tap device would have; null when it is not valid. */
  readonly tapMacAddress: Maybe<Scalars['MacAddress']['output']>;
  /** Addressed to one receiver; null when it is not a MAC address. */
  readonly unicast: Maybe<Scalars['Boolean']['output']>;
  /** It may be given to a guest. */
  readonly valid: Scalars['Boolean']['output'];
};

/** Addresses that collide on one layer-2 segment. */
export type MacConflict = {
  readonly __typename?: 'MacConflict';
  /** How they collide. */
  readonly kind: MacConflictKind;
  /** The address that two have. */
  readonly macAddress: Scalars['MacAddress']['output'];
  /** What it means, as a sentence. */
  readonly message: Scalars['String']['output'];
  /** Who takes part. */
  readonly parties: ReadonlyArray<MacOwner>;
  /** The bridge, network or device, with its host where it is not shared. */
  readonly segment: Scalars['String']['output'];
  /** `ERROR` when all of them run, `WARNING` when a guest that is off takes part. */
  readonly severity: MacSeverity;
};

/** How addresses collide. */
export type MacConflictKind =
  /** Two guests have one address. */
  | 'DUPLICATE_MAC'
  /** Two guests differ only in the first byte, so their taps have one address. */
  | 'SAME_TAP_MAC'
  /** A guest's address equals another guest's tap address: the bridge keeps its frames. */
  | 'SHADOWED_BY_TAP';

/** One thing to know about a MAC address. */
export type MacFinding = {
  readonly __typename?: 'MacFinding';
  /** What it means. */
  readonly message: Scalars['String']['output'];
  /** The rule's name, such as `MULTICAST`. */
  readonly rule: Scalars['String']['output'];
  /** How bad it is. */
  readonly severity: MacSeverity;
};

/** What one host's libvirt would do with an address. */
export type MacHostVerdict = {
  readonly __typename?: 'MacHostVerdict';
  /** It would start a guest with it. */
  readonly accepted: Scalars['Boolean']['output'];
  /** The host. */
  readonly host: Host;
  /** Why not, or what is not known. */
  readonly reason: Maybe<Scalars['String']['output']>;
};

/** A network card that has an address. */
export type MacOwner = {
  readonly __typename?: 'MacOwner';
  /** The domain is running. */
  readonly active: Scalars['Boolean']['output'];
  /** The domain. */
  readonly domain: Domain;
  /** Which of its interfaces, from 0. */
  readonly interfaceIndex: Scalars['Int']['output'];
  /** As the guest's address or as the tap's. */
  readonly role: MacRole;
};

/** In what role an address is taken. */
export type MacRole =
  /** The guest's own. */
  | 'GUEST'
  /** The tap device's on the host. */
  | 'TAP';

/** How bad a finding or a conflict is. */
export type MacSeverity =
  /** It will not work. */
  | 'ERROR'
  /** Worth knowing. */
  | 'NOTE'
  /** It will not work once all guests run that share it. */
  | 'WARNING';

/** Memory of a domain. */
export type MemoryStats = {
  readonly __typename?: 'MemoryStats';
  /** What the guest sees in all; null without a balloon driver in the guest. */
  readonly available: Maybe<Scalars['Bytes']['output']>;
  /** What it has now. */
  readonly current: Maybe<Scalars['Bytes']['output']>;
  /** What it can have. */
  readonly maximum: Maybe<Scalars['Bytes']['output']>;
  /** Resident memory of its process on the host. */
  readonly rss: Maybe<Scalars['Bytes']['output']>;
  /** What the guest leaves unused. */
  readonly unused: Maybe<Scalars['Bytes']['output']>;
  /** What the guest could use without swapping. */
  readonly usable: Maybe<Scalars['Bytes']['output']>;
};

/** Whether a guest's monitor answers. */
export type MonitorStatus =
  /** libvirt cannot use it any more: the guest has to be forced off and started again. */
  | 'ERROR'
  /** A long job such as a migration or a save is under way; the monitor answers. */
  | 'JOB'
  /** A command was sent to it and has not been answered for half a second or longer: QEMU is stopped, or waits for its storage. */
  | 'OCCUPIED'
  /** Nothing is known to be the matter. */
  | 'OK'
  /**
   * Another guest of the host was found stuck, and this one shows no sign of life either: its processors have not run since.
   * It is not asked, because every question to a stuck guest costs the host one of its workers (20 by default).
   */
  | 'UNKNOWN';

/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * Adds a host to the fleet, and keeps it over restarts. `FORBIDDEN` unless the configuration allows it (`api.hosts`), and
   * for a URI with a driver, transport, parameter or address that it does not list. `CONFLICT` when the name is taken.
   */
  readonly addHost: HostChangePayload;
  /**
   * Adds a network card (virDomainAttachDeviceFlags). Without an address one is allocated that is free across the fleet;
   * one that is taken fails with `CONFLICT`, naming the owner, unless forced. Of a network that the host does not have, or
   * that is not active, `warnings` tell, also in a dry run.
   */
  readonly attachInterface: InterfacePayload;
  /**
   * Ends the waiting for a task that is `cancellable`; twice is no mistake. What was asked of a guest is not taken back.
   * Of a `HOST_JOB` libvirt is asked to give it up (virDomainAbortJob, virDomainBlockJobAbort): it is `CANCELLED` once
   * libvirt has, which is waited for three quarters of a second; after that it is still `RUNNING` in the payload, and
   * `taskProgress` tells. A copy that a guest has gone over to is not undone. `INVALID_STATE` when the task is over or is
   * not cancellable, or, in libvirt's words, when it gives up no such job; `FORBIDDEN` for a job on a host that was opened
   * read-only; `HOST_UNREACHABLE` when its host cannot be asked; `NOT_FOUND` when the task is not kept any more.
   */
  readonly cancelTask: TaskPayload;
  /** Defines a domain from XML, or redefines the one with its UUID (virDomainDefineXMLFlags). */
  readonly defineDomain: DomainPayload;
  /** Removes a network card (virDomainDetachDeviceFlags). A running guest may take a moment to let go of it: a `task` waits for that. */
  readonly detachInterface: DomainPayload;
  /** Pulls the plug (virDomainDestroyFlags): what the guest had not written is lost. */
  readonly forceOffDomain: DomainPayload;
  /**
   * Goes through the stages of reaching a host, from its name to its daemon's answers, as `virtgraph doctor` does. Over a
   * connection of its own: the host's session goes on meanwhile. Changes nothing on the host, and records no host key.
   * Takes a second or two where all is well, and a minute at most. What fails is in the report, not an error. Who asks
   * while a probe of the host runs gets that one's report. A login that is refused counts against the gateway at the
   * host's sshd (PerSourcePenalties), so do not probe in a loop. After a second it is a task too, which tells of each stage
   * (`taskProgress`), and which `cancelTask` ends.
   */
  readonly probeHost: ProbeReport;
  /** Asks the guest to reboot (virDomainReboot). */
  readonly rebootDomain: DomainPayload;
  /** Connects again if need be (also when `BLOCKED`), and reads everything anew. After a second it is a task too. */
  readonly refreshHost: HostPayload;
  /**
   * Removes a host that was added by the API. The host itself is left as it is; its objects are gone from this API, each told
   * as `ObjectDeleted`. `CONFLICT` for one of the configuration.
   */
  readonly removeHost: RemoveHostPayload;
  /** Presses the reset button (virDomainReset): the guest is not asked. */
  readonly resetDomain: DomainPayload;
  /** Resumes a paused domain (virDomainResume). */
  readonly resumeDomain: DomainPayload;
  /**
   * Tries now to reach a host that waits for its next try, or for a person (`BLOCKED`), and returns when that has come to an
   * end: see `Host.status`. One that is `READY` is left alone; `refreshHost` reads it anew.
   */
  readonly retryHost: HostPayload;
  /** Whether a domain starts with its host (virDomainSetAutostart). */
  readonly setDomainAutostart: DomainPayload;
  /** Asks the guest to shut down (virDomainShutdownFlags) and returns at once: the guest decides. See `forceOffDomain`. */
  readonly shutdownDomain: DomainPayload;
  /** Starts a domain (virDomainCreateWithFlags). `INVALID_STATE` when it is running. */
  readonly startDomain: DomainPayload;
  /** Pauses a running domain (virDomainSuspend). */
  readonly suspendDomain: DomainPayload;
  /**
   * Trusts the key that a host presents, if it is the one named: it is fetched anew and recorded in the known_hosts file that
   * the host uses, then the host is connected to. Behind jump hosts it is about the first server whose key is not known yet.
   * `FORBIDDEN` unless the configuration allows it (`api.trustHostKeys`). `CONFLICT` when the host presents another key, or is
   * known by another and `replace` is not set. A key that is marked `@revoked` is never trusted (`HOST_BLOCKED`).
   */
  readonly trustHostKey: TrustHostKeyPayload;
  /** Removes a domain's stored configuration (virDomainUndefineFlags). A running one becomes transient. */
  readonly undefineDomain: UndefineDomainPayload;
  /**
   * Changes a host that was added by the API. It is connected to anew where it is to be reached in another way. `CONFLICT`
   * for one of the configuration, which is changed there.
   */
  readonly updateHost: HostChangePayload;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationAddHostArgs = {
  input: AddHostInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationAttachInterfaceArgs = {
  input: AttachInterfaceInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationCancelTaskArgs = {
  input: CancelTaskInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationDefineDomainArgs = {
  input: DefineDomainInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationDetachInterfaceArgs = {
  input: DetachInterfaceInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationForceOffDomainArgs = {
  input: ForceOffDomainInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationProbeHostArgs = {
  input: ProbeHostInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationRebootDomainArgs = {
  input: RebootDomainInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationRefreshHostArgs = {
  input: RefreshHostInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationRemoveHostArgs = {
  input: RemoveHostInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationResetDomainArgs = {
  input: DomainActionInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationResumeDomainArgs = {
  input: DomainActionInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationRetryHostArgs = {
  input: RetryHostInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationSetDomainAutostartArgs = {
  input: SetDomainAutostartInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationShutdownDomainArgs = {
  input: ShutdownDomainInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationStartDomainArgs = {
  input: StartDomainInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationSuspendDomainArgs = {
  input: DomainActionInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationTrustHostKeyArgs = {
  input: TrustHostKeyInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationUndefineDomainArgs = {
  input: UndefineDomainInput;
};


/** Every mutation needs a writable host: on one opened read-only they fail with `FORBIDDEN`. */
export type MutationUpdateHostArgs = {
  input: UpdateHostInput;
};

/** A virtual network of a host. */
export type Network = Node & {
  readonly __typename?: 'Network';
  /** It is up. */
  readonly active: Scalars['Boolean']['output'];
  /** The host's addresses on it, with their prefix. */
  readonly addresses: ReadonlyArray<Scalars['String']['output']>;
  /** When this was last known true. */
  readonly asOf: Scalars['DateTime']['output'];
  /** Starts with its host. */
  readonly autostart: Maybe<Scalars['Boolean']['output']>;
  /** Its bridge on the host, such as `virbr0`. */
  readonly bridge: Maybe<Scalars['String']['output']>;
  /** Its DNS domain. */
  readonly dnsDomain: Maybe<Scalars['String']['output']>;
  /** nat, route, open, bridge, …; null: isolated. */
  readonly forwardMode: Maybe<Scalars['String']['output']>;
  /** The host that has it. */
  readonly host: Host;
  /** Opaque, and bound to this fleet, its kind and its host. */
  readonly id: Scalars['ID']['output'];
  /** The bridge's address. */
  readonly macAddress: Maybe<Scalars['MacAddress']['output']>;
  /** Its name, unique on its host. */
  readonly name: Scalars['String']['output'];
  /** Has a stored configuration. */
  readonly persistent: Scalars['Boolean']['output'];
  /** It may no longer be true: the host is not `READY`. */
  readonly stale: Scalars['Boolean']['output'];
  /** Its UUID. */
  readonly uuid: Scalars['UUID']['output'];
};

/** An object with an id that can be asked for again. */
export type Node = {
  /** Opaque, and bound to this fleet, the object's kind and its host. Survives renames and restarts. */
  readonly id: Scalars['ID']['output'];
};

/** A device of a host's machine. */
export type NodeDevice = {
  readonly __typename?: 'NodeDevice';
  /** The kinds of capability it has. */
  readonly capabilities: ReadonlyArray<Scalars['String']['output']>;
  /** The kernel's driver. */
  readonly driver: Maybe<Scalars['String']['output']>;
  /** libvirt's name of it, such as `net_vnet0_fe_54_00_11_22_33`. */
  readonly name: Scalars['String']['output'];
  /** For `net`: its address. */
  readonly netAddress: Maybe<Scalars['MacAddress']['output']>;
  /** For `net`: the interface. */
  readonly netInterface: Maybe<Scalars['String']['output']>;
  /** The device it hangs on. */
  readonly parent: Maybe<Scalars['String']['output']>;
  /** Its path in sysfs. */
  readonly path: Maybe<Scalars['String']['output']>;
};

/** An object is gone. */
export type ObjectDeleted = {
  readonly __typename?: 'ObjectDeleted';
  /** Go on after this. */
  readonly cursor: Scalars['Cursor']['output'];
  /** The id that it had. */
  readonly id: Scalars['ID']['output'];
  /** When the gateway saw it. */
  readonly observedAt: Scalars['DateTime']['output'];
  /** How it was noticed. */
  readonly origin: ChangeOrigin;
};

/** An object is new, or has changed. */
export type ObjectUpserted = {
  readonly __typename?: 'ObjectUpserted';
  /** The fields that changed, by the schema's names; null when it is new or part of a snapshot. */
  readonly changedFields: Maybe<ReadonlyArray<Scalars['String']['output']>>;
  /** Go on after this. */
  readonly cursor: Scalars['Cursor']['output'];
  /** The object as it was then. */
  readonly object: Node;
  /** When the gateway saw it. */
  readonly observedAt: Scalars['DateTime']['output'];
  /** How it was noticed. */
  readonly origin: ChangeOrigin;
};

/** Which way to sort. */
export type OrderDirection =
  /** Smallest first. */
  | 'ASC'
  /** Largest first. */
  | 'DESC';

/** Where a page ends, and whether there is more. */
export type PageInfo = {
  readonly __typename?: 'PageInfo';
  /** The cursor of the last edge: `after` of the next page. */
  readonly endCursor: Maybe<Scalars['String']['output']>;
  /** There is a page after this one. */
  readonly hasNextPage: Scalars['Boolean']['output'];
  /** There is a page before this one. */
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  /** The cursor of the first edge. */
  readonly startCursor: Maybe<Scalars['String']['output']>;
};

/** One thing that a stage found. */
export type ProbeDetail = {
  readonly __typename?: 'ProbeDetail';
  /** What it is. A name may come more than once. */
  readonly name: Scalars['String']['output'];
  /** Its value. */
  readonly value: Scalars['String']['output'];
};

/** Which host to probe. */
export type ProbeHostInput = {
  /**
   * For how many seconds the answer waits, 0 to 3600; what takes longer goes on as its `task`, and the report has what was
   * found by then. Null: until all is over, which a task shows as well from its first second on.
   */
  readonly answerWithinSeconds?: InputMaybe<Scalars['Int']['input']>;
  /** The host's configured name. Never an address: what may be connected to is for the configuration to say. */
  readonly host: Scalars['String']['input'];
  /** A key of your choice, 1 to 128 characters: asked again with it within 24 hours, this answers as the first time. See `StartDomainInput`. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

/** What a probe of a host found. */
export type ProbeReport = {
  readonly __typename?: 'ProbeReport';
  /** How long all of it took, in milliseconds; with a `task`, how long it has taken so far. */
  readonly durationMs: Scalars['Float']['output'];
  /** The host, as its session has it. */
  readonly host: Host;
  /** No stage failed; with a `task`, none so far. */
  readonly ok: Scalars['Boolean']['output'];
  /** In the order in which they were gone through. After one that failed, all are `SKIPPED`. */
  readonly stages: ReadonlyArray<ProbeStage>;
  /** When the probe began. */
  readonly startedAt: Scalars['DateTime']['output'];
  /** The rest of the probe, which goes on after this answer or was cancelled before it; null where the report is whole. */
  readonly task: Maybe<Task>;
  /** Its URI, as configured. */
  readonly uri: Scalars['String']['output'];
};

/** One stage of reaching a host, judged by itself. */
export type ProbeStage = {
  readonly __typename?: 'ProbeStage';
  /** Where it `FAILED`: a code of docs/ERRORS.md, such as `HOST_KEY_UNKNOWN`; null where none fits. */
  readonly code: Maybe<Scalars['String']['output']>;
  /** What else was found, such as addresses, algorithms, fingerprints, and the keys that were tried. Never a secret. */
  readonly details: ReadonlyArray<ProbeDetail>;
  /** How long it took, in milliseconds; null where it was not tried. */
  readonly durationMs: Maybe<Scalars['Float']['output']>;
  /** The jump host that it is about; null: the host itself. */
  readonly jumpHost: Maybe<Scalars['String']['output']>;
  /** What was found, or what happened. */
  readonly message: Scalars['String']['output'];
  /** What to do about a `WARNING` or a failure. */
  readonly remedy: Maybe<Scalars['String']['output']>;
  /**
   * Its name: config, resolve, connect, key-exchange, host-key, authentication, channel, socket, libvirt-auth and open are
   * those of `HostProblem.stage`; then permissions, latency, least-privilege and clock. Embedded hosts and those of this
   * machine have fewer. Those from resolve to authentication come once for each server on the way.
   */
  readonly stage: Scalars['String']['output'];
  /** How it went. */
  readonly verdict: ProbeVerdict;
};

/** How a stage of a probe went. */
export type ProbeVerdict =
  /** It does not work; the host cannot be used. */
  | 'FAILED'
  /** Well. */
  | 'OK'
  /** It was not tried: the message says why. */
  | 'SKIPPED'
  /** It works, and should be otherwise: the remedy says how. */
  | 'WARNING';

/** Questions. All but those that say otherwise are answered from memory, without asking a host. */
export type Query = {
  readonly __typename?: 'Query';
  /**
   * The changes after a cursor, for scripts that poll. `CURSOR_EXPIRED` when the journal no longer reaches back that far
   * (or the gateway was restarted): list again, then go on from the new cursor.
   */
  readonly changesSince: ChangePage;
  /** One domain; null when there is none. `CONFLICT` when a UUID is on several hosts: then ask by id or path. */
  readonly domain: Maybe<Domain>;
  /**
   * Every domain of every host, from the gateway's replicas: no host is asked, so no host can delay the answer.
   * Domains of a host that is not reachable are included with `stale: true` and the time they were last known true.
   */
  readonly domains: DomainConnection;
  /** The gateway itself. */
  readonly gateway: Gateway;
  /** One host by its configured name; null when there is none. */
  readonly host: Maybe<Host>;
  /** The hosts of the fleet, by name. Answered from memory: a host that is down is listed with its status. */
  readonly hosts: HostConnection;
  /**
   * What this MAC address would mean for a guest's network card, and who has it anywhere in the fleet.
   * Takes any text: an address that is not valid yields a report that says so, not an error.
   */
  readonly macAddress: MacAddressReport;
  /** Addresses that collide on one layer-2 segment: equal guest addresses, equal tap addresses, guests shadowed by a tap. */
  readonly macConflicts: ReadonlyArray<MacConflict>;
  /**
   * A random unicast address that no guest or tap in the fleet has, and whose own tap address is free too; locally
   * administered, unless the prefix that is asked for is a vendor's. Not reserved: `attachInterface` without an address allocates and uses one in a single step.
   * `RESOURCE_EXHAUSTED` when none is free.
   */
  readonly newMacAddress: Scalars['MacAddress']['output'];
  /**
   * One object by its id; null when it no longer exists. `BAD_USER_INPUT`: not an id, or one that another gateway made.
   * `NOT_FOUND`: its host is no longer configured.
   */
  readonly node: Maybe<Node>;
  /** Several objects by id, in the order asked for; null for each that no longer exists, and with an error for each that is no id. */
  readonly nodes: ReadonlyArray<Maybe<Node>>;
  /** One task by its id; null when it is no longer kept. `BAD_USER_INPUT`: not the id of a task. */
  readonly task: Maybe<Task>;
  /** Tasks, the newest first: those under way, and for a day those that are over, at most 1000 of them. */
  readonly tasks: TaskConnection;
};


/** Questions. All but those that say otherwise are answered from memory, without asking a host. */
export type QueryChangesSinceArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  filter?: InputMaybe<ChangeFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** Questions. All but those that say otherwise are answered from memory, without asking a host. */
export type QueryDomainArgs = {
  by: DomainRef;
  fresh?: InputMaybe<Scalars['Boolean']['input']>;
};


/** Questions. All but those that say otherwise are answered from memory, without asking a host. */
export type QueryDomainsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<DomainFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  fresh?: InputMaybe<Scalars['Boolean']['input']>;
  orderBy?: InputMaybe<DomainOrder>;
};


/** Questions. All but those that say otherwise are answered from memory, without asking a host. */
export type QueryHostArgs = {
  name: Scalars['String']['input'];
};


/** Questions. All but those that say otherwise are answered from memory, without asking a host. */
export type QueryHostsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<HostFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** Questions. All but those that say otherwise are answered from memory, without asking a host. */
export type QueryMacAddressArgs = {
  address: Scalars['String']['input'];
  host?: InputMaybe<Scalars['String']['input']>;
};


/** Questions. All but those that say otherwise are answered from memory, without asking a host. */
export type QueryMacConflictsArgs = {
  host?: InputMaybe<Scalars['String']['input']>;
};


/** Questions. All but those that say otherwise are answered from memory, without asking a host. */
export type QueryNewMacAddressArgs = {
  oui?: InputMaybe<Scalars['String']['input']>;
};


/** Questions. All but those that say otherwise are answered from memory, without asking a host. */
export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


/** Questions. All but those that say otherwise are answered from memory, without asking a host. */
export type QueryNodesArgs = {
  ids: ReadonlyArray<Scalars['ID']['input']>;
};


/** Questions. All but those that say otherwise are answered from memory, without asking a host. */
export type QueryTaskArgs = {
  id: Scalars['ID']['input'];
};


/** Questions. All but those that say otherwise are answered from memory, without asking a host. */
export type QueryTasksArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<TaskFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** How to reboot a domain. */
export type RebootDomainInput = {
  /** Which domain. */
  readonly domain: DomainRef;
  /** Say what would happen, and do nothing. */
  readonly dryRun: Scalars['Boolean']['input'];
  /** Fail with `CONFLICT` unless `Domain.version` is this. */
  readonly expectedVersion?: InputMaybe<Scalars['String']['input']>;
  /** A key of your choice, 1 to 128 characters: asked again with it within 24 hours, this answers as the first time. See `StartDomainInput`. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** How the guest is asked. */
  readonly mode: ShutdownMode;
  /** For how many seconds the task waits for it, 1 to 86400. */
  readonly waitSeconds: Scalars['Int']['input'];
};

/** Which host to read anew. */
export type RefreshHostInput = {
  /**
   * For how many seconds the answer waits, 0 to 3600; what takes longer goes on as its `task`. Null: until all is over, which
   * a task shows as well from its first second on.
   */
  readonly answerWithinSeconds?: InputMaybe<Scalars['Int']['input']>;
  /** The host's configured name. */
  readonly host: Scalars['String']['input'];
  /** A key of your choice, 1 to 128 characters: asked again with it within 24 hours, this answers as the first time. See `StartDomainInput`. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

/** Which host to remove. */
export type RemoveHostInput = {
  /** Say what would happen, and do nothing. */
  readonly dryRun: Scalars['Boolean']['input'];
  /** The host's name. */
  readonly host: Scalars['String']['input'];
  /** A key of your choice, 1 to 128 characters: asked again with it within 24 hours, this answers as the first time. See `StartDomainInput`. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

/** What became of a host that was removed. */
export type RemoveHostPayload = {
  readonly __typename?: 'RemoveHostPayload';
  /** Nothing was done. */
  readonly dryRun: Scalars['Boolean']['output'];
  /** The id that it had. */
  readonly hostId: Scalars['ID']['output'];
  /** What was done, or for a `dryRun` what would be done. */
  readonly summary: Scalars['String']['output'];
};

/** Why a stream has to start over. */
export type ResyncReason =
  /** The journal no longer reaches back that far. */
  | 'CURSOR_EXPIRED'
  /** The cursor is of another run of the gateway, or of another gateway. */
  | 'EPOCH_CHANGED';

/** The cursor cannot be followed. A snapshot comes next: start over with it. */
export type ResyncRequired = {
  readonly __typename?: 'ResyncRequired';
  /** Why. */
  readonly reason: ResyncReason;
};

/** Which host to try again. */
export type RetryHostInput = {
  /**
   * For how many seconds the answer waits, 0 to 3600; what takes longer goes on as its `task`. Null: until all is over, which
   * a task shows as well from its first second on.
   */
  readonly answerWithinSeconds?: InputMaybe<Scalars['Int']['input']>;
  /** The host's name. */
  readonly host: Scalars['String']['input'];
  /** A key of your choice, 1 to 128 characters: asked again with it within 24 hours, this answers as the first time. See `StartDomainInput`. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

/** Whether a domain starts with its host. */
export type SetDomainAutostartInput = {
  /** It does. */
  readonly autostart: Scalars['Boolean']['input'];
  /** Which domain. */
  readonly domain: DomainRef;
  /** Say what would happen, and do nothing. */
  readonly dryRun: Scalars['Boolean']['input'];
  /** Fail with `CONFLICT` unless `Domain.version` is this. */
  readonly expectedVersion?: InputMaybe<Scalars['String']['input']>;
  /** A key of your choice, 1 to 128 characters: asked again with it within 24 hours, this answers as the first time. See `StartDomainInput`. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
};

/** How to shut a domain down. */
export type ShutdownDomainInput = {
  /** Which domain. */
  readonly domain: DomainRef;
  /** Say what would happen, and do nothing. */
  readonly dryRun: Scalars['Boolean']['input'];
  /** Fail with `CONFLICT` unless `Domain.version` is this. */
  readonly expectedVersion?: InputMaybe<Scalars['String']['input']>;
  /** A key of your choice, 1 to 128 characters: asked again with it within 24 hours, this answers as the first time. See `StartDomainInput`. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** How the guest is asked. */
  readonly mode: ShutdownMode;
  /** For how many seconds the task waits for it, 1 to 86400. */
  readonly waitSeconds: Scalars['Int']['input'];
};

/** How a guest is asked. */
export type ShutdownMode =
  /** As if the power button were pressed. */
  | 'ACPI_POWER_BUTTON'
  /** As the hypervisor thinks best. */
  | 'DEFAULT'
  /** Through the agent inside the guest. */
  | 'GUEST_AGENT'
  /** Through initctl (containers). */
  | 'INITCTL'
  /** Through the paravirtual channel (Xen). */
  | 'PARAVIRT'
  /** By a signal (containers). */
  | 'SIGNAL';

/** The present state is complete; changes follow. Whatever you hold that was not in it is gone. */
export type SnapshotComplete = {
  readonly __typename?: 'SnapshotComplete';
  /** Go on after this. */
  readonly cursor: Scalars['Cursor']['output'];
};

/** Whether a stream begins with the present state. */
export type SnapshotMode =
  /** In any case. */
  | 'ALWAYS'
  /** When there is no cursor, or it has expired. */
  | 'IF_NEEDED'
  /** Never: begin with the next change. */
  | 'NEVER';

/** How to start a domain. */
export type StartDomainInput = {
  /** Throw its managed save image away instead of resuming from it. */
  readonly discardManagedSave: Scalars['Boolean']['input'];
  /** Which domain. */
  readonly domain: DomainRef;
  /** Say what would happen, and do nothing. */
  readonly dryRun: Scalars['Boolean']['input'];
  /** Fail with `CONFLICT` unless `Domain.version` is this. */
  readonly expectedVersion?: InputMaybe<Scalars['String']['input']>;
  /**
   * A key of your choice, 1 to 128 characters, such as a random UUID. Asked again with the same key and input within 24
   * hours, also after a restart of the gateway, this answers as the first time and changes nothing more; with another input
   * it is `CONFLICT`. Duplicates wait for the first. What failed with the outcome `NOT_SENT` is not remembered, and a
   * `dryRun` neither uses nor looks at a key.
   */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Start it paused. */
  readonly paused: Scalars['Boolean']['input'];
};

/** A storage pool of a host. */
export type StoragePool = Node & {
  readonly __typename?: 'StoragePool';
  /** What is given to volumes. */
  readonly allocation: Maybe<Scalars['Bytes']['output']>;
  /** When this was last known true. */
  readonly asOf: Scalars['DateTime']['output'];
  /** Starts with its host. */
  readonly autostart: Maybe<Scalars['Boolean']['output']>;
  /** What is free. */
  readonly available: Maybe<Scalars['Bytes']['output']>;
  /** Its size. */
  readonly capacity: Maybe<Scalars['Bytes']['output']>;
  /** The host that has it. */
  readonly host: Host;
  /** Opaque, and bound to this fleet, its kind and its host. */
  readonly id: Scalars['ID']['output'];
  /** Its name, unique on its host. */
  readonly name: Scalars['String']['output'];
  /** Where its volumes lie. */
  readonly path: Maybe<Scalars['String']['output']>;
  /** Has a stored configuration. */
  readonly persistent: Scalars['Boolean']['output'];
  /** It may no longer be true: the host is not `READY`. */
  readonly stale: Scalars['Boolean']['output'];
  /** Its state. */
  readonly state: StoragePoolState;
  /** dir, fs, netfs, logical, rbd, … */
  readonly type: Maybe<Scalars['String']['output']>;
  /** Its UUID. */
  readonly uuid: Scalars['UUID']['output'];
};

/** State of a storage pool (virStoragePoolState). */
export type StoragePoolState =
  /** Being built. */
  | 'BUILDING'
  /** In use, degraded. */
  | 'DEGRADED'
  /** Started, but not accessible. */
  | 'INACCESSIBLE'
  /** Not started. */
  | 'INACTIVE'
  /** In use. */
  | 'RUNNING'
  /** A number that this version does not know. */
  | 'UNKNOWN';

/**
 * Over WebSocket (`graphql-transport-ws`) and over server-sent events (`Accept: text/event-stream`), both at `/graphql`.
 * A gateway that is stopped closes with 1012, or just ends: connect again, and go on from the last cursor.
 */
export type Subscription = {
  readonly __typename?: 'Subscription';
  /**
   * The state first, then each change, from a cursor if one is given. At least once, and in order for each object.
   * Ends never by itself, and never leaves something out in silence: what cannot be told is said (`Lagged`, `ResyncRequired`).
   */
  readonly changes: Change;
  /**
   * The domains that match: their present state first, then each time one of them changes. One that ceases to match is
   * told once more, as it is then, so that nobody goes on showing it. Deletions are in `changes`.
   *
   * A new state is told when it has lasted for a second (a domain that never rests, after ten): what libvirt tells of as a
   * stop and a start at once, such as a reboot, does not flicker here. What else changes meanwhile is told with it. `changes`
   * has every change as it was observed.
   */
  readonly domainChanged: Domain;
  /**
   * One message a tick with the readings of all matching domains that run. All subscribers share one poller a host, which
   * asks only for the groups that somebody selected.
   */
  readonly domainStats: DomainStatsTick;
  /**
   * A host, each time its status or its facts change; its present state first. Of one host it completes when that host is
   * removed; of all of them, `changes` tells of hosts that go.
   */
  readonly hostChanged: Host;
  /**
   * A task, each time it changes; its present state first. Ends when it is over. Who reads slowly skips to the newest.
   * `NOT_FOUND` when it is not kept any more.
   */
  readonly taskProgress: Task;
};


/**
 * Over WebSocket (`graphql-transport-ws`) and over server-sent events (`Accept: text/event-stream`), both at `/graphql`.
 * A gateway that is stopped closes with 1012, or just ends: connect again, and go on from the last cursor.
 */
export type SubscriptionChangesArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  filter?: InputMaybe<ChangeFilter>;
  snapshot: SnapshotMode;
};


/**
 * Over WebSocket (`graphql-transport-ws`) and over server-sent events (`Accept: text/event-stream`), both at `/graphql`.
 * A gateway that is stopped closes with 1012, or just ends: connect again, and go on from the last cursor.
 */
export type SubscriptionDomainChangedArgs = {
  filter?: InputMaybe<DomainFilter>;
};


/**
 * Over WebSocket (`graphql-transport-ws`) and over server-sent events (`Accept: text/event-stream`), both at `/graphql`.
 * A gateway that is stopped closes with 1012, or just ends: connect again, and go on from the last cursor.
 */
export type SubscriptionDomainStatsArgs = {
  filter?: InputMaybe<DomainFilter>;
  intervalSeconds?: InputMaybe<Scalars['Float']['input']>;
};


/**
 * Over WebSocket (`graphql-transport-ws`) and over server-sent events (`Accept: text/event-stream`), both at `/graphql`.
 * A gateway that is stopped closes with 1012, or just ends: connect again, and go on from the last cursor.
 */
export type SubscriptionHostChangedArgs = {
  name?: InputMaybe<Scalars['String']['input']>;
};


/**
 * Over WebSocket (`graphql-transport-ws`) and over server-sent events (`Accept: text/event-stream`), both at `/graphql`.
 * A gateway that is stopped closes with 1012, or just ends: connect again, and go on from the last cursor.
 */
export type SubscriptionTaskProgressArgs = {
  id: Scalars['ID']['input'];
};

/**
 * Something that takes longer than a moment. It goes on whoever waits for it, and is found again after a restart of the
 * gateway: by what its host shows, or else as `INTERRUPTED`.
 */
export type Task = Node & {
  readonly __typename?: 'Task';
  /**
   * `cancelTask` may be called: nobody waits for it any more, or, for a `HOST_JOB`, libvirt is asked to give it up. What was
   * asked of a guest is not taken back by that.
   */
  readonly cancellable: Scalars['Boolean']['output'];
  /** Its domain; null when there is none any more, or not yet, and where it is about the host as a whole. */
  readonly domain: Maybe<Domain>;
  /** Why it did not succeed; null while it goes on, and when it did. */
  readonly error: Maybe<TaskError>;
  /** When it was over; null while it goes on. */
  readonly finishedAt: Maybe<Scalars['DateTime']['output']>;
  /** Its host; null when the fleet has it no more. */
  readonly host: Maybe<Host>;
  /** Opaque, and bound to this fleet and its host. */
  readonly id: Scalars['ID']['output'];
  /** What it does. */
  readonly kind: TaskKind;
  /** What a `PROBE_HOST` has found so far, stage by stage; null for every other kind. */
  readonly probe: Maybe<ProbeReport>;
  /** How far it has come; null where nobody can know, as with a guest that was asked to shut down. */
  readonly progress: Maybe<TaskProgress>;
  /** When it began. */
  readonly startedAt: Scalars['DateTime']['output'];
  /** How it stands. */
  readonly state: TaskState;
  /** What it is about, as a sentence. */
  readonly summary: Scalars['String']['output'];
};

/** A page of tasks. */
export type TaskConnection = {
  readonly __typename?: 'TaskConnection';
  /** The tasks with their cursors. */
  readonly edges: ReadonlyArray<TaskEdge>;
  /** The tasks. */
  readonly nodes: ReadonlyArray<Task>;
  /** Where the page ends. */
  readonly pageInfo: PageInfo;
  /** How many match in all. */
  readonly totalCount: Scalars['Int']['output'];
};

/** A task and its place in the list. */
export type TaskEdge = {
  readonly __typename?: 'TaskEdge';
  /** Its place. */
  readonly cursor: Scalars['String']['output'];
  /** The task. */
  readonly node: Task;
};

/** Why a task did not succeed. */
export type TaskError = {
  readonly __typename?: 'TaskError';
  /** One of the codes of errors. */
  readonly code: Scalars['String']['output'];
  /** For people. */
  readonly message: Scalars['String']['output'];
};

/** Every part given must match. */
export type TaskFilter = {
  /** About this domain. `NOT_FOUND` when there is none. */
  readonly domain?: InputMaybe<DomainRef>;
  /** On any of these hosts. A name that is not configured fails with `NOT_FOUND`. */
  readonly hosts?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Of any of these kinds. */
  readonly kinds?: InputMaybe<ReadonlyArray<TaskKind>>;
  /** In any of these states. */
  readonly states?: InputMaybe<ReadonlyArray<TaskState>>;
};

/** What a task does. */
export type TaskKind =
  /** Waits until a running guest has let go of a network card that is taken from it. */
  | 'DETACH_INTERFACE'
  /** Waits until the host has ended a guest that is given time to go. */
  | 'FORCE_OFF_DOMAIN'
  /**
   * A job of libvirt's own, whoever began it: a save, a dump, a migration, a copy of a disk. `cancelTask` has libvirt give
   * it up. Libvirt tells of what succeeds, and of every end of a disk's job; one of the guest that failed, or that somebody
   * else gave up, is `FAILED` or `CANCELLED` if libvirt was seen to let go of it, else `UNKNOWN`, and so is a dump of the
   * memory alone, of which nothing is told. Where an event about a disk
   * was missed it is `UNKNOWN` too, or after a restart of the gateway `INTERRUPTED`. A migration is a job of both hosts, of
   * which only that where the guest comes from says how far it is, and can give it up.
   */
  | 'HOST_JOB'
  /** The gateway goes through the stages of reaching a host: see `Task.probe`. Cancelled, it ends with the stage it is at. */
  | 'PROBE_HOST'
  /** Waits until a guest that was asked to reboot does so. */
  | 'REBOOT_DOMAIN'
  /** The gateway reads a host anew, and connects to it where need be. Cancelled, it goes on, and nobody waits for it. */
  | 'REFRESH_HOST'
  /**
   * Finds out whether a change took effect whose answer was lost: `SUCCEEDED` means that the domain is as it was to become,
   * `FAILED` that it is not, `UNKNOWN` that it would look the same either way.
   */
  | 'RESOLVE_OUTCOME'
  /** The gateway tries again to reach a host. Cancelled, it goes on, and nobody waits for it. */
  | 'RETRY_HOST'
  /** Waits until a guest that was asked to shut down is off. */
  | 'SHUTDOWN_DOMAIN'
  /** The gateway fetches and records the key of a host, and connects to it. It cannot be cancelled. */
  | 'TRUST_HOST_KEY';

/** A task after it was cancelled, or a job that libvirt was asked to give up. */
export type TaskPayload = {
  readonly __typename?: 'TaskPayload';
  /** The task. */
  readonly task: Task;
};

/** How far a task has come: a job of the host as libvirt counts it, what the gateway does by its steps. */
export type TaskProgress = {
  readonly __typename?: 'TaskProgress';
  /** 0 to 100; null where nobody knows the end. The gateway's own steps do not all take as long. */
  readonly percent: Maybe<Scalars['Float']['output']>;
  /** How much is done. A `Float` because it may be past 2^53. */
  readonly processed: Scalars['Float']['output'];
  /** How much remains; it may grow while a guest goes on writing. Null where libvirt does not say. */
  readonly remaining: Maybe<Scalars['Float']['output']>;
  /**
   * What is being done now, where that has a name: of a probe its stage, else `host-key`, `connect` or `read`. Null for what
   * the host does.
   */
  readonly step: Maybe<Scalars['String']['output']>;
  /** Of what. */
  readonly unit: TaskProgressUnit;
};

/** What progress is counted in. */
export type TaskProgressUnit =
  /** Bytes. */
  | 'BYTES'
  /** Steps: of the gateway, or of a size that only the hypervisor knows. */
  | 'STEPS';

/** How a task stands. */
export type TaskState =
  /** Nobody waits for it any more; a `HOST_JOB` was given up by libvirt. */
  | 'CANCELLED'
  /** It is not, and will not be by itself. */
  | 'FAILED'
  /** The gateway was restarted, and its host does not tell what became of it. */
  | 'INTERRUPTED'
  /** It waits for its host to be back. */
  | 'PENDING'
  /** It goes on. */
  | 'RUNNING'
  /** What was wanted is so. */
  | 'SUCCEEDED'
  /** Nobody can tell what became of it. */
  | 'UNKNOWN';

/** Which host key to trust. */
export type TrustHostKeyInput = {
  /**
   * For how many seconds the answer waits, 0 to 3600, once the key is recorded: connecting to the host goes on as its `task`.
   * Null: until that is over, which a task shows as well from its first second on.
   */
  readonly answerWithinSeconds?: InputMaybe<Scalars['Int']['input']>;
  /** As `ssh-keygen -l -f` shows it of the public key on the host itself: `SHA256:` and 43 characters. */
  readonly fingerprint: Scalars['String']['input'];
  /** The host's name. */
  readonly host: Scalars['String']['input'];
  /** A key of your choice, 1 to 128 characters: asked again with it within 24 hours, this answers as the first time. See `StartDomainInput`. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Also where the host is known by another key, which is then trusted no more. */
  readonly replace: Scalars['Boolean']['input'];
};

/** A host after a key was trusted. */
export type TrustHostKeyPayload = {
  readonly __typename?: 'TrustHostKeyPayload';
  /** Its fingerprint. */
  readonly fingerprint: Scalars['String']['output'];
  /** The host, after it was connected to. It may still be `BLOCKED`, by the key of the next server on the way. */
  readonly host: Host;
  /** Type of the key, such as `ssh-ed25519`. */
  readonly keyType: Scalars['String']['output'];
  /** The name under which the key is known: of the host, or of a jump host on the way. */
  readonly knownAs: Scalars['String']['output'];
  /** The file it was recorded in; null: it was trusted already. */
  readonly recordedIn: Maybe<Scalars['String']['output']>;
  /** Fingerprints of the keys that are trusted no more. */
  readonly replaced: ReadonlyArray<Scalars['String']['output']>;
  /** Connecting to the host, which goes on after this answer; null where it is over. */
  readonly task: Maybe<Task>;
};

/** What to remove with a domain's configuration. */
export type UndefineDomainInput = {
  /** Which domain. */
  readonly domain: DomainRef;
  /** Say what would happen, and do nothing. */
  readonly dryRun: Scalars['Boolean']['input'];
  /** Fail with `CONFLICT` unless `Domain.version` is this. */
  readonly expectedVersion?: InputMaybe<Scalars['String']['input']>;
  /** A key of your choice, 1 to 128 characters: asked again with it within 24 hours, this answers as the first time. See `StartDomainInput`. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Leave its firmware variables where they are, for whoever defines it again. */
  readonly keepNvram: Scalars['Boolean']['input'];
  /** Leave the state of its emulated TPM, which goes otherwise unless its configuration has it persistent. Since libvirt 8.9. */
  readonly keepTpm: Scalars['Boolean']['input'];
  /** The records of its checkpoints too; they stand in the way otherwise. */
  readonly removeCheckpointMetadata: Scalars['Boolean']['input'];
  /** Its managed save image too; it stands in the way otherwise. */
  readonly removeManagedSave: Scalars['Boolean']['input'];
  /** Its firmware variables too; they stand in the way otherwise, unless they are kept. */
  readonly removeNvram: Scalars['Boolean']['input'];
  /** The records of its snapshots too; they stand in the way otherwise. */
  readonly removeSnapshotMetadata: Scalars['Boolean']['input'];
  /** The state of its emulated TPM too, also where its configuration has that persistent. Since libvirt 8.9. */
  readonly removeTpm: Scalars['Boolean']['input'];
};

/** What became of a domain whose configuration was removed. */
export type UndefineDomainPayload = {
  readonly __typename?: 'UndefineDomainPayload';
  /** The domain, if it still runs (it is transient now); null when it is gone. */
  readonly domain: Maybe<Domain>;
  /** The id that it had. */
  readonly domainId: Scalars['ID']['output'];
  /** Nothing was done. */
  readonly dryRun: Scalars['Boolean']['output'];
  /** What was done, or for a `dryRun` what would be done. */
  readonly summary: Scalars['String']['output'];
};

/** What of a host to change. What is absent stays as it is. */
export type UpdateHostInput = {
  /** Say what would happen, and do nothing. */
  readonly dryRun: Scalars['Boolean']['input'];
  /** The host's name, which cannot be changed. */
  readonly host: Scalars['String']['input'];
  /** A key of your choice, 1 to 128 characters: asked again with it within 24 hours, this answers as the first time. See `StartDomainInput`. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** As in `AddHostInput`. */
  readonly jump?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** All its labels. */
  readonly labels?: InputMaybe<ReadonlyArray<LabelInput>>;
  /** As in `AddHostInput`. */
  readonly readOnly?: InputMaybe<Scalars['Boolean']['input']>;
  /** As in `AddHostInput`. */
  readonly uri?: InputMaybe<Scalars['String']['input']>;
};

/** Use of one virtual CPU. */
export type VcpuStats = {
  readonly __typename?: 'VcpuStats';
  /** Its number. */
  readonly index: Scalars['Int']['output'];
  /** OFFLINE, RUNNING, BLOCKED, UNKNOWN. */
  readonly state: Scalars['String']['output'];
  /** Time used, in seconds. */
  readonly timeSeconds: Maybe<Scalars['Float']['output']>;
  /** How busy it was between the last two readings, 0 to 1. Null in a single reading. */
  readonly usage: Maybe<Scalars['Float']['output']>;
};



export type ResolverTypeWrapper<T> = Promise<T> | T;


export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;





/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  AddHostInput: AddHostInput;
  AddressFamily: AddressFamily;
  AddressSource: AddressSource;
  AttachInterfaceInput: AttachInterfaceInput;
  Bookmark: ResolverTypeWrapper<Bookmark>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Bytes: ResolverTypeWrapper<Scalars['Bytes']['output']>;
  CancelTaskInput: CancelTaskInput;
  Change: ResolverTypeWrapper<FleetChange>;
  ChangeFilter: ChangeFilter;
  ChangeKind: ChangeKind;
  ChangeOrigin: ChangeOrigin;
  ChangePage: ResolverTypeWrapper<Omit<ChangePage, 'changes'> & { changes: ReadonlyArray<ResolversTypes['Change']> }>;
  ConfigurationDifference: ResolverTypeWrapper<ConfigurationDifference>;
  ConfigurationProblem: ResolverTypeWrapper<ConfigurationProblem>;
  CpuStats: ResolverTypeWrapper<CpuStatsParent>;
  Cursor: ResolverTypeWrapper<Scalars['Cursor']['output']>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  DefineDomainInput: DefineDomainInput;
  DetachInterfaceInput: DetachInterfaceInput;
  DiskStats: ResolverTypeWrapper<DiskStatsParent>;
  Domain: ResolverTypeWrapper<DomainRecord>;
  DomainActionInput: DomainActionInput;
  DomainConnection: ResolverTypeWrapper<Omit<DomainConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['DomainEdge']>, nodes: ReadonlyArray<ResolversTypes['Domain']> }>;
  DomainConsole: ResolverTypeWrapper<DomainConsole>;
  DomainDisk: ResolverTypeWrapper<DomainDisk>;
  DomainEdge: ResolverTypeWrapper<Omit<DomainEdge, 'node'> & { node: ResolversTypes['Domain'] }>;
  DomainFilter: DomainFilter;
  DomainGraphics: ResolverTypeWrapper<DomainGraphics>;
  DomainInterface: ResolverTypeWrapper<DomainInterfaceParent>;
  DomainMonitor: ResolverTypeWrapper<DomainMonitor>;
  DomainOrder: DomainOrder;
  DomainOrderField: DomainOrderField;
  DomainPath: DomainPath;
  DomainPayload: ResolverTypeWrapper<Omit<DomainPayload, 'domain' | 'task'> & { domain?: Maybe<ResolversTypes['Domain']>, task?: Maybe<ResolversTypes['Task']> }>;
  DomainRef: DomainRef;
  DomainState: DomainState;
  DomainStats: ResolverTypeWrapper<StatsReading>;
  DomainStatsSample: ResolverTypeWrapper<DomainStatsSampleParent>;
  DomainStatsTick: ResolverTypeWrapper<StatsTick>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  ForceOffDomainInput: ForceOffDomainInput;
  Gateway: ResolverTypeWrapper<Gateway>;
  GatewayConfiguration: ResolverTypeWrapper<GatewayConfiguration>;
  GatewayLimits: ResolverTypeWrapper<GatewayLimits>;
  GuestCapability: ResolverTypeWrapper<GuestCapability>;
  Host: ResolverTypeWrapper<HostView>;
  HostCapabilities: ResolverTypeWrapper<HostCapabilitiesParent>;
  HostChangePayload: ResolverTypeWrapper<Omit<HostChangePayload, 'host'> & { host?: Maybe<ResolversTypes['Host']> }>;
  HostConnection: ResolverTypeWrapper<Omit<HostConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['HostEdge']>, nodes: ReadonlyArray<ResolversTypes['Host']> }>;
  HostEdge: ResolverTypeWrapper<Omit<HostEdge, 'node'> & { node: ResolversTypes['Host'] }>;
  HostFilter: HostFilter;
  HostInterrupted: ResolverTypeWrapper<HostInterruptedParent>;
  HostLane: ResolverTypeWrapper<HostLane>;
  HostLink: ResolverTypeWrapper<HostLinkView>;
  HostNode: ResolverTypeWrapper<HostNode>;
  HostPayload: ResolverTypeWrapper<Omit<HostPayload, 'host' | 'task'> & { host: ResolversTypes['Host'], task?: Maybe<ResolversTypes['Task']> }>;
  HostProblem: ResolverTypeWrapper<HostProblem>;
  HostReadingGap: ResolverTypeWrapper<HostReadingGapParent>;
  HostResumed: ResolverTypeWrapper<HostResumedParent>;
  HostStatus: HostStatus;
  Hypervisor: Hypervisor;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  IdleHost: ResolverTypeWrapper<IdleHost>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  InterfaceAddress: ResolverTypeWrapper<InterfaceAddress>;
  InterfacePayload: ResolverTypeWrapper<Omit<InterfacePayload, 'domain' | 'interface'> & { domain?: Maybe<ResolversTypes['Domain']>, interface?: Maybe<ResolversTypes['DomainInterface']> }>;
  InterfaceSource: InterfaceSource;
  InterfaceStats: ResolverTypeWrapper<InterfaceStatsParent>;
  JournalPersistence: JournalPersistence;
  Label: ResolverTypeWrapper<Label>;
  LabelFilter: LabelFilter;
  LabelInput: LabelInput;
  Lagged: ResolverTypeWrapper<Lagged>;
  MacAddress: ResolverTypeWrapper<Scalars['MacAddress']['output']>;
  MacAddressReport: ResolverTypeWrapper<Omit<MacAddressReport, 'hostVerdicts' | 'owners'> & { hostVerdicts: ReadonlyArray<ResolversTypes['MacHostVerdict']>, owners: ReadonlyArray<ResolversTypes['MacOwner']> }>;
  MacConflict: ResolverTypeWrapper<FleetMacConflict>;
  MacConflictKind: MacConflictKind;
  MacFinding: ResolverTypeWrapper<MacFinding>;
  MacHostVerdict: ResolverTypeWrapper<MacHostVerdictParent>;
  MacOwner: ResolverTypeWrapper<MacOwnerRef>;
  MacRole: MacRole;
  MacSeverity: MacSeverity;
  MemoryStats: ResolverTypeWrapper<MemoryReading>;
  MonitorStatus: MonitorStatus;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Network: ResolverTypeWrapper<NetworkRecord>;
  Node: ResolverTypeWrapper<NodeObject>;
  NodeDevice: ResolverTypeWrapper<NodeDevice>;
  ObjectDeleted: ResolverTypeWrapper<ObjectDeletedParent>;
  ObjectUpserted: ResolverTypeWrapper<ObjectUpsertedParent>;
  OrderDirection: OrderDirection;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  ProbeDetail: ResolverTypeWrapper<ProbeDetail>;
  ProbeHostInput: ProbeHostInput;
  ProbeReport: ResolverTypeWrapper<Omit<ProbeReport, 'host' | 'task'> & { host: ResolversTypes['Host'], task?: Maybe<ResolversTypes['Task']> }>;
  ProbeStage: ResolverTypeWrapper<ProbeStage>;
  ProbeVerdict: ProbeVerdict;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  RebootDomainInput: RebootDomainInput;
  RefreshHostInput: RefreshHostInput;
  RemoveHostInput: RemoveHostInput;
  RemoveHostPayload: ResolverTypeWrapper<RemoveHostPayload>;
  ResyncReason: ResyncReason;
  ResyncRequired: ResolverTypeWrapper<ResyncRequired>;
  RetryHostInput: RetryHostInput;
  SetDomainAutostartInput: SetDomainAutostartInput;
  ShutdownDomainInput: ShutdownDomainInput;
  ShutdownMode: ShutdownMode;
  SnapshotComplete: ResolverTypeWrapper<SnapshotComplete>;
  SnapshotMode: SnapshotMode;
  StartDomainInput: StartDomainInput;
  StoragePool: ResolverTypeWrapper<StoragePoolRecord>;
  StoragePoolState: StoragePoolState;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Task: ResolverTypeWrapper<TaskRecord>;
  TaskConnection: ResolverTypeWrapper<Omit<TaskConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversTypes['TaskEdge']>, nodes: ReadonlyArray<ResolversTypes['Task']> }>;
  TaskEdge: ResolverTypeWrapper<Omit<TaskEdge, 'node'> & { node: ResolversTypes['Task'] }>;
  TaskError: ResolverTypeWrapper<TaskError>;
  TaskFilter: TaskFilter;
  TaskKind: TaskKind;
  TaskPayload: ResolverTypeWrapper<Omit<TaskPayload, 'task'> & { task: ResolversTypes['Task'] }>;
  TaskProgress: ResolverTypeWrapper<TaskProgress>;
  TaskProgressUnit: TaskProgressUnit;
  TaskState: TaskState;
  TrustHostKeyInput: TrustHostKeyInput;
  TrustHostKeyPayload: ResolverTypeWrapper<Omit<TrustHostKeyPayload, 'host' | 'task'> & { host: ResolversTypes['Host'], task?: Maybe<ResolversTypes['Task']> }>;
  UInt64: ResolverTypeWrapper<Scalars['UInt64']['output']>;
  UUID: ResolverTypeWrapper<Scalars['UUID']['output']>;
  UndefineDomainInput: UndefineDomainInput;
  UndefineDomainPayload: ResolverTypeWrapper<Omit<UndefineDomainPayload, 'domain'> & { domain?: Maybe<ResolversTypes['Domain']> }>;
  UpdateHostInput: UpdateHostInput;
  VcpuStats: ResolverTypeWrapper<VcpuStatsParent>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  AddHostInput: AddHostInput;
  AttachInterfaceInput: AttachInterfaceInput;
  Bookmark: Bookmark;
  Boolean: Scalars['Boolean']['output'];
  Bytes: Scalars['Bytes']['output'];
  CancelTaskInput: CancelTaskInput;
  Change: FleetChange;
  ChangeFilter: ChangeFilter;
  ChangePage: Omit<ChangePage, 'changes'> & { changes: ReadonlyArray<ResolversParentTypes['Change']> };
  ConfigurationDifference: ConfigurationDifference;
  ConfigurationProblem: ConfigurationProblem;
  CpuStats: CpuStatsParent;
  Cursor: Scalars['Cursor']['output'];
  DateTime: Scalars['DateTime']['output'];
  DefineDomainInput: DefineDomainInput;
  DetachInterfaceInput: DetachInterfaceInput;
  DiskStats: DiskStatsParent;
  Domain: DomainRecord;
  DomainActionInput: DomainActionInput;
  DomainConnection: Omit<DomainConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['DomainEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Domain']> };
  DomainConsole: DomainConsole;
  DomainDisk: DomainDisk;
  DomainEdge: Omit<DomainEdge, 'node'> & { node: ResolversParentTypes['Domain'] };
  DomainFilter: DomainFilter;
  DomainGraphics: DomainGraphics;
  DomainInterface: DomainInterfaceParent;
  DomainMonitor: DomainMonitor;
  DomainOrder: DomainOrder;
  DomainPath: DomainPath;
  DomainPayload: Omit<DomainPayload, 'domain' | 'task'> & { domain?: Maybe<ResolversParentTypes['Domain']>, task?: Maybe<ResolversParentTypes['Task']> };
  DomainRef: DomainRef;
  DomainStats: StatsReading;
  DomainStatsSample: DomainStatsSampleParent;
  DomainStatsTick: StatsTick;
  Float: Scalars['Float']['output'];
  ForceOffDomainInput: ForceOffDomainInput;
  Gateway: Gateway;
  GatewayConfiguration: GatewayConfiguration;
  GatewayLimits: GatewayLimits;
  GuestCapability: GuestCapability;
  Host: HostView;
  HostCapabilities: HostCapabilitiesParent;
  HostChangePayload: Omit<HostChangePayload, 'host'> & { host?: Maybe<ResolversParentTypes['Host']> };
  HostConnection: Omit<HostConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['HostEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Host']> };
  HostEdge: Omit<HostEdge, 'node'> & { node: ResolversParentTypes['Host'] };
  HostFilter: HostFilter;
  HostInterrupted: HostInterruptedParent;
  HostLane: HostLane;
  HostLink: HostLinkView;
  HostNode: HostNode;
  HostPayload: Omit<HostPayload, 'host' | 'task'> & { host: ResolversParentTypes['Host'], task?: Maybe<ResolversParentTypes['Task']> };
  HostProblem: HostProblem;
  HostReadingGap: HostReadingGapParent;
  HostResumed: HostResumedParent;
  ID: Scalars['ID']['output'];
  IdleHost: IdleHost;
  Int: Scalars['Int']['output'];
  InterfaceAddress: InterfaceAddress;
  InterfacePayload: Omit<InterfacePayload, 'domain' | 'interface'> & { domain?: Maybe<ResolversParentTypes['Domain']>, interface?: Maybe<ResolversParentTypes['DomainInterface']> };
  InterfaceSource: InterfaceSource;
  InterfaceStats: InterfaceStatsParent;
  Label: Label;
  LabelFilter: LabelFilter;
  LabelInput: LabelInput;
  Lagged: Lagged;
  MacAddress: Scalars['MacAddress']['output'];
  MacAddressReport: Omit<MacAddressReport, 'hostVerdicts' | 'owners'> & { hostVerdicts: ReadonlyArray<ResolversParentTypes['MacHostVerdict']>, owners: ReadonlyArray<ResolversParentTypes['MacOwner']> };
  MacConflict: FleetMacConflict;
  MacFinding: MacFinding;
  MacHostVerdict: MacHostVerdictParent;
  MacOwner: MacOwnerRef;
  MemoryStats: MemoryReading;
  Mutation: Record<PropertyKey, never>;
  Network: NetworkRecord;
  Node: NodeObject;
  NodeDevice: NodeDevice;
  ObjectDeleted: ObjectDeletedParent;
  ObjectUpserted: ObjectUpsertedParent;
  PageInfo: PageInfo;
  ProbeDetail: ProbeDetail;
  ProbeHostInput: ProbeHostInput;
  ProbeReport: Omit<ProbeReport, 'host' | 'task'> & { host: ResolversParentTypes['Host'], task?: Maybe<ResolversParentTypes['Task']> };
  ProbeStage: ProbeStage;
  Query: Record<PropertyKey, never>;
  RebootDomainInput: RebootDomainInput;
  RefreshHostInput: RefreshHostInput;
  RemoveHostInput: RemoveHostInput;
  RemoveHostPayload: RemoveHostPayload;
  ResyncRequired: ResyncRequired;
  RetryHostInput: RetryHostInput;
  SetDomainAutostartInput: SetDomainAutostartInput;
  ShutdownDomainInput: ShutdownDomainInput;
  SnapshotComplete: SnapshotComplete;
  StartDomainInput: StartDomainInput;
  StoragePool: StoragePoolRecord;
  String: Scalars['String']['output'];
  Subscription: Record<PropertyKey, never>;
  Task: TaskRecord;
  TaskConnection: Omit<TaskConnection, 'edges' | 'nodes'> & { edges: ReadonlyArray<ResolversParentTypes['TaskEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Task']> };
  TaskEdge: Omit<TaskEdge, 'node'> & { node: ResolversParentTypes['Task'] };
  TaskError: TaskError;
  TaskFilter: TaskFilter;
  TaskPayload: Omit<TaskPayload, 'task'> & { task: ResolversParentTypes['Task'] };
  TaskProgress: TaskProgress;
  TrustHostKeyInput: TrustHostKeyInput;
  TrustHostKeyPayload: Omit<TrustHostKeyPayload, 'host' | 'task'> & { host: ResolversParentTypes['Host'], task?: Maybe<ResolversParentTypes['Task']> };
  UInt64: Scalars['UInt64']['output'];
  UUID: Scalars['UUID']['output'];
  UndefineDomainInput: UndefineDomainInput;
  UndefineDomainPayload: Omit<UndefineDomainPayload, 'domain'> & { domain?: Maybe<ResolversParentTypes['Domain']> };
  UpdateHostInput: UpdateHostInput;
  VcpuStats: VcpuStatsParent;
};

export type BookmarkResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Bookmark'] = ResolversParentTypes['Bookmark']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export interface BytesScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Bytes'], any> {
  name: 'Bytes';
}

export type ChangeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Change'] = ResolversParentTypes['Change']> = {
  __resolveType: TypeResolveFn<'Bookmark' | 'HostInterrupted' | 'HostResumed' | 'Lagged' | 'ObjectDeleted' | 'ObjectUpserted' | 'ResyncRequired' | 'SnapshotComplete', ParentType, ContextType>;
};

export type ChangePageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ChangePage'] = ResolversParentTypes['ChangePage']> = {
  changes?: Resolver<ReadonlyArray<ResolversTypes['Change']>, ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  hasMore?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type ConfigurationDifferenceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ConfigurationDifference'] = ResolversParentTypes['ConfigurationDifference']> = {
  after?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  before?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  path?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ConfigurationProblemResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ConfigurationProblem'] = ResolversParentTypes['ConfigurationProblem']> = {
  column?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  file?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  line?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type CpuStatsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CpuStats'] = ResolversParentTypes['CpuStats']> = {
  systemSeconds?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  timeSeconds?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  usage?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  userSeconds?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export interface CursorScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Cursor'], any> {
  name: 'Cursor';
}

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type DiskStatsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DiskStats'] = ResolversParentTypes['DiskStats']> = {
  allocation?: Resolver<Maybe<ResolversTypes['Bytes']>, ParentType, ContextType>;
  capacity?: Resolver<Maybe<ResolversTypes['Bytes']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  physical?: Resolver<Maybe<ResolversTypes['Bytes']>, ParentType, ContextType>;
  readBytes?: Resolver<Maybe<ResolversTypes['UInt64']>, ParentType, ContextType>;
  readBytesPerSecond?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  readRequests?: Resolver<Maybe<ResolversTypes['UInt64']>, ParentType, ContextType>;
  writeBytes?: Resolver<Maybe<ResolversTypes['UInt64']>, ParentType, ContextType>;
  writeBytesPerSecond?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  writeRequests?: Resolver<Maybe<ResolversTypes['UInt64']>, ParentType, ContextType>;
};

export type DomainResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Domain'] = ResolversParentTypes['Domain']> = {
  arch?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  asOf?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  autostart?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  bootDevices?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  consoles?: Resolver<ReadonlyArray<ResolversTypes['DomainConsole']>, ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  disks?: Resolver<ReadonlyArray<ResolversTypes['DomainDisk']>, ParentType, ContextType>;
  features?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  graphics?: Resolver<ReadonlyArray<ResolversTypes['DomainGraphics']>, ParentType, ContextType>;
  hasManagedSave?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  host?: Resolver<ResolversTypes['Host'], ParentType, ContextType>;
  hypervisor?: Resolver<ResolversTypes['Hypervisor'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  interfaces?: Resolver<ReadonlyArray<ResolversTypes['DomainInterface']>, ParentType, ContextType>;
  jobs?: Resolver<Maybe<ReadonlyArray<ResolversTypes['Task']>>, ParentType, ContextType>;
  machine?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  maxMemory?: Resolver<ResolversTypes['Bytes'], ParentType, ContextType>;
  maxVcpus?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  memory?: Resolver<ResolversTypes['Bytes'], ParentType, ContextType>;
  monitor?: Resolver<Maybe<ResolversTypes['DomainMonitor']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  osType?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  persistent?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  stale?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['DomainState'], ParentType, ContextType>;
  stateReason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  stats?: Resolver<Maybe<ResolversTypes['DomainStats']>, ParentType, ContextType>;
  title?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  uuid?: Resolver<ResolversTypes['UUID'], ParentType, ContextType>;
  vcpus?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  xml?: Resolver<ResolversTypes['String'], ParentType, ContextType, RequireFields<DomainXmlArgs, 'inactive'>>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type DomainConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainConnection'] = ResolversParentTypes['DomainConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['DomainEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Domain']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type DomainConsoleResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainConsole'] = ResolversParentTypes['DomainConsole']> = {
  path?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  targetPort?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  targetType?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DomainDiskResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainDisk'] = ResolversParentTypes['DomainDisk']> = {
  bootOrder?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  bus?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  device?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  format?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  readOnly?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  serial?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  shareable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  source?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  target?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DomainEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainEdge'] = ResolversParentTypes['DomainEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Domain'], ParentType, ContextType>;
};

export type DomainGraphicsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainGraphics'] = ResolversParentTypes['DomainGraphics']> = {
  listen?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  port?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  socket?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  tlsPort?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DomainInterfaceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainInterface'] = ResolversParentTypes['DomainInterface']> = {
  addresses?: Resolver<Maybe<ReadonlyArray<ResolversTypes['InterfaceAddress']>>, ParentType, ContextType, RequireFields<DomainInterfaceAddressesArgs, 'source'>>;
  linkUp?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  macAddress?: Resolver<ResolversTypes['MacAddress'], ParentType, ContextType>;
  model?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  observedTapMacAddress?: Resolver<Maybe<ResolversTypes['MacAddress']>, ParentType, ContextType>;
  source?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  tapMacAddress?: Resolver<Maybe<ResolversTypes['MacAddress']>, ParentType, ContextType>;
  tapNote?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  target?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type DomainMonitorResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainMonitor'] = ResolversParentTypes['DomainMonitor']> = {
  heldBy?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  since?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['MonitorStatus'], ParentType, ContextType>;
};

export type DomainPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainPayload'] = ResolversParentTypes['DomainPayload']> = {
  diff?: Resolver<Maybe<ReadonlyArray<ResolversTypes['ConfigurationDifference']>>, ParentType, ContextType>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  dryRun?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  summary?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  task?: Resolver<Maybe<ResolversTypes['Task']>, ParentType, ContextType>;
  warnings?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type DomainStatsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainStats'] = ResolversParentTypes['DomainStats']> = {
  cpu?: Resolver<Maybe<ResolversTypes['CpuStats']>, ParentType, ContextType>;
  disks?: Resolver<Maybe<ReadonlyArray<ResolversTypes['DiskStats']>>, ParentType, ContextType>;
  interfaces?: Resolver<Maybe<ReadonlyArray<ResolversTypes['InterfaceStats']>>, ParentType, ContextType>;
  memory?: Resolver<Maybe<ResolversTypes['MemoryStats']>, ParentType, ContextType>;
  missing?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  sampledAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  state?: Resolver<Maybe<ResolversTypes['DomainState']>, ParentType, ContextType>;
  vcpus?: Resolver<Maybe<ReadonlyArray<ResolversTypes['VcpuStats']>>, ParentType, ContextType>;
};

export type DomainStatsSampleResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainStatsSample'] = ResolversParentTypes['DomainStatsSample']> = {
  domain?: Resolver<ResolversTypes['Domain'], ParentType, ContextType>;
  stats?: Resolver<ResolversTypes['DomainStats'], ParentType, ContextType>;
};

export type DomainStatsTickResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DomainStatsTick'] = ResolversParentTypes['DomainStatsTick']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  missing?: Resolver<ReadonlyArray<ResolversTypes['HostReadingGap']>, ParentType, ContextType>;
  samples?: Resolver<ReadonlyArray<ResolversTypes['DomainStatsSample']>, ParentType, ContextType>;
};

export type GatewayResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Gateway'] = ResolversParentTypes['Gateway']> = {
  configuration?: Resolver<ResolversTypes['GatewayConfiguration'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  fleetId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  journalPersistence?: Resolver<ResolversTypes['JournalPersistence'], ParentType, ContextType>;
  limits?: Resolver<ResolversTypes['GatewayLimits'], ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type GatewayConfigurationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GatewayConfiguration'] = ResolversParentTypes['GatewayConfiguration']> = {
  file?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  idleHosts?: Resolver<ReadonlyArray<ResolversTypes['IdleHost']>, ParentType, ContextType>;
  loadedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  needsRestart?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  problems?: Resolver<ReadonlyArray<ResolversTypes['ConfigurationProblem']>, ParentType, ContextType>;
};

export type GatewayLimitsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GatewayLimits'] = ResolversParentTypes['GatewayLimits']> = {
  aliases?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  bodyBytes?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  depth?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  subscriptionsPerSocket?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  tokens?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type GuestCapabilityResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GuestCapability'] = ResolversParentTypes['GuestCapability']> = {
  arch?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  domainTypes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  emulator?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  machines?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  osType?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type HostResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Host'] = ResolversParentTypes['Host']> = {
  addedByApi?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  asOf?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  capabilities?: Resolver<Maybe<ResolversTypes['HostCapabilities']>, ParentType, ContextType>;
  domains?: Resolver<ResolversTypes['DomainConnection'], ParentType, ContextType, RequireFields<HostDomainsArgs, 'first'>>;
  hostname?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hypervisor?: Resolver<Maybe<ResolversTypes['Hypervisor']>, ParentType, ContextType>;
  hypervisorVersion?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  labels?: Resolver<ReadonlyArray<ResolversTypes['Label']>, ParentType, ContextType>;
  libvirtVersion?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  link?: Resolver<Maybe<ResolversTypes['HostLink']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  networks?: Resolver<ReadonlyArray<ResolversTypes['Network']>, ParentType, ContextType>;
  node?: Resolver<Maybe<ResolversTypes['HostNode']>, ParentType, ContextType>;
  nodeDevices?: Resolver<Maybe<ReadonlyArray<ResolversTypes['NodeDevice']>>, ParentType, ContextType, Partial<HostNodeDevicesArgs>>;
  readOnly?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  stale?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  status?: Resolver<ResolversTypes['HostStatus'], ParentType, ContextType>;
  statusReason?: Resolver<Maybe<ResolversTypes['HostProblem']>, ParentType, ContextType>;
  storagePools?: Resolver<ReadonlyArray<ResolversTypes['StoragePool']>, ParentType, ContextType>;
  uri?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type HostCapabilitiesResolvers<ContextType = Context, ParentType extends ResolversParentTypes['HostCapabilities'] = ResolversParentTypes['HostCapabilities']> = {
  bulkStats?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  domainEvents?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  events?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  guests?: Resolver<Maybe<ReadonlyArray<ResolversTypes['GuestCapability']>>, ParentType, ContextType>;
  networks?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  nodeDevices?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  storagePools?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  writable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type HostChangePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['HostChangePayload'] = ResolversParentTypes['HostChangePayload']> = {
  dryRun?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  host?: Resolver<Maybe<ResolversTypes['Host']>, ParentType, ContextType>;
  summary?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  warnings?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type HostConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['HostConnection'] = ResolversParentTypes['HostConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['HostEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Host']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type HostEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['HostEdge'] = ResolversParentTypes['HostEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Host'], ParentType, ContextType>;
};

export type HostInterruptedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['HostInterrupted'] = ResolversParentTypes['HostInterrupted']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  host?: Resolver<ResolversTypes['Host'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  problem?: Resolver<Maybe<ResolversTypes['HostProblem']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type HostLaneResolvers<ContextType = Context, ParentType extends ResolversParentTypes['HostLane'] = ResolversParentTypes['HostLane']> = {
  callsAbandoned?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  callsInFlight?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  callsQueued?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  wedged?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type HostLinkResolvers<ContextType = Context, ParentType extends ResolversParentTypes['HostLink'] = ResolversParentTypes['HostLink']> = {
  connectedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  lanes?: Resolver<ReadonlyArray<ResolversTypes['HostLane']>, ParentType, ContextType>;
  lastEventAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  lastReconcileAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  roundTripMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  unreadDomains?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type HostNodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['HostNode'] = ResolversParentTypes['HostNode']> = {
  coresPerSocket?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  cpuMhz?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  cpuModel?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  cpus?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  memory?: Resolver<ResolversTypes['Bytes'], ParentType, ContextType>;
  numaNodes?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  socketsPerNode?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  threadsPerCore?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type HostPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['HostPayload'] = ResolversParentTypes['HostPayload']> = {
  host?: Resolver<ResolversTypes['Host'], ParentType, ContextType>;
  task?: Resolver<Maybe<ResolversTypes['Task']>, ParentType, ContextType>;
};

export type HostProblemResolvers<ContextType = Context, ParentType extends ResolversParentTypes['HostProblem'] = ResolversParentTypes['HostProblem']> = {
  code?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  nextAttemptAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  remedy?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  since?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  stage?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type HostReadingGapResolvers<ContextType = Context, ParentType extends ResolversParentTypes['HostReadingGap'] = ResolversParentTypes['HostReadingGap']> = {
  host?: Resolver<ResolversTypes['Host'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type HostResumedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['HostResumed'] = ResolversParentTypes['HostResumed']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  host?: Resolver<ResolversTypes['Host'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type IdleHostResolvers<ContextType = Context, ParentType extends ResolversParentTypes['IdleHost'] = ResolversParentTypes['IdleHost']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type InterfaceAddressResolvers<ContextType = Context, ParentType extends ResolversParentTypes['InterfaceAddress'] = ResolversParentTypes['InterfaceAddress']> = {
  address?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  family?: Resolver<ResolversTypes['AddressFamily'], ParentType, ContextType>;
  prefix?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  source?: Resolver<ResolversTypes['AddressSource'], ParentType, ContextType>;
};

export type InterfacePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['InterfacePayload'] = ResolversParentTypes['InterfacePayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  dryRun?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  interface?: Resolver<Maybe<ResolversTypes['DomainInterface']>, ParentType, ContextType>;
  macAddress?: Resolver<ResolversTypes['MacAddress'], ParentType, ContextType>;
  summary?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  warnings?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type InterfaceStatsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['InterfaceStats'] = ResolversParentTypes['InterfaceStats']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  rxBytes?: Resolver<Maybe<ResolversTypes['UInt64']>, ParentType, ContextType>;
  rxBytesPerSecond?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  rxDrops?: Resolver<Maybe<ResolversTypes['UInt64']>, ParentType, ContextType>;
  rxErrors?: Resolver<Maybe<ResolversTypes['UInt64']>, ParentType, ContextType>;
  rxPackets?: Resolver<Maybe<ResolversTypes['UInt64']>, ParentType, ContextType>;
  txBytes?: Resolver<Maybe<ResolversTypes['UInt64']>, ParentType, ContextType>;
  txBytesPerSecond?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  txDrops?: Resolver<Maybe<ResolversTypes['UInt64']>, ParentType, ContextType>;
  txErrors?: Resolver<Maybe<ResolversTypes['UInt64']>, ParentType, ContextType>;
  txPackets?: Resolver<Maybe<ResolversTypes['UInt64']>, ParentType, ContextType>;
};

export type LabelResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Label'] = ResolversParentTypes['Label']> = {
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type LaggedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Lagged'] = ResolversParentTypes['Lagged']> = {
  dropped?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export interface MacAddressScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['MacAddress'], any> {
  name: 'MacAddress';
}

export type MacAddressReportResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MacAddressReport'] = ResolversParentTypes['MacAddressReport']> = {
  findings?: Resolver<ReadonlyArray<ResolversTypes['MacFinding']>, ParentType, ContextType>;
  free?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hostVerdicts?: Resolver<ReadonlyArray<ResolversTypes['MacHostVerdict']>, ParentType, ContextType>;
  input?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  locallyAdministered?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  macAddress?: Resolver<Maybe<ResolversTypes['MacAddress']>, ParentType, ContextType>;
  owners?: Resolver<ReadonlyArray<ResolversTypes['MacOwner']>, ParentType, ContextType>;
  tapMacAddress?: Resolver<Maybe<ResolversTypes['MacAddress']>, ParentType, ContextType>;
  unicast?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  valid?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type MacConflictResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MacConflict'] = ResolversParentTypes['MacConflict']> = {
  kind?: Resolver<ResolversTypes['MacConflictKind'], ParentType, ContextType>;
  macAddress?: Resolver<ResolversTypes['MacAddress'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  parties?: Resolver<ReadonlyArray<ResolversTypes['MacOwner']>, ParentType, ContextType>;
  segment?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  severity?: Resolver<ResolversTypes['MacSeverity'], ParentType, ContextType>;
};

export type MacFindingResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MacFinding'] = ResolversParentTypes['MacFinding']> = {
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  rule?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  severity?: Resolver<ResolversTypes['MacSeverity'], ParentType, ContextType>;
};

export type MacHostVerdictResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MacHostVerdict'] = ResolversParentTypes['MacHostVerdict']> = {
  accepted?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  host?: Resolver<ResolversTypes['Host'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type MacOwnerResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MacOwner'] = ResolversParentTypes['MacOwner']> = {
  active?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  domain?: Resolver<ResolversTypes['Domain'], ParentType, ContextType>;
  interfaceIndex?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  role?: Resolver<ResolversTypes['MacRole'], ParentType, ContextType>;
};

export type MemoryStatsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['MemoryStats'] = ResolversParentTypes['MemoryStats']> = {
  available?: Resolver<Maybe<ResolversTypes['Bytes']>, ParentType, ContextType>;
  current?: Resolver<Maybe<ResolversTypes['Bytes']>, ParentType, ContextType>;
  maximum?: Resolver<Maybe<ResolversTypes['Bytes']>, ParentType, ContextType>;
  rss?: Resolver<Maybe<ResolversTypes['Bytes']>, ParentType, ContextType>;
  unused?: Resolver<Maybe<ResolversTypes['Bytes']>, ParentType, ContextType>;
  usable?: Resolver<Maybe<ResolversTypes['Bytes']>, ParentType, ContextType>;
};

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  addHost?: Resolver<ResolversTypes['HostChangePayload'], ParentType, ContextType, RequireFields<MutationAddHostArgs, 'input'>>;
  attachInterface?: Resolver<ResolversTypes['InterfacePayload'], ParentType, ContextType, RequireFields<MutationAttachInterfaceArgs, 'input'>>;
  cancelTask?: Resolver<ResolversTypes['TaskPayload'], ParentType, ContextType, RequireFields<MutationCancelTaskArgs, 'input'>>;
  defineDomain?: Resolver<ResolversTypes['DomainPayload'], ParentType, ContextType, RequireFields<MutationDefineDomainArgs, 'input'>>;
  detachInterface?: Resolver<ResolversTypes['DomainPayload'], ParentType, ContextType, RequireFields<MutationDetachInterfaceArgs, 'input'>>;
  forceOffDomain?: Resolver<ResolversTypes['DomainPayload'], ParentType, ContextType, RequireFields<MutationForceOffDomainArgs, 'input'>>;
  probeHost?: Resolver<ResolversTypes['ProbeReport'], ParentType, ContextType, RequireFields<MutationProbeHostArgs, 'input'>>;
  rebootDomain?: Resolver<ResolversTypes['DomainPayload'], ParentType, ContextType, RequireFields<MutationRebootDomainArgs, 'input'>>;
  refreshHost?: Resolver<ResolversTypes['HostPayload'], ParentType, ContextType, RequireFields<MutationRefreshHostArgs, 'input'>>;
  removeHost?: Resolver<ResolversTypes['RemoveHostPayload'], ParentType, ContextType, RequireFields<MutationRemoveHostArgs, 'input'>>;
  resetDomain?: Resolver<ResolversTypes['DomainPayload'], ParentType, ContextType, RequireFields<MutationResetDomainArgs, 'input'>>;
  resumeDomain?: Resolver<ResolversTypes['DomainPayload'], ParentType, ContextType, RequireFields<MutationResumeDomainArgs, 'input'>>;
  retryHost?: Resolver<ResolversTypes['HostPayload'], ParentType, ContextType, RequireFields<MutationRetryHostArgs, 'input'>>;
  setDomainAutostart?: Resolver<ResolversTypes['DomainPayload'], ParentType, ContextType, RequireFields<MutationSetDomainAutostartArgs, 'input'>>;
  shutdownDomain?: Resolver<ResolversTypes['DomainPayload'], ParentType, ContextType, RequireFields<MutationShutdownDomainArgs, 'input'>>;
  startDomain?: Resolver<ResolversTypes['DomainPayload'], ParentType, ContextType, RequireFields<MutationStartDomainArgs, 'input'>>;
  suspendDomain?: Resolver<ResolversTypes['DomainPayload'], ParentType, ContextType, RequireFields<MutationSuspendDomainArgs, 'input'>>;
  trustHostKey?: Resolver<ResolversTypes['TrustHostKeyPayload'], ParentType, ContextType, RequireFields<MutationTrustHostKeyArgs, 'input'>>;
  undefineDomain?: Resolver<ResolversTypes['UndefineDomainPayload'], ParentType, ContextType, RequireFields<MutationUndefineDomainArgs, 'input'>>;
  updateHost?: Resolver<ResolversTypes['HostChangePayload'], ParentType, ContextType, RequireFields<MutationUpdateHostArgs, 'input'>>;
};

export type NetworkResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Network'] = ResolversParentTypes['Network']> = {
  active?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  addresses?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  asOf?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  autostart?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  bridge?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  dnsDomain?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  forwardMode?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  host?: Resolver<ResolversTypes['Host'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  macAddress?: Resolver<Maybe<ResolversTypes['MacAddress']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  persistent?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  stale?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  uuid?: Resolver<ResolversTypes['UUID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type NodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType: TypeResolveFn<'Domain' | 'Host' | 'Network' | 'StoragePool' | 'Task', ParentType, ContextType>;
};

export type NodeDeviceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['NodeDevice'] = ResolversParentTypes['NodeDevice']> = {
  capabilities?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  driver?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  netAddress?: Resolver<Maybe<ResolversTypes['MacAddress']>, ParentType, ContextType>;
  netInterface?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  parent?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  path?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type ObjectDeletedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ObjectDeleted'] = ResolversParentTypes['ObjectDeleted']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  origin?: Resolver<ResolversTypes['ChangeOrigin'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ObjectUpsertedResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ObjectUpserted'] = ResolversParentTypes['ObjectUpserted']> = {
  changedFields?: Resolver<Maybe<ReadonlyArray<ResolversTypes['String']>>, ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  object?: Resolver<ResolversTypes['Node'], ParentType, ContextType>;
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  origin?: Resolver<ResolversTypes['ChangeOrigin'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type ProbeDetailResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ProbeDetail'] = ResolversParentTypes['ProbeDetail']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ProbeReportResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ProbeReport'] = ResolversParentTypes['ProbeReport']> = {
  durationMs?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  host?: Resolver<ResolversTypes['Host'], ParentType, ContextType>;
  ok?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  stages?: Resolver<ReadonlyArray<ResolversTypes['ProbeStage']>, ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  task?: Resolver<Maybe<ResolversTypes['Task']>, ParentType, ContextType>;
  uri?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ProbeStageResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ProbeStage'] = ResolversParentTypes['ProbeStage']> = {
  code?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  details?: Resolver<ReadonlyArray<ResolversTypes['ProbeDetail']>, ParentType, ContextType>;
  durationMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  jumpHost?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  remedy?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  stage?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  verdict?: Resolver<ResolversTypes['ProbeVerdict'], ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  changesSince?: Resolver<ResolversTypes['ChangePage'], ParentType, ContextType, RequireFields<QueryChangesSinceArgs, 'first'>>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType, RequireFields<QueryDomainArgs, 'by' | 'fresh'>>;
  domains?: Resolver<ResolversTypes['DomainConnection'], ParentType, ContextType, RequireFields<QueryDomainsArgs, 'first' | 'fresh'>>;
  gateway?: Resolver<ResolversTypes['Gateway'], ParentType, ContextType>;
  host?: Resolver<Maybe<ResolversTypes['Host']>, ParentType, ContextType, RequireFields<QueryHostArgs, 'name'>>;
  hosts?: Resolver<ResolversTypes['HostConnection'], ParentType, ContextType, RequireFields<QueryHostsArgs, 'first'>>;
  macAddress?: Resolver<ResolversTypes['MacAddressReport'], ParentType, ContextType, RequireFields<QueryMacAddressArgs, 'address'>>;
  macConflicts?: Resolver<ReadonlyArray<ResolversTypes['MacConflict']>, ParentType, ContextType, Partial<QueryMacConflictsArgs>>;
  newMacAddress?: Resolver<ResolversTypes['MacAddress'], ParentType, ContextType, RequireFields<QueryNewMacAddressArgs, 'oui'>>;
  node?: Resolver<Maybe<ResolversTypes['Node']>, ParentType, ContextType, RequireFields<QueryNodeArgs, 'id'>>;
  nodes?: Resolver<ReadonlyArray<Maybe<ResolversTypes['Node']>>, ParentType, ContextType, RequireFields<QueryNodesArgs, 'ids'>>;
  task?: Resolver<Maybe<ResolversTypes['Task']>, ParentType, ContextType, RequireFields<QueryTaskArgs, 'id'>>;
  tasks?: Resolver<ResolversTypes['TaskConnection'], ParentType, ContextType, RequireFields<QueryTasksArgs, 'first'>>;
};

export type RemoveHostPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RemoveHostPayload'] = ResolversParentTypes['RemoveHostPayload']> = {
  dryRun?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hostId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  summary?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ResyncRequiredResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ResyncRequired'] = ResolversParentTypes['ResyncRequired']> = {
  reason?: Resolver<ResolversTypes['ResyncReason'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SnapshotCompleteResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SnapshotComplete'] = ResolversParentTypes['SnapshotComplete']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type StoragePoolResolvers<ContextType = Context, ParentType extends ResolversParentTypes['StoragePool'] = ResolversParentTypes['StoragePool']> = {
  allocation?: Resolver<Maybe<ResolversTypes['Bytes']>, ParentType, ContextType>;
  asOf?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  autostart?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  available?: Resolver<Maybe<ResolversTypes['Bytes']>, ParentType, ContextType>;
  capacity?: Resolver<Maybe<ResolversTypes['Bytes']>, ParentType, ContextType>;
  host?: Resolver<ResolversTypes['Host'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  persistent?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  stale?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['StoragePoolState'], ParentType, ContextType>;
  type?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  uuid?: Resolver<ResolversTypes['UUID'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SubscriptionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  changes?: SubscriptionResolver<ResolversTypes['Change'], "changes", ParentType, ContextType, RequireFields<SubscriptionChangesArgs, 'snapshot'>>;
  domainChanged?: SubscriptionResolver<ResolversTypes['Domain'], "domainChanged", ParentType, ContextType, Partial<SubscriptionDomainChangedArgs>>;
  domainStats?: SubscriptionResolver<ResolversTypes['DomainStatsTick'], "domainStats", ParentType, ContextType, RequireFields<SubscriptionDomainStatsArgs, 'intervalSeconds'>>;
  hostChanged?: SubscriptionResolver<ResolversTypes['Host'], "hostChanged", ParentType, ContextType, Partial<SubscriptionHostChangedArgs>>;
  taskProgress?: SubscriptionResolver<ResolversTypes['Task'], "taskProgress", ParentType, ContextType, RequireFields<SubscriptionTaskProgressArgs, 'id'>>;
};

export type TaskResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Task'] = ResolversParentTypes['Task']> = {
  cancellable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  error?: Resolver<Maybe<ResolversTypes['TaskError']>, ParentType, ContextType>;
  finishedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  host?: Resolver<Maybe<ResolversTypes['Host']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['TaskKind'], ParentType, ContextType>;
  probe?: Resolver<Maybe<ResolversTypes['ProbeReport']>, ParentType, ContextType>;
  progress?: Resolver<Maybe<ResolversTypes['TaskProgress']>, ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['TaskState'], ParentType, ContextType>;
  summary?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type TaskConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TaskConnection'] = ResolversParentTypes['TaskConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['TaskEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Task']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type TaskEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TaskEdge'] = ResolversParentTypes['TaskEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Task'], ParentType, ContextType>;
};

export type TaskErrorResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TaskError'] = ResolversParentTypes['TaskError']> = {
  code?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type TaskPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TaskPayload'] = ResolversParentTypes['TaskPayload']> = {
  task?: Resolver<ResolversTypes['Task'], ParentType, ContextType>;
};

export type TaskProgressResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TaskProgress'] = ResolversParentTypes['TaskProgress']> = {
  percent?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  processed?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  remaining?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  step?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  unit?: Resolver<ResolversTypes['TaskProgressUnit'], ParentType, ContextType>;
};

export type TrustHostKeyPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TrustHostKeyPayload'] = ResolversParentTypes['TrustHostKeyPayload']> = {
  fingerprint?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  host?: Resolver<ResolversTypes['Host'], ParentType, ContextType>;
  keyType?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  knownAs?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  recordedIn?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  replaced?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  task?: Resolver<Maybe<ResolversTypes['Task']>, ParentType, ContextType>;
};

export interface UInt64ScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['UInt64'], any> {
  name: 'UInt64';
}

export interface UuidScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['UUID'], any> {
  name: 'UUID';
}

export type UndefineDomainPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UndefineDomainPayload'] = ResolversParentTypes['UndefineDomainPayload']> = {
  domain?: Resolver<Maybe<ResolversTypes['Domain']>, ParentType, ContextType>;
  domainId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  dryRun?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  summary?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type VcpuStatsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['VcpuStats'] = ResolversParentTypes['VcpuStats']> = {
  index?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  timeSeconds?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  usage?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  Bookmark?: BookmarkResolvers<ContextType>;
  Bytes?: GraphQLScalarType;
  Change?: ChangeResolvers<ContextType>;
  ChangePage?: ChangePageResolvers<ContextType>;
  ConfigurationDifference?: ConfigurationDifferenceResolvers<ContextType>;
  ConfigurationProblem?: ConfigurationProblemResolvers<ContextType>;
  CpuStats?: CpuStatsResolvers<ContextType>;
  Cursor?: GraphQLScalarType;
  DateTime?: GraphQLScalarType;
  DiskStats?: DiskStatsResolvers<ContextType>;
  Domain?: DomainResolvers<ContextType>;
  DomainConnection?: DomainConnectionResolvers<ContextType>;
  DomainConsole?: DomainConsoleResolvers<ContextType>;
  DomainDisk?: DomainDiskResolvers<ContextType>;
  DomainEdge?: DomainEdgeResolvers<ContextType>;
  DomainGraphics?: DomainGraphicsResolvers<ContextType>;
  DomainInterface?: DomainInterfaceResolvers<ContextType>;
  DomainMonitor?: DomainMonitorResolvers<ContextType>;
  DomainPayload?: DomainPayloadResolvers<ContextType>;
  DomainStats?: DomainStatsResolvers<ContextType>;
  DomainStatsSample?: DomainStatsSampleResolvers<ContextType>;
  DomainStatsTick?: DomainStatsTickResolvers<ContextType>;
  Gateway?: GatewayResolvers<ContextType>;
  GatewayConfiguration?: GatewayConfigurationResolvers<ContextType>;
  GatewayLimits?: GatewayLimitsResolvers<ContextType>;
  GuestCapability?: GuestCapabilityResolvers<ContextType>;
  Host?: HostResolvers<ContextType>;
  HostCapabilities?: HostCapabilitiesResolvers<ContextType>;
  HostChangePayload?: HostChangePayloadResolvers<ContextType>;
  HostConnection?: HostConnectionResolvers<ContextType>;
  HostEdge?: HostEdgeResolvers<ContextType>;
  HostInterrupted?: HostInterruptedResolvers<ContextType>;
  HostLane?: HostLaneResolvers<ContextType>;
  HostLink?: HostLinkResolvers<ContextType>;
  HostNode?: HostNodeResolvers<ContextType>;
  HostPayload?: HostPayloadResolvers<ContextType>;
  HostProblem?: HostProblemResolvers<ContextType>;
  HostReadingGap?: HostReadingGapResolvers<ContextType>;
  HostResumed?: HostResumedResolvers<ContextType>;
  IdleHost?: IdleHostResolvers<ContextType>;
  InterfaceAddress?: InterfaceAddressResolvers<ContextType>;
  InterfacePayload?: InterfacePayloadResolvers<ContextType>;
  InterfaceStats?: InterfaceStatsResolvers<ContextType>;
  Label?: LabelResolvers<ContextType>;
  Lagged?: LaggedResolvers<ContextType>;
  MacAddress?: GraphQLScalarType;
  MacAddressReport?: MacAddressReportResolvers<ContextType>;
  MacConflict?: MacConflictResolvers<ContextType>;
  MacFinding?: MacFindingResolvers<ContextType>;
  MacHostVerdict?: MacHostVerdictResolvers<ContextType>;
  MacOwner?: MacOwnerResolvers<ContextType>;
  MemoryStats?: MemoryStatsResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Network?: NetworkResolvers<ContextType>;
  Node?: NodeResolvers<ContextType>;
  NodeDevice?: NodeDeviceResolvers<ContextType>;
  ObjectDeleted?: ObjectDeletedResolvers<ContextType>;
  ObjectUpserted?: ObjectUpsertedResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  ProbeDetail?: ProbeDetailResolvers<ContextType>;
  ProbeReport?: ProbeReportResolvers<ContextType>;
  ProbeStage?: ProbeStageResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  RemoveHostPayload?: RemoveHostPayloadResolvers<ContextType>;
  ResyncRequired?: ResyncRequiredResolvers<ContextType>;
  SnapshotComplete?: SnapshotCompleteResolvers<ContextType>;
  StoragePool?: StoragePoolResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  Task?: TaskResolvers<ContextType>;
  TaskConnection?: TaskConnectionResolvers<ContextType>;
  TaskEdge?: TaskEdgeResolvers<ContextType>;
  TaskError?: TaskErrorResolvers<ContextType>;
  TaskPayload?: TaskPayloadResolvers<ContextType>;
  TaskProgress?: TaskProgressResolvers<ContextType>;
  TrustHostKeyPayload?: TrustHostKeyPayloadResolvers<ContextType>;
  UInt64?: GraphQLScalarType;
  UUID?: GraphQLScalarType;
  UndefineDomainPayload?: UndefineDomainPayloadResolvers<ContextType>;
  VcpuStats?: VcpuStatsResolvers<ContextType>;
};

