import type { Driver, ShutdownMode, XmlDifference } from '../drivers/driver.ts';
import type { ProblemCode, Stage } from '../errors.ts';
import type { Cursor, MacAddress, Uuid } from '../model/brands.ts';
import type { DomainConfig, DomainInterface, DomainState, DomainStatus, Hypervisor } from '../model/domain.ts';
import type { HostCapabilities, HostFacts, HostStatus } from '../model/host.ts';
import type { DomainMonitor } from '../model/monitor.ts';
import type { Network, StoragePool } from '../model/network.ts';
import type { ProbeReport } from '../model/probe.ts';
import type { DomainStatsSample, StatsGroup } from '../model/stats.ts';
import type { HostTarget } from '../model/target.ts';
import type { TaskKind, TaskRecord, TaskState } from '../model/task.ts';
import type { FleetMetrics } from './fleet-metrics.ts';
import type { HostsDiff } from './hosts/host-diff.ts';
import type { HostLinkView } from './hosts/host-link.ts';
import type { AnswerWait, HostWorks } from './hosts/host-work.ts';
import type { Feed } from './journal/feed.ts';
import type { MacConflict, MacOwnerRef, NicTap } from './mac/mac-owners.ts';
import type { PackedText } from './replica/packed-text.ts';

/**
 * The whole fleet, as the layers above see it. Everything it hands out is immutable: what changes is a new object.
 * Questions are answered from replicas at once, except where a method takes a signal.
 */
export type Fleet = {
  /** Binds ids to this fleet; the same after every restart. */
  readonly id: string;

  hosts(): readonly HostView[];
  /** `null`: not configured. */
  host(name: string): HostView | null;
  /** `null`: there is no connection now. */
  link(hostName: string): HostLinkView | null;
  /** All of one host's, by name; empty for a host that was never reached. `NOT_FOUND` for one not configured. */
  networks(hostName: string): readonly NetworkRecord[];
  storagePools(hostName: string): readonly StoragePoolRecord[];
  network(hostName: string, uuid: Uuid): NetworkRecord | null;
  storagePool(hostName: string, uuid: Uuid): StoragePoolRecord | null;

  domain(hostName: string, uuid: Uuid): DomainRecord | null;
  domainByName(hostName: string, name: string): DomainRecord | null;
  /** On every host that has it. */
  domainsByUuid(uuid: Uuid): readonly DomainRecord[];
  /** Filtered, sorted, one page. `NOT_FOUND` for a host that is not configured, `BAD_USER_INPUT` for a bad `after`. */
  listDomains(query: DomainQuery): DomainPage;
  matches(filter: DomainFilter, domain: DomainRecord): boolean;
  /**
   * Asks the hosts now which domains they have and in which state; all hosts when `null`. A host that cannot be asked
   * is left as it is, stale: never rejects for it.
   */
  refreshDomains(hostNames: readonly string[] | null, signal: AbortSignal): Promise<void>;
  /** Reads it from its host now and stores what it read. `NOT_FOUND` when the host does not have it. */
  refreshDomain(hostName: string, uuid: Uuid, signal: AbortSignal): Promise<DomainRecord>;
  /** The same by name, which finds also what the replica does not know yet. */
  refreshDomainByName(hostName: string, name: string, signal: AbortSignal): Promise<DomainRecord>;

  /** Throws `NOT_FOUND`, `HOST_UNREACHABLE` or `HOST_BLOCKED`, with the reason. */
  driver(hostName: string): Driver;
  /** Connects again where need be, reconciles, and returns when that is done or failed. */
  refreshHost(hostName: string, signal: AbortSignal): Promise<HostView>;
  /** The same, followed as a task. */
  refreshAsTask(hostName: string, wait: AnswerWait, why: 'REFRESH_HOST' | 'RETRY_HOST'): Promise<HostOutcome>;
  /**
   * Goes through the stages of reaching it, beside its session. What fails is in the report; with a task, that is what it
   * has found so far. `NOT_FOUND`, `UNSUPPORTED`.
   */
  probe(
    hostName: string,
    wait: AnswerWait,
  ): Promise<{ readonly report: ProbeReport; readonly task: TaskRecord | null }>;
  readonly hostTasks: HostWorks;

  /** Makes these the hosts of the fleet. Returns at once, with what that changed; nobody waits for any host. */
  setHosts(targets: readonly HostTarget[]): HostsDiff;
  /** `CONFLICT` when the fleet has one of that name. */
  addHost(target: HostTarget): HostView;
  /** The host of that name is described so from now on. `NOT_FOUND` */
  updateHost(target: HostTarget): HostView;
  /** Its objects are gone when this returns, each told as deleted. As it last was; `NOT_FOUND` */
  removeHost(hostName: string): HostView;

  readonly journal: JournalView;
  /** The domains that match, as they are; then each that changes, but for states that come and go at once (`settleMs`). */
  openDomains(filter: DomainFilter): Feed<DomainRecord>;
  readonly macs: MacView;
  readonly actions: DomainActions;
  readonly tasks: TaskView;
  readonly answers: RememberedAnswers;

  /** One tick for all matching domains, until `return()` is called. Pollers are shared by all who listen. */
  openStats(query: StatsQuery): AsyncIterableIterator<StatsTick>;
  /** One reading now; `HOST_UNREACHABLE` and the like where the host cannot answer. */
  readStats(
    hostName: string,
    uuids: readonly Uuid[],
    groups: readonly StatsGroup[],
    signal: AbortSignal,
  ): Promise<readonly StatsReading[]>;

  /**
   * A picture for monitoring; costs no call to any host. With `readings`, guests' readings are among it from the next
   * tick on, and as long as somebody asks for them.
   */
  metrics(options?: { readonly readings: boolean }): FleetMetrics;

  /** Stops retrying, closes every connection. May be called twice. */
  close(): Promise<void>;
};

