import { systemClock } from '../../src/clock.ts';
import { openDriver } from '../../src/drivers/index.ts';
import type { SimDaemon } from '../../src/drivers/libvirt/sim/daemon.ts';
import { simDaemon, simTargets, stopSimDaemons } from '../../src/drivers/libvirt/sim/targets.ts';
import { openFleet } from '../../src/fleet/fleet.ts';
import type { Fleet } from '../../src/fleet/types.ts';
import type { Log } from '../../src/log.ts';
import type { HostTarget } from '../../src/model/target.ts';
import type { Server } from '../../src/server/open-server.ts';
import { createHandshakeLimiter } from '../../src/ssh/handshake-limiter.ts';
import { openGateway, testLimits, testToken } from '../support/gateway.ts';
import { type CountingClock, createCountingClock } from './counting-clock.ts';

/** The gateway in this process, over embedded hosts whose faults can be turned on and off. */
export type SoakGateway = {
  readonly fleet: Fleet;
  readonly server: Server;
  readonly daemons: readonly SimDaemon[];
  /** What should be as it was when nobody watches any more. */
  counts(): Promise<Counts>;
  /** Lines of the log that tell of a mistake. */
  readonly mistakes: readonly string[];
  readonly clock: CountingClock;
  close(): Promise<void>;
};

export type Counts = {
  readonly sockets: number;
  readonly operations: number;
  readonly eventStreams: number;
  readonly journalReaders: number;
  readonly statsStreams: number;
  readonly callsInFlight: number;
  readonly callsQueued: number;
  /** Connections that the daemons see, beyond the lanes that the gateway knows of. */
  readonly straysAtHosts: number;
};

export type SoakGatewayOptions = { readonly hosts: number; readonly domainsPerHost: number };

export async function openSoakGateway({ hosts, domainsPerHost }: SoakGatewayOptions): Promise<SoakGateway> {
  const clock = createCountingClock();
  const mistakes: string[] = [];
  const log = createMistakeLog(mistakes);
  const targets = makeTargets(hosts, domainsPerHost);
  const daemons = targets.map((target) => simDaemon(target, systemClock));
  const limiter = createHandshakeLimiter();
  const fleet = openFleet({
    id: 'soak',
    targets,
    // So small that it is full, and takes as much memory as it ever will, before the measurement begins.
    limits: { entries: 2_000, bytes: 16 * 1024 * 1024, readerLag: 20 },
    periods: { reconcileMs: 20_000 },
    clock,
    log,
    random: Math.random,
    openDriver: (target, options) => openDriver(target, { log, clock, limiter }, options),
  });
  const server = await openGateway(fleet, { clock, log, limits: { ...testLimits, sockets: 1_000 } });

  return {
    fleet,
    server,
    daemons,
    mistakes,
    clock,
    async counts() {
      const response = await fetch(`${server.url}/metrics?readings=none`, {
        headers: { authorization: `Bearer ${testToken}`, connection: 'close' },
      });
      const page = await response.text();
      const lanes = fleet.hosts().reduce((total, { name }) => total + (fleet.link(name)?.lanes.length ?? 0), 0);
      const seen = daemons.reduce((total, { connectionCount }) => total + connectionCount, 0);
      return {
        sockets: sumOf(page, 'virtgraph_websockets'),
        operations: sumOf(page, 'virtgraph_websocket_operations'),
        eventStreams: sumOf(page, 'virtgraph_event_streams'),
        journalReaders: sumOf(page, 'virtgraph_journal_readers'),
        statsStreams: sumOf(page, 'virtgraph_stats_streams'),
        callsInFlight: sumOf(page, 'virtgraph_host_calls_in_flight'),
        callsQueued: sumOf(page, 'virtgraph_host_calls_queued'),
        straysAtHosts: seen - lanes,
      };
    },
    async close() {
      await server.close();
      await fleet.close();
      stopSimDaemons();
    },
  };
}

function makeTargets(count: number, domainsPerHost: number): HostTarget[] {
  const [pattern] = simTargets();
  if (!pattern) throw new Error('There is no embedded host.');
  return Array.from({ length: count }, (_, index) => {
    const name = `soak-${index}`;
    return {
      ...pattern,
      name,
      uri: `sim://${name}`,
      labels: {},
      transport: { kind: 'sim', daemonName: name, options: { domains: String(domainsPerHost) } },
      // So that a host that is silent is noticed in four seconds rather than thirty.
      keepaliveIntervalMs: 1_000,
      keepaliveCount: 3,
    };
  });
}

function createMistakeLog(mistakes: string[]): Log {
  const log: Log = {
    debug() {},
    info() {},
    warn() {},
    error: (fields, message) => void mistakes.push(`${message} ${JSON.stringify(fields)}`),
    child: () => log,
  };
  return log;
}

/** Of all samples of a metric, whatever their labels. */
function sumOf(page: string, metric: string): number {
  const samples = [...page.matchAll(new RegExp(`^${metric}(?:\\{.*\\})? (\\S+)$`, 'gm'))];
  return samples.reduce((total, [, value]) => total + Number(value), 0);
}
