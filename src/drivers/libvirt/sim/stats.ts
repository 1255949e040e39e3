/**
 * Readings of guests. Each is a function of how long the guest has run, so that nothing has to tick for it:
 * counters never go back while a guest runs, and start again when it does.
 * Names and types of the fields are those of `virConnectGetAllDomainStats` (libvirt-domain.c, `virsh domstats`).
 */
import type { TypedParam } from '../rpc/typed-params.ts';
import { isActive, presentConfig, ranForMs, type SimDomain, type SimHost, states } from './host.ts';
import { hashText } from './random.ts';

/** `virDomainStatsTypes`. */
const statsBits = { STATE: 1, CPU: 2, BALLOON: 4, VCPU: 8, INTERFACE: 16, BLOCK: 32 } as const;
/** The groups for which QEMU itself must be asked. */
const monitorBits = statsBits.CPU | statsBits.BALLOON | statsBits.VCPU | statsBits.BLOCK;
export const allBits = 63;

const int = (field: string, value: number): TypedParam => ({ field, value: { type: 'INT', value } });
const uint = (field: string, value: number): TypedParam => ({ field, value: { type: 'UINT', value } });
const string = (field: string, value: string): TypedParam => ({ field, value: { type: 'STRING', value } });
const ulong = (field: string, value: number): TypedParam => ({
  field,
  value: { type: 'ULLONG', value: BigInt(Math.floor(value)) },
});

/** `hasJob`: the guest's monitor could be asked; without it the readings that need it are left out. */
export function domainStats(host: SimHost, domain: SimDomain, bits: number, hasJob: boolean): TypedParam[] {
  const params: TypedParam[] = [];
  if (bits & statsBits.STATE) params.push(int('state.state', domain.state), int('state.reason', domain.reason));
  if (host.personality.bulkStats !== 'all') return params;
  if (bits & statsBits.CPU) addCpu(params, host, domain);
  if (bits & statsBits.BALLOON) addBalloon(params, host, domain, hasJob);
  if (bits & statsBits.VCPU) addVcpus(params, host, domain, hasJob);
  if (bits & statsBits.INTERFACE && isActive(domain)) addInterfaces(params, host, domain);
  if (bits & statsBits.BLOCK) addDisks(params, host, domain, hasJob);
  return params;
}

/** A count that grows at `perSecond` on average, now faster and now slower, with a rhythm of its own. */
function growing(host: SimHost, domain: SimDomain, what: string, perSecond: number): number {
  const seconds = ranForMs(host, domain) / 1000;
  const hash = (hashText(`${domain.uuid} ${what}`) ^ host.seed) >>> 0;
  const period = 20 + (hash % 100);
  const phase = ((hash >>> 8) % 628) / 100;
  const wave = (period / (2 * Math.PI)) * (Math.cos(phase) - Math.cos((2 * Math.PI * seconds) / period + phase));
  // The amplitude stays below 1: the sum never falls.
  return perSecond * (seconds + 0.8 * wave);
}

/** How busy a guest is, for ever: from nearly idle to 0.6 of its processors. */
function load(domain: SimDomain): number {
  return 0.02 + ((hashText(domain.uuid) % 1000) / 1000) ** 2 * 0.6;
}

export function cpuTimeNs(host: SimHost, domain: SimDomain): number {
  return 0.7e9 + growing(host, domain, 'cpu', load(domain) * presentConfig(domain).vcpus * 1e9);
}

function addCpu(params: TypedParam[], host: SimHost, domain: SimDomain): void {
  // Of a guest that is off, libvirt 9.0 gives the daemon's own processor time: it asks for process 0.
  const total = isActive(domain) ? cpuTimeNs(host, domain) : 0.5e9 + host.clock.monotonic() * 1e4;
  params.push(ulong('cpu.time', total), ulong('cpu.user', total * 0.7), ulong('cpu.system', total * 0.3));
  if (!isActive(domain)) return;
  params.push(
    uint('cpu.cache.monitor.count', 0),
    ulong('cpu.haltpoll.success.time', 0),
    ulong('cpu.haltpoll.fail.time', 0),
  );
}

export type Memory = {
  readonly currentKib: number;
  readonly maximumKib: number;
  readonly availableKib: number;
  readonly usedKib: number;
  readonly rssKib: number;
};

export function memoryOf(host: SimHost, domain: SimDomain): Memory {
  const config = presentConfig(domain);
  const currentKib = config.memoryBytes / 1024;
  const seconds = ranForMs(host, domain) / 1000;
  const share = 0.35 + 0.25 * Math.sin(seconds / 37 + (hashText(domain.uuid) % 628) / 100);
  const availableKib = Math.floor(currentKib * 0.97);
  const usedKib = Math.floor(availableKib * share);
  return { currentKib, maximumKib: config.maxMemoryBytes / 1024, availableKib, usedKib, rssKib: usedKib + 40_000 };
}

