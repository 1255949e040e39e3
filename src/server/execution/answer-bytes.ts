const quotationMark = 0x22;
const backslash = 0x5c;
/** Of longer ones, copying by the block is worth its call. */
const shortBytes = 48;
const longestScanned = 1_000;

/**
 * An answer in the making, as it is sent: JSON in UTF-8. Written byte by byte, which for the short strings that most
 * answers are made of takes half the time of putting strings together and encoding them in the end.
 */
export class AnswerBytes {
  #bytes: Buffer;
  #end = 0;

  /** `expectedBytes`: room to begin with. */
  constructor(expectedBytes: number) {
    this.#bytes = Buffer.allocUnsafe(expectedBytes);
  }

  /** Of what is written and not yet taken. */
  get length(): number {
    return this.#end;
  }

  /** As they are. */
  raw(written: Uint8Array): void {
    const { length } = written;
    const bytes = this.#room(length);
    const at = this.#end;
    // Not `undefined`: the index is below the length.
    if (length > shortBytes) bytes.set(written, at);
    else for (let index = 0; index < length; index++) bytes[at + index] = written[index] as number;
    this.#end = at + length;
  }

  byte(code: number): void {
    const bytes = this.#room(1);
    bytes[this.#end++] = code;
  }

  /** Text without quotation marks: numbers, and names of JSON. */
  ascii(text: string): void {
    const { length } = text;
    const bytes = this.#room(length);
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
    const bytes = this.#room(length + 2);
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

  /** What `copyFrom` gave. */
  copied(text: string): void {
    const bytes = this.#room(text.length);
    this.#end += bytes.write(text, this.#end, 'latin1');
  }

  /** What was written since it was so long, with one character a byte: kept more cheaply than a buffer. */
  copyFrom(start: number): string {
    return this.#bytes.toString('latin1', start, this.#end);
  }

  /** What is written, which is forgotten here. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#end);
    this.#bytes = Buffer.allocUnsafe(this.#bytes.length);
    this.#end = 0;
    return taken;
  }

  /** `take` for the last time. */
  takeLast(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  #escaped(text: string) {
    const json = JSON.stringify(text);
    const bytes = this.#room(Buffer.byteLength(json));
    this.#end += bytes.write(json, this.#end);
  }

  #room(size: number): Buffer {
    if (this.#end + size > this.#bytes.length) this.#grow(size);
    return this.#bytes;
  }

  #grow(size: number) {
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#end + size));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
  }
}
