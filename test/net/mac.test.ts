import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VirtgraphError } from '../../src/errors.ts';
import type { MacAddress } from '../../src/model/brands.ts';
import { isLocallyAdministered, isMulticast, macFromBytes, parseMac, tryParseMac } from '../../src/net/mac.ts';
import { anyMac, macBytes } from './mac-arbitrary.ts';

const notations: Record<string, (mac: MacAddress) => string> = {
  colons: (mac) => mac,
  'one digit a byte where it suffices': (mac) =>
    macBytes(mac)
      .map((byte) => byte.toString(16))
      .join(':'),
  dashes: (mac) => mac.replaceAll(':', '-'),
  dots: (mac) => {
    const bare = mac.replaceAll(':', '');
    return `${bare.slice(0, 4)}.${bare.slice(4, 8)}.${bare.slice(8)}`;
  },
  'bare hex': (mac) => mac.replaceAll(':', ''),
};

describe('parseMac', () => {
  test.each(Object.entries(notations))('reads back every address written with %s, in any case', (_name, format) => {
    fc.assert(
      fc.property(anyMac, (mac) => {
        expect(parseMac(format(mac))).toBe(mac);
        expect(parseMac(format(mac).toUpperCase())).toBe(mac);
        expect(parseMac(` ${format(mac)}\n`)).toBe(mac);
      }),
    );
  });

  test('gives lower-case colons with two digits a byte', () => {
    expect(parseMac('0:1:2:A:b:C')).toBe('00:01:02:0a:0b:0c');
  });

  test.each([
    '',
    '52:54:00:12:34',
    '52:54:00:12:34:56:78',
    '52:54:00:12:34:',
    '52:54:00:12:34:5g',
    '52:54:00:12:34:567',
    '52:54-00:12:34:56',
    '5-54-00-12-34-56',
    '5254.0012.345',
    '525.40012.3456',
    '52.54.00.12.34.56',
    '52540012345',
    '0x5254001234',
    '+5:54:00:12:34:56',
    '52:54:00: 2:34:56',
    '٥٢:54:00:12:34:56',
  ])('refuses %j', (text) => {
    expect(tryParseMac(text)).toBeNull();
    expect(() => parseMac(text)).toThrow(VirtgraphError);
  });

  test('says what it saw and what it expected, without repeating a long text whole', () => {
    const read = () => parseMac(`nonsense${'x'.repeat(5000)}`);
    expect(read).toThrow(
      expect.objectContaining({
        code: 'INVALID_MAC_ADDRESS',
        message: expect.stringMatching(/Expected a MAC address such as 52:54:00:12:34:56.*saw "nonsensex{32}…"\.$/),
      }),
    );
  });

  test('never fails on any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const mac = tryParseMac(text);
        expect(mac === null || /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)).toBe(true);
      }),
    );
  });
});

test('an address is its six bytes', () => {
  fc.assert(
    fc.property(anyMac, (mac) => {
      expect(macFromBytes(macBytes(mac))).toBe(mac);
    }),
  );
  expect(macBytes(parseMac('52:54:00:ff:0a:01'))).toEqual([0x52, 0x54, 0, 0xff, 0x0a, 1]);
});

test('the two lowest bits of the first byte tell multicast and local', () => {
  expect(isMulticast(parseMac('01:00:5e:00:00:01'))).toBe(true);
  expect(isMulticast(parseMac('52:54:00:00:00:01'))).toBe(false);
  expect(isLocallyAdministered(parseMac('52:54:00:00:00:01'))).toBe(true);
  expect(isLocallyAdministered(parseMac('00:16:3e:00:00:01'))).toBe(false);
});
