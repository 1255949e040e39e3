import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scalars } from '../../src/resolvers/scalars.ts';

const { Bytes, UInt64, DateTime, MacAddress, UUID, Cursor } = scalars;
const maxUint64 = 2n ** 64n - 1n;

describe('UInt64', () => {
  test('keeps every digit, as a string', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, maxUint64), (value) => {
        expect(UInt64.serialize(value)).toBe(value.toString());
        expect(UInt64.parse(value.toString())).toBe(value);
      }),
    );
  });
  test.each(['-1', '1.5', '', '18446744073709551616', '0x10', 1.5, -1, null, true])('does not take %j', (value) => {
    expect(() => UInt64.parse(value)).toThrow(/Expected an unsigned 64-bit number/);
  });
});

describe('Bytes', () => {
  test('is a whole number that JSON can hold', () => {
    expect(Bytes.serialize(Number.MAX_SAFE_INTEGER)).toBe(9_007_199_254_740_991);
    for (const value of [2 ** 53, -1, 1.5, Number.NaN, '5']) expect(() => Bytes.serialize(value)).toThrow(TypeError);
  });
});

describe('DateTime', () => {
  test('is RFC 3339 in UTC, with milliseconds', () => {
    expect(DateTime.serialize(Date.UTC(2026, 2, 1, 12))).toBe('2026-03-01T12:00:00.000Z');
    expect(DateTime.parse('2026-03-01T13:00:00+01:00')).toBe(Date.UTC(2026, 2, 1, 12));
  });
  test.each(['2026-03-01', 'today', '2026-13-01T00:00:00Z', 5, null])('does not take %j', (value) => {
    expect(() => DateTime.parse(value)).toThrow(/Expected a moment/);
  });
});

describe('MacAddress', () => {
  test.each(['52-54-00-12-34-56', '5254.0012.3456', '525400123456', '52:54:0:12:34:56'])('takes %s', (text) => {
    expect(MacAddress.parse(text)).toBe('52:54:00:12:34:56');
  });
  test.each(['', 'zz', 525400123456, null])('refuses %j by a code of its own', (value) => {
    expect(() => MacAddress.parse(value)).toThrow(expect.objectContaining({ code: 'INVALID_MAC_ADDRESS' }));
  });
});

describe('UUID', () => {
  test('takes any case, with or without dashes', () => {
    expect(UUID.parse('4DEA22B31D52D8F32516782E98AB3FA0')).toBe('4dea22b3-1d52-d8f3-2516-782e98ab3fa0');
    expect(() => UUID.parse('4dea22b3')).toThrow(/Expected a UUID/);
  });
});

describe('Cursor', () => {
  test('takes any text of a cursor’s length, since only the journal can read it', () => {
    expect(Cursor.parse('abc')).toBe('abc');
    expect(() => Cursor.parse('x'.repeat(513))).toThrow(/Expected a cursor/);
    expect(() => Cursor.parse(5)).toThrow(/Expected a cursor/);
  });
});
