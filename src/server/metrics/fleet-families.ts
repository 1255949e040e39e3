import type { DomainMetrics, FleetMetrics, HostMetrics, ReadingMetrics } from '../../fleet/fleet-metrics.ts';
import type { HostLinkView } from '../../fleet/hosts/host-link.ts';
import { domainStates } from '../../model/domain.ts';
import { hostStatuses } from '../../model/host.ts';
import type { BlockReading, Counter, DomainStatsSample, InterfaceReading, MemoryReading } from '../../model/stats.ts';
import { type Family, labelText, type Sample } from './exposition.ts';

/** The metrics of hosts and of their domains: one row each. docs/OPERATIONS.md lists them. */
export function* fleetFamilies({ hosts, journal, statsStreams }: FleetMetrics): Generator<Family> {
  const gauge = (name: string, help: string, samples: () => Iterable<Sample>): Family => ({
    name: `virtgraph_${name}`,
    type: 'gauge',
    help,
    samples,
  });
  const counter = (name: string, help: string, samples: () => Iterable<Sample>): Family => ({
    ...gauge(`${name}_total`, help, samples),
    type: 'counter',
  });
  const one = (value: number) => () => [['', value] as const];

  yield gauge('host_status', '1 for the status that a host has, 0 for the others.', () =>
    eachHost(hosts, ({ name: host, status }) =>
      hostStatuses.map((each) => [labelText({ host, status: each }), each === status ? 1 : 0]),
    ),
  );
  yield counter('host_reconnects', 'Connections made after the first.', () =>
    eachHost(hosts, ({ name: host, reconnects }) => [[labelText({ host }), reconnects]]),
  );
  yield counter('host_failed_attempts', 'Tries to connect that failed.', () =>
    eachHost(hosts, ({ name: host, failedAttempts }) => [[labelText({ host }), failedAttempts]]),
  );
  for (const [name, help, read] of linkGauges) {
    yield gauge(name, help, () =>
      eachHost(hosts, ({ name: host, link }) => {
        const ms = link && read(link);
        return ms === null ? [] : [[labelText({ host }), ms / 1_000]];
      }),
    );
  }
  yield gauge(
    'host_unread_domains',
    'Domains that could not be read when that was last tried; one that was never read is missing from all answers.',
    () => eachHost(hosts, ({ name: host, link }) => (link ? [[labelText({ host }), link.unreadDomains]] : [])),
  );
  for (const [name, help, read] of laneGauges) {
    yield gauge(name, help, () =>
      eachHost(hosts, ({ name: host, link }) =>
        (link?.lanes ?? []).map((lane) => [labelText({ host, lane: lane.name }), read(lane)]),
      ),
    );
  }

  yield gauge('journal_entries', 'Changes that the journal holds.', one(journal.entries));
  yield gauge('journal_bytes', 'Bytes that they take, as estimated.', one(journal.estimatedBytes));
  yield gauge('journal_readers', 'Readers of the journal.', one(journal.readers));
  yield gauge('journal_persistent', '1 while changes are kept on disk.', one(journal.isPersistent ? 1 : 0));
  yield counter('journal_changes', 'Changes ever written.', one(journal.written));
  yield gauge('stats_streams', 'Subscriptions to readings.', one(statsStreams));

  yield gauge('domains', 'Domains, by host and state.', () => eachHost(hosts, countByState));
  const names = createDomainLabels();
  yield gauge('domain_state', '1 for each domain, with the state that it was last read in.', function* () {
    for (const host of hosts) {
      for (const domain of host.domains.values()) yield [`${names(host, domain)},state="${domain.state}"`, 1];
    }
  });

  yield gauge('host_readings_timestamp_seconds', "When the readings of a host's guests were taken.", () =>
    eachHost(hosts, ({ name: host, readings }) => {
      const [first] = readings ?? [];
      return first ? [[labelText({ host }), first.sampledAt / 1_000]] : [];
    }),
  );
  const ofReadings = (samplesOf: (labels: string, sample: DomainStatsSample) => Iterable<Sample>) =>
    function* () {
      for (const [labels, { sample }] of withLabels(hosts, names)) yield* samplesOf(labels, sample);
    };
  yield counter(
    'domain_cpu_seconds',
    'CPU time that a domain has used.',
    ofReadings((labels, { cpu }) => (cpu?.timeNs == null ? [] : [[labels, Number(cpu.timeNs) / 1e9]])),
  );
  for (const [name, help, read] of memoryGauges) {
    yield gauge(
      name,
      help,
      ofReadings((labels, { memory }) => told(labels, memory && read(memory))),
    );
  }
  for (const [name, help, read] of interfaceCounters) {
    yield counter(
      name,
      help,
      ofReadings((labels, { interfaces }) =>
        (interfaces ?? []).flatMap((nic) => told(`${labels},${labelText({ interface: nic.name })}`, read(nic))),
      ),
    );
  }
  for (const [name, help, read] of diskCounters) {
    yield counter(
      name,
      help,
      ofReadings((labels, { disks }) =>
        (disks ?? []).flatMap((disk) => told(`${labels},${labelText({ disk: disk.name })}`, read(disk))),
      ),
    );
  }
  yield gauge(
    'domain_disk_capacity_bytes',
    'Size of a disk as the guest sees it.',
    ofReadings((labels, { disks }) =>
      (disks ?? []).flatMap((disk) => told(`${labels},${labelText({ disk: disk.name })}`, disk.capacityBytes)),
    ),
  );
}

