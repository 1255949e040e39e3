/**
 * Reads the reply of bulk statistics straight into samples. It is the hottest code of the driver: some 60 parameters
 * a domain, thousands of domains a second. So there is no object per parameter and no text per name: a record has
 * nearly always the same names in the same order as the one before it, and a name that is where it was last time is
 * known by comparing its bytes.
 */
import type { BlockReading, DomainStatsSample, InterfaceReading, VcpuReading } from '../../model/stats.ts';
import { domainStateNames } from './domain-states.ts';
import { safeBytes } from './numbers.ts';
import { domainRef } from './rpc/objects.ts';
import { procedures } from './rpc/procedures.ts';
import { domainStatsRecord } from './rpc/procedures-connect.ts';
import { protocolError } from './rpc/protocol-error.ts';
import { typedParamTypes } from './rpc/typed-params.ts';
import { array, type Codec } from './rpc/xdr.ts';
import type { XdrReader } from './rpc/xdr-reader.ts';

type Value = bigint | number | string;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What the fields of one record were put into. `null`: no field of that group came. */
type Draft = {
  state: number | null;
  reason: number | null;
  cpu: { timeNs: bigint | null; userNs: bigint | null; systemNs: bigint | null } | null;
  memory: {
    currentBytes: number | null;
    maximumBytes: number | null;
    availableBytes: number | null;
    unusedBytes: number | null;
    usableBytes: number | null;
    rssBytes: number | null;
  } | null;
  vcpus: Mutable<VcpuReading>[] | null;
  interfaces: Mutable<InterfaceReading>[] | null;
  disks: Mutable<BlockReading>[] | null;
};

/** Puts a value where it belongs; `null` for a field that nobody asks for. */
type Setter = ((draft: Draft, value: Value) => void) | null;
type Field = { readonly name: Buffer; readonly set: Setter };

/** `virVcpuState`. */
const vcpuStates = ['OFFLINE', 'RUNNING', 'BLOCKED'];

const nic = (name: string): Mutable<InterfaceReading> => ({
  name,
  rxBytes: null,
  rxPackets: null,
  rxErrors: null,
  rxDrops: null,
  txBytes: null,
  txPackets: null,
  txErrors: null,
  txDrops: null,
});

const disk = (name: string): Mutable<BlockReading> => ({
  name,
  path: null,
  readRequests: null,
  readBytes: null,
  writeRequests: null,
  writeBytes: null,
  capacityBytes: null,
  allocationBytes: null,
  physicalBytes: null,
});

const emptyCpu = () => ({ timeNs: null, userNs: null, systemNs: null });
const emptyMemory = () => ({
  currentBytes: null,
  maximumBytes: null,
  availableBytes: null,
  unusedBytes: null,
  usableBytes: null,
  rssBytes: null,
});

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
const diskSizes = {
  capacity: 'capacityBytes',
  allocation: 'allocationBytes',
  physical: 'physicalBytes',
} as const;

/** Names are those of `virConnectGetAllDomainStats` in `libvirt-domain.c`'s documentation. */
function setterOf(name: string): Setter {
  if (name === 'state.state') return (draft, value) => (draft.state = Number(value));
  if (name === 'state.reason') return (draft, value) => (draft.reason = Number(value));
  if (name === 'vcpu.current' || name === 'vcpu.maximum') return (draft) => (draft.vcpus ??= []);
  if (name === 'net.count') return (draft) => (draft.interfaces ??= []);
  if (name === 'block.count') return (draft) => (draft.disks ??= []);
  if (Object.hasOwn(cpuFields, name)) {
    const key = cpuFields[name as keyof typeof cpuFields];
    return (draft, value) => ((draft.cpu ??= emptyCpu())[key] = asCounter(value));
  }
  if (Object.hasOwn(balloonFields, name)) {
    const key = balloonFields[name as keyof typeof balloonFields];
    // libvirt counts memory in KiB.
    return (draft, value) => ((draft.memory ??= emptyMemory())[key] = asBytes(value, 1024n));
  }
  const [, group, digits, key] = /^(vcpu|net|block)\.(\d{1,5})\.(.+)$/.exec(name) ?? [];
  if (group === undefined || digits === undefined || key === undefined) return null;
  return indexedSetter(group, Number(digits), key);
}

function indexedSetter(group: string, index: number, key: string): Setter {
  if (group === 'vcpu') {
    if (key === 'state') return (draft, value) => (vcpuAt(draft, index).state = vcpuStates[Number(value)] ?? 'UNKNOWN');
    if (key === 'time') return (draft, value) => (vcpuAt(draft, index).timeNs = asCounter(value));
    return null;
  }
  if (group === 'net') {
    if (key === 'name') return (draft, value) => (nicAt(draft, index).name = String(value));
    if (!Object.hasOwn(nicFields, key)) return null;
    const counter = nicFields[key as keyof typeof nicFields];
    return (draft, value) => (nicAt(draft, index)[counter] = asCounter(value));
  }
  if (key === 'name') return (draft, value) => (diskAt(draft, index).name = String(value));
  if (key === 'path') return (draft, value) => (diskAt(draft, index).path = String(value));
  if (Object.hasOwn(diskCounters, key)) {
    const counter = diskCounters[key as keyof typeof diskCounters];
    return (draft, value) => (diskAt(draft, index)[counter] = asCounter(value));
  }
  if (Object.hasOwn(diskSizes, key)) {
    const size = diskSizes[key as keyof typeof diskSizes];
    return (draft, value) => (diskAt(draft, index)[size] = asBytes(value, 1n));
  }
  return null;
}

