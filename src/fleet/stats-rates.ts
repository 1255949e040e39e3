import type { DomainStatsSample } from '../model/stats.ts';
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
  const perSecond = (from: bigint | null | undefined, to: bigint | null | undefined): number | null => {
    // A counter that went back was reset: what it counted before is not known.
    if (from === null || from === undefined || to === null || to === undefined || to < from) return null;
    return Number(to - from) / seconds;
  };

  const old = before.sample;
  const now = after.sample;
  const cpu = perSecond(old.cpu?.timeNs, now.cpu?.timeNs);
  const vcpus = match(
    old.vcpus,
    now.vcpus,
    (vcpu) => vcpu.index,
    (from, to) => {
      const rate = perSecond(from.timeNs, to.timeNs);
      return rate === null ? null : rate / nanosecondsPerSecond;
    },
  );
  const interfaces = match(
    old.interfaces,
    now.interfaces,
    (nic) => nic.name,
    (from, to) => {
      const rxBytes = perSecond(from.rxBytes, to.rxBytes);
      const txBytes = perSecond(from.txBytes, to.txBytes);
      return rxBytes === null || txBytes === null ? null : { rxBytes, txBytes };
    },
  );
  const disks = match(
    old.disks,
    now.disks,
    (disk) => disk.name,
    (from, to) => {
      const readBytes = perSecond(from.readBytes, to.readBytes);
      const writeBytes = perSecond(from.writeBytes, to.writeBytes);
      return readBytes === null || writeBytes === null ? null : { readBytes, writeBytes };
    },
  );
  return { cpuUsage: cpu === null ? null : cpu / nanosecondsPerSecond, vcpuUsage: vcpus, interfaces, disks };
}

const nanosecondsPerSecond = 1e9;

/** Pairs by key; a device that is new, or whose counters were reset, has no row. */
function match<T, Key, Rate>(
  before: readonly T[] | null,
  after: readonly T[] | null,
  keyOf: (device: T) => Key,
  rate: (from: T, to: T) => Rate | null,
): ReadonlyMap<Key, Rate> {
  const rates = new Map<Key, Rate>();
  if (before === null || after === null) return rates;
  const known = new Map(before.map((device) => [keyOf(device), device]));
  for (const device of after) {
    const from = known.get(keyOf(device));
    const found = from === undefined ? null : rate(from, device);
    if (found !== null) rates.set(keyOf(device), found);
  }
  return rates;
}