function addBalloon(params: TypedParam[], host: SimHost, domain: SimDomain, hasJob: boolean): void {
  const memory = memoryOf(host, domain);
  params.push(ulong('balloon.current', memory.currentKib), ulong('balloon.maximum', memory.maximumKib));
  if (!hasJob || !isActive(domain)) return;
  params.push(
    ulong('balloon.swap_in', 0),
    ulong('balloon.swap_out', 0),
    ulong('balloon.major_fault', growing(host, domain, 'major', 0.2)),
    ulong('balloon.minor_fault', growing(host, domain, 'minor', 300)),
    ulong('balloon.unused', memory.availableKib - memory.usedKib),
    ulong('balloon.available', memory.availableKib),
    ulong('balloon.usable', memory.availableKib - memory.usedKib * 0.8),
    ulong('balloon.last-update', host.clock.now() / 1000),
    ulong('balloon.rss', memory.rssKib),
  );
}

function addVcpus(params: TypedParam[], host: SimHost, domain: SimDomain, hasJob: boolean): void {
  const { vcpus, maxVcpus } = presentConfig(domain);
  params.push(uint('vcpu.current', vcpus), uint('vcpu.maximum', maxVcpus));
  if (!hasJob || !isActive(domain)) return;
  const rate = load(domain) * 0.9e9;
  for (let index = 0; index < vcpus; index += 1) {
    params.push(
      // VIR_VCPU_RUNNING; processors that are paused are still that to libvirt.
      int(`vcpu.${index}.state`, 1),
      ulong(`vcpu.${index}.time`, growing(host, domain, `vcpu${index}`, rate)),
      ulong(`vcpu.${index}.wait`, 0),
      ulong(`vcpu.${index}.delay`, growing(host, domain, `delay${index}`, 1e5)),
    );
  }
}

export type NicCounters = {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly txBytes: number;
  readonly txPackets: number;
};

export function nicCounters(host: SimHost, domain: SimDomain, name: string): NicCounters {
  const rate = 2_000 + load(domain) * 2e6;
  const rxBytes = growing(host, domain, `${name} rx`, rate);
  const txBytes = growing(host, domain, `${name} tx`, rate / 3);
  return { rxBytes, rxPackets: rxBytes / 700, txBytes, txPackets: txBytes / 500 };
}

function addInterfaces(params: TypedParam[], host: SimHost, domain: SimDomain): void {
  const { interfaces } = presentConfig(domain);
  params.push(uint('net.count', interfaces.length));
  interfaces.forEach(({ target }, index) => {
    // A card without a device on the host is counted, and has no readings.
    if (target === null) return;
    const counters = nicCounters(host, domain, target);
    const net = `net.${index}`;
    params.push(
      string(`${net}.name`, target),
      ulong(`${net}.rx.bytes`, counters.rxBytes),
      ulong(`${net}.rx.pkts`, counters.rxPackets),
      ulong(`${net}.rx.errs`, 0),
      ulong(`${net}.rx.drop`, 0),
      ulong(`${net}.tx.bytes`, counters.txBytes),
      ulong(`${net}.tx.pkts`, counters.txPackets),
      ulong(`${net}.tx.errs`, 0),
      ulong(`${net}.tx.drop`, 0),
    );
  });
}

export type DiskCounters = {
  readonly readRequests: number;
  readonly readBytes: number;
  readonly writeRequests: number;
  readonly writeBytes: number;
};

export function diskCounters(host: SimHost, domain: SimDomain, name: string): DiskCounters {
  const rate = 10_000 + load(domain) * 4e6;
  const readBytes = 5e7 + growing(host, domain, `${name} rd`, rate);
  const writeBytes = growing(host, domain, `${name} wr`, rate / 2);
  return { readRequests: readBytes / 16_384, readBytes, writeRequests: writeBytes / 8_192, writeBytes };
}

const GiB = 1024 ** 3;

function addDisks(params: TypedParam[], host: SimHost, domain: SimDomain, hasJob: boolean): void {
  const { disks } = presentConfig(domain);
  // Empty drives are listed like any other.
  params.push(uint('block.count', disks.length));
  disks.forEach(({ target, source, type }, index) => {
    const block = `block.${index}`;
    params.push(string(`${block}.name`, target));
    if (source !== null && type !== 'network') params.push(string(`${block}.path`, source));
    if (!hasJob || !isActive(domain)) return;
    if (source !== null) params.push(uint(`${block}.backingIndex`, index + 1));
    const counters = diskCounters(host, domain, target);
    const capacity = (8 + (hashText(`${domain.uuid}${target}`) % 8) * 8) * GiB;
    params.push(
      ulong(`${block}.rd.reqs`, counters.readRequests),
      ulong(`${block}.rd.bytes`, counters.readBytes),
      ulong(`${block}.rd.times`, counters.readRequests * 9e4),
      ulong(`${block}.wr.reqs`, counters.writeRequests),
      ulong(`${block}.wr.bytes`, counters.writeBytes),
      ulong(`${block}.wr.times`, counters.writeRequests * 2e5),
      ulong(`${block}.fl.reqs`, counters.writeRequests / 20),
      ulong(`${block}.fl.times`, counters.writeRequests * 1e5),
    );
    if (source === null) return;
    params.push(
      ulong(`${block}.allocation`, capacity * 0.4),
      ulong(`${block}.capacity`, capacity),
      ulong(`${block}.physical`, capacity * 0.4),
    );
  });
}

/** Whether a bulk reading has to enter the guest's monitor. */
export const needsMonitor = (domain: SimDomain, bits: number): boolean =>
  isActive(domain) && (bits & monitorBits) !== 0 && domain.state !== states.CRASHED;
