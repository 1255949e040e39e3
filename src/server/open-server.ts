import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.ts';
import type { ConfigStatus } from '../config/config-status.ts';
import type { HostAdmin } from '../fleet/hosts/host-admin.ts';
import type { Fleet } from '../fleet/types.ts';
import { errorFields, type Log } from '../log.ts';
import type { CallFeed } from '../model/calls.ts';
import type { Gateway } from '../resolvers/context.ts';
import { createIdCodec } from '../resolvers/ids.ts';
import { createSchema, type SchemaSource } from '../resolvers/schema.ts';
import { openHttpGraphQL } from './apollo.ts';
import { type AuthMode, createGatekeeper } from './auth.ts';
import { createCohorts } from './cohorts/cohorts.ts';
import { createDocuments } from './documents.ts';
import { createExecutor } from './execution/executor.ts';
import { createErrorFormatter } from './format-error.ts';
import { createHealth } from './health.ts';
import { createHttpServer, type TlsFiles } from './http.ts';
import { createIde } from './ide/ide.ts';
import { createInFlight } from './in-flight.ts';
import type { RequestLimits } from './limits.ts';
import { createMetrics, type MetricsSources } from './metrics/metrics.ts';
import { receiveNewcomers } from './newcomers.ts';
import { createOperations, type Operations } from './operations.ts';
import { createSockets } from './subscriptions/sockets.ts';
import { createEventStreams } from './subscriptions/sse.ts';
import { trackUnusedConnections } from './unused-connections.ts';

export type ServerOptions = {
  readonly fleet: Fleet;
  readonly schema: SchemaSource;
  readonly version: string;
  readonly listen: {
    readonly host: string;
    /** 0: any that is free. */
    readonly port: number;
    /** PEM texts. */
    readonly tls: TlsFiles | null;
  };
  readonly hostAdmin: HostAdmin;
  readonly configuration: () => ConfigStatus;
  readonly auth: AuthMode;
  readonly origins: readonly string[];
  readonly limits: RequestLimits;
  /** Calls to hosts, for the metrics. */
  readonly calls?: Pick<CallFeed, 'listen'>;
  /** How often a WebSocket is pinged; one that is silent until the next ping is gone. Default: 12 s. */
  readonly pingMs?: number;
  /** Mistakes of the process that nobody caught, so far. */
  readonly unhandledErrors?: () => number;
  /** Of what outlives the process. Default: there is none. */
  readonly store?: MetricsSources['store'];
  readonly clock: Clock;
  readonly log: Log;
};

export type Server = {
  /** Such as http://127.0.0.1:4000, without a slash at its end. */
  readonly url: string;
  /**
   * Says that it is not ready, sends its subscribers away, and finishes what was begun, within `longestCloseMs`. May be
   * called twice. The fleet stays open: it belongs to who opened it.
   */
  close(): Promise<void>;
};

const graphqlPath = '/graphql';
/** Connections that the system holds until they are looked at: all dashboards come back at once. It may allow fewer. */
const backlog = 8_192;
const defaultPingMs = 12_000;
/** Subscribers are sent away in the course of so long. */
const spreadMs = 3_000;
/** Answers under way are waited for so long, from the beginning. Then they are told that they are given up on … */
const graceMs = 10_000;
/** … and have so long to say so: a change that was sent to its host answers OUTCOME_UNKNOWN. */
const lastWordsMs = 1_000;
/** No socket waits longer than this for its client's farewell, and all of the above is over before it. */
export const longestCloseMs = graceMs + lastWordsMs + 1_000;

