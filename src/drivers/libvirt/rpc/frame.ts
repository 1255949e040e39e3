/**
 * Frames of libvirt's RPC: four bytes of length (which count themselves), a header of 24 bytes, a payload.
 * Layout and limits: `virnetprotocol.x`.
 */
import { limits } from './limits.ts';
import { protocolError } from './protocol-error.ts';
import { type Codec, decode } from './xdr.ts';
import { XdrWriter } from './xdr-writer.ts';

/** Numbers that name a program, each with its own procedures. `remote_protocol.x`, `virkeepaliveprotocol.x`. */
export const programs = {
  remote: { number: 0x2000_8086, version: 1 },
  keepalive: { number: 0x6b65_6570, version: 1 },
} as const;

export const messageTypes = {
  CALL: 0,
  REPLY: 1,
  MESSAGE: 2,
  STREAM: 3,
  CALL_WITH_FDS: 4,
  REPLY_WITH_FDS: 5,
  STREAM_HOLE: 6,
} as const;
export type MessageType = (typeof messageTypes)[keyof typeof messageTypes];

export const messageStatuses = { OK: 0, ERROR: 1, CONTINUE: 2 } as const;
export type MessageStatus = (typeof messageStatuses)[keyof typeof messageStatuses];

export type FrameHeader = {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly type: MessageType;
  readonly serial: number;
  readonly status: MessageStatus;
};

/** `payload` is a view into the bytes that arrived: decode it before letting go, or copy it. */
export type Frame = FrameHeader & { readonly payload: Buffer };

const prefixBytes = limits.VIR_NET_MESSAGE_LEN_MAX;
const headerBytes = limits.VIR_NET_MESSAGE_HEADER_MAX;
/** The smallest length that a frame may state: itself and a header. */
export const minFrameBytes = prefixBytes + headerBytes;
/** The largest: the limit does not count the four bytes of length. */
export const maxFrameBytes = prefixBytes + limits.VIR_NET_MESSAGE_MAX;

const typeByNumber = new Map<number, MessageType>(Object.values(messageTypes).map((type) => [type, type]));
const statusByNumber = new Map<number, MessageStatus>(Object.values(messageStatuses).map((status) => [status, status]));

/** One frame, ready to be written. Throws `LIMIT_EXCEEDED` when `value` does not fit. */
export function encodeFrame<T>(header: FrameHeader, codec: Codec<T>, value: T): Buffer {
  const writer = new XdrWriter();
  writer.uint(0);
  writer.uint(header.program);
  writer.uint(header.version);
  writer.int(header.procedure);
  writer.int(header.type);
  writer.uint(header.serial);
  writer.int(header.status);
  codec.write(writer, value);
  writer.patchUint(0, writer.byteLength);
  return writer.finish();
}

/** The payload as a value; bytes left over are an error. */
export function decodePayload<T>(frame: Frame, codec: Codec<T>): T {
  return decode(codec, frame.payload);
}

/**
 * Cuts a stream of bytes, however it was split, into frames. After the first error it takes nothing more:
 * where one length was wrong, no later one can be found.
 */
export class FrameParser {
  /** The beginning of a frame whose end has not come; `#filled` bytes of it are valid. */
  #partial = Buffer.alloc(0);
  #filled = 0;
  #broken = false;

  /** Calls `onFrame` for each frame that is complete, in order. Throws `protocolError`. */
  push(chunk: Uint8Array, onFrame: (frame: Frame) => void): void {
    if (this.#broken) throw protocolError('Bytes after a frame that could not be read.');
    try {
      this.#consume(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength), onFrame);
    } catch (error) {
      this.#broken = true;
      throw error;
    }
  }

  /** Bytes of a frame that is not complete yet. More than 0 when the stream ends: it was cut. */
  get pendingBytes(): number {
    return this.#filled;
  }

  #consume(chunk: Buffer, onFrame: (frame: Frame) => void): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#filled > 0) {
        rest = this.#complete(rest, onFrame);
        continue;
      }
      const length = rest.length < prefixBytes ? null : checkedLength(rest);
      if (length === null || rest.length < length) {
        this.#append(rest);
        return;
      }
      onFrame(parseFrame(rest.subarray(0, length)));
      rest = rest.subarray(length);
    }
  }

  /** Adds what is still missing of the frame begun earlier; returns what is left of the chunk. */
  #complete(chunk: Buffer, onFrame: (frame: Frame) => void): Buffer {
    const wanted = this.#filled < prefixBytes ? prefixBytes : checkedLength(this.#partial);
    const taken = Math.min(wanted - this.#filled, chunk.length);
    this.#append(chunk.subarray(0, taken));
    const complete = this.#filled >= prefixBytes && this.#filled === checkedLength(this.#partial);
    if (complete) {
      const frame = parseFrame(this.#partial.subarray(0, this.#filled));
      this.#partial = Buffer.alloc(0);
      this.#filled = 0;
      onFrame(frame);
    }
    return chunk.subarray(taken);
  }

  /** Doubles as bytes arrive, so that a mere promise of 32 MiB costs nothing and each byte is copied a few times at most. */
  #append(bytes: Buffer): void {
    const needed = this.#filled + bytes.length;
    if (needed > this.#partial.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(maxFrameBytes, Math.max(needed, this.#partial.length * 2, 1024)));
      this.#partial.copy(larger, 0, 0, this.#filled);
      this.#partial = larger;
    }
    bytes.copy(this.#partial, this.#filled);
    this.#filled = needed;
  }
}

function checkedLength(bytes: Buffer): number {
  const length = bytes.readUInt32BE(0);
  if (length < minFrameBytes)
    throw protocolError(`A frame says it has ${length} bytes; the least is ${minFrameBytes}.`);
  if (length > maxFrameBytes) throw protocolError(`A frame says it has ${length} bytes; the most is ${maxFrameBytes}.`);
  return length;
}

function parseFrame(bytes: Buffer): Frame {
  const type = typeByNumber.get(bytes.readInt32BE(16));
  if (type === undefined) throw protocolError(`A frame of unknown type ${bytes.readInt32BE(16)}.`);
  const status = statusByNumber.get(bytes.readInt32BE(24));
  if (status === undefined) throw protocolError(`A frame of unknown status ${bytes.readInt32BE(24)}.`);
  return {
    program: bytes.readUInt32BE(4),
    version: bytes.readUInt32BE(8),
    procedure: bytes.readInt32BE(12),
    type,
    serial: bytes.readUInt32BE(20),
    status,
    payload: bytes.subarray(minFrameBytes),
  };
}
