/** Which of libvirt's statistics go where in a row of columns. */
import type { Slots, StatsShape } from '../../../model/stats-columns.ts';

/** What a number becomes on its way into its column. */
export type Conversion = 'number' | 'bytes' | 'kibibytes' | 'text';
/** A column, and what is done with the value. */
export type Place = { readonly slot: number; readonly conversion: Conversion };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = {
  width: number;
  state: number;
  reason: number;
  cpu: Mutable<NonNullable<StatsShape['cpu']>> | null;
  memory: Mutable<NonNullable<StatsShape['memory']>> | null;
  vcpus: Mutable<VcpuSlots>[] | null;
  interfaces: Mutable<NicSlots>[] | null;
  disks: Mutable<DiskSlots>[] | null;
};
type VcpuSlots = NonNullable<StatsShape['vcpus']>[number];
type NicSlots = NonNullable<StatsShape['interfaces']>[number];
type DiskSlots = NonNullable<StatsShape['disks']>[number];

const cpuFields = { 'cpu.time': 'timeNs', 'cpu.user': 'userNs', 'cpu.system': 'systemNs' } as const;
const balloonFields = {
  'balloon.current': 'currentBytes',
  'balloon.maximum': 'maximumBytes',
  'balloon.available': 'availableBytes',
  'balloon.unused': 'unusedBytes',
  'balloon.usable': 'usableBytes',
  'balloon.rss': 'rssBytes',
} as const;
const nicFields = {
  'rx.bytes': 'rxBytes',
  'rx.pkts': 'rxPackets',
  'rx.errs': 'rxErrors',
  'rx.drop': 'rxDrops',
  'tx.bytes': 'txBytes',
  'tx.pkts': 'txPackets',
  'tx.errs': 'txErrors',
  'tx.drop': 'txDrops',
} as const;
const diskCounters = {
  'rd.reqs': 'readRequests',
  'rd.bytes': 'readBytes',
  'wr.reqs': 'writeRequests',
  'wr.bytes': 'writeBytes',
} as const;
const diskSizes = { capacity: 'capacityBytes', allocation: 'allocationBytes', physical: 'physicalBytes' } as const;

const none = -1;
const emptyCpu = (): Mutable<Slots<NonNullable<StatsShape['cpu']>>> => ({ timeNs: none, userNs: none, systemNs: none });
const emptyMemory = () => ({
  currentBytes: none,
  maximumBytes: none,
  availableBytes: none,
  unusedBytes: none,
  usableBytes: none,
  rssBytes: none,
});
const emptyNic = () => ({
  name: none,
  rxBytes: none,
  rxPackets: none,
  rxErrors: none,
  rxDrops: none,
  txBytes: none,
  txPackets: none,
  txErrors: none,
  txDrops: none,
});
const emptyDisk = () => ({
  name: none,
  path: none,
  readRequests: none,
  readBytes: none,
  writeRequests: none,
  writeBytes: none,
  capacityBytes: none,
  allocationBytes: none,
  physicalBytes: none,
});

export type ShapeDraft = {
  readonly shape: StatsShape;
  /**
   * The place of the field of that name; the same again for the same name. `null` for one that nobody asks for, and for
   * one whose value is not of the kind (`isText`) that libvirt gives it.
   */
  readonly place: (name: string, isText: boolean) => Place | null;
};

/** Names are those of `virConnectGetAllDomainStats` in `libvirt-domain.c`'s documentation. */
export function draftShape(): ShapeDraft {
  const draft: Draft = {
    width: 0,
    state: none,
    reason: none,
    cpu: null,
    memory: null,
    vcpus: null,
    interfaces: null,
    disks: null,
  };
  const vcpus = new Map<number, Mutable<VcpuSlots>>();
  const nics = new Map<number, Mutable<NicSlots>>();
  const disks = new Map<number, Mutable<DiskSlots>>();

  /** A column for `owner[key]`, unless it has one. */
  function column<Key extends string>(owner: Record<Key, number>, key: Key, isText: boolean, to: Conversion) {
    if (isText !== (to === 'text')) return null;
    if (owner[key] === none) owner[key] = draft.width++;
    return { slot: owner[key], conversion: to };
  }

  function place(name: string, isText: boolean): Place | null {
    if (name === 'state.state') return column(draft, 'state', isText, 'number');
    if (name === 'state.reason') return column(draft, 'reason', isText, 'number');
    if (isKey(cpuFields, name)) return column((draft.cpu ??= emptyCpu()), cpuFields[name], isText, 'number');
    if (isKey(balloonFields, name)) {
      return column((draft.memory ??= emptyMemory()), balloonFields[name], isText, 'kibibytes');
    }
    // That there are none is told by a count alone.
    if (name === 'vcpu.current' || name === 'vcpu.maximum') draft.vcpus ??= [];
    if (name === 'net.count') draft.interfaces ??= [];
    if (name === 'block.count') draft.disks ??= [];
    const [, group, digits, key] = /^(vcpu|net|block)\.(\d{1,5})\.(.+)$/.exec(name) ?? [];
    if (group === undefined || digits === undefined || key === undefined) return null;
    return devicePlace(group, Number(digits), key, isText);
  }

  function devicePlace(group: string, index: number, key: string, isText: boolean): Place | null {
    if (group === 'vcpu') {
      const vcpu = () => numbered(vcpus, index, () => ({ index, state: none, timeNs: none }), (draft.vcpus ??= []));
      if (key === 'state') return column(vcpu(), 'state', isText, 'number');
      return key === 'time' ? column(vcpu(), 'timeNs', isText, 'number') : null;
    }
    if (group === 'net') {
      const nic = () => numbered(nics, index, emptyNic, (draft.interfaces ??= []));
      if (key === 'name') return column(nic(), 'name', isText, 'text');
      return isKey(nicFields, key) ? column(nic(), nicFields[key], isText, 'number') : null;
    }
    const disk = () => numbered(disks, index, emptyDisk, (draft.disks ??= []));
    if (key === 'name' || key === 'path') return column(disk(), key, isText, 'text');
    if (isKey(diskCounters, key)) return column(disk(), diskCounters[key], isText, 'number');
    return isKey(diskSizes, key) ? column(disk(), diskSizes[key], isText, 'bytes') : null;
  }

  return { shape: draft, place };
}

/**
 * By its number in libvirt's names, in which some may be missing: CPUs that were unplugged, cards that have no device on the
 * host. So a number is never taken for a length.
 */
function numbered<T>(known: Map<number, T>, index: number, create: () => T, list: T[]): T {
  const found = known.get(index);
  if (found !== undefined) return found;
  const made = create();
  known.set(index, made);
  list.push(made);
  return made;
}

function isKey<T extends object>(table: T, name: string): name is Extract<keyof T, string> {
  return Object.hasOwn(table, name);
}