/** `task`: goes on after the answer, or was cancelled before it; `null`: it is over. */
export type HostOutcome = { readonly host: HostView; readonly task: TaskRecord | null };

export type HostProblemView = {
  readonly code: ProblemCode;
  readonly stage: Stage;
  readonly message: string;
  readonly remedy: string;
  readonly since: number;
  /** Milliseconds since 1970; `null`: not before a person acts. */
  readonly nextAttemptAt: number | null;
};

export type HostView = {
  readonly kind: 'host';
  readonly name: string;
  readonly uri: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly readOnly: boolean;
  readonly status: HostStatus;
  readonly problem: HostProblemView | null;
  /** When all that is said of it was last known true, in milliseconds since 1970; `null`: never reached. */
  readonly asOf: number | null;
  readonly stale: boolean;
  readonly facts: HostFacts | null;
  readonly capabilities: HostCapabilities | null;
};

export type { HostLinkView };

/** A domain as last read. Flat, immutable, shared between the replica, the journal and answers. */
export type DomainRecord = DomainStatus & {
  readonly kind: 'domain';
  readonly hostName: string;
  readonly config: DomainConfig;
  readonly xml: PackedText;
  readonly inactiveXml: PackedText | null;
  /** The cards it starts with next time: `config.interfaces` unless it runs with others; empty for a transient domain. */
  readonly storedInterfaces: readonly DomainInterface[];
  readonly version: string;
  /** What is the matter with the guest's monitor; `null` when nothing is, as far as known. */
  readonly monitor: DomainMonitor | null;
};

export type NetworkRecord = Network & { readonly kind: 'network'; readonly hostName: string };
export type StoragePoolRecord = StoragePool & { readonly kind: 'storagePool'; readonly hostName: string };
export type FleetObject = HostView | DomainRecord | NetworkRecord | StoragePoolRecord;

export type LabelFilter = { readonly key: string; readonly value: string | null };
export type DomainFilter = {
  readonly hosts?: readonly string[] | null;
  readonly states?: readonly DomainState[] | null;
  readonly nameContains?: string | null;
  readonly hypervisors?: readonly Hypervisor[] | null;
  readonly macAddress?: MacAddress | null;
  readonly labels?: readonly LabelFilter[] | null;
};

