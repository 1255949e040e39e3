import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
} from '@apollo/server/plugin/disabled';
import { GraphQLError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import { errorFields, type Log } from '../log.ts';
import { type Context, createContext, type Gateway } from '../resolvers/context.ts';
import type { Executor } from './execution/executor.ts';
import type { ErrorFormatter } from './format-error.ts';
import type { HttpRequest } from './http-request.ts';
import { createKnownQuestions, type KnownQuestion, questionOf } from './known-questions.ts';
import { createLimitRules, maxCoercionErrors, type RequestLimits } from './limits.ts';

export type HttpAnswer = {
  readonly status: number;
  readonly headers: Iterable<readonly [string, string]>;
  /** In one text, or in the pieces that it was made in. */
  readonly body: string | readonly Buffer[];
};

/** GraphQL over HTTP: queries and mutations with one answer. The only file that knows Apollo. */
export type HttpGraphQL = {
  handle(request: HttpRequest): Promise<HttpAnswer>;
  /** Waits for what is under way. */
  stop(): Promise<void>;
};

export async function openHttpGraphQL(
  schema: GraphQLSchema,
  gateway: Gateway,
  limits: RequestLimits,
  executor: Executor,
  formatError: ErrorFormatter,
  log: Log,
): Promise<HttpGraphQL> {
  /** What is text already, on its way past Apollo, by the request it answers. */
  const written = new WeakMap<object, Written>();
  const known = createKnownQuestions();
  const writeOurselves: ApolloServerPlugin<Context> = {
    async requestDidStart() {
      return {
        async responseForOperation({ document, operationName, request, contextValue, schema }) {
          // What was tried already is graphql-js's to answer.
          if (!request.http || written.has(request.http)) return null;
          const args = { schema, document, operationName, variableValues: request.variables };
          const pieces = await executor.execute(args, contextValue, lineEnd);
          if (!pieces) return null;
          written.set(request.http, { pieces, document, operationName });
          return { http: { headers: new HeaderMap() }, body: { kind: 'single', singleResult: {} } };
        },
      };
    },
  };
  const server = new ApolloServer<Context>({
    schema,
    // Its default wraps every resolver: a list of a thousand rows takes twice the time with it.
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      // It is for subgraphs, which this is not; to find that out, Apollo reads its encoder.
      ApolloServerPluginInlineTraceDisabled(),
      refuseSubscriptions,
      writeOurselves,
    ],
    // Whoever may ask at all has signed in, and tools need it.
    introspection: true,
    includeStacktraceInErrorResponses: false,
    parseOptions: { maxTokens: limits.queryTokens },
    validationRules: [...createLimitRules(limits)],
    executionOptions: { maxCoercionErrors },
    // A browser asks before it sends any of these for a page of another site. Ours is the first; the others are customary.
    csrfPrevention: { requestHeaders: ['authorization', 'apollo-require-preflight', 'x-apollo-operation-name'] },
    allowBatchedHttpRequests: false,
    // Persisted queries by hash are no protection and would cost a cache of what callers send.
    persistedQueries: false,
    // Stopping is the business of the caller, in its order.
    stopOnTerminationSignals: false,
    formatError: (formatted, error) =>
      formatError(
        error instanceof GraphQLError ? error : new GraphQLError(formatted.message, { originalError: toError(error) }),
      ),
    logger: {
      debug: () => {},
      info: () => {},
      warn: (message: string) => log.warn({}, message),
      error: (message: string) => log.error({}, message),
    },
  });
  await server.start();

  return {
    async handle(request) {
      const { method, headers, search, body } = request;
      const contextValue = createContext(gateway);
      const question = questionOf(request);
      const passed = question && known.find(question);
      const httpGraphQLRequest = { method, headers: toHeaderMap(headers), search, body };
      if (passed) {
        const { document, operationName } = passed;
        const args = { schema, document, operationName, variableValues: question.variables };
        const pieces = await executor.execute(args, contextValue, lineEnd);
        if (pieces) return { status: 200, headers: passed.headers, body: pieces };
        // In the same context, which asks no host twice.
        written.set(httpGraphQLRequest, null);
      }
      const answer = await server.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: async () => contextValue });
      // Answers in parts (`@defer`) are not in this schema.
      if (answer.body.kind !== 'complete') throw new Error('Apollo answered in parts.');
      const { status = 200, headers: answerHeaders } = answer;
      const own = written.get(httpGraphQLRequest);
      if (!own) return { status, headers: answerHeaders, body: answer.body.string };
      const { pieces, document, operationName } = own;
      if (question && status === 200) known.keep(question, { document, operationName, headers: [...answerHeaders] });
      return { status, headers: answerHeaders, body: pieces };
    },
    async stop() {
      try {
        await server.stop();
      } catch (error) {
        log.warn(errorFields(error), 'stopping Apollo failed');
      }
    },
  };
}

/** `null`: the executor has left it to graphql-js. */
type Written = (Pick<KnownQuestion, 'document' | 'operationName'> & { readonly pieces: readonly Buffer[] }) | null;

/** One answer is no place for a stream; Apollo would run the operation as if it were a query. */
const refuseSubscriptions: ApolloServerPlugin<Context> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ operation }) {
        if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return;
        const message =
          'A subscription needs a stream: send the header `Accept: text/event-stream`, or use a WebSocket (graphql-transport-ws).';
        throw new GraphQLError(message, { extensions: { http: { status: 400 } } });
      },
    };
  },
};

/** Apollo has it too: for those who read in a terminal. */
const lineEnd = '\n';

function toHeaderMap(headers: HttpRequest['headers']): HeaderMap {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) map.set(name, typeof value === 'string' ? value : value.join(', '));
  }
  return map;
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
