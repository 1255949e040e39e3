import * as fc from 'fast-check';
import type { MacAddress } from '../../src/model/brands.ts';
import { macFromBytes } from '../../src/net/mac.ts';

const byte = fc.integer({ min: 0, max: 255 });
const sixBytes = fc.tuple(byte, byte, byte, byte, byte, byte);

export const anyMac: fc.Arbitrary<MacAddress> = sixBytes.map((bytes) => macFromBytes(bytes));

/** Half of them begin with one of the two bytes that taps have, where the rules are. */
export const unicastMac: fc.Arbitrary<MacAddress> = fc
  .tuple(sixBytes, fc.constantFrom(null, null, 0xfe, 0xfa))
  .map(([[first, ...rest], forced]) => macFromBytes([forced ?? first & 0xfe, ...rest]));

export function macBytes(mac: MacAddress): readonly number[] {
  return mac.split(':').map((text) => Number.parseInt(text, 16));
}
