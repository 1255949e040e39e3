import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { AnswerBytes } from '../../../src/server/execution/answer-bytes.ts';

test('any text is quoted as JSON.stringify does it, and what was written can be copied', () => {
  assert(
    property(
      string({ unit: 'binary', maxLength: 50 }),
      string({ unit: 'grapheme-ascii', maxLength: 80 }),
      (odd, plain) => {
        // As little room as there can be, so that it grows wherever it may.
        const out = new AnswerBytes(1);
        out.quoted(plain);
        const start = out.length;
        out.quoted(odd);
        const copy = out.copyFrom(start);
        out.copied(copy);
        const [quotedPlain, quotedOdd] = [JSON.stringify(plain), JSON.stringify(odd)];
        expect(out.takeLast().toString()).toBe(`${quotedPlain}${quotedOdd}${quotedOdd}`);
      },
    ),
  );
});

test.each(['\ud800', 'a\udfff', 'x'.repeat(5_000), `${'x'.repeat(5_000)}"ä😀\u2028`, '\u007f', ''])(
  'so are half a surrogate pair and long texts: %#',
  (text) => {
    const out = new AnswerBytes(16);
    out.quoted(text);
    expect(out.takeLast().toString()).toBe(JSON.stringify(text));
  },
);

test('what was taken stays as it is, whatever is written after it', () => {
  const out = new AnswerBytes(8);
  out.ascii('12345');
  const first = out.take();
  out.raw(Buffer.from('x'.repeat(100)));
  out.byte(0x2c);
  expect([String(first), String(out.takeLast())]).toEqual(['12345', `${'x'.repeat(100)},`]);
});
