import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MacAddress } from '../../src/model/brands.ts';
import { allocateMac } from '../../src/net/allocate.ts';
import { isLocallyAdministered, macFromBytes } from '../../src/net/mac.ts';
import { isValidGuestMac } from '../../src/net/mac-rules.ts';
import { deriveTapMac } from '../../src/net/tap.ts';

/** Repeatable randomness: a small linear congruential generator. */
function randomFrom(seed: number): (count: number) => Uint8Array {
  let state = seed >>> 0;
  return (count) =>
    Uint8Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
}

const always = (byte: number) => (count: number) => new Uint8Array(count).fill(byte);
const never = () => false;

describe('allocateMac', () => {
  test('stays in the prefix, is valid and locally administered', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const { mac, note } = allocateMac('52:54:00', never, randomFrom(seed));
        expect(mac.startsWith('52:54:00:')).toBe(true);
        expect(isValidGuestMac(mac) && isLocallyAdministered(mac)).toBe(true);
        expect(note).toBeNull();
      }),
    );
  });

  test('never gives an address that is taken, that a tap has, or whose own tap address is taken', () => {
    const prefix = [0x52, 0x54, 0, 1, 2];
    const lastBytes = fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { maxLength: 250 });
    fc.assert(
      fc.property(lastBytes, fc.constantFrom(0x52, 0x02, 0xfe), fc.nat(), (bytes, first, seed) => {
        const guests = bytes.map((last) => macFromBytes([first, ...prefix.slice(1), last]));
        const taps = guests.map(deriveTapMac);
        const taken = new Set<MacAddress>([...guests, ...taps]);
        const { mac } = allocateMac('52:54:00:01:02', (address) => taken.has(address), randomFrom(seed));
        expect(guests).not.toContain(mac);
        expect(taps).not.toContain(mac);
        expect(guests).not.toContain(deriveTapMac(mac));
        expect(taps).not.toContain(deriveTapMac(mac));
      }),
    );
  });

  test('finds the last free address of a small range', () => {
    const isTaken = (mac: MacAddress) => mac.startsWith('52:') && mac !== '52:54:00:01:02:fe';
    expect(allocateMac('52:54:00:01:02', isTaken, always(0)).mac).toBe('52:54:00:01:02:fe');
  });

  test('gives up with RESOURCE_EXHAUSTED when everything it looks at is taken', () => {
    let looks = 0;
    const isTaken = () => {
      looks++;
      return true;
    };
    expect(() => allocateMac('52:54:00', isTaken, always(7))).toThrow(
      expect.objectContaining({ code: 'RESOURCE_EXHAUSTED' }),
    );
    expect(looks).toBeLessThan(70_000);
    expect(() => allocateMac('52:54:00:01:02', () => true, always(7))).toThrow(
      expect.objectContaining({ message: expect.stringContaining('320 tries') }),
    );
  });

  test("says that a vendor's prefix is universal", () => {
    expect(allocateMac('00:16:3e', never, randomFrom(1)).note).toContain('universally administered');
  });

  test('never gives the address that means none', () => {
    expect(allocateMac('00:00:00', never, always(0)).mac).not.toBe('00:00:00:00:00:00');
  });

  test.each(['525400', '52-54-00', ' 52:54:00 ', '52:54:00:AA', '52:54:00:aa:bb'])('takes the prefix %j', (oui) => {
    expect(allocateMac(oui, never, randomFrom(1)).mac).toMatch(/^52:54:00/);
  });

  test.each(['', '52', '52:54', '52:54:0', '52:54:00:00:00:00', 'nonsense', '52:54:zz'])(
    'refuses the prefix %j',
    (oui) => {
      expect(() => allocateMac(oui, never, randomFrom(1))).toThrow(
        expect.objectContaining({ code: 'BAD_USER_INPUT', message: expect.stringContaining(JSON.stringify(oui)) }),
      );
    },
  );

  test('refuses a prefix of multicast addresses', () => {
    expect(() => allocateMac('01:00:5e', never, randomFrom(1))).toThrow(/multicast/);
  });
});
