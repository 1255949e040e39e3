import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse-config.ts';
import { root } from '../architecture/imports.ts';
import { blocksOf, readPage } from './markdown.ts';

const schema = buildSchema(readFileSync(join(root, 'schema.graphql'), 'utf8'));
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

describe('GraphQL that the documentation shows fits the schema', () => {
  const blocks = pages.flatMap((page) => blocksOf(readPage(page), 'graphql').map((text) => [page, text] as const));
  test('there is some', () => expect(blocks.length).toBeGreaterThan(0));
  test.each(blocks)('%s: %s', (_page, text) => {
    expect(validate(schema, parse(text))).toEqual([]);
  });
});

describe('a request that README.md shows as curl fits the schema', () => {
  const bodies = [...readPage('README.md').matchAll(/-d '(\{.*\})'/g)].map(([, body = '']) => body);
  test('there are some', () => expect(bodies.length).toBeGreaterThan(0));
  test.each(bodies)('%s', (body) => {
    const { query }: { query: string } = JSON.parse(body);
    expect(validate(schema, parse(query))).toEqual([]);
  });
});

describe('a configuration that the documentation shows is right', () => {
  const blocks = blocksOf(readPage('README.md'), 'yaml');
  test('there is one', () => expect(blocks.length).toBeGreaterThan(0));
  test.each(blocks)('%s', (text) => {
    expect(parseConfig(text, 'README.md', { homeDir: '/home/me' })).toMatchObject({
      ok: true,
      config: { warnings: [] },
    });
  });
});
