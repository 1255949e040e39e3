import type { VirtgraphError } from '../errors.ts';
import type { MacAddress, Uuid } from '../model/brands.ts';
import type { DomainConfig, DomainMoment, DomainSnapshot, DomainStatus } from '../model/domain.ts';
import type { HostHint } from '../model/hints.ts';
import type { CapabilitiesReport, HostCapabilities, HostFacts } from '../model/host.ts';
import type { Network, NodeDevice, StoragePool } from '../model/network.ts';
import type { DomainStatsSample, StatsGroup } from '../model/stats.ts';
import type { TaskProgress } from '../model/task.ts';

/** Last argument of every verb. The driver adds its own deadline; the signal ends the wait earlier. */
export type CallOptions = {
  readonly signal: AbortSignal;
  /** Who waits: a person's change, a person's question, or our own housekeeping. Default `read`. */
  readonly priority?: CallPriority;
};

/** In the order in which waiting calls are sent. */
export const callPriorities = ['mutation', 'read', 'background'] as const;
export type CallPriority = (typeof callPriorities)[number];

export const shutdownModes = ['DEFAULT', 'ACPI_POWER_BUTTON', 'GUEST_AGENT', 'INITCTL', 'SIGNAL', 'PARAVIRT'] as const;
export type ShutdownMode = (typeof shutdownModes)[number];

export type ReadDomainOptions = CallOptions & {
  /** Its line of a list just made, to be believed where the XML agrees, so that only the XML is asked for. */
  readonly listed?: DomainStatus;
  /** What an earlier read made of it: a text that is still the same is not parsed again. */
  readonly known?: KnownDomain;
  /** Told once, where its state arrives before the rest. Not with `listed`. */
  readonly onMoment?: (moment: DomainMoment) => void;
};
/** `isOf`: whether these texts, `xml` and `inactiveXml` of a snapshot, are those that it was read from. */
export type KnownDomain = Pick<DomainSnapshot, 'config' | 'version'> & {
  readonly isOf: (xml: string, inactiveXml: string | null) => boolean;
};
export type StartOptions = CallOptions & { readonly paused?: boolean; readonly discardManagedSave?: boolean };
/** What goes with a domain's configuration, and what stays of what would go; of the same thing only one of the two. */
export type UndefineChoices = {
  readonly removeManagedSave: boolean;
  readonly removeSnapshotMetadata: boolean;
  readonly removeCheckpointMetadata: boolean;
  readonly removeNvram: boolean;
  readonly keepNvram: boolean;
  readonly removeTpm: boolean;
  readonly keepTpm: boolean;
};
export type UndefineOptions = CallOptions & Partial<UndefineChoices>;
/** `live` changes the running guest, `persistent` what it starts with next time; at least one. */
export type DeviceOptions = CallOptions & { readonly live: boolean; readonly persistent: boolean };

/** A network card to add; its XML is the driver's business. */
export type NewInterface = {
  readonly source: { readonly kind: 'network' | 'bridge'; readonly name: string };
  /** `null`: the hypervisor's default. */
  readonly model: string | null;
  readonly macAddress: MacAddress;
};

/** How the connection is doing, for `Host.link` and the metrics. */
export type LinkReading = {
  /** Of the last keepalive answered; `null` before the first. */
  readonly roundTripMs: number | null;
  readonly lanes: readonly {
    readonly name: string;
    readonly callsInFlight: number;
    /** Given up on, but not yet answered: they still count. */
    readonly callsAbandoned: number;
    readonly callsQueued: number;
    /** Calls given up on hold so many of its places that it is left alone until the host has answered some. */
    readonly wedged: boolean;
  }[];
};

/**
 * Everything that may be asked of one host. Every verb ends: with its answer, with its own deadline
 * (`TIMEOUT`), with the signal, or with the connection's one failure. A verb that the host does not
 * have fails with `UNSUPPORTED`. Errors are `VirtgraphError`s; libvirt's own words are in `detail.libvirt`.
 *
 * A change whose connection died after it was written fails with `OUTCOME_UNKNOWN` and `outcome: UNKNOWN`;
 * one that was never written, with `HOST_UNREACHABLE` and `outcome: NOT_SENT`.
 */
