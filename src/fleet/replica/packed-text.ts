/**
 * Long texts that are kept of every domain and rarely looked at. A host's XML texts are much alike, so each is compressed
 * with one of its kind as the dictionary: some 30 times smaller, in some 50 µs, and made again in as many.
 *
 * A packed text is a string of one byte a character, which costs the heap its bytes and no more; a buffer of its own would
 * cost hundreds of bytes besides. Its first character names its dictionary.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { StoredText } from '../../store/stored-rows.ts';

declare const packed: unique symbol;
/** Equal (`===`) where one was packed like the other and the texts are the same. Nobody else takes it for a string. */
export type PackedText = { readonly [packed]: 'PackedText' };

/** Dictionaries are never let go, for nobody counts who needs them. One character holds their numbers. */
const mostDictionaries = 64;
const longestDictionary = 16_384;
const withoutDictionary = 0;
const asItIs = 255;
const shortestPacked = 256;

/** A text that comes out larger than this part of itself is unlike the dictionary of its kind, and becomes the next one. */
const alike = 0.15;

/** A window this small is had without asking the system for pages each time. */
const settings = { level: 3, memLevel: 5, windowBits: 14 };

/** By number; none has the first. */
const dictionaries: (Buffer | null)[] = [null];
/** The number of the present dictionary of each kind. */
const presentOfKind = new Map<string, number>();

/**
 * @param like the text packs to this again if it is the same, whatever has become the dictionary since: so texts are
 * compared without unpacking them
 */
export function packText(text: string, like: PackedText | null = null): PackedText {
  const bytes = Buffer.from(text, 'utf8');
  // To unpack is the cheaper way to see whether it says the same.
  if (like !== null && bytesOf(like).equals(bytes)) return like;
  if (bytes.length < shortestPacked) return packWith(bytes, asItIs);
  const kind = kindOf(text);
  const present = presentOfKind.get(kind) ?? withoutDictionary;
  const result = packWith(bytes, present);
  if (present !== withoutDictionary && packedBytes(result) <= bytes.length * alike) return result;
  if (bytes.length > longestDictionary || dictionaries.length > mostDictionaries) return result;
  presentOfKind.set(kind, dictionaries.length);
  return packWith(bytes, dictionaries.push(bytes) - 1);
}

export function unpackText(text: PackedText): string {
  return bytesOf(text).toString('utf8');
}

/** For a store: it stays packed there, and the numbers of dictionaries mean nothing to another process. */
export function writePacked(text: PackedText): StoredText {
  const bytes = Buffer.from(contentOf(text), 'latin1');
  const [number = withoutDictionary] = bytes;
  bytes[0] = number === asItIs ? asItIs : withoutDictionary;
  return { bytes, dictionary: dictionaries[number] ?? null };
}

/** What `writePacked` gave, perhaps in another process. It goes on with that one's dictionaries as far as there is room. */
export function readPacked({ bytes, dictionary }: StoredText): PackedText {
  const [form = withoutDictionary] = bytes;
  const number =
    dictionary === null ? form : numberOf(Buffer.from(dictionary.buffer, dictionary.byteOffset, dictionary.length));
  if (number === null) return packText(inflate(bytes.subarray(1), dictionary).toString('utf8'));
  return flatContent(number, bytes.subarray(1));
}

/** `null`: there is no room for it. */
function numberOf(dictionary: Buffer): number | null {
  const known = dictionaries.findIndex((each) => each?.equals(dictionary));
  if (known >= 0) return known;
  if (dictionaries.length > mostDictionaries) return null;
  const number = dictionaries.push(dictionary) - 1;
  const kind = kindOf(dictionary.toString('utf8'));
  if (!presentOfKind.has(kind)) presentOfKind.set(kind, number);
  return number;
}

function bytesOf(text: PackedText): Buffer {
  const content = contentOf(text);
  const number = content.charCodeAt(0);
  const body = Buffer.from(content, 'latin1').subarray(1);
  return number === asItIs ? body : inflate(body, dictionaries[number] ?? null);
}

function inflate(body: Uint8Array, dictionary: Uint8Array | null): Buffer {
  return inflateRawSync(body, { windowBits: settings.windowBits, ...(dictionary && { dictionary }) });
}

/** What it takes of memory. */
export function packedBytes(text: PackedText): number {
  return contentOf(text).length;
}

/** Only `flatContent` makes one, and of a string. */
function contentOf(text: PackedText): string {
  return text as unknown as string;
}

function packWith(bytes: Buffer, number: number): PackedText {
  const body = number === asItIs ? bytes : deflateRawSync(bytes, { ...settings, ...dictionaryOption(number) });
  return flatContent(number, body);
}

/** Its only maker. One call, so that the string is flat: what is joined keeps its parts. */
function flatContent(number: number, body: Uint8Array): PackedText {
  return Buffer.concat([Buffer.of(number), body]).toString('latin1') as unknown as PackedText;
}

function dictionaryOption(number: number): { readonly dictionary?: Buffer } {
  const dictionary = dictionaries[number];
  return dictionary ? { dictionary } : {};
}

/** By the root's beginning: hypervisors write differently, and of a running domain more is written. */
function kindOf(text: string): string {
  return /^<\w+(?: type='\w*')?(?: id=)?/.exec(text)?.[0] ?? '';
}
