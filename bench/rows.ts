import type { Row } from './row.ts';
import { row as bigAnswer } from './rows/big-answer.ts';
import { row as bulkStats } from './rows/bulk-stats.ts';
import { row as coldStart } from './rows/cold-start.ts';
import { row as decode } from './rows/decode.ts';
import { row as eventLatency } from './rows/event-latency.ts';
import { row as fanOut } from './rows/fan-out.ts';
import { row as filtered } from './rows/filtered.ts';
import { row as fleetList } from './rows/fleet-list.ts';
import { row as idleHosts } from './rows/idle-hosts.ts';
import { row as list } from './rows/list.ts';
import { row as metrics } from './rows/metrics.ts';
import { row as multiplexed } from './rows/multiplexed.ts';
import { row as page } from './rows/page.ts';
import { row as reconnect } from './rows/reconnect.ts';
import { row as replicaMemory } from './rows/replica-memory.ts';
import { row as roundTrips } from './rows/round-trips.ts';
import { row as scalingDomains } from './rows/scaling-domains.ts';
import { row as scalingHosts } from './rows/scaling-hosts.ts';
import { row as scalingSubscribers } from './rows/scaling-subscribers.ts';
import { row as stalls } from './rows/stalls.ts';
import { row as statsDashboards } from './rows/stats-dashboards.ts';
import { row as storm } from './rows/storm.ts';

/** In the order in which they run and stand in docs/BENCHMARKS.md. */
export const rows: readonly Row[] = [
  // One host.
  list,
  bulkStats,
  decode,
  replicaMemory,
  roundTrips,
  // Changes and who hears of them.
  eventLatency,
  fanOut,
  multiplexed,
  filtered,
  reconnect,
  statsDashboards,
  stalls,
  // Answers from memory.
  page,
  bigAnswer,
  // The whole fleet.
  fleetList,
  metrics,
  coldStart,
  storm,
  idleHosts,
  scalingHosts,
  scalingDomains,
  scalingSubscribers,
];
