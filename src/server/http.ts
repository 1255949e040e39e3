import { Readable } from 'node:stream';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import { VirtgraphError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { HttpGraphQL } from './apollo.ts';
import type { Gatekeeper } from './auth.ts';
import type { ErrorFormatter } from './format-error.ts';
import type { Health } from './health.ts';
import type { Ide } from './ide/ide.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { OperationRequest } from './operations.ts';
import { sendPieces } from './send-pieces.ts';
import type { EventStreams } from './subscriptions/sse.ts';

/** The texts of the certificate chain and of its key. */
export type TlsFiles = { readonly cert: string; readonly key: string };

export type HttpOptions = {
  readonly path: string;
  readonly tls: TlsFiles | null;
  readonly bodyBytes: number;
  readonly maxEventStreams: number;
  readonly gatekeeper: Gatekeeper;
  readonly graphql: HttpGraphQL;
  readonly eventStreams: EventStreams;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly ide: Ide;
  readonly formatError: ErrorFormatter;
  readonly log: Log;
};

declare module 'fastify' {
  interface FastifyContextConfig {
    /** May be had without a token: it says nothing about any host. */
    readonly isPublic?: boolean;
  }
}

const isPublic = { config: { isPublic: true } } as const;
/** HEAD, which Fastify adds to GET, is not worth mentioning. */
const graphqlMethods = ['GET', 'POST'] as const;

/** The routes. The only file that knows Fastify. */
export function createHttpServer(options: HttpOptions): FastifyInstance {
  const { path, gatekeeper, health, metrics, ide, bodyBytes } = options;
  const app = createApp(options);

  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.isPublic) return;
    const { authorization = null, host = null } = request.headers;
    const refusal = gatekeeper.check({ authorization, host });
    if (refusal !== null) await refuse(reply, 401, new VirtgraphError('UNAUTHENTICATED', refusal));
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    metrics.requestEnded({ route, status: reply.statusCode, seconds: reply.elapsedTime / 1000 });
  });
  app.setErrorHandler<FastifyError | VirtgraphError>((error, _request, reply) => {
    if (error instanceof VirtgraphError) return refuse(reply, 400, error);
    return refuse(reply, error.statusCode ?? 500, explain(error));
  });
  app.setNotFoundHandler((request, reply) => {
    const { method, url } = request;
    if (pathOf(url) !== path) {
      const nothing = `There is nothing at ${url.slice(0, 100)}; GraphQL is at ${path}.`;
      return refuse(reply, 404, new VirtgraphError('NOT_FOUND', nothing));
    }
    reply.header('allow', graphqlMethods.join(', '));
    return refuse(reply, 405, new VirtgraphError('BAD_USER_INPUT', `Expected a GET or a POST, saw a ${method}.`));
  });

  app.get('/healthz', isPublic, async () => ({ status: 'alive' }));
  app.get('/readyz', isPublic, async (_request, reply) => {
    const reason = health.notReady();
    return reason === null ? { status: 'ready' } : reply.code(503).send({ status: 'not ready', reasons: [reason] });
  });
  app.get<{ Querystring: { readings?: string } }>('/metrics', (request, reply) =>
    reply.type(metrics.contentType).send(Readable.from(metrics.page(request.query.readings !== 'none'))),
  );
  app.route({ method: [...graphqlMethods], url: path, handler: (request, reply) => answer(request, reply) });
  for (const url of ['/', '/ide/*']) {
    app.get(url, isPublic, async (request, reply) => {
      const file = await ide.file(pathOf(request.url), acceptsGzip(request));
      if (!file) return reply.callNotFound();
      return reply.headers(file.headers).send(file.body);
    });
  }
  return app;

  async function refuse(reply: FastifyReply, status: number, error: Error): Promise<FastifyReply> {
    // The path says to the formatter that this is no complaint of graphql-js; it is not part of the answer.
    const formatted = options.formatError(new GraphQLError(error.message, { originalError: error, path: [] }));
    if (status === 401) reply.header('www-authenticate', 'Bearer realm="virtgraph"');
    const { message, extensions } = formatted;
    return reply.code(status).send({ errors: [{ message, extensions }] });
  }

  function explain(error: FastifyError): Error {
    switch (error.code) {
      case 'FST_ERR_CTP_BODY_TOO_LARGE':
        return new VirtgraphError('LIMIT_EXCEEDED', `The request is too long; at most ${bodyBytes} bytes are allowed.`);
      case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
        return new VirtgraphError('BAD_USER_INPUT', 'Expected a body of the type application/json.');
      default:
        // Others that blame the request, such as JSON that is none, say so in words that may be told.
        return (error.statusCode ?? 500) < 500 ? new VirtgraphError('BAD_USER_INPUT', error.message) : error;
    }
  }

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (request.headers.accept?.includes('text/event-stream')) return stream(request, reply);
    const { status, headers, body } = await options.graphql.handle({
      method: request.method,
      headers: request.headers,
      search: searchOf(request.url),
      body: request.body ?? {},
    });
    if (typeof body === 'string' || request.method === 'HEAD') {
      // Of HEAD, Fastify knows that the headers alone are wanted.
      reply.code(status).headers(Object.fromEntries(headers));
      return reply.send(typeof body === 'string' ? body : Buffer.concat(body));
    }
    reply.hijack();
    sendPieces(reply.raw, status, Object.fromEntries(headers), body);
    return reply;
  }

  async function stream(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (options.eventStreams.size >= options.maxEventStreams) {
      const most = `The gateway has ${options.maxEventStreams} event streams open already.`;
      return refuse(reply, 503, new VirtgraphError('LIMIT_EXCEEDED', most));
    }
    const wanted = readOperation(request);
    reply.hijack();
    // What changes something must not be asked for by a link.
    const allowed = request.method === 'GET' ? ['query', 'subscription'] : ['query', 'mutation', 'subscription'];
    await options.eventStreams.serve(wanted, reply.raw, allowed);
    return reply;
  }
}

