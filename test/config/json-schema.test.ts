import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { configJsonSchema, configKeys, keysAt } from '../../src/config/json-schema.ts';

describe('configKeys', () => {
  test('names every key with a description, and no key twice for one place', () => {
    const keys = configKeys();
    expect(keys.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['listen.port', 'hosts[].uri', 'net.segments.<name>[].bridge', 'limits.journalBytes']),
    );
    for (const { path, description } of keys) expect(`${path}: ${description}`).toMatch(/: \S.*\.$/);
    expect(new Set(keys.map(({ path }) => path)).size).toBe(keys.length);
  });

  test('gives every limit and timing a default', () => {
    const bounds = configKeys().filter(({ path }) => /^(limits|timing)\./.test(path));
    expect(bounds.length).toBeGreaterThan(10);
    for (const { path, default: value } of bounds) expect([path, typeof value]).toEqual([path, 'number']);
  });

  test('tells what is required', () => {
    const required = configKeys().filter((key) => key.required);
    expect(required.map(({ path }) => path)).toEqual([
      'listen.tls.cert',
      'listen.tls.key',
      'hosts[].name',
      'hosts[].uri',
      'hosts[].jump.host',
      'hosts[].jump[].host',
    ]);
  });
});

test('keysAt finds the keys of a mapping, also within lists and choices', () => {
  expect(keysAt(['auth'])).toEqual(['mode', 'tokenFile']);
  expect(keysAt(['hosts', 3, 'jump', 0])).toEqual(['host', 'port', 'user']);
  expect(keysAt(['net', 'segments', 'any', 0])).toEqual(['host', 'bridge', 'network', 'device']);
  expect(keysAt(['hosts', 0, 'labels'])).toEqual([]);
  expect(keysAt(['nowhere', 'at', 'all'])).toEqual([]);
});

test('the schema that is committed for editors is the one of this version', () => {
  const committed: unknown = JSON.parse(
    readFileSync(new URL('../../docs/virtgraph.schema.json', import.meta.url), 'utf8'),
  );
  expect(committed).toEqual(configJsonSchema());
});
