import { noSlab, type Slab, type Slabs } from './slabs.ts';
import { bytesOfWord, type Words } from './words.ts';

const quotationMark = 0x22;
const backslash = 0x5c;
/** Of longer ones, copying by the block is worth its call. */
const shortBytes = 96;
const longestScanned = 1_000;

/**
 * An answer in the making, as it is sent: JSON in UTF-8. Written byte by byte, which for the short strings that most
 * answers are made of takes half the time of putting strings together and encoding them in the end.
 */
export class AnswerBytes {
  readonly #slabs: Slabs;
  readonly #pieces: Buffer[] = [];
  /** One with room only when something is written: until then an answer may wait for a host. */
  #slab: Slab = noSlab;
  #end = 0;
  /** Where the piece begins that is written now. */
  #pieceStart = 0;
  /** Where the fragment begins that is written now; -1: none is. */
  #fragmentStart = -1;

  constructor(slabs: Slabs) {
    this.#slabs = slabs;
  }

  /** As they are. */
  raw({ length, bytes: from, words }: Words): void {
    const { bytes, view } = this.#room(length + bytesOfWord);
    const at = this.#end;
    if (length > shortBytes) bytes.set(from, at);
    else {
      // The last may reach behind the end, where nothing is written yet. Not `undefined`: the index is below the length.
      for (let index = 0, done = 0; done < length; index++, done += bytesOfWord) {
        view.setFloat64(at + done, words[index] as number, true);
      }
    }
    this.#end = at + length;
  }

  byte(code: number): void {
    const { bytes } = this.#room(1);
    bytes[this.#end++] = code;
  }

  /** Text without quotation marks: numbers, and names of JSON. */
  ascii(text: string): void {
    const { length } = text;
    const { bytes } = this.#room(length);
    const at = this.#end;
    for (let index = 0; index < length; index++) bytes[at + index] = text.charCodeAt(index);
    this.#end = at + length;
  }

  /** A JSON string, as `JSON.stringify` writes it. */
  quoted(text: string): void {
    const { length } = text;
    if (length > longestScanned) {
      this.#escaped(text);
      return;
    }
    const { bytes } = this.#room(length + 2);
    let at = this.#end;
    bytes[at++] = quotationMark;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code < 0x20 || code > 0x7e || code === quotationMark || code === backslash) {
        this.#escaped(text);
        return;
      }
      bytes[at++] = code;
    }
    bytes[at] = quotationMark;
    this.#end = at + 1;
  }

  /** Puts what was written since `start` into `text`, if it has room for it. */
  remember(start: number, text: { length: number; readonly words: Float64Array }): boolean {
    const { bytes, view } = this.#slab;
    const length = this.#end - start;
    if (length > text.words.length * bytesOfWord || this.#end + bytesOfWord > bytes.length) return false;
    // Nothing is written there yet, and what is must not make something else of the last word.
    view.setFloat64(this.#end, 0, true);
    for (let index = 0, done = 0; done < length; index++, done += bytesOfWord) {
      text.words[index] = view.getFloat64(start + done, true);
    }
    text.length = length;
    return true;
  }

  copy({ bytes: from }: Slab, start: number, end: number): void {
    const { bytes } = this.#room(end - start);
    this.#end += from.copy(bytes, this.#end, start, end);
  }

  /** The same without copying it. Not within a fragment. */
  refer({ bytes }: Slab, start: number, end: number): void {
    this.#endPiece(this.#end);
    this.#pieces.push(bytes.subarray(start, end));
  }

  /** Whether to refer to so much of a slab, rather than to copy it. */
  isReferred(slab: Slab, bytes: number): boolean {
    return this.#slabs.isReferred(slab, bytes);
  }

  /** What is written until `endFragment` lies in one slab, in one piece. */
  beginFragment(): void {
    this.#fragmentStart = this.#end;
  }

  /** Where it begins in `slab`. */
  endFragment(): number {
    const start = this.#fragmentStart;
    this.#fragmentStart = -1;
    return start;
  }

  get isInFragment(): boolean {
    return this.#fragmentStart >= 0;
  }

  /** How much of the fragment is written. */
  get ofFragment(): number {
    return this.#end - this.#fragmentStart;
  }

  get slab(): Slab {
    return this.#slab;
  }

  /** In `slab`: where the next byte will be. */
  get end(): number {
    return this.#end;
  }

  /** All that was written. Nothing more may be. */
  finish(): readonly Buffer[] {
    this.#endPiece(this.#end);
    this.#leaveSlab();
    return this.#pieces;
  }

  #escaped(text: string) {
    const json = JSON.stringify(text);
    const { bytes } = this.#room(Buffer.byteLength(json));
    this.#end += bytes.write(json, this.#end);
  }

  #room(size: number): Slab {
    if (this.#end + size > this.#slab.bytes.length) this.#nextSlab(size);
    return this.#slab;
  }

  /** What was written of a fragment goes along. */
  #nextSlab(size: number) {
    const from = this.isInFragment ? this.#fragmentStart : this.#end;
    const carried = this.#slab.bytes.subarray(from, this.#end);
    this.#endPiece(from);
    this.#leaveSlab();
    const slab = this.#slabs.take(carried.length + size);
    this.#slab = slab;
    this.#pieceStart = slab.end;
    if (this.isInFragment) this.#fragmentStart = slab.end;
    slab.bytes.set(carried, slab.end);
    this.#end = slab.end + carried.length;
  }

  #endPiece(end: number) {
    if (end > this.#pieceStart) this.#pieces.push(this.#slab.bytes.subarray(this.#pieceStart, end));
    this.#pieceStart = end;
  }

  #leaveSlab() {
    this.#slab.end = this.#end;
    this.#slabs.giveBack(this.#slab);
  }
}
