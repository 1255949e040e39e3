import { describe, expect, test } from 'vitest';
import { createGatekeeper } from '../../src/server/auth.ts';
import { isAllowedOrigin } from '../../src/server/subscriptions/origin.ts';

describe('with a token', () => {
  const gatekeeper = createGatekeeper({ mode: 'token', token: 'the-right-token' });
  const check = (authorization: string | null) => gatekeeper.check({ authorization, host: 'anything' });

  test.each(['Bearer the-right-token', 'bearer the-right-token', 'Bearer   the-right-token '])(
    '%j comes in',
    (header) => {
      expect(check(header)).toBeNull();
    },
  );
  test.each([
    null,
    '',
    'the-right-token',
    'Basic dXNlcjpw',
    'Bearer ',
    'Bearer the-right-toke',
    'Bearer the-right-token x',
  ])('%j stays out, and is told why without the token', (header) => {
    const reason = check(header);
    expect(reason).toMatch(/token/i);
    expect(reason).not.toContain('the-right');
  });
});

describe('without a token', () => {
  const gatekeeper = createGatekeeper({ mode: 'none' });
  const check = (host: string | null) => gatekeeper.check({ authorization: null, host });

  test.each(['localhost', 'localhost:4000', '127.0.0.1:4000', '127.1.2.3', '[::1]:4000', 'LOCALHOST:1'])(
    'whoever calls us %s comes in',
    (host) => expect(check(host)).toBeNull(),
  );
  test.each([
    null,
    '',
    'evil.example',
    'evil.example:4000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
  ])('a page whose name resolves to us, such as %j, stays out', (host) => expect(check(host)).toMatch(/localhost/));
});

describe('a WebSocket', () => {
  test.each([
    [undefined, 'gw:4000', true],
    ['http://gw:4000', 'gw:4000', true],
    ['https://gw', 'gw', true],
    ['http://GW:4000', 'gw:4000', true],
    ['https://dashboard.example', 'gw:4000', true],
    ['https://evil.example', 'gw:4000', false],
    ['http://gw:4001', 'gw:4000', false],
    ['http://gw.evil.example', 'gw', false],
    ['null', 'gw:4000', false],
    ['null', 'null', false],
    ['', 'gw:4000', false],
    ['http://gw', undefined, false],
  ])('of a page at %j to %j: %j', (origin, host, allowed) => {
    expect(isAllowedOrigin(origin, host, ['https://dashboard.example'])).toBe(allowed);
  });
});
