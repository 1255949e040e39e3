import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { FleetMetrics } from '../fleet/fleet-metrics.ts';
import type { EndedCall } from '../model/calls.ts';
import { domainStates } from '../model/domain.ts';
import { hostStatuses } from '../model/host.ts';

/** Numbers for Prometheus. docs/OPERATIONS.md lists them. The only file that knows prom-client. */
export type Metrics = {
  requestEnded(request: { readonly route: string; readonly status: number; readonly seconds: number }): void;
  /** A call to a host has ended. */
  callEnded(call: EndedCall): void;
  /** The whole page, as text. */
  read(): Promise<string>;
  readonly contentType: string;
};

/** What is asked for at each scrape. */
export type MetricsSources = {
  readonly version: string;
  fleet(): FleetMetrics;
  sockets(): number;
  socketOperations(): number;
  eventStreams(): number;
  unhandledErrors(): number;
  configProblems(): number;
};

export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  // Memory, CPU, and how late the event loop is: `nodejs_eventloop_lag_seconds`.
  collectDefaultMetrics({ register: registry });

  const requests = new Histogram({
    name: 'virtgraph_http_request_duration_seconds',
    help: 'Time to answer HTTP requests, by route and status. Event streams are not in it.',
    labelNames: ['route', 'status'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10],
    registers,
  });
  const calls = new Histogram({
    name: 'virtgraph_host_call_duration_seconds',
    help: 'Time from asking a host to its answer, the wait for a place included, by lane and outcome.',
    labelNames: ['host', 'lane', 'outcome'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 35],
    registers,
  });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });

  gauge('virtgraph_info', 'Always 1; the version is in its label.', ['version']).set({ version: sources.version }, 1);
  const sockets = gauge('virtgraph_websockets', 'WebSockets that are open.');
  const operations = gauge('virtgraph_websocket_operations', 'Operations under way on all WebSockets.');
  const streams = gauge('virtgraph_event_streams', 'Event streams (SSE) that are open.');
  const configProblems = gauge(
    'virtgraph_config_problems',
    'Mistakes in the configuration as it is written now, which keep it from being in force.',
  );
  const unhandled = total(
    'virtgraph_unhandled_errors_total',
    'Mistakes of the gateway that nobody caught; it stops after one.',
  );
  const perHost = ['host'];
  const status = gauge('virtgraph_host_status', '1 for the status that a host has, 0 for the others.', [
    'host',
    'status',
  ]);
  const roundTrip = gauge('virtgraph_host_round_trip_seconds', 'Round trip of the last keepalive.', perHost);
  const perLane = ['host', 'lane'];
  const inFlight = gauge('virtgraph_host_calls_in_flight', 'Calls sent and not yet answered.', perLane);
  const abandoned = gauge('virtgraph_host_calls_abandoned', 'Of those, the ones nobody waits for any more.', perLane);
  const queued = gauge('virtgraph_host_calls_queued', 'Calls waiting to be sent.', perLane);
  const lastEvent = gauge('virtgraph_host_last_event_timestamp_seconds', 'When the last event came.', perHost);
  const lastReconcile = gauge(
    'virtgraph_host_last_reconcile_timestamp_seconds',
    'When all of a host was last read and compared.',
    perHost,
  );
  const domains = gauge('virtgraph_domains', 'Domains, by host and state.', ['host', 'state']);
  const domainState = gauge('virtgraph_domain_state', '1 for each domain, with the state that it was last read in.', [
    'host',
    'domain',
    'uuid',
    'state',
  ]);
  const reconnects = total('virtgraph_host_reconnects_total', 'Connections made after the first.', perHost);
  const failures = total('virtgraph_host_failed_attempts_total', 'Tries to connect that failed.', perHost);
  const journalEntries = gauge('virtgraph_journal_entries', 'Changes that the journal holds.');
  const journalBytes = gauge('virtgraph_journal_bytes', 'Bytes that they take, as estimated.');
  const journalReaders = gauge('virtgraph_journal_readers', 'Readers of the journal.');
  const journalPersistent = gauge('virtgraph_journal_persistent', '1 while changes are kept on disk.');
  const journalWritten = total('virtgraph_journal_changes_total', 'Changes ever written.');
  const statsStreams = gauge('virtgraph_stats_streams', 'Subscriptions to readings.');

  /** A counter that somebody else keeps: set anew at each scrape. */
  function total(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers });
  }

  function take({ hosts, journal, statsStreams: streamCount }: FleetMetrics): void {
    // Hosts and domains that are gone must not linger.
    const ofHosts = [status, roundTrip, inFlight, abandoned, queued, lastEvent, lastReconcile, domains, domainState];
    for (const metric of [...ofHosts, reconnects, failures, journalWritten]) metric.reset();
    for (const { name: host, link, ...found } of hosts) {
      for (const each of hostStatuses) status.set({ host, status: each }, each === found.status ? 1 : 0);
      reconnects.inc({ host }, found.reconnects);
      failures.inc({ host }, found.failedAttempts);
      const byState = Map.groupBy(found.domains, (domain) => domain.state);
      for (const state of domainStates) domains.set({ host, state }, byState.get(state)?.length ?? 0);
      for (const { name, uuid, state } of found.domains) domainState.set({ host, domain: name, uuid, state }, 1);
      if (!link) continue;
      if (link.roundTripMs !== null) roundTrip.set({ host }, link.roundTripMs / 1000);
      if (link.lastEventAt !== null) lastEvent.set({ host }, link.lastEventAt / 1000);
      if (link.lastReconcileAt !== null) lastReconcile.set({ host }, link.lastReconcileAt / 1000);
      for (const lane of link.lanes) {
        inFlight.set({ host, lane: lane.name }, lane.callsInFlight);
        abandoned.set({ host, lane: lane.name }, lane.callsAbandoned);
        queued.set({ host, lane: lane.name }, lane.callsQueued);
      }
    }
    journalEntries.set(journal.entries);
    journalBytes.set(journal.estimatedBytes);
    journalReaders.set(journal.readers);
    journalPersistent.set(journal.isPersistent ? 1 : 0);
    journalWritten.inc(journal.written);
    statsStreams.set(streamCount);
  }

  return {
    contentType: registry.contentType,
    requestEnded({ route, status: code, seconds }) {
      requests.observe({ route, status: code }, seconds);
    },
    callEnded({ host, lane, outcome, seconds }) {
      calls.observe({ host, lane, outcome }, seconds);
    },
    read() {
      sockets.set(sources.sockets());
      operations.set(sources.socketOperations());
      streams.set(sources.eventStreams());
      unhandled.reset();
      unhandled.inc(sources.unhandledErrors());
      configProblems.set(sources.configProblems());
      take(sources.fleet());
      return registry.metrics();
    },
  };
}