/** CPUs may be missing in between (hot-unplugged ones), so they are found by their number. */
function vcpuAt(draft: Draft, index: number): Mutable<VcpuReading> {
  const list = (draft.vcpus ??= []);
  const last = list.at(-1);
  if (last?.index === index) return last;
  const known = list.find((vcpu) => vcpu.index === index);
  if (known) return known;
  const vcpu = { index, state: 'UNKNOWN', timeNs: null };
  list.push(vcpu);
  return vcpu;
}

/** Cards and disks are numbered without holes; a number that jumps ahead is not taken for a length. */
function nicAt(draft: Draft, index: number): Mutable<InterfaceReading> {
  return itemAt((draft.interfaces ??= []), index, nic);
}

function diskAt(draft: Draft, index: number): Mutable<BlockReading> {
  return itemAt((draft.disks ??= []), index, disk);
}

function itemAt<T>(list: T[], index: number, create: (name: string) => T): T {
  if (index > list.length) throw protocolError(`Statistics jump from number ${list.length - 1} to ${index}.`);
  const item = list[index] ?? create('');
  list[index] = item;
  return item;
}

const asCounter = (value: Value): bigint | null =>
  typeof value === 'bigint' ? value : BigInt(Math.trunc(Number(value)));
const asBytes = (value: Value, unit: bigint): number | null => safeBytes(BigInt(value) * unit);

/** Every name seen so far; there are few, but a hostile daemon could invent more. */
const fieldsByName = new Map<string, Field>();
const maxRememberedFields = 10_000;

/** By place in a record: the field that stood there last time. */
const fieldsByPlace: Field[] = [];

function readField(reader: XdrReader, place: number): Field {
  const byteCount = reader.length('REMOTE_STRING_MAX', 1);
  const expected = fieldsByPlace[place];
  if (expected && expected.name.length === byteCount && sameBytes(reader.bytes, reader.offset, expected.name)) {
    reader.skip((byteCount + 3) & ~3);
    return expected;
  }
  const text = reader.text(byteCount);
  const known = fieldsByName.get(text);
  const field = known ?? { name: Buffer.from(text, 'utf8'), set: setterOf(text) };
  if (!known && fieldsByName.size < maxRememberedFields) fieldsByName.set(text, field);
  if (place < maxRememberedFields) fieldsByPlace[place] = field;
  return field;
}

function sameBytes(bytes: Buffer, offset: number, name: Buffer): boolean {
  // From the end, where names such as net.0.rx.bytes differ.
  for (let i = name.length - 1; i >= 0; i -= 1) if (bytes[offset + i] !== name[i]) return false;
  return true;
}

function readParam(reader: XdrReader, place: number, draft: Draft): void {
  const { set } = readField(reader, place);
  const type = reader.int();
  switch (type) {
    case typedParamTypes.INT:
    case typedParamTypes.BOOLEAN:
      return assign(set, draft, reader.int());
    case typedParamTypes.UINT:
      return assign(set, draft, reader.uint());
    case typedParamTypes.LLONG:
      return set ? set(draft, reader.hyper()) : reader.skip(8);
    case typedParamTypes.ULLONG:
      return set ? set(draft, reader.uhyper()) : reader.skip(8);
    case typedParamTypes.DOUBLE:
      return assign(set, draft, reader.double());
    case typedParamTypes.STRING: {
      const byteCount = reader.length('REMOTE_STRING_MAX', 1);
      return set ? set(draft, reader.text(byteCount)) : reader.skip((byteCount + 3) & ~3);
    }
    default:
      throw protocolError(`A typed parameter of unknown type ${type}.`);
  }
}

function assign(set: Setter, draft: Draft, value: Value): void {
  if (set) set(draft, value);
}

const sampleReader: Codec<DomainStatsSample> = {
  read(reader) {
    const { uuid } = domainRef.read(reader);
    const draft: Draft = {
      state: null,
      reason: null,
      cpu: null,
      memory: null,
      vcpus: null,
      interfaces: null,
      disks: null,
    };
    const count = reader.length('REMOTE_CONNECT_GET_ALL_DOMAIN_STATS_MAX', 12);
    for (let place = 0; place < count; place += 1) readParam(reader, place, draft);
    const names = draft.state === null ? null : domainStateNames(draft.state, draft.reason ?? 0);
    return {
      uuid,
      state: names?.state ?? null,
      stateReason: names?.stateReason ?? null,
      cpu: draft.cpu,
      memory: draft.memory,
      vcpus: draft.vcpus,
      interfaces: draft.interfaces,
      disks: draft.disks,
      missing: null,
    };
  },
  write() {
    throw new RangeError('Samples are only read; domainStatsRecord writes records.');
  },
  minBytes: domainStatsRecord.minBytes,
};

/** The reply of `connectGetAllDomainStats` as samples: the same bytes as that row's own codec reads. */
export const statsReply = array(sampleReader, 'REMOTE_DOMAIN_LIST_MAX');

/** `connectGetAllDomainStats` with its reply read into samples. */
export const bulkStats = { ...procedures.connectGetAllDomainStats, reply: statsReply };
