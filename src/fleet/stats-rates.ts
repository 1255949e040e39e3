import type { Counter, DomainStatsSample } from '../model/stats.ts';
import { StatsRow } from '../model/stats-columns.ts';
import type { StatsRates } from './types.ts';

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
  if (before === null || before.libvirtId !== after.libvirtId) return null;
  const seconds = (after.readAtMs - before.readAtMs) / 1_000;
  if (seconds <= 0) return null;
  const [old, now] = [before.sample, after.sample];
  if (old instanceof StatsRow && now instanceof StatsRow && haveSameDevices(old, now)) {
    return ratesOfRows(old, now, seconds);
  }
  return ratesOfSamples(old, now, seconds);
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
class Rates implements StatsRates {
  /** The CPU, then one for each virtual CPU, then two for each card and for each disk. */
  readonly #values: readonly number[];
  readonly #nicsAt: number;
  readonly #disksAt: number;

  constructor(values: readonly number[], vcpus: number, nics: number) {
    // A list that grew has room to grow further.
    this.#values = values.slice();
    this.#nicsAt = 1 + vcpus;
    this.#disksAt = this.#nicsAt + 2 * nics;
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

function ratesOfRows(old: StatsRow, now: StatsRow, seconds: number): StatsRates {
  const rate = (slot: number) => perSecond(old.counter(slot), now.counter(slot), seconds);
  const { cpu, vcpus, interfaces, disks } = now.shape;
  const values = [rate(cpu?.timeNs ?? -1) / nanosecondsPerSecond];
  for (const { timeNs } of vcpus ?? []) values.push(rate(timeNs) / nanosecondsPerSecond);
  for (const { rxBytes, txBytes } of interfaces ?? []) values.push(rate(rxBytes), rate(txBytes));
  for (const { readBytes, writeBytes } of disks ?? []) values.push(rate(readBytes), rate(writeBytes));
  return new Rates(values, vcpus?.length ?? 0, interfaces?.length ?? 0);
}

/** Pairs devices by what they are called. */
function ratesOfSamples(old: DomainStatsSample, now: DomainStatsSample, seconds: number): StatsRates {
  const [oldVcpus, vcpus] = [old.vcpus ?? [], now.vcpus ?? []];
  const [oldNics, nics] = [old.interfaces ?? [], now.interfaces ?? []];
  const [oldDisks, disks] = [old.disks ?? [], now.disks ?? []];
  const values = [perSecond(old.cpu?.timeNs, now.cpu?.timeNs, seconds) / nanosecondsPerSecond];
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
  return new Rates(values, vcpus.length, nics.length);
}
