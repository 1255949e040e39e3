import { domainStateNames } from '../../../src/drivers/libvirt/domain-states.ts';
import type { domainStatsRecord } from '../../../src/drivers/libvirt/rpc/procedures-connect.ts';
import type { TypedValue } from '../../../src/drivers/libvirt/rpc/typed-params.ts';
import type { Decoded } from '../../../src/drivers/libvirt/rpc/xdr.ts';
import {
  type BlockReading,
  type Counter,
  type DomainStatsSample,
  type InterfaceReading,
  vcpuStates,
} from '../../../src/model/stats.ts';

/** A sample as an object of its own, to be compared by value. */
export function plainSample(sample: DomainStatsSample): DomainStatsSample {
  const { uuid, state, stateReason, cpu, memory, vcpus, interfaces, disks, missing } = sample;
  return { uuid, state, stateReason, cpu, memory, vcpus, interfaces, disks, missing };
}

type Params = Map<string, TypedValue>;

/** What a record says, looked up by name, with 64 bits as they are: slow, and plainly right. */
export function sampleOfRecord({ domain, params }: Decoded<typeof domainStatsRecord>): DomainStatsSample {
  const byName: Params = new Map(params.map(({ field, value }) => [field, value]));
  const state = counter(byName, 'state.state');
  const names = state === null ? null : domainStateNames(Number(state), Number(counter(byName, 'state.reason') ?? 0));
  const any = (...prefixes: readonly string[]) =>
    prefixes.some((name) => byName.get(name) !== undefined && byName.get(name)?.type !== 'DOUBLE');
  const balloon = ['current', 'maximum', 'available', 'unused', 'usable', 'rss'].map((name) => `balloon.${name}`);
  return {
    uuid: domain.uuid,
    state: names?.state ?? null,
    stateReason: names?.stateReason ?? null,
    cpu: any('cpu.time', 'cpu.user', 'cpu.system')
      ? {
          timeNs: counter(byName, 'cpu.time'),
          userNs: counter(byName, 'cpu.user'),
          systemNs: counter(byName, 'cpu.system'),
        }
      : null,
    memory: any(...balloon)
      ? {
          currentBytes: bytes(byName, 'balloon.current', 1024n),
          maximumBytes: bytes(byName, 'balloon.maximum', 1024n),
          availableBytes: bytes(byName, 'balloon.available', 1024n),
          unusedBytes: bytes(byName, 'balloon.unused', 1024n),
          usableBytes: bytes(byName, 'balloon.usable', 1024n),
          rssBytes: bytes(byName, 'balloon.rss', 1024n),
        }
      : null,
    vcpus: devices(byName, /^vcpu\.(\d+)\.(state|time)$/, any('vcpu.current', 'vcpu.maximum'), (index) => ({
      index,
      state: vcpuStates[Number(counter(byName, `vcpu.${index}.state`) ?? -1)] ?? 'UNKNOWN',
      timeNs: counter(byName, `vcpu.${index}.time`),
    })),
    interfaces: devices(
      byName,
      /^net\.(\d+)\.(name|[rt]x\.(bytes|pkts|errs|drop))$/,
      any('net.count'),
      (index): InterfaceReading => ({
        name: text(byName, `net.${index}.name`) ?? '',
        rxBytes: counter(byName, `net.${index}.rx.bytes`),
        rxPackets: counter(byName, `net.${index}.rx.pkts`),
        rxErrors: counter(byName, `net.${index}.rx.errs`),
        rxDrops: counter(byName, `net.${index}.rx.drop`),
        txBytes: counter(byName, `net.${index}.tx.bytes`),
        txPackets: counter(byName, `net.${index}.tx.pkts`),
        txErrors: counter(byName, `net.${index}.tx.errs`),
        txDrops: counter(byName, `net.${index}.tx.drop`),
      }),
    ),
    disks: devices(
      byName,
      /^block\.(\d+)\.(name|path|(rd|wr)\.(reqs|bytes)|capacity|allocation|physical)$/,
      any('block.count'),
      (index): BlockReading => ({
        name: text(byName, `block.${index}.name`) ?? '',
        path: text(byName, `block.${index}.path`),
        readRequests: counter(byName, `block.${index}.rd.reqs`),
        readBytes: counter(byName, `block.${index}.rd.bytes`),
        writeRequests: counter(byName, `block.${index}.wr.reqs`),
        writeBytes: counter(byName, `block.${index}.wr.bytes`),
        capacityBytes: bytes(byName, `block.${index}.capacity`, 1n),
        allocationBytes: bytes(byName, `block.${index}.allocation`, 1n),
        physicalBytes: bytes(byName, `block.${index}.physical`, 1n),
      }),
    ),
    missing: null,
  };
}

/** One for each number that some name has, in the order of their first names. */
function devices<T>(params: Params, pattern: RegExp, isTold: boolean, read: (index: number) => T): T[] | null {
  const indexes = new Set<number>();
  for (const [name, { type }] of params) {
    const digits = pattern.exec(name)?.[1];
    if (digits !== undefined && type !== 'DOUBLE') indexes.add(Number(digits));
  }
  return isTold || indexes.size > 0 ? [...indexes].map(read) : null;
}

function whole(params: Params, name: string): bigint | null {
  const param = params.get(name);
  if (param === undefined || param.type === 'STRING' || param.type === 'DOUBLE') return null;
  return BigInt(param.value);
}

function counter(params: Params, name: string): Counter | null {
  const value = whole(params, name);
  return value === null || value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)
    ? value
    : Number(value);
}

function bytes(params: Params, name: string, unit: bigint): number | null {
  const value = whole(params, name);
  if (value === null || value < 0n || value * unit > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  return Number(value * unit);
}

function text(params: Params, name: string): string | null {
  const param = params.get(name);
  return param?.type === 'STRING' ? param.value : null;
}