export type DomainOrderField = 'NAME' | 'HOST' | 'STATE' | 'MEMORY' | 'VCPUS';
export type DomainQuery = {
  readonly filter: DomainFilter;
  readonly orderBy: { readonly field: DomainOrderField; readonly direction: 'ASC' | 'DESC' };
  readonly first: number;
  /** The cursor of an edge of an earlier page. */
  readonly after: string | null;
};
export type DomainPage = {
  /** Made when they are asked for. */
  readonly edges: readonly { readonly cursor: string; readonly node: DomainRecord }[];
  readonly nodes: readonly DomainRecord[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly totalCount: number;
};

export type ChangeOrigin = 'EVENT' | 'RECONCILE' | 'POLL' | 'SNAPSHOT';
export type ObjectKind = FleetObject['kind'];
/** Names one object without holding it. `uuid` is empty for a host. */
export type ObjectRef = { readonly kind: ObjectKind; readonly hostName: string; readonly uuid: string };

export type Change =
  | {
      readonly type: 'upserted';
      readonly cursor: Cursor;
      readonly observedAt: number;
      readonly origin: ChangeOrigin;
      readonly object: FleetObject;
      /** As it was before; `null`: new, or part of a snapshot. */
      readonly previous: FleetObject | null;
      /** Names of the schema's fields; `null`: new, or part of a snapshot. */
      readonly changedFields: readonly string[] | null;
    }
  | {
      readonly type: 'deleted';
      readonly cursor: Cursor;
      readonly observedAt: number;
      readonly origin: ChangeOrigin;
      readonly ref: ObjectRef;
    }
  | { readonly type: 'snapshotComplete'; readonly cursor: Cursor }
  | { readonly type: 'bookmark'; readonly cursor: Cursor }
  | { readonly type: 'hostInterrupted'; readonly cursor: Cursor; readonly observedAt: number; readonly host: HostView }
  | { readonly type: 'hostResumed'; readonly cursor: Cursor; readonly observedAt: number; readonly host: HostView }
  | { readonly type: 'lagged'; readonly dropped: number }
  | { readonly type: 'resyncRequired'; readonly reason: 'CURSOR_EXPIRED' | 'EPOCH_CHANGED' };

export type ChangeFilter = {
  readonly hosts?: readonly string[] | null;
  readonly kinds?: readonly ObjectKind[] | null;
  readonly domains?: DomainFilter | null;
};

/** `FAILED`: the disk refused, so that changes are kept in memory alone until it is back. */
export type JournalPersistence = 'NONE' | 'SQLITE' | 'FAILED';

export type JournalView = {
  /** Whether changes outlive the process. */
  readonly persistence: JournalPersistence;
  /** The present place. */
  cursor(): Cursor;
  /** The same place as a number, which grows with every change. */
  readonly lastSeq: number;
  /** Until `return()` is called. Never lets a slow reader grow: see `lagged`. */
  open(query: {
    readonly filter: ChangeFilter;
    readonly after: Cursor | null;
    readonly snapshot: 'IF_NEEDED' | 'ALWAYS' | 'NEVER';
  }): Feed<Change>;
  /** One page for those who poll. Throws `CURSOR_EXPIRED`. */
  since(query: { readonly filter: ChangeFilter; readonly after: Cursor | null; readonly first: number }): {
    readonly changes: readonly Change[];
    readonly cursor: Cursor;
    readonly hasMore: boolean;
  };
};

export type MacView = {
  owners(mac: MacAddress): readonly MacOwnerRef[];
  conflicts(hostName: string | null): readonly MacConflict[];
  /** A free address; not reserved. `BAD_USER_INPUT` for a bad OUI, `RESOURCE_EXHAUSTED` when none is free. */
  propose(oui: string): MacAddress;
  isFree(mac: MacAddress): boolean;
  /** The tap address of one of the domain's cards, or why there is none that can be derived. */
  tap(domain: DomainRecord, nic: DomainInterface): NicTap;
  /**
   * Stands for all that `tap` looks at besides its arguments: while it is the same object, so are the answers of `tap`
   * for the domains of this host. Once it has changed, it never comes back.
   */
  tapBasis(hostName: string): object;
};

/** What takes longer than a moment. */
export type TaskView = {
  /** `null`: there is none (any more). */
  readonly find: (id: Uuid) => TaskRecord | null;
  /** The newest first. `BAD_USER_INPUT` for a bad `after`. */
  readonly list: (query: TaskQuery) => TaskPage;
  /** As it is now, then each time it changes; the end when it is over. A slow reader skips to the newest. `NOT_FOUND` */
  readonly watch: (id: Uuid) => AsyncIterableIterator<TaskRecord>;
  /**
   * Nobody waits for it any more; of a job of libvirt's own, libvirt is asked to give it up, and it is CANCELLED when
   * libvirt has. `NOT_FOUND`, `INVALID_STATE`, and of such a job what changes fail with.
   */
  readonly cancel: (id: Uuid, signal: AbortSignal) => Promise<TaskRecord>;
  /** Asks the host what it does with a domain by itself now; each such job is a task until it is over. */
  readonly jobs: (hostName: string, uuid: Uuid, signal: AbortSignal) => Promise<readonly TaskRecord[]>;
};
export type TaskFilter = {
  readonly hosts?: readonly string[] | null;
  readonly states?: readonly TaskState[] | null;
  readonly kinds?: readonly TaskKind[] | null;
  readonly domain?: { readonly hostName: string; readonly uuid: Uuid } | null;
};
export type TaskQuery = { readonly filter: TaskFilter; readonly first: number; readonly after: string | null };
export type TaskPage = {
  readonly edges: readonly { readonly cursor: string; readonly node: TaskRecord }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly totalCount: number;
};

/** Changes that were asked for with an idempotency key, and what became of them. */
export type RememberedAnswers = {
  /**
   * Does the work, or answers as the first time: plain JSON, or the same error. `fingerprint` tells one input from
   * another. @throws CONFLICT where the key has been used for something else, BAD_USER_INPUT for a bad key
   */
  readonly once: <T>(request: OnceRequest, work: (sending: (plan: ChangePlan) => void) => Promise<T>) => Promise<T>;
};
export type OnceRequest = {
  readonly key: string;
  readonly fingerprint: string;
  /** The work calls `sending` before anything is sent to a host: until then, a failure has changed nothing. */
  readonly tellsWhenSent: boolean;
};

/** A change that is about to be sent to its host: enough to find out afterwards whether it took effect. */
export type ChangePlan = Pick<TaskRecord, 'hostName' | 'domainUuid' | 'domainName' | 'goal' | 'summary'>;

/** A change of one domain: what every action is told. */
export type ActionRequest = {
  readonly hostName: string;
  readonly uuid: Uuid;
  readonly dryRun: boolean;
  readonly expectedVersion: string | null;
  readonly signal: AbortSignal;
  /** Called when the change is about to be sent. What it throws keeps it from being sent. */
  readonly sending?: (plan: ChangePlan) => void;
};

/** `domain` is read back from the host after the change; `null` when it is gone (or, for a dry run, would be new). */
export type ActionOutcome = {
  readonly domain: DomainRecord | null;
  readonly summary: string;
  readonly warnings: readonly string[];
  /** What goes on after the answer; absent where nothing does. */
  readonly task?: TaskRecord | null;
  /** Of a dry run of a redefinition. */
  readonly differences?: readonly XmlDifference[] | null;
};

export type DomainActions = {
  start(
    request: ActionRequest & { readonly paused: boolean; readonly discardManagedSave: boolean },
  ): Promise<ActionOutcome>;
  /** `waitMs`: how long its task waits for the guest. */
  shutdown(request: ActionRequest & { readonly mode: ShutdownMode; readonly waitMs?: number }): Promise<ActionOutcome>;
  reboot(request: ActionRequest & { readonly mode: ShutdownMode; readonly waitMs?: number }): Promise<ActionOutcome>;
  reset(request: ActionRequest): Promise<ActionOutcome>;
  forceOff(request: ActionRequest & { readonly graceful: boolean }): Promise<ActionOutcome>;
  suspend(request: ActionRequest): Promise<ActionOutcome>;
  resume(request: ActionRequest): Promise<ActionOutcome>;
  define(request: {
    readonly hostName: string;
    readonly xml: string;
    readonly validate: boolean;
    readonly dryRun: boolean;
    readonly expectedVersion: string | null;
    readonly signal: AbortSignal;
    readonly sending?: ActionRequest['sending'];
  }): Promise<ActionOutcome>;
  undefine(
    request: ActionRequest & {
      readonly removeManagedSave: boolean;
      readonly removeSnapshotMetadata: boolean;
      readonly removeNvram: boolean;
    },
  ): Promise<ActionOutcome>;
  setAutostart(request: ActionRequest & { readonly autostart: boolean }): Promise<ActionOutcome>;
  attachInterface(
    request: ActionRequest & {
      readonly source: { readonly kind: 'network' | 'bridge'; readonly name: string };
      readonly model: string | null;
      /** `null`: allocate one that is free across the fleet. */
      readonly macAddress: MacAddress | null;
      /** `null`: whatever fits the domain's state. */
      readonly live: boolean | null;
      readonly persistent: boolean | null;
      readonly force: boolean;
    },
  ): Promise<ActionOutcome & { readonly macAddress: MacAddress }>;
  detachInterface(
    request: ActionRequest & {
      readonly macAddress: MacAddress;
      readonly live: boolean | null;
      readonly persistent: boolean | null;
    },
  ): Promise<ActionOutcome>;
};

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
