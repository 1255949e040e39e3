/**
 * One client's connection: frames in, one handler each, frames out. Like the real daemon it stops reading while
 * five calls of this client wait for their reply, keepalive included; it closes after a frame that it cannot read.
 */
import type { Duplex } from 'node:stream';
import { VirtgraphError } from '../../../errors.ts';
import {
  decodePayload,
  encodeFrame,
  type Frame,
  type FrameHeader,
  FrameParser,
  messageStatuses,
  messageTypes,
  programs,
} from '../rpc/frame.ts';
import { keepaliveProcedures, pingFrame, pongFrame } from '../rpc/keepalive.ts';
import { remoteError } from '../rpc/objects.ts';
import { type ProcedureName, procedures } from '../rpc/procedures.ts';
import { features } from '../rpc/procedures-connect.ts';
import type { Codec } from '../rpc/xdr.ts';
import { apiNames } from './api-names.ts';
import type { ClientState } from './call-context.ts';
import { Failure, failure } from './failure.ts';
import type { SimFaults } from './faults.ts';
import { handlers } from './handlers.ts';
import type { SimHost } from './host.ts';

/** `max_client_requests` of libvirtd.conf. */
const maxCallsAtOnce = 5;
/** A client that reads nothing is cut off rather than remembered for ever. */
const maxUnreadBytes = 64 * 1024 * 1024;
/** `keepalive_interval` and `keepalive_count` of libvirtd.conf. */
export const daemonKeepalive = { intervalMs: 5000, count: 5 } as const;

export type SimConnection = {
  /** To be called every `daemonKeepalive.intervalMs`: pings a client that asked for it, or gives it up. */
  tick(): void;
  readonly wantsKeepalive: boolean;
  /** Looks again at whether it may read and write, after the faults have changed. */
  wake(): void;
  close(): void;
};

export type SimConnectionOptions = {
  readonly host: SimHost;
  readonly faults: SimFaults;
  /** It came through the read-only socket. */
  readonly readOnly: boolean;
  readonly onKeepalive: () => void;
  readonly onClose: () => void;
};

type AnyHandler = (context: object, args: unknown) => unknown;

const nameByNumber = new Map<number, ProcedureName>(
  // The keys of the table are exactly the names.
  Object.entries(procedures).map(([name, { number }]) => [number, name as ProcedureName]),
);

/** Allowed before the connection is opened. */
const beforeOpen: ReadonlySet<ProcedureName> = new Set(['authList', 'authPolkit', 'connectOpen', 'connectClose']);

