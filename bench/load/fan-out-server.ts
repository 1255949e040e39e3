/** A server in a process of its own, whose changes are made by order: ours, and those it is compared with. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openGateway, testLimits } from '../../test/support/gateway.ts';
import { createMemoryFleet, someDomain } from '../../test/support/memory-fleet.ts';
import { openBareSockets } from './bare-sockets.ts';
import { loadToken } from './load-token.ts';
import { openPlainGraphqlWs } from './plain-graphql-ws.ts';
import { systemClockOffsetMs } from './system-clock.ts';

export type ServerKind = 'ours' | 'graphql-ws' | 'ws.send';
export type ServerOrder =
  | {
      readonly type: 'open';
      readonly kind: ServerKind;
      readonly hosts: number;
      readonly domainsPerHost: number;
      /** What the bare server sends. */
      readonly message: string;
    }
  /** Changes domains of one host, all within one turn of the event loop. */
  | { readonly type: 'publish'; readonly changes: number; readonly host: number }
  | { readonly type: 'usage' }
  /** After a collection of garbage. */
  | { readonly type: 'heap' }
  | { readonly type: 'close' };
export type ServerReport =
  | { readonly type: 'open'; readonly url: string }
  | { readonly type: 'published'; readonly atMs: number }
  | { readonly type: 'usage'; readonly userUs: number; readonly systemUs: number }
  | { readonly type: 'heap'; readonly usedBytes: number };

/** Nobody vanishes here, so nobody needs to be pinged. */
const pingMs = 3_600_000;
/** Nothing is told but what is published: no bookmarks. */
const fleet = createMemoryFleet({ limits: { bookmarkMs: 3_600_000 } });
const toSystemMs = systemClockOffsetMs();
let server: { readonly url: string; close(): Promise<void>; publish?(changes: number): void } | null = null;
let flip = false;

async function open({ kind, hosts, domainsPerHost, message }: ServerOrder & { readonly type: 'open' }) {
  for (let host = 0; host < hosts; host++) {
    fleet.putHost({ name: `host-${host}` });
    for (let number = 0; number < domainsPerHost; number++) fleet.putDomain(someDomain(`host-${host}`, number));
  }
  const limits = { ...testLimits, sockets: 100_000, subscriptionsPerSocket: 100 };
  if (kind === 'ours') server = await openGateway(fleet, { auth: { mode: 'token', token: loadToken }, limits, pingMs });
  else if (kind === 'graphql-ws') server = await openPlainGraphqlWs(fleet);
  else server = await openBareSockets(message);
  report({ type: 'open', url: `${server.url}/graphql` });
}

async function publish({ changes, host }: ServerOrder & { readonly type: 'publish' }) {
  // As an event of a host does: from a turn of its own.
  await nextTurn();
  flip = !flip;
  const atMs = performance.now() + toSystemMs;
  if (server?.publish) server.publish(changes);
  else {
    for (let number = 0; number < changes; number++) {
      fleet.putDomain(someDomain(`host-${host}`, number, { state: flip ? 'PAUSED' : 'RUNNING' }));
    }
  }
  report({ type: 'published', atMs });
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

function usage() {
  const { user, system } = process.cpuUsage();
  report({ type: 'usage', userUs: user, systemUs: system });
}

function heap() {
  collectGarbage();
  report({ type: 'heap', usedBytes: getHeapStatistics().used_heap_size });
}

function report(message: ServerReport) {
  process.send?.(message);
}

process.on('disconnect', () => process.exit());
process.on('message', (order: ServerOrder) => {
  switch (order.type) {
    case 'open':
      void open(order);
      break;
    case 'publish':
      void publish(order);
      break;
    case 'usage':
      usage();
      break;
    case 'heap':
      heap();
      break;
    case 'close':
      process.exit(0);
      break;
    default:
      order satisfies never;
  }
});
