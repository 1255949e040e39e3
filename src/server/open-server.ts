import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.ts';
import type { Fleet } from '../fleet/types.ts';
import { errorFields, type Log } from '../log.ts';
import type { Gateway } from '../resolvers/context.ts';
import { createIdCodec } from '../resolvers/ids.ts';
import { createSchema } from '../resolvers/schema.ts';
import { openHttpGraphQL } from './apollo.ts';
import { type AuthMode, createGatekeeper } from './auth.ts';
import { createDocuments } from './documents.ts';
import { createErrorFormatter } from './format-error.ts';
import { createHealth } from './health.ts';
import { createHttpServer, type TlsFiles } from './http.ts';
import { createIde } from './ide.ts';
import type { RequestLimits } from './limits.ts';
import { createMetrics } from './metrics.ts';
import { createOperations } from './operations.ts';
import { createSockets } from './sockets.ts';
import { createEventStreams } from './sse.ts';
import { trackUnusedConnections } from './unused-connections.ts';

export type ServerOptions = {
  readonly fleet: Fleet;
  /** The text of schema.graphql. */
  readonly sdl: string;
  readonly version: string;
  readonly listen: {
    readonly host: string;
    /** 0: any that is free. */
    readonly port: number;
    /** PEM texts. */
    readonly tls: TlsFiles | null;
  };
  readonly auth: AuthMode;
  readonly origins: readonly string[];
  readonly limits: RequestLimits;
  readonly clock: Clock;
  readonly log: Log;
};

export type Server = {
  /** Such as http://127.0.0.1:4000, without a slash at its end. */
  readonly url: string;
  /**
   * Says that it is not ready, sends its subscribers away, and waits for answers under way. May be called twice.
   * The fleet stays open: it belongs to who opened it.
   */
  close(): Promise<void>;
};

const graphqlPath = '/graphql';
/** Subscribers are sent away in the course of so long, and answers under way are waited for so long. */
const spreadMs = 3_000;
const graceMs = 10_000;

/** Listens, and returns when requests are welcome. Rejects with the system's error where it cannot listen. */
export async function openServer(options: ServerOptions): Promise<Server> {
  const { fleet, limits, clock, log, auth, origins, version } = options;
  const abort = new AbortController();
  const gateway = createGateway(options, abort.signal);
  const schema = createSchema(options.sdl);
  const formatError = createErrorFormatter(log);
  const gatekeeper = createGatekeeper(auth);
  const health = createHealth();

  const operations = createOperations(schema, gateway, createDocuments(schema, limits), formatError);
  const sockets = createSockets({ path: graphqlPath, operations, gatekeeper, origins, limits, clock, log });
  const eventStreams = createEventStreams(operations, clock, log);
  const graphql = await openHttpGraphQL(schema, gateway, limits, formatError, log);
  const metrics = createMetrics({
    version,
    fleet: () => fleet.metrics(),
    sockets: () => sockets.size,
    socketOperations: () => sockets.operations,
    eventStreams: () => eventStreams.size,
  });
  const app = createHttpServer({
    path: graphqlPath,
    tls: options.listen.tls,
    bodyBytes: limits.bodyBytes,
    maxEventStreams: limits.sockets,
    ide: createIde(graphqlPath),
    gatekeeper,
    graphql,
    eventStreams,
    health,
    metrics,
    formatError,
    log,
  });
  const unused = trackUnusedConnections(app.server, options.listen.tls ? 'secureConnection' : 'connection');
  app.server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head));
  await app.listen({ host: options.listen.host, port: options.listen.port });
  health.started();

  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    health.stopping();
    eventStreams.end();
    await sockets.close(sockets.size > 1 ? spreadMs : 0);
    const stopWaiting = clock.after(graceMs, () => {
      log.warn({}, 'answers under way were given up on');
      abort.abort(new Error('The gateway is stopping.'));
      app.server.closeAllConnections();
    });
    unused.end();
    await app.close();
    stopWaiting();
    abort.abort(new Error('The gateway is stopping.'));
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

function createGateway({ fleet, version, clock, limits }: ServerOptions, signal: AbortSignal): Gateway {
  return {
    fleet,
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