function createApp({ tls, bodyBytes }: HttpOptions): FastifyInstance {
  const common = { bodyLimit: bodyBytes, forceCloseConnections: 'idle', logger: false } as const;
  const app: FastifyInstance = tls ? fastify({ ...common, https: tls }) : fastify(common);
  // Fastify reads plain text by itself, which GraphQL over HTTP has no use for.
  app.removeContentTypeParser('text/plain');
  return app;
}

/** GraphQL over HTTP's parameters, of the body or of the URL. @throws BAD_USER_INPUT */
function readOperation({ method, url, body }: FastifyRequest): OperationRequest {
  const params = method === 'GET' ? Object.fromEntries(new URLSearchParams(searchOf(url))) : body;
  if (typeof params !== 'object' || params === null || Array.isArray(params)) {
    throw new VirtgraphError('BAD_USER_INPUT', 'Expected a JSON object with `query`.');
  }
  const { query, operationName, variables } = params as Readonly<Record<string, unknown>>;
  if (typeof query !== 'string') throw new VirtgraphError('BAD_USER_INPUT', 'Expected `query`, a GraphQL document.');
  return {
    query,
    operationName: typeof operationName === 'string' && operationName !== '' ? operationName : null,
    variables: readVariables(variables),
  };
}

function readVariables(value: unknown): OperationRequest['variables'] {
  if (value === undefined || value === null || value === '') return null;
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    return parsed as Readonly<Record<string, unknown>>;
  }
  throw new VirtgraphError('BAD_USER_INPUT', 'Expected `variables` to be a JSON object.');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function pathOf(url: string): string {
  return url.split('?')[0] ?? '/';
}

function searchOf(url: string): string {
  const cut = url.indexOf('?');
  return cut < 0 ? '' : url.slice(cut);
}

function acceptsGzip({ headers }: FastifyRequest): boolean {
  return /\bgzip\b/.test(headers['accept-encoding'] ?? '');
}
