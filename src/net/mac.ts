import { VirtgraphError } from '../errors.ts';
import type { MacAddress } from '../model/brands.ts';

/**
 * The notations that people and libvirt write. Colons take one digit a byte as well, because libvirt's own
 * parser does (`virMacAddrParse`); the others are only known with every digit.
 */
const notations: readonly RegExp[] = [
  /^([0-9a-f]{1,2}):([0-9a-f]{1,2}):([0-9a-f]{1,2}):([0-9a-f]{1,2}):([0-9a-f]{1,2}):([0-9a-f]{1,2})$/,
  /^([0-9a-f]{2})-([0-9a-f]{2})-([0-9a-f]{2})-([0-9a-f]{2})-([0-9a-f]{2})-([0-9a-f]{2})$/,
  /^([0-9a-f]{2})([0-9a-f]{2})\.([0-9a-f]{2})([0-9a-f]{2})\.([0-9a-f]{2})([0-9a-f]{2})$/,
  /^([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/,
];

const canonical = /^[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}$/;

const shownCharacters = 40;

/** `first`: two digits in lower case. An address is in canonical form, and so is what comes of it. */
export function withFirstByte(mac: MacAddress, first: string): MacAddress {
  return (first + mac.slice(2)) as MacAddress;
}

/** The address in canonical form (lower case, colons), or `null` when `text` is none. White space around it is ignored. */
export function tryParseMac(text: string): MacAddress | null {
  // Nearly all that is read is in canonical form already.
  if (canonical.test(text)) return text as MacAddress;
  const lower = text.trim().toLowerCase();
  for (const notation of notations) {
    const match = notation.exec(lower);
    // The match has exactly six groups of one or two hexadecimal digits, which makes this the canonical form.
    if (match) return match.slice(1).map(twoDigits).join(':') as MacAddress;
  }
  return null;
}

/** As `tryParseMac`, but fails with `INVALID_MAC_ADDRESS`, showing what was seen and what is expected. */
export function parseMac(text: string): MacAddress {
  const mac = tryParseMac(text);
  if (mac !== null) return mac;
  throw new VirtgraphError('INVALID_MAC_ADDRESS', notAMacAddress(text), {
    remedy: 'Write six bytes in hexadecimal, such as 52:54:00:12:34:56.',
  });
}

/** The sentence that says why `text` is no MAC address. */
export function notAMacAddress(text: string): string {
  const seen = text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
  return `Expected a MAC address such as 52:54:00:12:34:56 (or 52-54-00-12-34-56, 5254.0012.3456, 525400123456), saw ${JSON.stringify(seen)}.`;
}

/** The address of six bytes, each 0…255. */
export function macFromBytes(bytes: readonly number[]): MacAddress {
  return parseMac(bytes.map((byte) => twoDigits(byte.toString(16))).join(':'));
}

/** The lowest bit of the first byte: 1 means "for many". */
export function isMulticast(mac: MacAddress): boolean {
  return (firstByte(mac) & 0b01) !== 0;
}

/** The second lowest bit of the first byte: 1 means "chosen here", 0 "given by the vendor's registry". */
export function isLocallyAdministered(mac: MacAddress): boolean {
  return (firstByte(mac) & 0b10) !== 0;
}

function firstByte(mac: MacAddress): number {
  return Number.parseInt(mac.slice(0, 2), 16);
}

function twoDigits(byte: string): string {
  return byte.padStart(2, '0');
}