export function acceptConnection(stream: Duplex, options: SimConnectionOptions): SimConnection {
  const { host, faults } = options;
  const client: ClientState = {
    opened: false,
    readOnly: options.readOnly,
    wantsKeepalive: false,
    closing: false,
    registrations: new Map(),
  };
  const parser = new FrameParser();
  const unread: Frame[] = [];
  let unsent: Buffer[] = [];
  let callsInFlight = 0;
  let lastHeardAt = host.clock.monotonic();
  let closed = false;

  function send(frame: Buffer) {
    if (closed) return;
    if (faults.stalled) {
      unsent.push(frame);
      return;
    }
    stream.write(frame);
    if (stream.writableLength > maxUnreadBytes) close();
  }

  const mayRead = () => !closed && !faults.stalled && callsInFlight < maxCallsAtOnce;

  function onData(chunk: Buffer) {
    if (closed) return;
    try {
      parser.push(chunk, (frame) => unread.push(frame));
    } catch {
      close();
      return;
    }
    readOn();
  }

  function readOn() {
    if (closed) return;
    while (mayRead()) {
      const frame = unread.shift();
      if (!frame) break;
      lastHeardAt = host.clock.monotonic();
      receive(frame);
    }
    // What is not read stays with the client, and after that in the socket.
    if (mayRead()) stream.resume();
    else stream.pause();
  }

  function receive(frame: Frame) {
    if (frame.program === programs.keepalive.number) {
      if (frame.procedure === keepaliveProcedures.PING) send(pongFrame);
      return;
    }
    // Data of streams that were never opened is dropped, as the daemon does.
    if (frame.type !== messageTypes.CALL && frame.type !== messageTypes.CALL_WITH_FDS) return;
    callsInFlight += 1;
    void answer(frame).then((reply) => {
      if (faults.latencyMs > 0) host.clock.after(faults.latencyMs, () => finish(reply));
      else finish(reply);
    });
  }

  function finish(reply: Buffer) {
    callsInFlight -= 1;
    sendReply(reply);
    if (client.closing) closeGently();
    else readOn();
  }

  function sendReply(reply: Buffer) {
    if (faults.garbleNextReply) {
      faults.garbleNextReply = false;
      send(Buffer.alloc(Math.max(reply.length, 64), 0xee));
    } else if (faults.cutNextReplyAfter !== null) {
      send(reply.subarray(0, faults.cutNextReplyAfter));
      faults.cutNextReplyAfter = null;
      closeGently();
    } else {
      send(reply);
    }
  }

  /** Always a reply: an error of ours is told as the daemon tells its own. */
  async function answer(frame: Frame): Promise<Buffer> {
    const header = { ...frame, type: messageTypes.REPLY, status: messageStatuses.OK };
    try {
      const name = procedureName(frame);
      requireRight(name, frame);
      const procedure = procedures[name];
      const args: unknown = decodePayload(frame, procedure.args as Codec<unknown>);
      // Handler, arguments and reply of one name belong together: `handlers` is checked row by row.
      const result = await (handlers[name] as AnyHandler)({ host, client, send, procedure: name }, args);
      if (client.wantsKeepalive) options.onKeepalive();
      return encodeFrame(header, procedure.reply as Codec<unknown>, result);
    } catch (error) {
      return encodeError(header, error);
    }
  }

  function requireRight(name: ProcedureName, frame: Frame) {
    // The daemon answers for its keepalive itself; for all other features it asks the driver.
    const asksKeepalive =
      name === 'connectSupportsFeature' &&
      decodePayload(frame, procedures[name].args).feature === features.PROGRAM_KEEPALIVE;
    if (!client.opened && !beforeOpen.has(name) && !asksKeepalive) {
      throw failure('INTERNAL_ERROR', 'RPC', 'hypervisor connection not open');
    }
    if (client.readOnly && procedures[name].mutating) {
      throw failure('OPERATION_DENIED', 'DOMAIN', `read only access prevents ${apiNames[name] ?? name}`);
    }
  }

  function closeGently() {
    if (closed) return;
    stream.end();
    forget();
  }

  function close() {
    if (closed) return;
    stream.destroy();
    forget();
  }

  function forget() {
    if (closed) return;
    closed = true;
    unread.length = 0;
    unsent = [];
    for (const registration of client.registrations.values()) host.events.registrations.delete(registration);
    client.registrations.clear();
    // What still comes is let go by, or the stream's end would wait behind it.
    stream.resume();
    options.onClose();
  }

  stream.on('data', onData);
  stream.on('end', close);
  stream.on('close', forget);
  // Whatever broke, the client is gone: 'close' follows.
  stream.on('error', forget);
  if (faults.stalled) stream.pause();

  return {
    tick() {
      if (closed || faults.stalled || !client.wantsKeepalive) return;
      const silentMs = host.clock.monotonic() - lastHeardAt;
      if (silentMs >= daemonKeepalive.intervalMs * (daemonKeepalive.count + 1)) close();
      else if (silentMs >= daemonKeepalive.intervalMs) send(pingFrame);
    },
    get wantsKeepalive() {
      return !closed && client.wantsKeepalive;
    },
    wake() {
      if (closed || faults.stalled) {
        stream.pause();
        return;
      }
      const waiting = unsent;
      unsent = [];
      for (const frame of waiting) send(frame);
      readOn();
    },
    close,
  };
}

function procedureName({ program, version, procedure }: FrameHeader): ProcedureName {
  if (program !== programs.remote.number || version !== programs.remote.version) {
    throw failure('RPC', 'RPC', `Cannot find program ${program} version ${version}`);
  }
  const name = nameByNumber.get(procedure);
  if (name === undefined) throw failure('RPC', 'RPC', `unknown procedure: ${procedure}`);
  return name;
}

function encodeError(header: FrameHeader, error: unknown): Buffer {
  const told = error instanceof Failure ? error : asFailure(error);
  return encodeFrame({ ...header, status: messageStatuses.ERROR }, remoteError, told.remote);
}

/** Arguments that are none, or a reply that is too long; anything else is a mistake of this simulation's. */
function asFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof VirtgraphError
    ? failure('RPC', 'RPC', message)
    : failure('INTERNAL_ERROR', 'RPC', `simulated daemon: ${message}`);
}
