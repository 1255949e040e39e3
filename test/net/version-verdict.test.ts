import { expect, test } from 'vitest';
import { parseMac } from '../../src/net/mac.ts';
import { guestMacVerdict } from '../../src/net/version-verdict.ts';

test.each([
  ['fe:54:00:11:22:33', '9.0.0', 'ACCEPTED'],
  ['fe:54:00:11:22:33', '5.7.0', 'ACCEPTED'],
  ['fe:54:00:11:22:33', '5.10.0', 'ACCEPTED'],
  ['fe:54:00:11:22:33', '10.0', 'ACCEPTED'],
  ['fe:54:00:11:22:33', '5.6.0', 'REFUSED'],
  ['fe:54:00:11:22:33', '5.6.9', 'REFUSED'],
  ['fe:54:00:11:22:33', '1.2.17', 'REFUSED'],
  ['fe:54:00:11:22:33', null, 'UNKNOWN'],
  ['fe:54:00:11:22:33', 'unreadable', 'UNKNOWN'],
  ['52:54:00:11:22:33', '1.2.17', 'ACCEPTED'],
  ['fa:54:00:11:22:33', '1.2.17', 'ACCEPTED'],
  ['52:54:00:11:22:33', null, 'ACCEPTED'],
])('%s on libvirt %s is %s', (mac, version, verdict) => {
  expect(guestMacVerdict(parseMac(mac), version).verdict).toBe(verdict);
});
