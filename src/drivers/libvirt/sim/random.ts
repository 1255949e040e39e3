import { parseUuid, type Uuid } from '../../../model/brands.ts';

/** Numbers that look random and are the same for the same seed: mulberry32. */
export type Random = {
  /** At least 0, less than 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number;
  /** That many random hexadecimal digits. */
  hex(digits: number): string;
};

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function next() {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const below = (end: number) => Math.floor(next() * end);
  return {
    next,
    below,
    hex: (digits) => Array.from({ length: digits }, () => below(16).toString(16)).join(''),
  };
}

/** Version 4, as libvirt makes them. */
export function randomUuid(random: Random): Uuid {
  const variant = (8 + random.below(4)).toString(16);
  const text = `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-${variant}${random.hex(3)}-${random.hex(12)}`;
  const uuid = parseUuid(text);
  if (uuid === null) throw new Error(`${text} should be a UUID.`);
  return uuid;
}

/** A number made of a text: the same text, the same number (FNV-1a). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
