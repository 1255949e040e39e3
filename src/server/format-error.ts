import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { type ErrorCode, problemCodes, VirtgraphError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';

/** What a caller is shown of an error. */
export type ErrorFormatter = (error: GraphQLError) => GraphQLFormattedError;

/**
 * The one mapping from what was thrown to what is told. An allow-list: our own errors carry a message that is fit for
 * users, and graphql-js's complaints about a request are about that request. Everything else is logged whole under a
 * correlation id, and only the id is told.
 */
export function createErrorFormatter(log: Log): ErrorFormatter {
  return (error) => {
    const cause = rootCause(error);
    const place = {
      ...(error.locations && { locations: error.locations }),
      ...(error.path && { path: error.path }),
    };
    if (cause instanceof VirtgraphError && cause.code !== 'INTERNAL') {
      // Without a path it is about a literal or a variable, and graphql-js's text says which.
      const message = error.path ? cause.message : error.message;
      return { message, ...place, extensions: extensionsOf(cause) };
    }
    if (isAboutRequest(error, cause)) {
      return { message: error.message, ...place, extensions: { code: requestCode(cause), retryable: false } };
    }
    const correlationId = randomUUID();
    log.error(
      { correlationId, path: error.path?.join('.'), ...errorFields(cause) },
      'a request failed inside the gateway',
    );
    const message = `Something went wrong inside the gateway. Its log has the reason under ${correlationId}.`;
    return { message, ...place, extensions: { code: 'INTERNAL', retryable: false, correlationId } };
  };
}

/** Everything of our own error that a caller may see. `cause` stays here. */
function extensionsOf(error: VirtgraphError): Record<string, unknown> {
  const { host, outcome, libvirt, problem, remedy, task } = error.detail;
  return {
    code: error.code,
    retryable: error.retryable,
    ...(host !== undefined && { host }),
    ...(outcome !== undefined && { outcome }),
    ...(libvirt !== undefined && { libvirt }),
    ...(problem !== undefined && { problem, stage: problemCodes[problem].stage }),
    ...(task !== undefined && { task: task.id, taskState: task.state }),
    ...(remedy !== undefined && { remedy }),
  };
}

/**
 * graphql-js wraps what it catches, sometimes twice. At the bottom is what was thrown, or its own `GraphQLError`.
 */
function rootCause(error: GraphQLError): Error {
  let cause: Error = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

/**
 * Before execution (no path) every `GraphQLError` is about the request. During it only those about arguments are, which
 * point at the document by themselves; a value of ours that does not fit its type does not.
 */
function isAboutRequest(error: GraphQLError, cause: Error): cause is GraphQLError {
  return cause instanceof GraphQLError && (error.path === undefined || cause.nodes !== undefined);
}

function requestCode({ extensions, message }: GraphQLError): ErrorCode {
  return extensions['code'] === 'LIMIT_EXCEEDED' || graphqlLimits.test(message) ? 'LIMIT_EXCEEDED' : 'BAD_USER_INPUT';
}

/** graphql-js's own limits have no code: on tokens (with its spelling), on errors, on fields to compare. */
const graphqlLimits =
  /^Syntax Error: Document contains more tha[tn] \d+ tokens|^Too many validation errors|Validation aborted/;
