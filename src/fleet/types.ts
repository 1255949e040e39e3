import type { Driver } from '../drivers/driver.ts';
import type { Uuid } from '../model/brands.ts';
import type { ProbeReport } from '../model/probe.ts';
import type { StatsGroup } from '../model/stats.ts';
import type { HostTarget } from '../model/target.ts';
import type { TaskRecord } from '../model/task.ts';
import type { DomainActions, RememberedAnswers } from './actions/action.ts';
import type { FleetMetrics } from './fleet-metrics.ts';
import type { HostsDiff } from './hosts/host-diff.ts';
import type { HostLinkView } from './hosts/host-link.ts';
import type { AnswerWait, HostWorks } from './hosts/host-work.ts';
import type { JournalView } from './journal/change.ts';
import type { Feed } from './journal/feed.ts';
import type { MacView } from './mac/mac-view.ts';
import type { DomainRecord, HostView, NetworkRecord, StoragePoolRecord } from './objects.ts';
import type { DomainFilter, DomainPage, DomainQuery } from './replica/domain-page.ts';
import type { StatsQuery, StatsReading, StatsTick } from './stats/reading.ts';
import type { TaskView } from './tasks/task-view.ts';

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
  /** The host of an object that was had from the fleet: also one that has been removed since, as it was then. */
  hostOf(object: { readonly hostName: string }): HostView | null;
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

  /**
   * Makes these the hosts of the fleet. Returns at once, with what that changed; nobody waits for any host. The objects of
   * those that leave are gone by then, each told as deleted.
   */
  setHosts(targets: readonly HostTarget[]): HostsDiff;

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
