/**
 * Bytes that are written over and over, eight at a time: by the byte, keys and punctuation took half of the time of an answer.
 * They are taken for floating point numbers, since V8 moves these without making objects of them. Text in UTF-8 is none of
 * the patterns that are not numbers, which V8 may change: those end in 0x7f or 0xff behind a byte from 0xf0 on.
 */
export type Words = {
  readonly length: number;
  readonly bytes: Buffer;
  /** Zeros behind the end. */
  readonly words: Float64Array;
};

export const bytesOfWord = 8;

/** `text`: in UTF-8, where it is bytes. */
export function wordsOf(text: string | Buffer): Words {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const padded = new DataView(new ArrayBuffer(Math.ceil(bytes.length / bytesOfWord) * bytesOfWord));
  for (const [index, byte] of bytes.entries()) padded.setUint8(index, byte);
  const words = new Float64Array(padded.byteLength / bytesOfWord);
  for (let index = 0; index < words.length; index++) words[index] = padded.getFloat64(index * bytesOfWord, true);
  return { length: bytes.length, bytes, words };
}
