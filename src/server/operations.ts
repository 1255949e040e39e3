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
  /** A query or a mutation. */
  execute(args: ExecutionArgs): Promise<ExecutionResult>;
  /** One answer as the text that is sent. `event`: what a subscription of this document delivered. */
  executeToJson(args: ExecutionArgs, event?: unknown): Promise<string>;
  /** An answer instead of a stream: the subscription was refused, with the errors in it. */
  subscribe(args: ExecutionArgs): Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult>>;
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

    execute: async (args) => execute({ ...args, contextValue: createContext(gateway) }),

    async executeToJson(args, event) {
      const contextValue = createContext(gateway);
      const own = await executor.execute({ ...args, rootValue: event }, contextValue, String);
      if (own) return own.join('');
      return JSON.stringify(format(await execute({ ...args, rootValue: event, contextValue })));
    },

    async subscribe(args) {
      const source = await createSourceEventStream({ ...args, contextValue: createContext(gateway) });
      if (!(Symbol.asyncIterator in source)) return source;
      // A context for each event: what its loaders hold is true for one answer only.
      return mapEach(source[Symbol.asyncIterator](), async (event) =>
        execute({ ...args, rootValue: event, contextValue: createContext(gateway) }),
      );
    },

    format,
    formatErrors: (errors) => errors.map(formatError),
  };
}

function noSuchOperation(name: string | null): GraphQLError {
  return new GraphQLError(
    name === null
      ? 'The document has no operation, or several: then `operationName` must say which.'
      : `The document has no operation ${JSON.stringify(name)}.`,
  );
}

/** Written by hand so that `return()` reaches a source whose `next()` is waiting; an async generator would not pass it on. */
function mapEach<T, U>(source: AsyncIterator<T>, map: (value: T) => Promise<U>): AsyncIterableIterator<U> {
  return {
    async next() {
      const step = await source.next();
      return step.done ? { value: undefined, done: true } : { value: await map(step.value), done: false };
    },
    async return() {
      await source.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
