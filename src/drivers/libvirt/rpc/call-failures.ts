/** Why connections and calls end without a reply, and what became of the change that was asked for. */
import { hostProblem, VirtgraphError, withDetail } from '../../../errors.ts';

type CallState = { readonly name: string; readonly mutating: boolean; readonly written: boolean };

/** The connection failed, with the one `reason` that all who wait are given. */
export function connectionFailure(call: CallState, reason: VirtgraphError): VirtgraphError {
  if (!call.mutating) return reason;
  if (!call.written) return withDetail(reason, { outcome: 'NOT_SENT' });
  return new VirtgraphError(
    'OUTCOME_UNKNOWN',
    `${call.name} was sent, and the connection was lost before its answer came: ${reason.message}`,
    {
      ...reason.detail,
      outcome: 'UNKNOWN',
      remedy:
        'Read the object again when the host is back, then decide. The gateway never repeats a change on its own.',
      cause: reason,
    },
  );
}

/** Its time was over. */
export function deadlineFailure(call: CallState, deadlineMs: number): VirtgraphError {
  const what = call.written ? 'libvirt did not answer' : 'the host was too busy to be asked';
  return new VirtgraphError('TIMEOUT', `${call.name}: ${what} within ${deadlineMs / 1000} s.`, {
    ...outcomeOf(call),
    // What has been sent may still take effect: asking twice is for a person to decide.
    ...(call.mutating && call.written && { retryable: false }),
  });
}

/** Whoever waited gave up. */
export function abortFailure(call: CallState, reason: unknown): VirtgraphError {
  if (call.mutating && call.written) {
    return new VirtgraphError('OUTCOME_UNKNOWN', `${call.name} was sent; nobody waited for its answer.`, {
      outcome: 'UNKNOWN',
      cause: reason,
    });
  }
  if (reason instanceof VirtgraphError) return reason;
  return new VirtgraphError('TIMEOUT', `${call.name} was given up before its answer came.`, {
    ...outcomeOf(call),
    cause: reason,
  });
}

/** There was no room to wait in. */
export function queueFullFailure(call: CallState, capacity: number): VirtgraphError {
  return new VirtgraphError('RESOURCE_EXHAUSTED', `${call.name}: ${capacity} calls to this host are waiting already.`, {
    ...outcomeOf(call),
  });
}

function outcomeOf({ mutating, written }: CallState) {
  return mutating ? ({ outcome: written ? 'UNKNOWN' : 'NOT_SENT' } as const) : {};
}

/** The reason of a connection that ended. */
export function connectionLost(message: string, cause?: unknown): VirtgraphError {
  return hostProblem(
    'CONNECTION_LOST',
    message,
    'The gateway reconnects by itself.',
    cause === undefined ? {} : { cause },
  );
}

/** The reason of a stream that failed; one that names its own problem, such as a command that is missing on the host, is it. */
export function streamFailure(error: Error): VirtgraphError {
  if (error instanceof VirtgraphError && error.detail.problem) return error;
  return connectionLost(`The connection failed: ${error.message}`, error);
}

/** The reason of a connection that we ended because of a fault of our own. */
export function unexpectedFailure(error: unknown): VirtgraphError {
  const message = error instanceof Error ? error.message : String(error);
  return hostProblem('UNEXPECTED', message, 'This is a fault of the gateway: please report it with its log.', {
    cause: error,
  });
}
