import type { Counter, DomainStatsSample } from '../../model/stats.ts';
import { StatsRow } from '../../model/stats-columns.ts';
import type { StatsRates } from './reading.ts';

/** A reading as the next one is compared with. */
export type RatedSample = {
  readonly sample: DomainStatsSample;
  /** Of the domain when it was read; another one means that it was started anew, and its counters with it. */
  readonly libvirtId: number | null;
  /** Of the monotonic clock. */
  readonly readAtMs: number;
};

/** Per second between two readings; `null` where there is nothing to compare with. */
export function ratesBetween(before: RatedSample | null, after: RatedSample): StatsRates | null {
  const values: number[] = [];
  addRates(values, before, after);
  return values.length === 0 ? null : new Rates(values, after.sample);
}

/** The same at the end of `values`, for `Rates`; nothing where there is nothing to compare with. */
export function addRates(values: number[], before: RatedSample | null, after: RatedSample): void {
  if (before === null || before.libvirtId !== after.libvirtId) return;
  const seconds = (after.readAtMs - before.readAtMs) / 1_000;
  if (seconds <= 0) return;
  const [old, now] = [before.sample, after.sample];
  if (old instanceof StatsRow && now instanceof StatsRow && haveSameDevices(old, now)) {
    addRatesOfRows(values, old, now, seconds);
  } else addRatesOfSamples(values, old, now, seconds);
}

const nanosecondsPerSecond = 1e9;

/** NaN stands for a rate that is not known, as when a counter went back: what it counted before its reset is lost. */
const unknown = Number.NaN;

function perSecond(from: Counter | null | undefined, to: Counter | null | undefined, seconds: number): number {
  if (from === null || from === undefined || to === null || to === undefined || to < from) return unknown;
  const grown = typeof from === 'number' && typeof to === 'number' ? to - from : Number(BigInt(to) - BigInt(from));
  return grown / seconds;
}

/** One list of numbers for all rates of a domain: thousands of domains are rated at each tick, and few of them looked at. */
export class Rates implements StatsRates {
  /** The CPU, then one for each virtual CPU, then two for each card and for each disk. */
  readonly #values: ArrayLike<number>;
  readonly #nicsAt: number;
  readonly #disksAt: number;

  constructor(values: ArrayLike<number>, sample: DomainStatsSample) {
    const { vcpus, interfaces } = sample instanceof StatsRow ? sample.shape : sample;
    this.#values = values;
    this.#nicsAt = 1 + (vcpus?.length ?? 0);
    this.#disksAt = this.#nicsAt + 2 * (interfaces?.length ?? 0);
  }

  get cpuUsage(): number | null {
    return this.#at(0);
  }

  vcpuUsage(place: number): number | null {
    return 1 + place < this.#nicsAt ? this.#at(1 + place) : null;
  }

  interface(place: number): { readonly rxBytes: number; readonly txBytes: number } | null {
    const at = this.#nicsAt + 2 * place;
    const [rxBytes, txBytes] = at < this.#disksAt ? [this.#at(at), this.#at(at + 1)] : [null, null];
    return rxBytes === null || txBytes === null ? null : { rxBytes, txBytes };
  }

  disk(place: number): { readonly readBytes: number; readonly writeBytes: number } | null {
    const at = this.#disksAt + 2 * place;
    const [readBytes, writeBytes] = [this.#at(at), this.#at(at + 1)];
    return readBytes === null || writeBytes === null ? null : { readBytes, writeBytes };
  }

  #at(index: number): number | null {
    const value = this.#values[index];
    return value === undefined || Number.isNaN(value) ? null : value;
  }
}

/** Of the same shape, and every device at the same place: then columns can be compared with columns. */
function haveSameDevices(old: StatsRow, now: StatsRow): boolean {
  if (old.shape !== now.shape) return false;
  for (const { name } of now.shape.interfaces ?? []) if (!now.hasTextOf(old, name)) return false;
  for (const { name } of now.shape.disks ?? []) if (!now.hasTextOf(old, name)) return false;
  return true;
}

function addRatesOfRows(values: number[], old: StatsRow, now: StatsRow, seconds: number): void {
  const rate = (slot: number) => perSecond(old.counter(slot), now.counter(slot), seconds);
  const { cpu, vcpus, interfaces, disks } = now.shape;
  values.push(rate(cpu?.timeNs ?? -1) / nanosecondsPerSecond);
  for (const { timeNs } of vcpus ?? []) values.push(rate(timeNs) / nanosecondsPerSecond);
  for (const { rxBytes, txBytes } of interfaces ?? []) values.push(rate(rxBytes), rate(txBytes));
  for (const { readBytes, writeBytes } of disks ?? []) values.push(rate(readBytes), rate(writeBytes));
}

/** Pairs devices by what they are called. */
function addRatesOfSamples(values: number[], old: DomainStatsSample, now: DomainStatsSample, seconds: number): void {
  const [oldVcpus, vcpus] = [old.vcpus ?? [], now.vcpus ?? []];
  const [oldNics, nics] = [old.interfaces ?? [], now.interfaces ?? []];
  const [oldDisks, disks] = [old.disks ?? [], now.disks ?? []];
  values.push(perSecond(old.cpu?.timeNs, now.cpu?.timeNs, seconds) / nanosecondsPerSecond);
  for (const { index, timeNs } of vcpus) {
    const from = oldVcpus.findLast((vcpu) => vcpu.index === index);
    values.push(perSecond(from?.timeNs, timeNs, seconds) / nanosecondsPerSecond);
  }
  for (const { name, rxBytes, txBytes } of nics) {
    const from = oldNics.findLast((nic) => nic.name === name);
    values.push(perSecond(from?.rxBytes, rxBytes, seconds), perSecond(from?.txBytes, txBytes, seconds));
  }
  for (const { name, readBytes, writeBytes } of disks) {
    const from = oldDisks.findLast((disk) => disk.name === name);
    values.push(perSecond(from?.readBytes, readBytes, seconds), perSecond(from?.writeBytes, writeBytes, seconds));
  }
}
