import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMulticast, parseMac } from '../../src/net/mac.ts';
import { isValidGuestMac, judgeGuestMac } from '../../src/net/mac-rules.ts';
import { anyMac } from './mac-arbitrary.ts';

test.each([
  ['52:54:00:12:34:56', []],
  ['fe:54:00:12:34:56', []],
  ['ff:ff:ff:ff:ff:ff', [['BROADCAST', 'ERROR']]],
  ['01:00:5e:00:00:fb', [['MULTICAST', 'ERROR']]],
  ['53:54:00:12:34:56', [['MULTICAST', 'ERROR']]],
  ['00:00:00:00:00:00', [['ALL_ZERO', 'ERROR']]],
  ['00:16:3e:12:34:56', [['UNIVERSALLY_ADMINISTERED', 'NOTE']]],
])('%s is judged as %j', (text, expected) => {
  const findings = judgeGuestMac(parseMac(text));
  expect(findings.map(({ rule, severity }) => [rule, severity])).toEqual(expected);
  for (const finding of findings) expect(finding.message).toContain(text);
});

test('a guest may have every unicast address but the one that means none', () => {
  fc.assert(
    fc.property(anyMac, (mac) => {
      expect(isValidGuestMac(mac)).toBe(!isMulticast(mac) && mac !== '00:00:00:00:00:00');
    }),
  );
});

test('each address breaks one rule at most', () => {
  fc.assert(
    fc.property(anyMac, (mac) => {
      expect(judgeGuestMac(mac).length).toBeLessThanOrEqual(1);
    }),
  );
});
