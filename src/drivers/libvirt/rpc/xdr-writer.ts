import { VirtgraphError } from '../../../errors.ts';
import { type LimitName, limits } from './limits.ts';

/** Grows as it is written to; refuses what would not fit into one message. */
export class XdrWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(initialBytes = 256) {
    this.#bytes = Buffer.allocUnsafe(initialBytes);
  }

  /** How many bytes were written. */
  get byteLength(): number {
    return this.#length;
  }

  int(value: number): void {
    const start = this.#reserve(4);
    this.#bytes.writeInt32BE(value, start);
  }

  uint(value: number): void {
    const start = this.#reserve(4);
    this.#bytes.writeUInt32BE(value, start);
  }

  hyper(value: bigint): void {
    const start = this.#reserve(8);
    this.#bytes.writeBigInt64BE(value, start);
  }

  uhyper(value: bigint): void {
    const start = this.#reserve(8);
    this.#bytes.writeBigUInt64BE(value, start);
  }

  double(value: number): void {
    const start = this.#reserve(8);
    this.#bytes.writeDoubleBE(value, start);
  }

  length(count: number, limit: LimitName): void {
    if (count > limits[limit]) {
      throw new VirtgraphError('LIMIT_EXCEEDED', `${count} is more than libvirt takes at once (${limits[limit]}).`);
    }
    this.uint(count);
  }

  text(value: string, limit: LimitName): void {
    const byteCount = Buffer.byteLength(value, 'utf8');
    this.length(byteCount, limit);
    const start = this.#reserve(byteCount);
    this.#bytes.write(value, start, byteCount, 'utf8');
    this.#pad(byteCount);
  }

  opaque(value: Uint8Array): void {
    const start = this.#reserve(value.length);
    this.#bytes.set(value, start);
    this.#pad(value.length);
  }

  /** Puts a number where one was written before: for a length that is known last. */
  patchUint(offset: number, value: number): void {
    this.#bytes.writeUInt32BE(value, offset);
  }

  /** What was written. The writer is of no use afterwards. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #pad(byteCount: number): void {
    const padding = -byteCount & 3;
    const start = this.#reserve(padding);
    this.#bytes.fill(0, start, start + padding);
  }

  /** May replace `#bytes`: call it before naming them. */
  #reserve(byteCount: number): number {
    const start = this.#length;
    const needed = start + byteCount;
    const most = limits.VIR_NET_MESSAGE_MAX + limits.VIR_NET_MESSAGE_LEN_MAX;
    if (needed > most) {
      throw new VirtgraphError('LIMIT_EXCEEDED', `A message of more than ${most} bytes does not fit into one frame.`);
    }
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(most, Math.max(needed, this.#bytes.length * 2)));
      this.#bytes.copy(larger, 0, 0, start);
      this.#bytes = larger;
    }
    this.#length = needed;
    return start;
  }
}
