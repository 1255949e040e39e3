/** Reads what a WebSocket server sends: whole frames of any size, however the bytes are cut. Knows no socket. */
export type FrameCounter = {
  /** Bytes as they came; the buffer may be used again afterwards. */
  read(bytes: Buffer, length: number): void;
};

export type FrameListener = {
  /** A text message. `text` is empty unless `wantsText()` said otherwise when it began. */
  onMessage(bytes: number, text: string): void;
  wantsText(): boolean;
  onPing(): void;
  onClose(code: number): void;
};

const opcodes = { text: 1, close: 8, ping: 9 } as const;

/** Counting costs a few additions a frame, so that a generator is not what it measures. */
export function createFrameCounter(listener: FrameListener): FrameCounter {
  /** The beginning of a frame whose header, or whose payload where it is wanted, is not complete. */
  let rest: Buffer | null = null;
  /** Of a payload that nobody wants to see. */
  let skip = 0;

  function take(bytes: Buffer, length: number): void {
    let at = 0;
    for (;;) {
      if (skip > 0) {
        const skipped = Math.min(skip, length - at);
        skip -= skipped;
        at += skipped;
        if (skip > 0) return;
      }
      const header = headerAt(bytes, at, length);
      if (header === null) break;
      const { opcode, headerBytes, payloadBytes } = header;
      if (opcode === opcodes.text && !listener.wantsText()) {
        listener.onMessage(payloadBytes, '');
        at += headerBytes;
        skip = payloadBytes;
        continue;
      }
      if (at + headerBytes + payloadBytes > length) break;
      const from = at + headerBytes;
      at = from + payloadBytes;
      if (opcode === opcodes.text) listener.onMessage(payloadBytes, bytes.toString('utf8', from, at));
      else if (opcode === opcodes.ping) listener.onPing();
      else if (opcode === opcodes.close) listener.onClose(payloadBytes >= 2 ? bytes.readUInt16BE(from) : 1005);
    }
    rest = at < length ? Buffer.from(bytes.subarray(at, length)) : null;
  }

  return {
    read(bytes, length) {
      if (rest === null) {
        take(bytes, length);
        return;
      }
      const joined = Buffer.concat([rest, bytes.subarray(0, length)]);
      rest = null;
      take(joined, joined.length);
    },
  };
}

function headerAt(bytes: Buffer, at: number, length: number) {
  if (at + 2 > length) return null;
  const opcode = (bytes[at] ?? 0) & 0x0f;
  const short = (bytes[at + 1] ?? 0) & 0x7f;
  if (short < 126) return { opcode, headerBytes: 2, payloadBytes: short };
  const headerBytes = short === 126 ? 4 : 10;
  if (at + headerBytes > length) return null;
  const payloadBytes = short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
  return { opcode, headerBytes, payloadBytes };
}
