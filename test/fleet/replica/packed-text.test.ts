import { deflateRawSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type PackedText,
  packedBytes,
  packText,
  readPacked,
  unpackText,
  writePacked,
} from '../../../src/fleet/replica/packed-text.ts';

const guest = (number: number, devices = 40) =>
  `<domain type='kvm' id='${number}'><name>guest-${number}</name>${Array.from(
    { length: devices },
    (_, index) => `<device index='${index}' bus='0x0${index % 8}'><alias name='device${index}'/></device>`,
  ).join('')}</domain>`;

/** As another process keeps it, which has this dictionary and packs otherwise. */
function storedElsewhere(text: string, likeText: string) {
  const dictionary = Buffer.from(likeText);
  const body = deflateRawSync(text, { dictionary, level: 9, windowBits: 14 });
  return { bytes: Buffer.concat([Buffer.of(0), body]), dictionary };
}

// First: the others fill the room that there is for dictionaries.
test('what another process packed is taken as it is, and its dictionary serves those that come', () => {
  const of = (name: string) => guest(8).replaceAll('domain', 'elsewhere').replace('guest-8', name);
  const stored = storedElsewhere(of('one'), of('first'));
  const restored = readPacked(stored);
  expect(unpackText(restored)).toBe(of('one'));
  expect(packedBytes(restored)).toBe(stored.bytes.length);
  expect(packText(of('one'), restored)).toBe(restored);
  expect(packedBytes(packText(of('two')))).toBeLessThan(60);
});

test('a text comes back as it was, whatever is in it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme', minLength: 300 })), (text) => {
      const whole = text.toWellFormed();
      expect(unpackText(packText(whole))).toBe(whole);
    }),
  );
});

test('texts alike take a small part of what they say', () => {
  const first = packText(guest(1));
  const second = packText(guest(2));
  expect([unpackText(first), unpackText(second)]).toEqual([guest(1), guest(2)]);
  expect(packedBytes(second)).toBeLessThan(guest(2).length / 20);
});

test('a text of another kind among them, and one as long as libvirt takes, come back too', () => {
  const other = `<domain type='lxc'>${'<x/>'.repeat(200)}</domain>`;
  const long = guest(3, 50_000);
  for (const text of [guest(4), other, long, guest(5), other.replace('<x/>', '<y/>')]) {
    expect(unpackText(packText(text))).toBe(text);
  }
});

test('the same text packs to the same as before, also when the dictionary has become another', () => {
  const before = packText(guest(6));
  // Unlike all before it, so the next ones of its kind are packed with it.
  const digits = Array.from({ length: 1_500 }, (_, index) => Math.imul(index, 2_654_435_761).toString(36)).join();
  packText(`<domain type='kvm' id='7'>${digits}</domain>`);
  expect(packText(guest(6), before)).toBe(before);
  expect(packText(guest(7), before)).not.toBe(before);
  expect(unpackText(packText(guest(7), before))).toBe(guest(7));
});

test('a text comes back from a store as the same, whatever is in it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme', minLength: 300 })), (text) => {
      const packed = packText(text.toWellFormed());
      expect(readPacked(writePacked(packed))).toBe(packed);
    }),
  );
});

test('more kinds than dictionaries are kept for come back as they were', () => {
  const texts = Array.from({ length: 200 }, (_, index) => `<a${index}>${'<b/>'.repeat(100 + index)}</a${index}>`);
  const packed = texts.map((text): PackedText => packText(text));
  expect(packed.map(unpackText)).toEqual(texts);
});

test('what another process packed comes back also when there is no room for its dictionary', () => {
  const of = (name: string) => guest(9).replaceAll('domain', 'late').replace('guest-9', name);
  const restored = readPacked(storedElsewhere(of('one'), of('first')));
  expect(unpackText(restored)).toBe(of('one'));
});
