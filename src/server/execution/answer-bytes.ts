import { noSlab, type Slab, type Slabs } from './slabs.ts';
import { bytesOfWord, type Words } from './words.ts';

const quotationMark = 0x22;
const backslash = 0x5c;
/** Of longer ones, copying by the block is worth its call: of what has a buffer of its own, and of what lies in a slab. */
const shortBytes = 96;
const shortRepeat = 400;
const longestScanned = 1_000;
/** Of longer texts, to have them encoded and to look at the bytes takes less than to ask V8 for each character. */
const shortText = 32;

/**
 * An answer in the making, as it is sent: JSON in UTF-8. Written byte by byte, which for the short strings that most
 * answers are made of takes half the time of putting strings together and encoding them in the end.
 */
export class AnswerBytes {
  readonly #slabs: Slabs;
  readonly #pieces: Buffer[] = [];
  readonly #listeners: (() => void)[] = [];
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
    const { bytes, view } = this.#room(length + 2);
    const start = this.#end + 1;
    const end = start + length;
    // What takes more bytes than it has characters reaches behind its end, where nothing is written yet.
    const isAsItIs =
      length < shortText
        ? putAsItIs(text, bytes, start)
        : bytes.write(text, start) === length && isPlain(view, start, end);
    if (!isAsItIs) {
      this.#escaped(text);
      return;
    }
    bytes[start - 1] = quotationMark;
    bytes[end] = quotationMark;
    this.#end = end + 1;
  }

  /** Text that was written before, of whole characters. By the word, which for what is short takes less than a call. */
  repeat(from: Slab, start: number, end: number): void {
    const length = end - start;
    const { bytes, view } = this.#room(length);
    const at = this.#end;
    this.#end = at + length;
    if (length > shortRepeat) {
      from.bytes.copy(bytes, at, start, end);
      return;
    }
    const { bytes: fromBytes, view: fromView } = from;
    let done = 0;
    for (; done + bytesOfWord <= length; done += bytesOfWord) {
      view.setFloat64(at + done, fromView.getFloat64(start + done, true), true);
    }
    for (; done < length; done++) bytes[at + done] = fromBytes[start + done] as number;
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

  /** `listener` is called once, when nothing more is written: what looks back at what was must let go of it. */
  whenFinished(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** All that was written. Nothing more may be. */
  finish(): readonly Buffer[] {
    for (const listener of this.#listeners.splice(0)) listener();
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

/** Character by character. False where one of them is to be escaped, or is not one byte. */
function putAsItIs(text: string, bytes: Buffer, start: number): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (!isPlainCode(code)) return false;
    bytes[start + index] = code;
  }
  return true;
}

/** Whether there is nothing but ASCII without what JSON escapes. Looks at four bytes at a time. */
function isPlain(view: DataView, start: number, end: number): boolean {
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = view.getInt32(at, true);
    // In each byte the highest bit is set if it is below a space; no ASCII, or the last of it; a quotation mark; a
    // backslash. A byte may be taken for one of these because of the one below it, but only where that is one.
    const odd =
      ((word - each(0x20)) & ~word) |
      word |
      (word + each(1)) |
      zeroIn(word ^ each(quotationMark)) |
      zeroIn(word ^ each(backslash));
    if ((odd & each(0x80)) !== 0) return false;
  }
  for (; at < end; at++) if (!isPlainCode(view.getUint8(at))) return false;
  return true;
}

function isPlainCode(code: number): boolean {
  return code >= 0x20 && code < 0x7f && code !== quotationMark && code !== backslash;
}

/** Four times the same byte. */
function each(byte: number): number {
  return byte * 0x01010101;
}

/** With the highest bit set in bytes that are zero. */
function zeroIn(word: number): number {
  return (word - each(1)) & ~word;
}
