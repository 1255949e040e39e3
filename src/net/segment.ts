import type { DomainInterface } from '../model/domain.ts';
import type { NamedSegment, SegmentMember, SegmentMemberKind } from '../model/segment.ts';

/** The operator's named segments, ready for look-up: from what a place is called to the segment it belongs to. */
export type SegmentMap = ReadonlyMap<string, string>;

/** Where two segments claim the same place, the first wins. */
export function createSegmentMap(segments: readonly NamedSegment[]): SegmentMap {
  const map = new Map<string, string>();
  for (const segment of segments) {
    for (const member of segment.members) {
      const key = placeKey(member);
      if (!map.has(key)) map.set(key, segment.name);
    }
  }
  return map;
}

/**
 * The L2 segment that an interface is on, as a key: equal keys hear each other. `null`: it shares none that we know of
 * (user-mode networking, vhost-user, passed-through devices, sockets, taps that somebody else connects).
 *
 * A network is known by its bridge where it has one, so that `type='network'` and `type='bridge'` meet.
 * @param networkBridge for `type='network'`: the bridge of that network as libvirt's network XML has it, also when the guest is off
 */
export function segmentOf(
  host: string,
  nic: Pick<DomainInterface, 'type' | 'source' | 'bridge'>,
  networkBridge: string | null,
  named: SegmentMap,
): string | null {
  const places = placesOf(nic, networkBridge).map(([kind, name]) => ({ host, kind, name }));
  for (const place of places) {
    const name = named.get(placeKey(place)) ?? named.get(placeKey({ ...place, host: '*' }));
    if (name !== undefined) return `segment:${name}`;
  }
  const first = places[0];
  return first === undefined ? null : placeKey(first);
}

/** What the operator may call the place of this interface; the first is what it is called otherwise. */
function placesOf(
  nic: Pick<DomainInterface, 'type' | 'source' | 'bridge'>,
  networkBridge: string | null,
): readonly (readonly [SegmentMemberKind, string])[] {
  switch (nic.type) {
    case 'bridge':
      return place('bridge', nic.source ?? nic.bridge);
    case 'network':
      return [...place('bridge', nic.bridge ?? networkBridge), ...place('network', nic.source)];
    case 'direct':
      return place('device', nic.source);
    default:
      return [];
  }
}

function place(kind: SegmentMemberKind, name: string | null): readonly (readonly [SegmentMemberKind, string])[] {
  return name === null ? [] : [[kind, name]];
}

/** Host names hold no slash, so that two places never share a key. */
function placeKey({ host, kind, name }: SegmentMember): string {
  return `${kind}:${host}/${name}`;
}