type Rows<T> = readonly (readonly [name: string, help: string, read: (of: T) => Counter | null])[];

const linkGauges: readonly (readonly [string, string, (link: HostLinkView) => number | null])[] = [
  ['host_round_trip_seconds', 'Round trip of the last keepalive.', (link) => link.roundTripMs],
  ['host_last_event_timestamp_seconds', 'When the last event came.', (link) => link.lastEventAt],
  [
    'host_last_reconcile_timestamp_seconds',
    'When all of a host was last read and compared.',
    (link) => link.lastReconcileAt,
  ],
];

const laneGauges: readonly (readonly [string, string, (lane: HostLinkView['lanes'][number]) => number])[] = [
  ['host_calls_in_flight', 'Calls sent and not yet answered.', (lane) => lane.callsInFlight],
  ['host_calls_abandoned', 'Of those, the ones nobody waits for any more.', (lane) => lane.callsAbandoned],
  ['host_calls_queued', 'Calls waiting to be sent.', (lane) => lane.callsQueued],
];

const memoryGauges: Rows<MemoryReading> = [
  ['domain_memory_bytes', 'Memory that a guest has now.', (memory) => memory.currentBytes],
  ['domain_memory_maximum_bytes', 'Memory that it may have.', (memory) => memory.maximumBytes],
  [
    'domain_memory_usable_bytes',
    "Memory that could be used, as the guest's balloon driver says.",
    (memory) => memory.usableBytes,
  ],
  ['domain_memory_resident_bytes', 'Memory of its process at the host.', (memory) => memory.rssBytes],
];

const interfaceCounters: Rows<InterfaceReading> = [
  ['domain_interface_receive_bytes', 'Bytes that a card received.', (nic) => nic.rxBytes],
  ['domain_interface_receive_packets', 'Packets that a card received.', (nic) => nic.rxPackets],
  ['domain_interface_receive_errors', 'Errors in receiving.', (nic) => nic.rxErrors],
  ['domain_interface_receive_drops', 'Packets dropped in receiving.', (nic) => nic.rxDrops],
  ['domain_interface_transmit_bytes', 'Bytes that a card sent.', (nic) => nic.txBytes],
  ['domain_interface_transmit_packets', 'Packets that a card sent.', (nic) => nic.txPackets],
  ['domain_interface_transmit_errors', 'Errors in sending.', (nic) => nic.txErrors],
  ['domain_interface_transmit_drops', 'Packets dropped in sending.', (nic) => nic.txDrops],
];

const diskCounters: Rows<BlockReading> = [
  ['domain_disk_read_bytes', 'Bytes read from a disk.', (disk) => disk.readBytes],
  ['domain_disk_reads', 'Read requests of a disk.', (disk) => disk.readRequests],
  ['domain_disk_written_bytes', 'Bytes written to a disk.', (disk) => disk.writeBytes],
  ['domain_disk_writes', 'Write requests of a disk.', (disk) => disk.writeRequests],
];

function told(labels: string, value: Counter | null): readonly Sample[] {
  return value === null ? [] : [[labels, value]];
}

function* eachHost(hosts: readonly HostMetrics[], samples: (host: HostMetrics) => readonly Sample[]) {
  for (const host of hosts) yield* samples(host);
}

function countByState({ name: host, domains }: HostMetrics): readonly Sample[] {
  const counts = new Map(domainStates.map((state) => [state, 0]));
  for (const { state } of domains.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => [labelText({ host, state }), count]);
}

type DomainLabels = (host: HostMetrics, domain: DomainMetrics) => string;

/** Each domain's are made once, and used in every metric of it. */
function createDomainLabels(): DomainLabels {
  const made = new Map<DomainMetrics, string>();
  return ({ name: host }, domain) => {
    let labels = made.get(domain);
    if (labels === undefined) {
      labels = labelText({ host, domain: domain.name, uuid: domain.uuid });
      made.set(domain, labels);
    }
    return labels;
  };
}

/** Of domains that are still there. */
function* withLabels(hosts: readonly HostMetrics[], names: DomainLabels): Generator<readonly [string, ReadingMetrics]> {
  for (const host of hosts) {
    for (const reading of host.readings ?? []) {
      const domain = host.domains.get(reading.sample.uuid);
      if (domain) yield [names(host, domain), reading];
    }
  }
}
