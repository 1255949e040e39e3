import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hypervisors } from '../../src/model/domain.ts';
import { isLocallyAdministered, isMulticast, parseMac } from '../../src/net/mac.ts';
import { deriveTapMac, type TapSubject, tapNote, tapOf } from '../../src/net/tap.ts';
import { unicastMac } from './mac-arbitrary.ts';

describe('deriveTapMac', () => {
  test.each([
    ['52:54:00:11:22:34', 'fe:54:00:11:22:34'],
    ['fe:54:00:11:22:33', 'fa:54:00:11:22:33'],
    ['fa:54:00:11:22:33', 'fe:54:00:11:22:33'],
    ['00:16:3e:aa:bb:cc', 'fe:16:3e:aa:bb:cc'],
  ])('gives %s the tap %s', (guest, tap) => {
    expect(deriveTapMac(parseMac(guest))).toBe(tap);
  });

  test('differs from every unicast guest, is unicast and local, and begins with FE or FA', () => {
    fc.assert(
      fc.property(unicastMac, (guest) => {
        const tap = deriveTapMac(guest);
        expect(tap).not.toBe(guest);
        expect(isMulticast(tap)).toBe(false);
        expect(isLocallyAdministered(tap)).toBe(true);
        expect(tap.slice(0, 2)).toBe(guest.startsWith('fe') ? 'fa' : 'fe');
        expect(tap.slice(2)).toBe(guest.slice(2));
      }),
    );
  });
});

const nic = (type: string, rest: Partial<TapSubject['interface']> = {}): TapSubject => ({
  interface: { type, targetManaged: true, bridge: null, ...rest },
  hypervisor: 'KVM',
  session: false,
  network: null,
});

describe('tapNote', () => {
  test.each(['network', 'bridge', 'ethernet'])(
    'is silent for type %s on QEMU and KVM, where libvirt makes a tap',
    (type) => {
      expect(tapNote(nic(type))).toBeNull();
      expect(tapNote({ ...nic(type), hypervisor: 'QEMU' })).toBeNull();
    },
  );

  test.each([
    ['direct', /macvtap/],
    ['user', /process/],
    ['vhostuser', /vhost-user/],
    ['hostdev', /device itself/],
    ['vdpa', /vDPA/],
    ['mcast', /socket/],
    ['server', /socket/],
    ['client', /socket/],
    ['udp', /socket/],
    ['internal', /no tap/],
    ['null', /nothing/],
    ['vds', /VMware/],
    ['constructor', /not known/],
    ['from-the-future', /"from-the-future".*not known/],
  ])('says why type %s has none', (type, expected) => {
    expect(tapNote(nic(type))).toMatch(expected);
  });

  test('says that libvirt leaves alone a device that it did not make', () => {
    expect(tapNote(nic('ethernet', { targetManaged: false }))).toMatch(/managed="no"/);
  });

  test.each(['bridge', 'private', 'vepa', 'passthrough'])(
    'says macvtap for a network that forwards by %s and has no bridge',
    (forwardMode) => {
      expect(tapNote({ ...nic('network'), network: { forwardMode, bridge: null } })).toMatch(/macvtap/);
    },
  );

  test('says that a network of passed-through devices has no taps', () => {
    expect(tapNote({ ...nic('network'), network: { forwardMode: 'hostdev', bridge: null } })).toMatch(/device itself/);
  });

  test.each([
    { forwardMode: 'bridge', bridge: 'br0' },
    { forwardMode: 'nat', bridge: 'virbr0' },
    { forwardMode: null, bridge: 'virbr1' },
  ])('is silent for a network with a bridge: %j', (network) => {
    expect(tapNote({ ...nic('network'), network })).toBeNull();
  });

  test('believes the bridge that a running guest is on over what the network says', () => {
    const subject = { ...nic('network', { bridge: 'br0' }), network: { forwardMode: 'bridge', bridge: null } };
    expect(tapNote(subject)).toBeNull();
  });

  test('says that the taps of a session daemon have random addresses', () => {
    expect(tapNote({ ...nic('bridge'), session: true })).toMatch(/random/);
    expect(tapNote({ ...nic('network'), session: true })).toMatch(/random/);
  });

  test.each(hypervisors.filter((name) => name !== 'QEMU' && name !== 'KVM'))(
    "says that %s has no tap of libvirt's",
    (hypervisor) => {
      expect(tapNote({ ...nic('bridge'), hypervisor })).toMatch(/\.$/);
    },
  );

  test('speaks of veth pairs for LXC', () => {
    expect(tapNote({ ...nic('network'), hypervisor: 'LXC' })).toMatch(/veth/);
  });
});

test('an interface has either a tap address or a note', () => {
  const guest = parseMac('52:54:00:11:22:34');
  expect(tapOf(guest, nic('bridge'))).toEqual({ tapMac: 'fe:54:00:11:22:34', note: null });
  expect(tapOf(guest, nic('user'))).toEqual({ tapMac: null, note: expect.stringContaining('User-mode') });
});