export type Driver = {
  readonly facts: HostFacts;
  readonly capabilities: HostCapabilities;

  // Inventory.
  /** Every domain with its state, in a few bulk calls; `NOT_FOUND` never: a domain that went away meanwhile is left out. */
  listDomains(options: CallOptions): Promise<readonly DomainStatus[]>;
  /** One domain, whole; `NOT_FOUND` when the host does not have it. */
  readDomain(uuid: Uuid, options: ReadDomainOptions): Promise<DomainSnapshot>;
  /** The UUID of the domain of that name; `NOT_FOUND` when there is none. */
  findDomain(name: string, options: CallOptions): Promise<Uuid>;
  /** `inactive`: what it would start with next time. Never contains passwords. */
  readDomainXml(uuid: Uuid, options: CallOptions & { readonly inactive: boolean }): Promise<string>;
  /** Readings of the domains named (`null`: all active ones) for the groups asked for. One bulk call where the host has it. */
  readDomainStats(
    groups: readonly StatsGroup[],
    uuids: readonly Uuid[] | null,
    options: CallOptions,
  ): Promise<readonly DomainStatsSample[]>;
  /** Addresses that libvirt knows for a guest, by where it knows them from. */
  readInterfaceAddresses(
    uuid: Uuid,
    source: InterfaceAddressSource,
    options: CallOptions,
  ): Promise<readonly InterfaceAddresses[]>;

  /** What libvirt is doing with it by itself: at most one job of the domain, and one of each of these disks. None when it is off. */
  readJobs(uuid: Uuid, disks: readonly string[], options: CallOptions): Promise<readonly DomainJob[]>;
  /**
   * How a job of the domain ended, where libvirt still knows: QEMU's driver keeps the last one that succeeded, however
   * many have failed or were cancelled since.
   */
  readLastJob(uuid: Uuid, options: CallOptions): Promise<EndedJob | null>;
  /**
   * Asks libvirt to give up a job of that `DomainJob.id`; returns when it was asked, not when the job is over.
   * `INVALID_STATE` when there is none, or one that libvirt cannot give up.
   */
  abortJob(uuid: Uuid, jobId: string, options: CallOptions): Promise<void>;

  // Lifecycle.
  startDomain(uuid: Uuid, options: StartOptions): Promise<void>;
  /** Asks the guest; returns when it was asked, not when it is off. */
  shutdownDomain(uuid: Uuid, options: CallOptions & { readonly mode: ShutdownMode }): Promise<void>;
  rebootDomain(uuid: Uuid, options: CallOptions & { readonly mode: ShutdownMode }): Promise<void>;
  resetDomain(uuid: Uuid, options: CallOptions): Promise<void>;
  /** Pulls the plug. */
  destroyDomain(uuid: Uuid, options: CallOptions & { readonly graceful: boolean }): Promise<void>;
  suspendDomain(uuid: Uuid, options: CallOptions): Promise<void>;
  resumeDomain(uuid: Uuid, options: CallOptions): Promise<void>;

  // Configuration.
  /**
   * What the XML of a domain says, without asking the host: `BAD_USER_INPUT` for what is no domain's XML.
   * An address that is not written as one is left out; one that no guest may have is not.
   */
  inspectDomainXml(xml: string): DomainConfig;
  /** Where two texts of a domain differ, without asking the host. `BAD_USER_INPUT` for what is no XML. */
  compareDomainXml(before: string, after: string): readonly XmlDifference[];
  /**
   * Has the host judge the XML of a domain as if it were to be started, and changes nothing. False: it cannot judge.
   * `BAD_USER_INPUT`, in libvirt's words, for what it would not run.
   */
  checkDomainXml(xml: string, options: CallOptions): Promise<boolean>;
  /** Defines or redefines; returns the UUID. `validate`: against libvirt's own schema. */
  defineDomain(xml: string, options: CallOptions & { readonly validate: boolean }): Promise<Uuid>;
  undefineDomain(uuid: Uuid, options: UndefineOptions): Promise<void>;
  setDomainAutostart(uuid: Uuid, autostart: boolean, options: CallOptions): Promise<void>;
  attachDevice(uuid: Uuid, xml: string, options: DeviceOptions): Promise<void>;
  detachDevice(uuid: Uuid, xml: string, options: DeviceOptions): Promise<void>;
  /** `attachDevice` with the XML built here. `BAD_USER_INPUT` for a name that XML cannot hold. */
  attachInterface(uuid: Uuid, nic: NewInterface, options: DeviceOptions): Promise<void>;
  /**
   * Finds the card in the live XML (in the inactive one where `live` is false) and detaches it.
   * `NOT_FOUND` when no card has the address, `CONFLICT` when several have.
   */
  detachInterface(uuid: Uuid, macAddress: MacAddress, options: DeviceOptions): Promise<void>;

  // The host itself.
  readCapabilities(options: CallOptions): Promise<CapabilitiesReport>;
  listNetworks(options: CallOptions): Promise<readonly Network[]>;
  readNetwork(uuid: Uuid, options: CallOptions): Promise<Network>;
  listStoragePools(options: CallOptions): Promise<readonly StoragePool[]>;
  readStoragePool(uuid: Uuid, options: CallOptions): Promise<StoragePool>;
  /** Node devices, all or those with that capability, such as `net`. */
  listNodeDevices(capability: string | null, options: CallOptions): Promise<readonly NodeDevice[]>;

  /** Asks for something small, to see that the daemon answers. */
  ping(options: CallOptions): Promise<void>;

  /**
   * What the daemon tells of by itself. One reader; bounded: an `overflow` hint replaces what did not fit.
   * Registered before `openDriver` returned, so that a list made afterwards misses nothing.
   */
  readonly hints: AsyncIterableIterator<HostHint>;
  /** Settles (never rejects) when the connection is over, with the one reason everybody waiting was given. */
  readonly closed: Promise<VirtgraphError>;
  link(): LinkReading;
  /**
   * When the daemon last sent anything over the connection on which it tells of changes, in milliseconds since 1970. It
   * tells in order, so up to then nothing had changed that it had not told of.
   */
  lastHeardAt(): number;
  /** May be called twice. Waiting calls fail; the far end is told where it still listens. */
  close(): Promise<void>;
};

