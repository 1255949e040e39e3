import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { FleetMetrics } from '../../fleet/fleet-metrics.ts';
import type { EndedCall } from '../../model/calls.ts';
import { writeFamilies } from './exposition.ts';
import { fleetFamilies } from './fleet-families.ts';

/**
 * Numbers for Prometheus. docs/OPERATIONS.md lists them. The only file that knows prom-client, which makes one string of
 * all: what there is of each host and domain is written by `fleetFamilies`.
 */
export type Metrics = {
  requestEnded(request: { readonly route: string; readonly status: number; readonly seconds: number }): void;
  /** A call to a host has ended. */
  callEnded(call: EndedCall): void;
  /** The whole page, in pieces; the event loop turns in between. Without `readings`, nothing that hosts are asked for. */
  page(readings: boolean): AsyncIterable<string>;
  readonly contentType: string;
};

/** What is asked for at each scrape. */
export type MetricsSources = {
  readonly version: string;
  fleet(options: { readonly readings: boolean }): FleetMetrics;
  sockets(): number;
  socketOperations(): number;
  eventStreams(): number;
  unhandledErrors(): number;
  readonly store: () => { readonly isInUse: boolean; readonly failures: number };
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

  const storeInUse = gauge('virtgraph_store_in_use', '1 while the store of the state directory can be used.');
  const storeFailures = total(
    'virtgraph_store_failures_total',
    'How often that store failed, each vain try to use it again among them.',
  );

  /** A counter that somebody else keeps: set anew at each scrape. */
  function total(name: string, help: string): Counter {
    return new Counter({ name, help, registers });
  }

  /** By host, what was told of: a host that is gone must not linger. */
  const callsOf = new Map<string, Map<string, CallLabels>>();

  function forgetCalls(present: ReadonlySet<string>) {
    for (const [host, all] of callsOf) {
      if (present.has(host)) continue;
      for (const labels of all.values()) calls.remove(labels);
      callsOf.delete(host);
    }
  }

  async function* page(readings: boolean): AsyncGenerator<string> {
    sockets.set(sources.sockets());
    operations.set(sources.socketOperations());
    streams.set(sources.eventStreams());
    unhandled.reset();
    unhandled.inc(sources.unhandledErrors());
    const store = sources.store();
    storeInUse.set(store.isInUse ? 1 : 0);
    storeFailures.reset();
    storeFailures.inc(store.failures);
    configProblems.set(sources.configProblems());
    const fleet = sources.fleet({ readings });
    forgetCalls(new Set(fleet.hosts.map(({ name }) => name)));
    yield await registry.metrics();
    yield* writeFamilies(fleetFamilies(fleet));
  }

  return {
    contentType: registry.contentType,
    requestEnded({ route, status: code, seconds }) {
      requests.observe({ route, status: code }, seconds);
    },
    callEnded({ host, lane, outcome, seconds }) {
      const labels: CallLabels = { host, lane, outcome };
      calls.observe(labels, seconds);
      let all = callsOf.get(host);
      if (!all) callsOf.set(host, (all = new Map()));
      all.set(`${lane} ${outcome}`, labels);
    },
    page,
  };
}

type CallLabels = { readonly host: string; readonly lane: string; readonly outcome: string };
