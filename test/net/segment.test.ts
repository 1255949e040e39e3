import { expect, test } from 'vitest';
import { createSegmentMap, segmentOf } from '../../src/net/segment.ts';

const none = createSegmentMap([]);
const bridge = { type: 'bridge', source: 'virbr0', bridge: null };
const network = { type: 'network', source: 'default', bridge: null };
const direct = { type: 'direct', source: 'eth0', bridge: null };

test('a bridge is a segment of its host', () => {
  expect(segmentOf('kvm1', bridge, null, none)).toBe('bridge:kvm1/virbr0');
  expect(segmentOf('kvm2', bridge, null, none)).not.toBe(segmentOf('kvm1', bridge, null, none));
});

test('a network and its bridge are the same segment, whether the guest runs or not', () => {
  expect(segmentOf('kvm1', network, 'virbr0', none)).toBe('bridge:kvm1/virbr0');
  expect(segmentOf('kvm1', { ...network, bridge: 'virbr0' }, null, none)).toBe('bridge:kvm1/virbr0');
});

test('a network whose bridge is not known is a segment by its name', () => {
  expect(segmentOf('kvm1', network, null, none)).toBe('network:kvm1/default');
});

test('macvtap interfaces on one device share a segment', () => {
  expect(segmentOf('kvm1', direct, null, none)).toBe('device:kvm1/eth0');
});

test.each(['user', 'vhostuser', 'hostdev', 'vdpa', 'ethernet', 'mcast', 'server', 'client', 'udp', 'null'])(
  'an interface of type %s shares no segment that is known',
  (type) => {
    expect(segmentOf('kvm1', { type, source: 'x', bridge: null }, null, none)).toBeNull();
  },
);

test('an interface without a source shares no segment', () => {
  expect(segmentOf('kvm1', { type: 'bridge', source: null, bridge: null }, null, none)).toBeNull();
});

test('a named segment joins bridges, networks and devices of several hosts', () => {
  const named = createSegmentMap([
    {
      name: 'office',
      members: [
        { host: 'kvm1', kind: 'bridge', name: 'virbr0' },
        { host: 'kvm2', kind: 'device', name: 'eth0' },
        { host: '*', kind: 'network', name: 'lan' },
      ],
    },
  ]);
  const office = 'segment:office';
  expect(segmentOf('kvm1', bridge, null, named)).toBe(office);
  expect(segmentOf('kvm1', network, 'virbr0', named)).toBe(office);
  expect(segmentOf('kvm2', direct, null, named)).toBe(office);
  expect(segmentOf('kvm7', { type: 'network', source: 'lan', bridge: null }, 'br5', named)).toBe(office);
  expect(segmentOf('kvm2', bridge, null, named)).toBe('bridge:kvm2/virbr0');
  expect(segmentOf('kvm1', direct, null, named)).toBe('device:kvm1/eth0');
});

test('a place that names its host wins over one for every host, and the first segment over the second', () => {
  const named = createSegmentMap([
    { name: 'everywhere', members: [{ host: '*', kind: 'bridge', name: 'br0' }] },
    { name: 'here', members: [{ host: 'kvm1', kind: 'bridge', name: 'br0' }] },
    { name: 'late', members: [{ host: 'kvm1', kind: 'bridge', name: 'br0' }] },
  ]);
  const br0 = { type: 'bridge', source: 'br0', bridge: null };
  expect(segmentOf('kvm1', br0, null, named)).toBe('segment:here');
  expect(segmentOf('kvm2', br0, null, named)).toBe('segment:everywhere');
});
