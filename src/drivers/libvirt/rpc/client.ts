/**
 * One connection to a daemon: many calls at once, replies in any order, and what the daemon tells by itself.
 *
 * The daemon counts every call until its reply is written, and stops reading the socket at `max_client_requests`
 * (5 by default): then its keepalive dies too. So we stay below, but for a burst of what it answers at once, and a call
 * that nobody waits for any more still counts, because nothing in the protocol can take it back.
 */
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../clock.ts';
import { hostProblem, VirtgraphError } from '../../../errors.ts';
import type { HostHint } from '../../../model/hints.ts';
import { fromLibvirtError } from '../errors.ts';
import { type Call, type Caller, type ClientCallOptions, makeCall } from './call.ts';
import {
  abortFailure,
  connectionFailure,
  connectionLost,
  queueFullFailure,
  streamFailure,
  unexpectedFailure,
} from './call-failures.ts';
import { CallQueue } from './call-queue.ts';
import { readDaemonMessage } from './events.ts';
import { decodePayload, type Frame, FrameParser, messageStatuses, messageTypes, programs } from './frame.ts';
import { type Keepalive, keepaliveProcedures, openKeepalive, pingFrame, pongFrame } from './keepalive.ts';
import { remoteError } from './objects.ts';
import type { Procedure } from './procedure.ts';
import { protocolError } from './protocol-error.ts';

export type ClientOptions = {
  readonly clock: Clock;
  /** Called from the reader with each hint, in order. It must return at once; it may make calls. */
  readonly onHint: (hint: HostHint) => void;
  /** One below the daemon's `max_client_requests`. */
  readonly maxInFlight?: number;
  /** So many calls of one turn at once. */
  readonly maxInFlightPerTurn?: number;
  /** How many calls may wait for a place. */
  readonly maxQueued?: number;
};

export type ClientReading = {
  readonly callsInFlight: number;
  readonly callsAbandoned: number;
  readonly callsQueued: number;
  /** Calls given up on hold all its places but one: the daemon is stuck with what was asked of it here. */
  readonly wedged: boolean;
  readonly roundTripMs: number | null;
  /** Messages of the daemon that we do not know, and frames of streams that nobody opened. */
  readonly framesIgnored: number;
};

const maxSerial = 0xffff_ffff;

export class RpcClient {
  readonly #stream: Duplex;
  readonly #options: Required<ClientOptions>;
  readonly #parser = new FrameParser();
  readonly #queue: CallQueue<Call>;
  /** Written and not yet replied to, by serial; those given up on included. */
  readonly #inFlight = new Map<number, Call>();
  readonly #closed = Promise.withResolvers<VirtgraphError>();
  readonly #caller: Caller;
  #lastSerial = 0;
  #reason: VirtgraphError | null = null;
  #keepalive: Keepalive | null = null;
  #framesIgnored = 0;
  #gathering = false;
  #heardAt: number;

