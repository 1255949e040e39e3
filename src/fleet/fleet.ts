import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { VirtgraphError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type KeptStore, keepInMemory } from '../model/kept-records.ts';
import type { NamedSegment } from '../model/segment.ts';
import type { HostTarget } from '../model/target.ts';
import type { JournalShelf } from '../store/journal-shelf.ts';
import type { Lent } from '../store/lasting-store.ts';
import { createAnswers } from './actions/answers.ts';
import { createDomainActions } from './actions/domain-actions.ts';
import { createFleetObjects, createHostLookup } from './fleet-objects.ts';
import type { ActionHost } from './hosts/action-guards.ts';
import { createHostRoster } from './hosts/host-roster.ts';
import { type HostSession, type OpenDriver, openHostSession } from './hosts/host-session.ts';
import { createProbes, type ProbeHost } from './hosts/probes.ts';
import { createRefreshHost } from './hosts/refresh-host.ts';
import type { SessionNews } from './hosts/session-news.ts';
import { createChangeFilters } from './journal/change-filter.ts';
import { createJournal, defaultJournalLimits } from './journal/journal.ts';
import type { JournalLimits } from './journal/journal-entry.ts';
import { goOnFrom, keepLastTrue, newHost, restoreHosts } from './journal/restored-hosts.ts';
import { settledDomains } from './journal/settled-domains.ts';
import { createMacRegistry } from './mac/mac-registry.ts';
import type { FleetObject } from './objects.ts';
import { createDomainFilters, hasLabels } from './replica/domain-filter.ts';
import type { DomainFilter, LabelFilter } from './replica/domain-page.ts';
import { createDomainIndex } from './replica/domain-query.ts';
import type { MirrorPeriods } from './replica/mirror.ts';
import { readFleetMetrics } from './stats/read-metrics.ts';
import { readStats } from './stats/read-stats.ts';
import { createScrapedReadings } from './stats/scraped-readings.ts';
import { createStatsCohort } from './stats/stats-cohort.ts';
import type { PolledHost } from './stats/stats-poller.ts';
import { createCancelTask } from './tasks/cancel-task.ts';
import { createHostJobs } from './tasks/host-jobs.ts';
import { createHostTasks } from './tasks/host-tasks.ts';
import { createTaskBook } from './tasks/task-book.ts';
import { createTasks } from './tasks/tasks.ts';
import type { Fleet } from './types.ts';

export type FleetOptions = {
  /** Binds ids to this fleet; the same after every restart. */
  readonly id: string;
  readonly targets: readonly HostTarget[];
  /** L2 segments that span hosts. */
  readonly segments?: readonly NamedSegment[];
  readonly limits?: Partial<JournalLimits>;
  readonly periods?: Partial<MirrorPeriods>;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
  readonly openDriver: OpenDriver;
  /** Where the journal and what it leads to outlive the process. Default: nowhere. */
  readonly store?: Lent<JournalShelf> | null;
  /** Where tasks and the answers to changes outlive the process. Default: nowhere. */
  readonly kept?: KeptStore;
  /** Without it, `probe` is UNSUPPORTED. */
  readonly probeHost?: ProbeHost;
};

const defaultMirrorPeriods: MirrorPeriods = { reconcileMs: 300_000, pollMs: 10_000 };

/** How long an address stays reserved when nobody knows whether a card has it: longer than any host takes to answer. */
const unknownReservationMs = 600_000;

/**
 * Opens a session to every host and returns at once: hosts appear with their status, and fill as they are read.
 * Constructors in order, and nothing else: what a part does is in its own file.
 */
