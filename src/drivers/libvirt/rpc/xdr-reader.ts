import { type LimitName, limits } from './limits.ts';
import { protocolError } from './protocol-error.ts';
import { uuidText } from './uuid-texts.ts';

/** A place in the bytes of one message. Every method throws `protocolError` rather than read past the end. */
export class XdrReader {
  readonly bytes: Buffer;
  offset = 0;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  int(): number {
    return this.#view.getInt32(this.#take(4));
  }

  uint(): number {
    return this.#view.getUint32(this.#take(4));
  }

  hyper(): bigint {
    return this.#view.getBigInt64(this.#take(8));
  }

  uhyper(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  bool(): boolean {
    const value = this.uint();
    if (value > 1) throw protocolError(`A boolean is ${value}.`);
    return value === 1;
  }

  /** A length that may be believed: within `limit`, and with that many items of `itemBytes` still to come. */
  length(limit: LimitName, itemBytes: number): number {
    const count = this.uint();
    if (count > limits[limit]) throw protocolError(`A length of ${count} is above ${limit} (${limits[limit]}).`);
    if (count * itemBytes > this.remaining) {
      throw protocolError(`A length of ${count} in a message of which ${this.remaining} bytes are left.`);
    }
    return count;
  }

  /** Passes over what nobody wants; `byteCount` with its padding. */
  skip(byteCount: number): void {
    this.#take(byteCount);
  }

  /** A view into the message, not a copy. */
  opaque(byteCount: number): Buffer {
    const start = this.#take(byteCount);
    this.#skipPadding(byteCount);
    return this.bytes.subarray(start, start + byteCount);
  }

  /** Passes over a text or bytes and their padding. */
  skipText(byteCount: number): void {
    this.#take(byteCount);
    this.#skipPadding(byteCount);
  }

  text(byteCount: number): string {
    const start = this.#take(byteCount);
    this.#skipPadding(byteCount);
    return this.bytes.toString('utf8', start, start + byteCount);
  }

  /** Sixteen bytes as a UUID's text. */
  uuidText(): string {
    return uuidText(this.#view, this.bytes, this.#take(limits.VIR_UUID_BUFLEN));
  }

  expectEnd(): void {
    if (this.remaining > 0) throw protocolError(`${this.remaining} bytes too many at the end of a message.`);
  }

  #take(byteCount: number): number {
    const start = this.offset;
    if (byteCount > this.bytes.length - start) {
      throw protocolError(`A message ends ${byteCount - this.remaining} bytes too early.`);
    }
    this.offset = start + byteCount;
    return start;
  }

  #skipPadding(byteCount: number): void {
    const padding = -byteCount & 3;
    if (padding === 0) return;
    const start = this.#take(padding);
    for (let i = start; i < start + padding; i += 1) {
      if (this.bytes[i] !== 0) throw protocolError('The padding after a text or some bytes is not zero.');
    }
  }
}
