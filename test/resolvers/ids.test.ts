import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ObjectRef } from '../../src/fleet/objects.ts';
import { createIdCodec } from '../../src/resolvers/ids.ts';

const ids = createIdCodec('fleet-a');

const hostName = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,60}$/);
const ref: fc.Arbitrary<ObjectRef> = fc.oneof(
  hostName.map((name): ObjectRef => ({ kind: 'host', hostName: name, uuid: '' })),
  fc.record<ObjectRef>({ kind: fc.constantFrom('domain', 'network', 'storagePool'), hostName, uuid: fc.uuid() }),
);

describe('an id', () => {
  test('comes back as what it was made of', () => {
    fc.assert(
      fc.property(ref, (object) => {
        expect(ids.decode(ids.encode(object))).toEqual(object);
      }),
    );
  });

  test('is made of characters that need no quoting anywhere', () => {
    fc.assert(
      fc.property(ref, (object) => {
        expect(ids.encode(object)).toMatch(/^[A-Za-z0-9_-]+$/);
      }),
    );
  });

  test('is refused when one character of it was changed', () => {
    fc.assert(
      fc.property(ref, fc.nat(), fc.constantFrom('A', 'Z', 'a', 'z', '0', '9', '-', '_'), (object, at, letter) => {
        const id = ids.encode(object);
        const changed = id.slice(0, at % id.length) + letter + id.slice((at % id.length) + 1);
        // The last character of base64url may hold bits that mean nothing.
        fc.pre(Buffer.from(changed, 'base64url').toString() !== Buffer.from(id, 'base64url').toString());
        expect(() => ids.decode(changed)).toThrow(/Expected an id that this gateway gave out/);
      }),
    );
  });

  test('is refused whatever else it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => ids.decode(text)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
      }),
    );
  });

  test('of another gateway is refused with that reason', () => {
    const foreign = createIdCodec('fleet-b').encode({ kind: 'host', hostName: 'alpha', uuid: '' });
    expect(() => ids.decode(foreign)).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', message: 'This id was made by another gateway.' }),
    );
  });

  test('does not grow the message when it is very long', () => {
    expect(() => ids.decode('x'.repeat(100_000))).toThrow(/^.{0,140}$/);
  });
});