  /** Takes the stream over: it is destroyed with the client. */
  constructor(stream: Duplex, options: ClientOptions) {
    this.#stream = stream;
    this.#options = { maxInFlight: 4, maxInFlightPerTurn: 2, maxQueued: 1_000, ...options };
    this.#queue = new CallQueue(this.#options.maxQueued);
    this.#caller = { clock: options.clock, giveUp: (call, error) => this.#giveUp(call, error) };
    this.#heardAt = options.clock.now();
    stream.on('data', (chunk: Buffer) => this.#read(chunk));
    stream.once('error', (error: Error) => this.fail(streamFailure(error)));
    stream.once('end', () => this.fail(connectionLost(this.#endMessage())));
    stream.once('close', () => this.fail(connectionLost(this.#endMessage())));
    if (stream.destroyed) this.fail(connectionLost('The connection was over before it was used.'));
  }

  /** Settles (never rejects) with the one reason why the connection is over. */
  get closed(): Promise<VirtgraphError> {
    return this.#closed.promise;
  }

  /** When anything came last; before that, when the connection was made. In milliseconds since 1970. */
  get lastHeardAt(): number {
    return this.#heardAt;
  }

  get reading(): ClientReading {
    let callsAbandoned = 0;
    for (const call of this.#inFlight.values()) if (call.settled) callsAbandoned += 1;
    return {
      callsInFlight: this.#inFlight.size,
      callsAbandoned,
      callsQueued: this.#queue.size,
      wedged: callsAbandoned >= this.#options.maxInFlight - 1,
      roundTripMs: this.#keepalive?.roundTripMs() ?? null,
      framesIgnored: this.#framesIgnored,
    };
  }

  /** Rejects with libvirt's error, the deadline, the signal, or the connection's one reason. */
  async call<A, R>(procedure: Procedure<A, R>, args: A, options: ClientCallOptions): Promise<R> {
    const { name, mutating } = procedure;
    if (this.#reason) throw connectionFailure({ name, mutating, written: false }, this.#reason);
    if (options.signal.aborted) throw abortFailure({ name, mutating, written: false }, options.signal.reason);
    const call = makeCall(procedure, args, options, this.#nextSerial(), this.#caller);
    if (options.inBurst) this.#send(call);
    else if (!this.#queue.push(call)) call.fail(queueFullFailure(call, this.#options.maxQueued));
    this.#pump();
    return call.answer;
  }

  /** Lets go of the calls that wait for a place and were not sent: each fails with `reason`. */
  releaseWaiting(reason: VirtgraphError): void {
    for (const call of this.#queue.drain()) call.fail(reason);
  }

  /** Starts our own pings. The daemon's are answered in any case. An interval of 0: none. */
  startKeepalive({ intervalMs, count }: { readonly intervalMs: number; readonly count: number }): void {
    if (this.#keepalive || this.#reason || intervalMs <= 0) return;
    this.#keepalive = openKeepalive({
      clock: this.#options.clock,
      intervalMs,
      count,
      sendPing: () => this.#write(pingFrame),
      onDead: (silentMs) =>
        this.fail(
          hostProblem(
            'KEEPALIVE_TIMED_OUT',
            `libvirt has sent nothing for ${Math.round(silentMs / 1000)} s and answers no keepalive.`,
            'Check that the daemon runs and that the host is not overloaded. The gateway reconnects by itself.',
          ),
        ),
    });
  }

  /** Ends the connection for `reason`: everybody who waits hears it. Only the first call has an effect. */
  fail(reason: VirtgraphError): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#keepalive?.close();
    const waiting = [...this.#inFlight.values(), ...this.#queue.drain()];
    this.#inFlight.clear();
    for (const call of waiting) if (!call.settled) call.fail(connectionFailure(call, reason));
    // A late error of a stream that nobody uses any more is no news.
    this.#stream.on('error', () => {});
    this.#stream.destroy();
    this.#closed.resolve(reason);
  }

  #giveUp(call: Call, error: VirtgraphError): void {
    if (call.settled) return;
    if (!call.written) this.#queue.remove(call);
    call.fail(error);
  }

  /** Sends what may go. */
  #pump(): void {
    while (!this.#reason && this.#inFlight.size < this.#options.maxInFlight) {
      const call = this.#queue.take(({ turn }) => turn === null || this.#mayTake(turn));
      if (!call) return;
      this.#send(call);
    }
  }

  #send(call: Call): void {
    this.#inFlight.set(call.serial, call);
    call.written = true;
    this.#write(call.frame);
  }

  /** Calls that are made in one turn, as many are, go out together: over SSH that is one packet instead of one each. */
  #write(frame: Buffer): void {
    if (!this.#gathering) {
      this.#gathering = true;
      this.#stream.cork();
      process.nextTick(() => {
        this.#gathering = false;
        this.#stream.uncork();
      });
    }
    this.#stream.write(frame);
  }

  #mayTake(turn: string): boolean {
    let count = 0;
    for (const call of this.#inFlight.values()) if (call.turn === turn) count += 1;
    return count < this.#options.maxInFlightPerTurn;
  }

  #nextSerial(): number {
    do this.#lastSerial = this.#lastSerial >= maxSerial ? 1 : this.#lastSerial + 1;
    while (this.#inFlight.has(this.#lastSerial));
    return this.#lastSerial;
  }

  #read(chunk: Buffer): void {
    if (this.#reason) return;
    this.#heardAt = this.#options.clock.now();
    this.#keepalive?.heard();
    try {
      this.#parser.push(chunk, (frame) => this.#dispatch(frame));
    } catch (error) {
      this.fail(error instanceof VirtgraphError ? error : unexpectedFailure(error));
    }
    this.#pump();
  }

  #dispatch(frame: Frame): void {
    // One chunk may hold frames behind the one that ended the connection.
    if (this.#reason) return;
    if (frame.program === programs.keepalive.number) this.#onKeepalive(frame);
    else if (frame.program === programs.remote.number && frame.version === programs.remote.version) {
      this.#onRemote(frame);
    } else throw protocolError(`A frame of unknown program 0x${frame.program.toString(16)}, version ${frame.version}.`);
  }

  #onKeepalive({ procedure }: Frame): void {
    if (procedure === keepaliveProcedures.PING) this.#write(pongFrame);
    else if (procedure === keepaliveProcedures.PONG) this.#keepalive?.heardPong();
    else this.#framesIgnored += 1;
  }

  #onRemote(frame: Frame): void {
    switch (frame.type) {
      case messageTypes.REPLY:
        return this.#onReply(frame);
      case messageTypes.MESSAGE:
        return this.#onMessage(frame);
      case messageTypes.STREAM:
      case messageTypes.STREAM_HOLE:
        // No stream is ever opened by us so far: what comes belongs to nobody and harms nobody.
        this.#framesIgnored += 1;
        return;
      case messageTypes.CALL:
      case messageTypes.CALL_WITH_FDS:
      case messageTypes.REPLY_WITH_FDS:
        throw protocolError(`A frame of type ${frame.type}, which a daemon must not send over such a connection.`);
      default:
        frame.type satisfies never;
    }
  }

  #onReply(frame: Frame): void {
    const call = this.#inFlight.get(frame.serial);
    if (!call) throw protocolError(`A reply to call ${frame.serial}, which was never made or has been answered.`);
    if (call.procedure !== frame.procedure) {
      throw protocolError(`A reply of procedure ${frame.procedure} to a call of ${call.procedure} (${call.name}).`);
    }
    if (frame.status === messageStatuses.CONTINUE) throw protocolError('A reply that says it is not complete.');
    if (!call.settled) {
      if (frame.status === messageStatuses.OK) call.succeed(frame);
      else call.fail(fromLibvirtError(decodePayload(frame, remoteError), call.mutating ? 'FAILED' : undefined));
      this.#inFlight.delete(frame.serial);
      return;
    }
    // Its place first: whoever is told may look.
    this.#inFlight.delete(frame.serial);
    call.onLateAnswer?.();
  }

  #onMessage(frame: Frame): void {
    const message = readDaemonMessage(frame);
    switch (message.kind) {
      case 'hint':
        return this.#options.onHint(message.hint);
      case 'driverClosed':
        return this.fail(connectionLost(`The daemon lost its own connection to the hypervisor (${message.reason}).`));
      case 'unknown':
        this.#framesIgnored += 1;
        return;
      default:
        message satisfies never;
    }
  }

  #endMessage(): string {
    return this.#parser.pendingBytes > 0
      ? `The connection was cut in the middle of a message (${this.#parser.pendingBytes} bytes of it had come).`
      : 'The daemon closed the connection.';
  }
}