export function openFleet(options: FleetOptions): Fleet {
  const { id, clock, log, random } = options;
  const restored = restoreHosts(options.store ?? null, log);
  const roster = createHostRoster({
    open: (target) =>
      openHostSession(target, {
        openDriver: options.openDriver,
        periods: { ...defaultMirrorPeriods, ...options.periods },
        clock,
        log,
        random,
        restored: restored.get(target.name)?.view ?? null,
        listener,
      }),
    hostAdded: (view) => listener.tell(newHost(view)),
    hostRemoved(hostName) {
      stats.forget(hostName);
      scraped.forget(hostName);
      tasks.hostChanged(hostName);
    },
    log,
  });
  const { sessions } = roster;
  let closing: Promise<void> | null = null;

  const replicaOf = (hostName: string) => sessions.get(hostName)?.replica ?? null;
  function* allDomains() {
    for (const { replica } of sessions.values()) yield* replica.domains.values();
  }
  function snapshot(): readonly FleetObject[] {
    const all = [...sessions.values()];
    return [
      ...all.map((session) => session.view()),
      ...all.flatMap(({ replica }) => [...replica.networks.values(), ...replica.storagePools.values()]),
      ...allDomains(),
    ];
  }

  const macs = createMacRegistry(
    {
      isSessionDaemon: (hostName) => sessions.get(hostName)?.target.session ?? false,
      network: (hostName, networkName) => replicaOf(hostName)?.networkByName(networkName) ?? null,
      networksMark: (hostName) => replicaOf(hostName)?.networksMark() ?? null,
      domainsOn: (hostName) => replicaOf(hostName)?.domains.values() ?? [],
      randomBytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
    },
    options.segments ?? [],
  );
  const domainFilter = createDomainFilters({
    labels: (hostName) => sessions.get(hostName)?.target.labels ?? {},
    tap: macs.tap,
  });
  const index = createDomainIndex(allDomains, domainFilter);
  const lookup = createHostLookup(sessions);
  const { session, requireHosts } = lookup;
  const journal = createJournal({
    // Not from `random`, which may be seeded: a cursor of another run must never look like one of this run.
    newEpoch: () => randomBytes(8).toString('hex'),
    store: options.store ?? null,
    log,
    limits: { ...defaultJournalLimits, ...options.limits },
    clock,
    predicates: createChangeFilters(domainFilter, (hostName) => sessions.has(hostName)),
    snapshot,
  });

  const listener: Parameters<typeof openHostSession>[1]['listener'] = {
    domainStored(previous, next) {
      macs.replaceDomain(previous, next);
      index.replaceDomain(previous, next);
      const stored = next ?? previous;
      if (stored) tasks.domainStored(stored.hostName, stored.uuid);
    },
    rebooted: (hostName, uuid) => tasks.rebooted(hostName, uuid),
    jobEnded: (hostName, uuid, end) => jobs.ended(hostName, uuid, end),
    tell(news: SessionNews) {
      if ((news.type === 'upserted' || news.type === 'deleted') && news.object.kind === 'network') {
        macs.networkChanged(news.object.hostName);
      }
      journal.append(news);
      if (news.type === 'upserted' && news.object.kind === 'host') {
        tasks.hostChanged(news.object.name);
        hostTasks.hostChanged(news.object.name);
      }
    },
  };

  function isHostWanted({ target }: HostSession, hosts: DomainFilter['hosts'], labels: readonly LabelFilter[] | null) {
    return (!hosts || hosts.includes(target.name)) && (!labels || hasLabels(target.labels, labels));
  }
  const polledHost = (of: HostSession): PolledHost => ({
    name: of.target.name,
    driver: of.driver,
    domain: (uuid) => of.replica.domains.get(uuid) ?? null,
  });

  const stats = createStatsCohort({
    clock,
    log,
    predicate: (query) => domainFilter(query.filter),
    hostsFor: ({ filter }) =>
      [...sessions.values()]
        .filter((candidate) => isHostWanted(candidate, filter.hosts, filter.labels ?? null))
        .map(polledHost),
  });

  const scraped = createScrapedReadings({
    clock,
    log,
    stats,
    hosts: () => [...sessions.values()].map(polledHost),
  });

  function actionHost(hostName: string): ActionHost {
    const of = session(hostName);
    return {
      ...polledHost(of),
      view: of.view,
      domainByName: of.replica.domainByName,
      networkByName: of.replica.networkByName,
      readDomain: of.readDomain,
    };
  }
  const kept = options.kept ?? keepInMemory();
  const book = createTaskBook({ kept: kept.task, clock, log });
  const hostTasks = createHostTasks({ book, clock, log });
  const refreshAsTask = createRefreshHost(hostTasks, session);
  const probes = options.probeHost ? createProbes(options.probeHost, hostTasks, clock) : null;
  const taskHost = (hostName: string) => (sessions.has(hostName) ? actionHost(hostName) : null);
  const tasks = createTasks({ book, clock, log, host: taskHost });
  const jobs = createHostJobs({ book, clock, log, host: taskHost });
  const cancelTask = createCancelTask({ book, tasks, jobs, hostTasks });
  const actions = createDomainActions({
    host: actionHost,
    tasks,
    clock,
    macs: {
      owners: macs.owners,
      propose: macs.propose,
      reserve: macs.reserve,
      keepForNow: (release) => void clock.after(unknownReservationMs, release),
    },
  });

  roster.begin(options.targets);
  goOnFrom(restored, { sessions, isKept: Boolean(options.store), tell: (news) => listener.tell(news) });
  const stopKeeping =
    journal.persistence !== 'NONE'
      ? keepLastTrue({ clock, views: () => [...sessions.values()].map(({ view }) => view()), keep: journal.keepAsOf })
      : () => {};
  tasks.resume();
  jobs.resume();
  const answers = createAnswers({ kept, tasks, clock });
  kept.onReturn(() => {
    book.keepAnew();
    answers.keepAnew();
  });

  return {
    id,
    ...createFleetObjects(roster, lookup, { index, predicate: domainFilter }),
    refreshAsTask,
    hostTasks,
    async probe(hostName, wait) {
      const { target } = session(hostName);
      if (probes) return await probes.run(target, wait);
      throw new VirtgraphError('UNSUPPORTED', 'This gateway probes no hosts.', { host: hostName });
    },
    setHosts: roster.set,
    journal: {
      get persistence() {
        return journal.persistence;
      },
      cursor: () => journal.cursor(),
      get lastSeq() {
        return journal.lastSeq;
      },
      open(query) {
        requireHosts(query.filter.hosts, query.filter.domains?.hosts);
        return journal.open(query);
      },
      since(query) {
        requireHosts(query.filter.hosts, query.filter.domains?.hosts);
        return journal.since(query);
      },
    },
    openDomains(filter) {
      requireHosts(filter.hosts);
      const query = { filter: { kinds: ['domain'], domains: filter }, after: null, snapshot: 'ALWAYS' } as const;
      return settledDomains(journal.open(query), clock);
    },
    macs,
    actions,
    tasks: {
      ...tasks,
      cancel: cancelTask,
      jobs: (hostName, uuid, signal) => jobs.read(actionHost(hostName), uuid, signal),
    },
    answers,
    openStats(query) {
      requireHosts(query.filter.hosts);
      return stats.open(query);
    },
    readStats: async (hostName, uuids, groups, signal) =>
      readStats(polledHost(session(hostName)), { uuids, groups, signal }, { clock, stats }),
    metrics: ({ readings } = { readings: false }) =>
      readFleetMetrics([...sessions.values()], journal, stats, readings ? scraped.take() : null),
    close() {
      closing ??= (async () => {
        scraped.close();
        stats.close();
        jobs.close();
        tasks.close();
        kept.finish();
        stopKeeping();
        journal.close();
        hostTasks.close(new VirtgraphError('HOST_UNREACHABLE', 'The gateway is stopping.'));
        await probes?.ended();
        await roster.close();
      })();
      return closing;
    },
  };
}
