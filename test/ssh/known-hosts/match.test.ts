import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { knownHostName, wildcardMatches } from '../../../src/ssh/known-hosts/match.ts';

describe('wildcardMatches', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '[', ']'), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '[', ']', '*', '?'), maxLength: 8 });

  test('agrees with the regular expression of the same meaning', () => {
    fc.assert(
      fc.property(pattern, text, (pattern, text) => {
        const expression = pattern
          .replace(/[.[\]]/g, '\\$&')
          .replaceAll('*', '.*')
          .replaceAll('?', '.');
        expect(wildcardMatches(pattern, text)).toBe(new RegExp(`^${expression}$`).test(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('a pattern made to be slow is not', () => {
    // Time of its own: what else the machine does is not counted.
    const before = process.cpuUsage();
    expect(wildcardMatches(`${'a*'.repeat(200)}b`, 'a'.repeat(2_000))).toBe(false);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(1_000);
  });
});

test('a host on port 22 has its bare name, on any other port the name in brackets, in lower case', () => {
  expect(knownHostName('Web.Example', 22)).toBe('web.example');
  expect(knownHostName('Web.Example', 2222)).toBe('[web.example]:2222');
  expect(knownHostName('fd00::1', 22)).toBe('fd00::1');
});
