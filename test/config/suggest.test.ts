import { expect, test } from 'vitest';
import { didYouMean, suggest } from '../../src/config/suggest.ts';

const keys = ['listen', 'auth', 'hosts', 'limits', 'known_hosts', 'known_hosts_verify'];

test.each([
  ['listne', 'listen'],
  ['host', 'hosts'],
  ['HOSTS', 'hosts'],
  ['limit', 'limits'],
  ['known_host', 'known_hosts'],
  ['known-hosts-verify', 'known_hosts_verify'],
  ['xyzzy', null],
  ['', null],
])('for %j it suggests %j', (word, expected) => {
  expect(suggest(word, keys)).toBe(expected);
});

test('the suggestion ends a sentence, or says nothing', () => {
  expect(didYouMean('atuh', keys)).toBe(' Did you mean "auth"?');
  expect(didYouMean('xyzzy', keys)).toBe('');
  expect(didYouMean('x'.repeat(1_000_000), keys)).toBe('');
});
