import type { Clock } from '../../../clock.ts';
import type { VirtgraphError } from '../../../errors.ts';
import type { CallOptions, CallPriority } from '../../driver.ts';
import { abortFailure, deadlineFailure } from './call-failures.ts';
import { decodePayload, encodeFrame, type Frame, messageStatuses, messageTypes, programs } from './frame.ts';
import type { Procedure } from './procedure.ts';

export type ClientCallOptions = CallOptions & {
  /** From the call to its answer, waiting for a place included. */
  readonly deadlineMs: number;
  /** Calls of the same turn, such as those that may enter one guest's monitor, are few at a time. */
  readonly turn?: string | null;
  /**
   * One of many that the daemon answers at once, whatever its guests do: it goes out with the others, however many are in
   * flight. The daemon leaves what is more than it serves at a time in the socket for that moment, and no call behind it
   * is held up, since those wait here.
   */
  readonly inBurst?: boolean;
  /** The daemon answered after all, when nobody waited any more: whatever held it has let go. */
  readonly onLateAnswer?: () => void;
};

/** One call of a connection, until nothing more can come of it. */
export type Call = {
  readonly name: string;
  readonly procedure: number;
  readonly serial: number;
  readonly mutating: boolean;
  readonly priority: CallPriority;
  readonly turn: string | null;
  readonly frame: Buffer;
  readonly onLateAnswer: (() => void) | undefined;
  written: boolean;
  /** Its caller has been answered, one way or another. */
  settled: boolean;
  succeed(frame: Frame): void;
  fail(error: VirtgraphError): void;
};

/** Of a connection. */
export type Caller = {
  readonly clock: Clock;
  /** The deadline has passed, or nobody waits any more. */
  readonly giveUp: (call: Call, error: VirtgraphError) => void;
};

/** `answer` settles with `succeed`, `fail`, the deadline or the signal, whichever is first. The signal must not be aborted yet. */
export function makeCall<A, R>(
  procedure: Procedure<A, R>,
  args: A,
  options: ClientCallOptions,
  serial: number,
  { clock, giveUp }: Caller,
): Call & { readonly answer: Promise<R> } {
  const { promise, resolve, reject } = Promise.withResolvers<R>();
  const { name, mutating } = procedure;
  const header = {
    program: programs.remote.number,
    version: programs.remote.version,
    procedure: procedure.number,
    type: messageTypes.CALL,
    serial,
    status: messageStatuses.OK,
  } as const;
  const settle = () => {
    call.settled = true;
    cancelDeadline();
    options.signal.removeEventListener('abort', onAbort);
  };
  const call: Call & { readonly answer: Promise<R> } = {
    name,
    procedure: procedure.number,
    serial,
    mutating,
    priority: options.priority ?? (mutating ? 'mutation' : 'read'),
    turn: options.turn ?? null,
    onLateAnswer: options.onLateAnswer,
    frame: encodeFrame(header, procedure.args, args),
    written: false,
    settled: false,
    answer: promise,
    succeed(frame) {
      // Decoded first: what cannot be read fails the connection, and this call with it.
      const reply = decodePayload(frame, procedure.reply);
      settle();
      resolve(reply);
    },
    fail(error) {
      settle();
      reject(error);
    },
  };
  const onAbort = () => giveUp(call, abortFailure(call, options.signal.reason));
  const cancelDeadline = clock.after(options.deadlineMs, () => giveUp(call, deadlineFailure(call, options.deadlineMs)));
  options.signal.addEventListener('abort', onAbort, { once: true });
  return call;
}
