/**
 * Where NICs can hear each other on layer 2. On one host that follows from the bridge, network or device;
 * across hosts only the operator knows, and says so in the configuration (`net.segments`).
 */
export const segmentMemberKinds = ['bridge', 'network', 'device'] as const;
export type SegmentMemberKind = (typeof segmentMemberKinds)[number];

export type SegmentMember = {
  /** Name of a host, or `*` for every host. */
  readonly host: string;
  readonly kind: SegmentMemberKind;
  /** Of the bridge, of libvirt's network, or of the device that macvtap sits on. */
  readonly name: string;
};

export type NamedSegment = {
  readonly name: string;
  readonly members: readonly SegmentMember[];
};