/** A job of libvirt's own, whoever began it. */
export type DomainJob = {
  /** What tells it from the others of the domain: `domain`, or `disk vda`. */
  readonly id: string;
  /** Such as `save`, `migration out`, `copy of vda`. */
  readonly operation: string;
  /** `null`: libvirt does not say, or does not count any more. */
  readonly progress: TaskProgress | null;
  /** For how long it has been going on, by the host's clock; `null`: libvirt does not say, or does not count any more. */
  readonly elapsedMs: number | null;
  /** How it will have ended once libvirt has let go of it; `null`: it still goes on, or libvirt does not say. */
  readonly ending: EndedJob['state'] | null;
  /** Whether this host can give it up. */
  readonly cancellable: boolean;
};

/** A job of a domain that is over. `elapsedMs`: how long it took; `null`: libvirt does not say. */
export type EndedJob = Pick<DomainJob, 'operation' | 'elapsedMs'> & {
  readonly state: 'COMPLETED' | 'FAILED' | 'CANCELLED';
};

/** One place in which two texts differ; XML for an element that only one of them has. Passwords are never shown. */
export type XmlDifference = {
  /** From below the root, such as `devices/interface[2]/source/@network`; numbered where there are several. */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
};

export const interfaceAddressSources = ['LEASE', 'AGENT', 'ARP'] as const;
export type InterfaceAddressSource = (typeof interfaceAddressSources)[number];

export type InterfaceAddresses = {
  /** Device name: of the guest for AGENT, of the host otherwise. */
  readonly name: string;
  readonly macAddress: string | null;
  readonly addresses: readonly {
    readonly address: string;
    readonly prefix: number;
    readonly family: 'IPV4' | 'IPV6';
  }[];
};
