import { VirtgraphError } from '../errors.ts';
import { parseUuid } from '../model/brands.ts';
import { parseMac } from '../net/mac.ts';

/**
 * The scalars of the schema: `serialize` from our types to JSON, `parse` from what a caller sent.
 * Both are given anything and accept only what they know. What `serialize` refuses is a mistake of ours.
 */
export type ScalarRule = {
  readonly serialize: (value: unknown) => string | number;
  readonly parse: (value: unknown) => unknown;
};

const maxUint64 = 2n ** 64n - 1n;
const maxCursorCharacters = 512;

export const scalars = {
  Bytes: {
    serialize(value) {
      if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
      throw new TypeError(`Not a number of bytes: ${String(value)}`);
    },
    parse(value) {
      if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
      throw badInput('a whole number of bytes, at most 2^53-1', value);
    },
  },

  UInt64: {
    serialize(value) {
      if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value.toString();
      if (typeof value === 'bigint' && value >= 0n && value <= maxUint64) return value.toString();
      throw new TypeError(`Not an unsigned 64-bit number: ${String(value)}`);
    },
    parse(value) {
      if (typeof value === 'string' && /^\d{1,20}$/.test(value) && BigInt(value) <= maxUint64) return BigInt(value);
      if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
      throw badInput('an unsigned 64-bit number as a decimal string', value);
    },
  },

  DateTime: {
    serialize(value) {
      // Throws a RangeError for what is no moment.
      if (typeof value === 'number') return new Date(value).toISOString();
      throw new TypeError(`Not milliseconds since 1970: ${String(value)}`);
    },
    parse(value) {
      const pattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;
      const milliseconds = typeof value === 'string' && pattern.test(value) ? Date.parse(value) : Number.NaN;
      if (Number.isNaN(milliseconds)) throw badInput('a moment such as 2026-03-01T12:00:00Z', value);
      return milliseconds;
    },
  },

  MacAddress: {
    serialize: serializeString,
    parse(value) {
      if (typeof value === 'string') return parseMac(value);
      // Twelve decimal digits without quotes would pass for hexadecimal ones.
      throw new VirtgraphError('INVALID_MAC_ADDRESS', `Expected a MAC address as a string, saw ${describe(value)}.`);
    },
  },

  UUID: {
    serialize: serializeString,
    parse(value) {
      const uuid = typeof value === 'string' ? parseUuid(value) : null;
      if (uuid === null) throw badInput('a UUID such as 4dea22b3-1d52-d8f3-2516-782e98ab3fa0', value);
      return uuid;
    },
  },

  Cursor: {
    serialize: serializeString,
    parse(value) {
      // Whether it is one of its own, only the journal can tell.
      if (typeof value === 'string' && value.length <= maxCursorCharacters) return value;
      throw badInput('a cursor that this gateway gave out', value);
    },
  },
} as const satisfies Record<string, ScalarRule>;

function serializeString(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`Not a string: ${String(value)}`);
}

function badInput(expected: string, value: unknown): VirtgraphError {
  return new VirtgraphError('BAD_USER_INPUT', `Expected ${expected}, saw ${describe(value)}.`);
}

function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
