import * as fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { type TypedValue, typedParam } from '../../../../src/drivers/libvirt/rpc/typed-params.ts';
import {
  array,
  bool,
  type Codec,
  charVector,
  type Decoded,
  decode,
  double,
  encode,
  flag,
  hyper,
  int,
  opaque,
  optional,
  string,
  struct,
  uhyper,
  uhyperNumber,
  uint,
  uuid,
} from '../../../../src/drivers/libvirt/rpc/xdr.ts';
import { VirtgraphError } from '../../../../src/errors.ts';
import { parseUuid, type Uuid } from '../../../../src/model/brands.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const someUuid = parseUuid('00112233-4455-6677-8899-aabbccddeeff') as Uuid;

/** A codec, a value, and its bytes as RFC 4506 lays them out. */
const golden: readonly [string, Codec<never>, unknown, string][] = [
  ['int', int as Codec<never>, -2, 'fffffffe'],
  ['uint', uint as Codec<never>, 4294967295, 'ffffffff'],
  ['hyper', hyper as Codec<never>, -1n, 'ffffffffffffffff'],
  ['uhyper', uhyper as Codec<never>, 2n ** 64n - 1n, 'ffffffffffffffff'],
  ['uhyperNumber', uhyperNumber as Codec<never>, 2 ** 32 + 5, '0000000100000005'],
  ['double', double as Codec<never>, 1.5, '3ff8000000000000'],
  ['bool', bool as Codec<never>, true, '00000001'],
  ['flag', flag as Codec<never>, false, '00000000'],
  ['string', string as Codec<never>, 'vm-7', '00000004 766d2d37'],
  ['string with padding', string as Codec<never>, 'größe', '00000007 6772c3b6c39f6500'],
  ['empty string', string as Codec<never>, '', '00000000'],
  ['opaque', opaque(3) as Codec<never>, hex('010203'), '01020300'],
  ['uuid', uuid as Codec<never>, someUuid, '00112233445566778899aabbccddeeff'],
  ['optional null', optional(int) as Codec<never>, null, '00000000'],
  ['optional value', optional(int) as Codec<never>, 7, '00000001 00000007'],
  ['array', array(int, 'REMOTE_AUTH_TYPE_LIST_MAX') as Codec<never>, [1, 2], '00000002 00000001 00000002'],
  ['char vector', charVector(4) as Codec<never>, 'x86', '00000078 00000038 00000036 00000000'],
  [
    'typed parameter',
    typedParam as Codec<never>,
    { field: 'cpu.time', value: { type: 'ULLONG', value: 258n } },
    '00000008 6370752e74696d65 00000004 0000000000000102',
  ],
];

describe('codecs', () => {
  test.each(golden)('%s reads and writes its golden bytes', (_name, codec, value, bytes) => {
    expect(encode(codec, value as never)).toEqual(hex(bytes));
    expect(decode(codec, hex(bytes))).toEqual(value);
  });

  test('a struct has the type that its fields have', () => {
    const point = struct({ x: int, label: optional(string), big: uhyper });
    expectTypeOf<Decoded<typeof point>>().toEqualTypeOf<{
      readonly x: number;
      readonly label: string | null;
      readonly big: bigint;
    }>();
    const value = { x: 1, label: null, big: 2n };
    expect(decode(point, encode(point, value))).toEqual(value);
  });

  const typedValues: fc.Arbitrary<TypedValue> = fc.oneof(
    fc.record({ type: fc.constant('INT' as const), value: fc.integer() }),
    fc.record({ type: fc.constant('UINT' as const), value: fc.nat() }),
    fc.record({ type: fc.constant('DOUBLE' as const), value: fc.double({ noNaN: true }) }),
    fc.record({ type: fc.constant('LLONG' as const), value: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n) }),
    fc.record({ type: fc.constant('ULLONG' as const), value: fc.bigInt(0n, 2n ** 64n - 1n) }),
    fc.record({ type: fc.constant('BOOLEAN' as const), value: fc.boolean() }),
    fc.record({ type: fc.constant('STRING' as const), value: textWithoutNul() }),
  );

  test('what was written reads back the same', () => {
    const params = array(typedParam, 'REMOTE_CONNECT_GET_ALL_DOMAIN_STATS_MAX');
    fc.assert(
      fc.property(fc.array(fc.record({ field: textWithoutNul(), value: typedValues })), (values) => {
        expect(decode(params, encode(params, values))).toEqual(values);
      }),
    );
  });

  test('any bytes give a value or a protocol error, never another failure', () => {
    const codec = struct({
      list: array(typedParam, 'REMOTE_DOMAIN_LIST_MAX'),
      name: optional(string),
      id: uuid,
      b: bool,
    });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 96 }), (bytes) => {
        expect(['a value', 'PROTOCOL_ERROR']).toContain(outcome(() => decode(codec, bytes)));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a codec refuses', () => {
  test.each([
    ['a length above its limit', string, 'ffffffff'],
    ['a length of more items than bytes are left', array(hyper, 'REMOTE_DOMAIN_LIST_MAX'), '00004000 00000000'],
    ['a text that is cut', string, '00000004 7661'],
    ['padding that is not zero', string, '00000001 61000001'],
    ['a boolean of 2', bool, '00000002'],
    ['bytes left over', int, '00000001 00000002'],
    ['a typed parameter of a type it cannot measure', typedParam, '00000001 61000000 00000009 00000000'],
    ['an unsafe number where a small one belongs', uhyperNumber, '0020000000000000'],
  ])('%s', (_name, codec, bytes) => {
    expect(problemOf(failure(() => decode(codec as Codec<unknown>, hex(bytes))))).toBe('PROTOCOL_ERROR');
  });

  test('a text with a NUL, which libvirt would cut there', () => {
    expect(failure(() => encode(string, 'a\0b'))).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('a text of ours that is longer than libvirt takes', () => {
    expect(failure(() => encode(string, 'x'.repeat(4_194_305)))).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});

test('bytes that are no UTF-8 are read as replacement characters', () => {
  expect(decode(string, hex('00000003 61ff6200'))).toBe('a\uFFFDb');
});

function textWithoutNul() {
  return fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replaceAll('\0', ''));
}

function outcome(action: () => unknown): string | undefined {
  try {
    action();
    return 'a value';
  } catch (error) {
    return problemOf(error);
  }
}

function failure(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('Expected a failure.');
}

function problemOf(error: unknown): string | undefined {
  if (!(error instanceof VirtgraphError)) throw error;
  return error.detail.problem;
}
