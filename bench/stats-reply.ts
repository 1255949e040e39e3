import { domainStatsRecord } from '../src/drivers/libvirt/rpc/procedures-connect.ts';
import type { TypedParam, TypedValue } from '../src/drivers/libvirt/rpc/typed-params.ts';
import { array, encode } from '../src/drivers/libvirt/rpc/xdr.ts';
import { parseUuid, type Uuid } from '../src/model/brands.ts';

/** The parameters of a running QEMU guest with 2 CPUs, a disk and 2 cards; 63, as libvirt 9.0 tells them. */
function guestParams(index: number): TypedParam[] {
  const ull = (value: number): TypedValue => ({ type: 'ULLONG', value: BigInt(value) });
  const int = (value: number): TypedValue => ({ type: 'INT', value });
  const uint = (value: number): TypedValue => ({ type: 'UINT', value });
  const text = (value: string): TypedValue => ({ type: 'STRING', value });
  const many = (prefix: string, names: readonly string[], from: number) =>
    names.map((name, at) => [`${prefix}.${name}`, ull(from + at)] as const);
  /** Counters of guests have little in common. */
  const counted = (most: number, salt: number) => ((index + 1) * 2_654_435_761 * salt) % most;
  const cpu = 1e9 * (index + 1) + 2 * counted(5e8, 7);
  const fields: (readonly [string, TypedValue])[] = [
    ['state.state', int(1)],
    ['state.reason', int(1)],
    ...many('cpu', ['time', 'user', 'system'], cpu),
    ...many('balloon', ['current', 'maximum', 'swap_in', 'swap_out', 'major_fault', 'minor_fault'], 4_194_304),
    ...many(
      'balloon',
      ['unused', 'available', 'usable', 'last-update', 'disk_caches', 'hugetlb_pgalloc', 'hugetlb_pgfail', 'rss'],
      counted(4_194_304, 11),
    ),
    ['vcpu.current', uint(2)],
    ['vcpu.maximum', uint(2)],
    ...[0, 1].flatMap((vcpu) => [
      [`vcpu.${vcpu}.state`, int(1)] as const,
      ...many(`vcpu.${vcpu}`, ['time', 'wait', 'delay'], cpu / 2 + vcpu),
    ]),
    ['net.count', uint(2)],
    ...[0, 1].flatMap((nic) => [
      [`net.${nic}.name`, text(`vnet${2 * index + nic}`)] as const,
      ...['rx', 'tx'].flatMap((way, at) => [
        [`net.${nic}.${way}.bytes`, ull(counted(9e11, 13 + 2 * nic + at))] as const,
        [`net.${nic}.${way}.pkts`, ull(counted(9e8, 13 + 2 * nic + at))] as const,
        // As on most networks.
        [`net.${nic}.${way}.errs`, ull(0)] as const,
        [`net.${nic}.${way}.drop`, ull(0)] as const,
      ]),
    ]),
    ['block.count', uint(1)],
    ['block.0.name', text('vda')],
    ['block.0.path', text(`/var/lib/libvirt/images/guest-${index}.qcow2`)],
    ['block.0.backingIndex', uint(1)],
    ...many('block.0', ['rd.reqs', 'rd.bytes', 'rd.times', 'wr.reqs', 'wr.bytes', 'wr.times'], counted(9e12, 17)),
    ...many('block.0', ['fl.reqs', 'fl.times'], counted(9e6, 19)),
    ['block.0.allocation', ull(counted(10_737_418_240, 23))],
    ['block.0.capacity', ull(10_737_418_240)],
    ['block.0.physical', ull(counted(10_737_418_240, 23))],
  ];
  return fields.map(([field, value]) => ({ field, value }));
}

/** The payload of a reply about these guests, byte by byte as a daemon sends it. */
export function statsReplyBytes(guests: readonly Uuid[]): Buffer {
  const records = guests.map((uuid, index) => ({
    domain: { name: `guest-${index}`, uuid, id: index + 1 },
    params: guestParams(index),
  }));
  return encode(array(domainStatsRecord, 'REMOTE_DOMAIN_LIST_MAX'), records);
}

/** So many, one after the other. */
export function guestUuids(count: number): readonly Uuid[] {
  return Array.from({ length: count }, (_, index) => {
    const uuid = parseUuid(`4dea22b3-1d52-48f3-9516-${index.toString(16).padStart(12, '0')}`);
    if (uuid === null) throw new Error('This is a UUID.');
    return uuid;
  });
}
