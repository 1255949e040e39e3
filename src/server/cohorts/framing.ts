/** How one message is written, in the bytes of its protocol. */
export type Framing = {
  /** Bytes that the whole takes. */
  size(prefix: string, body: Buffer): number;
  /** Writes it at `at`, and returns where it ends. `prefix` has one character a byte. */
  write(target: Buffer, at: number, prefix: string, body: Buffer): number;
  /** The same bytes in pieces, of which `body` is one: what is long is not copied for each who is told it. */
  pieces(prefix: string, body: Buffer): readonly Buffer[];
};

/** A `next` message as a text message of RFC 6455: final, not masked, not compressed. */
export const socketFraming: Framing = {
  size(prefix, body) {
    const payloadBytes = prefix.length + body.length + 1;
    return headerBytes(payloadBytes) + payloadBytes;
  },
  write(target, at, prefix, body) {
    const prefixAt = writeHeader(target, at, prefix.length + body.length + 1);
    const bodyAt = prefixAt + target.write(prefix, prefixAt, 'latin1');
    target.set(body, bodyAt);
    target[bodyAt + body.length] = closingBrace;
    return bodyAt + body.length + 1;
  },
  pieces(prefix, body) {
    const payloadBytes = prefix.length + body.length + 1;
    const before = Buffer.allocUnsafe(headerBytes(payloadBytes) + prefix.length);
    before.write(prefix, writeHeader(before, 0, payloadBytes), 'latin1');
    return [before, body, afterBody];
  },
};

/** An event of the graphql-sse protocol. */
export const eventFraming: Framing = {
  size: (_prefix, body) => beforeEvent.length + body.length + afterEvent.length,
  write(target, at, _prefix, body) {
    target.set(beforeEvent, at);
    target.set(body, at + beforeEvent.length);
    target.set(afterEvent, at + beforeEvent.length + body.length);
    return at + beforeEvent.length + body.length + afterEvent.length;
  },
  pieces: (_prefix, body) => [beforeEvent, body, afterEvent],
};

/** Any other text message, in one piece: ws would write its header and its text as two. */
export function textFrame(text: string): Buffer {
  const payloadBytes = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(headerBytes(payloadBytes) + payloadBytes);
  frame.write(text, writeHeader(frame, 0, payloadBytes));
  return frame;
}

/** What comes before the answer in a `next` message, the same for all of one operation; one character a byte. */
export function nextPrefix(operationId: string): string {
  return Buffer.from(`{"id":${JSON.stringify(operationId)},"type":"next","payload":`).toString('latin1');
}

const beforeEvent = Buffer.from('event: next\ndata: ');
const afterEvent = Buffer.from('\n\n');
const closingBrace = 0x7d;
const afterBody = Buffer.from([closingBrace]);
const finalText = 0x81;

function headerBytes(payloadBytes: number): number {
  return payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10;
}

/** Returns where it ends. */
function writeHeader(target: Buffer, at: number, payloadBytes: number): number {
  target[at] = finalText;
  if (payloadBytes < 126) {
    target[at + 1] = payloadBytes;
    return at + 2;
  }
  if (payloadBytes < 65_536) {
    target[at + 1] = 126;
    target[at + 2] = payloadBytes >>> 8;
    target[at + 3] = payloadBytes & 0xff;
    return at + 4;
  }
  target[at + 1] = 127;
  // A buffer of ours is shorter than 2 ** 32.
  target.writeUInt32BE(0, at + 2);
  return target.writeUInt32BE(payloadBytes, at + 6);
}
