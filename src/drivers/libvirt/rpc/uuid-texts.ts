/**
 * UUIDs as texts. Daemons send the same ones in every list and every reading, and everybody keeps them, so each text is
 * made once and shared. What takes the place of another only costs making that again: no daemon can make the table grow
 * beyond its bound.
 */

/** As many as a large fleet has domains. */
const mostUuids = 2 ** 18;

const hexDigits = Buffer.from('0123456789abcdef', 'latin1');
/** Where the bytes of a UUID go in its text. */
const uuidPositions = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;
/** Reused for every UUID: one native call makes one flat string. */
const uuidScratch = Buffer.from('00000000-0000-0000-0000-000000000000', 'latin1');

let uuidTexts: (string | undefined)[] = Array.from({ length: 2 ** 8 });
let uuidWords = new Int32Array(uuidTexts.length * 4);
let uuidsMade = 0;

/** Sixteen bytes from `at`, which are there, as a UUID's text. */
export function uuidText(view: DataView, bytes: Uint8Array, at: number): string {
  const a = view.getInt32(at);
  const b = view.getInt32(at + 4);
  const c = view.getInt32(at + 8);
  const d = view.getInt32(at + 12);
  const index = uuidIndex(a, b, c, d);
  const words = index * 4;
  const known = uuidTexts[index];
  if (
    known !== undefined &&
    uuidWords[words] === a &&
    uuidWords[words + 1] === b &&
    uuidWords[words + 2] === c &&
    uuidWords[words + 3] === d
  ) {
    return known;
  }
  const text = makeUuidText(bytes, at);
  uuidWords.set([a, b, c, d], words);
  uuidTexts[index] = text;
  uuidsMade += 1;
  if (uuidsMade > uuidTexts.length && uuidTexts.length < mostUuids) growUuids();
  return text;
}

/** Fleets number their guests, and random UUIDs have fixed bits: every word must reach every bit of the index. */
function uuidIndex(a: number, b: number, c: number, d: number): number {
  let hash = Math.imul(a ^ Math.imul(b, 0x85ebca6b), 0x9e3779b1) ^ Math.imul(c ^ Math.imul(d, 0xc2b2ae35), 0x27d4eb2f);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) & (uuidTexts.length - 1);
}

function growUuids(): void {
  const before = { texts: uuidTexts, words: uuidWords };
  uuidTexts = Array.from({ length: before.texts.length * 4 });
  uuidWords = new Int32Array(uuidTexts.length * 4);
  for (const [index, text] of before.texts.entries()) {
    if (text === undefined) continue;
    const [a = 0, b = 0, c = 0, d = 0] = before.words.subarray(index * 4, index * 4 + 4);
    const at = uuidIndex(a, b, c, d);
    uuidTexts[at] = text;
    uuidWords.set([a, b, c, d], at * 4);
  }
  uuidsMade = 0;
}

function makeUuidText(bytes: Uint8Array, start: number): string {
  for (let i = 0; i < uuidPositions.length; i += 1) {
    const byte = bytes[start + i] ?? 0;
    const at = uuidPositions[i] ?? 0;
    uuidScratch[at] = hexDigits[byte >> 4] ?? 0;
    uuidScratch[at + 1] = hexDigits[byte & 15] ?? 0;
  }
  return uuidScratch.toString('latin1');
}
