import type { GraphQLError } from 'graphql';
import { getIntrospectionQuery } from 'graphql';
import { describe, expect, test } from 'vitest';
import { createSchema } from '../../src/resolvers/schema.ts';
import { createDocuments } from '../../src/server/documents.ts';
import { ideExamples } from '../../src/server/ide/ide-examples.ts';
import { readSdl, testLimits } from '../support/gateway.ts';

const documents = createDocuments(createSchema(await readSdl()), testLimits);

function complaints(text: string): readonly string[] {
  const prepared = documents.prepare(text);
  return 'kind' in prepared ? [] : prepared.map((error: GraphQLError) => error.message);
}
const nest = (field: string, inner: string, depth: number) =>
  `${`${field} { `.repeat(depth)}${inner}${' }'.repeat(depth)}`;

describe('a document', () => {
  test('may be introspection, or an example of the IDE', () => {
    for (const text of [getIntrospectionQuery(), ...ideExamples.map((example) => example.query)]) {
      expect(complaints(text)).toEqual([]);
    }
  });

  test('may not nest too deep', () => {
    const text = `{ macConflicts { parties { ${nest('domain { host', 'name', 8).replaceAll('} }', '} } }')} } } }`;
    expect(complaints(`{ node(id: "x") { ... on Domain { ${nest('host', 'name', 1)} } } }`)).toEqual([]);
    expect(complaints(text).join()).toMatch(/Syntax|nests/);
    const deep = `{ node(id: "x") { ${'... on Domain { host { ... on Host { networks { host { '.repeat(8)}name${' } } } } }'.repeat(8)} } }`;
    expect(complaints(deep)).toContain('The document nests 26 levels deep; at most 16 are allowed.');
  });

  test('may not hide its depth in fragments', () => {
    const levels = Array.from(
      { length: 20 },
      (_, i) => `fragment F${i} on Network { host { networks { ...F${i + 1} } } }`,
    );
    const text = `{ host(name: "x") { networks { ...F0 } } } ${levels.join('\n')} fragment F20 on Network { name }`;
    expect(complaints(text)).toContain('The document nests 43 levels deep; at most 16 are allowed.');
  });

  test('may not multiply fields by fragments', () => {
    const fields = Array.from({ length: 10 }, (_, i) => i);
    const level = (n: number) =>
      `fragment F${n} on Host { ${fields.map((i) => `a${n}${i}: networks { host { ...F${n + 1} } }`).join(' ')} }`;
    const text = `{ host(name: "x") { ...F0 } } ${[0, 1, 2, 3].map(level).join('\n')} fragment F4 on Host { name }`;
    expect(complaints(text)).toContain('The document selects 32221 fields; at most 5000 are allowed.');
  });

  test('may have a page in a page, and no third one within', () => {
    expect(complaints('{ hosts { nodes { domains { totalCount } } } }')).toEqual([]);
    expect(complaints('{ hosts { nodes { domains { nodes { host { domains { totalCount } } } } } } }')).toEqual([
      'The document nests 3 pages; at most 2 are allowed.',
    ]);
  });

  test.each([
    ['aliases', Array.from({ length: 61 }, (_, i) => `a${i}: name`).join(' '), 'has 61 aliases; at most 60'],
    ['directives', `name ${'@include(if: true) '.repeat(51)}`, 'has 51 directives; at most 50'],
  ])('may not have too many %s', (_what, selection, message) => {
    expect(complaints(`{ host(name: "x") { ${selection} } }`).join()).toContain(message);
  });

  test('may not have too many fields at its root, or fragments', () => {
    expect(complaints(`{ ${'gateway { version } '.repeat(31)} }`)).toContain(
      'The document asks for 31 fields at its root; at most 30 are allowed.',
    );
    const fragments = Array.from({ length: 101 }, (_, i) => `fragment F${i} on Host { name }`).join(' ');
    expect(complaints(`{ gateway { version } } ${fragments}`)).toContain(
      'The document has 101 fragments; at most 100 are allowed.',
    );
  });

  test('may not be too long', () => {
    expect(complaints(`{ ${'gateway '.repeat(6000)} }`).join()).toMatch(/more that 5000 tokens/);
  });

  test('that spreads a fragment within itself is refused and ends', () => {
    const text = '{ host(name: "x") { ...A } } fragment A on Host { ...B } fragment B on Host { ...A }';
    expect(complaints(text).join()).toMatch(/Cannot spread fragment "A" within itself/);
  });
});

test('a document that is sent again is the same one', () => {
  const text = '{ gateway { version } }';
  expect(documents.prepare(text)).toBe(documents.prepare(text));
});
