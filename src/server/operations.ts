import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  type OperationTypeNode,
} from 'graphql';
import { createContext, type Gateway } from '../resolvers/context.ts';
import type { Documents } from './documents.ts';
import type { Executor } from './execution/executor.ts';
import type { ErrorFormatter } from './format-error.ts';
import { maxCoercionErrors } from './limits.ts';

export type OperationRequest = {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>> | null;
};

/** A request that passed every check, ready to be run once. */
export type PreparedOperation = { readonly type: `${OperationTypeNode}`; readonly args: ExecutionArgs };

/** Runs what comes over sockets and event streams, with the limits, contexts and error texts of plain HTTP. */
export type Operations = {
  prepare(request: OperationRequest): PreparedOperation | readonly GraphQLError[];
  /** A query or a mutation. Text, as it is sent, where it was made as text. */
  execute(args: ExecutionArgs): Promise<ExecutionResult | Buffer>;
  /** One answer as the text that is sent, in UTF-8. `event`: what a subscription of this document delivered. */
  executeToJson(args: ExecutionArgs, event?: unknown): Promise<Buffer>;
  /** The events of a subscription. An answer instead of a stream: it was refused, with the errors in it. */
  open(args: ExecutionArgs): Promise<ExecutionResult | AsyncIterable<unknown>>;
  /** As it is sent. */
  format(result: ExecutionResult): FormattedExecutionResult;
  formatErrors(errors: readonly GraphQLError[]): readonly GraphQLFormattedError[];
};

export function createOperations(
  schema: GraphQLSchema,
  gateway: Gateway,
  documents: Documents,
  executor: Executor,
  formatError: ErrorFormatter,
): Operations {
  const format: Operations['format'] = ({ errors, ...rest }) => ({
    ...(errors && { errors: errors.map(formatError) }),
    ...rest,
  });

  return {
    prepare({ query, operationName, variables }) {
      const document = documents.prepare(query);
      if (!('kind' in document)) return document;
      const operation = getOperationAST(document, operationName);
      if (!operation) return [noSuchOperation(operationName)];
      const options = { maxCoercionErrors };
      const args = { schema, document, operationName, variableValues: variables, options };
      return { type: operation.operation, args };
    },

    async execute(args) {
      const contextValue = createContext(gateway);
      const own = await executor.execute(args, contextValue);
      return own ? joined(own) : execute({ ...args, contextValue });
    },

    async executeToJson(args, event) {
      // A context for each event: what its loaders hold is true for one answer only.
      const contextValue = createContext(gateway);
      const own = await executor.execute({ ...args, rootValue: event }, contextValue);
      if (own) return joined(own);
      return Buffer.from(JSON.stringify(format(await execute({ ...args, rootValue: event, contextValue }))));
    },

    open: async (args) => createSourceEventStream({ ...args, contextValue: createContext(gateway) }),

    format,
    formatErrors: (errors) => errors.map(formatError),
  };
}

/** A copy: what waits for its reader must not hold what else was written beside it. */
function joined(pieces: readonly Buffer[]): Buffer {
  return Buffer.concat(pieces);
}

function noSuchOperation(name: string | null): GraphQLError {
  return new GraphQLError(
    name === null
      ? 'The document has no operation, or several: then `operationName` must say which.'
      : `The document has no operation ${JSON.stringify(name)}.`,
  );
}
