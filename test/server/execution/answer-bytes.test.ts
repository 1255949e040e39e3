import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { AnswerBytes } from '../../../src/server/execution/answer-bytes.ts';
import { createSlabs } from '../../../src/server/execution/slabs.ts';
import { wordsOf } from '../../../src/server/execution/words.ts';

/** As little room as there can be, so that it goes on in another slab wherever it may. */
const openBytes = (slabBytes = 1) => new AnswerBytes(createSlabs({ slabBytes, referredBytes: 1 }));
const textOf = (pieces: readonly Buffer[]) => Buffer.concat(pieces).toString();

test('any text is quoted as JSON.stringify does it, and what was written can be copied and referred to', () => {
  assert(
    property(
      string({ unit: 'binary', maxLength: 50 }),
      string({ unit: 'grapheme-ascii', maxLength: 80 }),
      (odd, plain) => {
        const out = openBytes();
        out.quoted(plain);
        out.beginFragment();
        out.quoted(odd);
        out.quoted(plain);
        const start = out.endFragment();
        const { slab, end } = out;
        out.copy(slab, start, end);
        out.refer(slab, start, end);
        out.byte(0x2c);
        const [quotedPlain, quotedOdd] = [JSON.stringify(plain), JSON.stringify(odd)];
        const fragment = `${quotedOdd}${quotedPlain}`;
        expect(textOf(out.finish())).toBe(`${quotedPlain}${fragment}${fragment}${fragment},`);
      },
    ),
  );
});

test.each(['\ud800', 'a\udfff', 'x'.repeat(5_000), `${'x'.repeat(5_000)}"ä😀\u2028`, '\u007f', ''])(
  'so are half a surrogate pair and long texts: %#',
  (text) => {
    const out = openBytes(16);
    out.quoted(text);
    expect(textOf(out.finish())).toBe(JSON.stringify(text));
  },
);

test('what was written stays as it is, whoever writes behind it', () => {
  const slabs = createSlabs({ slabBytes: 16, referredBytes: 1 });
  const write = (text: string) => {
    const out = new AnswerBytes(slabs);
    out.ascii(text);
    return out.finish();
  };
  const answers = ['12345', 'x'.repeat(100), '6', '789'].map((text) => [text, write(text)] as const);
  for (const [text, pieces] of answers) expect(textOf(pieces)).toBe(text);
});

test('two that are written at the same time do not meet', () => {
  const slabs = createSlabs({ slabBytes: 100, referredBytes: 1 });
  const [first, second] = [new AnswerBytes(slabs), new AnswerBytes(slabs)];
  for (const digit of '0123456789') {
    first.ascii(digit);
    second.ascii(digit);
  }
  expect([first, second].map((each) => textOf(each.finish()))).toEqual(['0123456789', '0123456789']);
});

test('a text is quoted alike wherever in it there is what is odd, whatever its length', () => {
  const odd = [
    '"',
    '\\',
    '\n',
    '\u001f',
    '\u007f',
    '\u0080',
    'ÿ',
    '\u0141',
    'ä',
    '€',
    '😀',
    '\ud800',
    ' ',
    '~',
    '!',
    '#',
    '[',
    ']',
  ];
  const writtenOtherwise: string[] = [];
  for (let length = 1; length <= 70; length++) {
    for (const one of odd) {
      for (let at = 0; at < length; at++) {
        const text = 'x'.repeat(at) + one + 'y'.repeat(length - at - 1);
        const out = openBytes(16);
        out.quoted(text);
        if (textOf(out.finish()) !== JSON.stringify(text)) writtenOtherwise.push(text);
      }
    }
  }
  expect(writtenOtherwise).toEqual([]);
});

test('words are written as the text that they were made of, and so is what is repeated of them', () => {
  assert(
    property(string({ unit: 'binary', maxLength: 60 }), string({ unit: 'grapheme', maxLength: 600 }), (odd, other) => {
      // Half a surrogate pair has no form in UTF-8.
      const [first, second] = [odd.toWellFormed(), other.toWellFormed()];
      const out = openBytes(300);
      out.raw(wordsOf(first));
      out.beginFragment();
      out.raw(wordsOf(second));
      const start = out.endFragment();
      const { slab, end } = out;
      out.raw(wordsOf(first));
      out.repeat(slab, start, end);
      expect(textOf(out.finish())).toBe(`${first}${second}${first}${second}`);
    }),
  );
});