/** Listens, and returns when requests are welcome. Rejects with the system's error where it cannot listen. */
export async function openServer(options: ServerOptions): Promise<Server> {
  const { fleet, limits, clock, log, auth, origins, version } = options;
  const abort = new AbortController();
  const gateway = createGateway(options, abort.signal);
  const schema = createSchema(options.schema);
  const formatError = createErrorFormatter(log);
  const gatekeeper = createGatekeeper(auth);
  const health = createHealth();

  const inFlight = createInFlight();
  const executor = createExecutor(schema, () => clock.monotonic());
  const bare = createOperations(schema, gateway, createDocuments(schema, limits), executor, formatError);
  const operations: Operations = {
    ...bare,
    execute: (args) => inFlight.track(bare.execute(args)),
    executeToJson: (args, event) => inFlight.track(bare.executeToJson(args, event)),
  };
  const { pingMs = defaultPingMs } = options;
  const cohorts = createCohorts({ operations: bare, version: () => fleet.journal.lastSeq, clock });
  const ofSockets = { operations, cohorts, gatekeeper, origins, limits, pingMs, clock, log };
  const sockets = createSockets({ path: graphqlPath, ...ofSockets });
  const eventStreams = createEventStreams(operations, cohorts, clock);
  const graphql = await openHttpGraphQL(schema, gateway, limits, executor, formatError, log);
  const metrics = createMetrics({
    version,
    fleet: (wanted) => fleet.metrics(wanted),
    sockets: () => sockets.size,
    socketOperations: () => sockets.operations,
    eventStreams: () => eventStreams.size,
    unhandledErrors: options.unhandledErrors ?? (() => 0),
    store: options.store ?? (() => ({ isInUse: false, failures: 0 })),
    configProblems: () => options.configuration().problems.length,
  });
  options.calls?.listen((call) => metrics.callEnded(call));
  const app = createHttpServer({
    path: graphqlPath,
    tls: options.listen.tls,
    bodyBytes: limits.bodyBytes,
    maxEventStreams: limits.sockets,
    ide: createIde(graphqlPath),
    gatekeeper,
    graphql: { ...graphql, handle: (request) => inFlight.track(graphql.handle(request)) },
    eventStreams,
    health,
    metrics,
    formatError,
    log,
  });
  const established = options.listen.tls ? 'secureConnection' : 'connection';
  const unused = trackUnusedConnections(app.server, established);
  const newcomers = receiveNewcomers(app.server, established, clock);
  app.server.on('upgrade', (request, socket, head) =>
    sockets.upgrade(request, socket, head, () => newcomers.settled(socket)),
  );
  await app.listen({ host: options.listen.host, port: options.listen.port, backlog });
  health.started();

  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    health.stopping();
    const patience = new AbortController();
    const stopWaiting = clock.after(graceMs, () => patience.abort());
    const spread = sockets.size + eventStreams.size > 1 ? spreadMs : 0;
    await Promise.all([sockets.close(spread, patience.signal), eventStreams.close(spread, patience.signal)]);
    // From here on nobody new is let in, so that what is under way gets less.
    unused.end();
    const closed = app.close();
    await inFlight.finished(patience.signal);
    // What is answered is still to be fetched, by a slow reader perhaps.
    await unlessAborted(closed, patience.signal);
    stopWaiting();
    if (inFlight.size > 0) log.warn({ operations: inFlight.size }, 'operations under way are given up on');
    abort.abort(new Error('The gateway is stopping.'));
    const cutOff = clock.after(lastWordsMs, () => app.server.closeAllConnections());
    await closed;
    cutOff();
    await graphql.stop();
  }

  return {
    url: urlOf(options.listen, app.server.address()),
    close() {
      closing ??= close().catch((error: unknown) => log.error(errorFields(error), 'closing the server failed'));
      return closing;
    },
  };
}

/** Settles with the work, or when nobody waits for it any more. */
async function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise: impatient, resolve } = Promise.withResolvers<void>();
  const onAbort = () => resolve();
  signal.addEventListener('abort', onAbort);
  await Promise.race([work, impatient]);
  signal.removeEventListener('abort', onAbort);
}

function createGateway(options: ServerOptions, signal: AbortSignal): Gateway {
  const { fleet, hostAdmin, configuration, version, clock, limits } = options;
  return {
    fleet,
    hostAdmin,
    configuration,
    signal,
    ids: createIdCodec(fleet.id),
    info: {
      version,
      startedAt: clock.now(),
      limits: {
        bodyBytes: limits.bodyBytes,
        tokens: limits.queryTokens,
        depth: limits.queryDepth,
        aliases: limits.queryAliases,
        subscriptionsPerSocket: limits.subscriptionsPerSocket,
      },
    },
  };
}

function urlOf({ host, tls, port }: ServerOptions['listen'], address: AddressInfo | string | null): string {
  const realPort = typeof address === 'object' && address !== null ? address.port : port;
  // What listens on every address is reached under the name of this machine.
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `${tls ? 'https' : 'http'}://${name.includes(':') ? `[${name}]` : name}:${realPort}`;
}
