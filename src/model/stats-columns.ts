import type { Uuid } from './brands.ts';
import type { DomainState } from './domain.ts';
import {
  type BlockReading,
  type Counter,
  type CpuReading,
  type DomainStatsSample,
  type InterfaceReading,
  type MemoryReading,
  type VcpuReading,
  vcpuStates,
} from './stats.ts';

/** Of each reading, its column in a row; -1: not told. */
export type Slots<T> = { readonly [K in keyof T]: number };

/** What the readings of domains that look alike have in common: which column of a row is what. Compared by identity. */
export type StatsShape = {
  /** How many columns there are. */
  readonly width: number;
  readonly state: number;
  readonly reason: number;
  readonly cpu: Slots<CpuReading> | null;
  readonly memory: Slots<MemoryReading> | null;
  /** `index` is the CPU's own number, not a column. */
  readonly vcpus: readonly Slots<VcpuReading>[] | null;
  readonly interfaces: readonly Slots<InterfaceReading>[] | null;
  readonly disks: readonly Slots<BlockReading>[] | null;
};

/** All values of one reply, row after row: no object for a domain's readings until somebody looks at them. */
export type StatsColumns = {
  /**
   * NaN: a number of bytes that no number can hold. Above 2^53 the exact value is in `exact`, by its index here. Of a text:
   * where it is in `texts`.
   */
  readonly values: Float64Array;
  readonly exact: ReadonlyMap<number, bigint>;
  /** Of each text the number of bytes, then these, in UTF-8, padded with zeros to whole words. */
  readonly texts: Int32Array;
  /** The same memory. */
  readonly textBytes: Buffer;
  /** Instead of `values`, by column: rows are then counted from 0, and are all of one shape. None is beyond 2^53. */
  readonly packed: readonly PackedColumn[] | null;
};

/** Each value is `least` and what it is `above` that; `null`: all are alike. */
export type PackedColumn = {
  readonly least: number;
  readonly above: Uint8Array | Uint16Array | Uint32Array | Float64Array | null;
};

export type StatsRowPlace = {
  readonly columns: StatsColumns;
  readonly shape: StatsShape;
  /** Where its values begin; its number where they are packed. */
  readonly start: number;
};

/** One domain's readings in the columns of a reply. Whoever keeps a row keeps the columns. */
export class StatsRow implements DomainStatsSample {
  readonly uuid: Uuid;
  readonly state: DomainState | null;
  readonly stateReason: string | null;
  readonly missing: string | null;
  readonly shape: StatsShape;
  readonly #columns: StatsColumns;
  readonly #start: number;

  constructor(
    place: StatsRowPlace,
    uuid: Uuid,
    state: DomainState | null,
    stateReason: string | null,
    missing: string | null,
  ) {
    this.uuid = uuid;
    this.state = state;
    this.stateReason = stateReason;
    this.missing = missing;
    this.shape = place.shape;
    this.#columns = place.columns;
    this.#start = place.start;
  }

  withMissing(missing: string): StatsRow {
    return new StatsRow(this.place, this.uuid, this.state, this.stateReason, missing);
  }

  get place(): StatsRowPlace {
    return { columns: this.#columns, shape: this.shape, start: this.#start };
  }

  get cpu(): CpuReading | null {
    const slots = this.shape.cpu;
    return (
      slots && {
        timeNs: this.counter(slots.timeNs),
        userNs: this.counter(slots.userNs),
        systemNs: this.counter(slots.systemNs),
      }
    );
  }

  get memory(): MemoryReading | null {
    const slots = this.shape.memory;
    return (
      slots && {
        currentBytes: this.#bytes(slots.currentBytes),
        maximumBytes: this.#bytes(slots.maximumBytes),
        availableBytes: this.#bytes(slots.availableBytes),
        unusedBytes: this.#bytes(slots.unusedBytes),
        usableBytes: this.#bytes(slots.usableBytes),
        rssBytes: this.#bytes(slots.rssBytes),
      }
    );
  }

  get vcpus(): readonly VcpuReading[] | null {
    const { vcpus } = this.shape;
    return (
      vcpus &&
      vcpus.map(({ index, state, timeNs }) => ({
        index,
        state: vcpuStates[Number(this.counter(state) ?? Number.NaN)] ?? 'UNKNOWN',
        timeNs: this.counter(timeNs),
      }))
    );
  }

  get interfaces(): readonly InterfaceReading[] | null {
    const { interfaces } = this.shape;
    return (
      interfaces &&
      interfaces.map((nic) => ({
        name: this.text(nic.name) ?? '',
        rxBytes: this.counter(nic.rxBytes),
        rxPackets: this.counter(nic.rxPackets),
        rxErrors: this.counter(nic.rxErrors),
        rxDrops: this.counter(nic.rxDrops),
        txBytes: this.counter(nic.txBytes),
        txPackets: this.counter(nic.txPackets),
        txErrors: this.counter(nic.txErrors),
        txDrops: this.counter(nic.txDrops),
      }))
    );
  }

  get disks(): readonly BlockReading[] | null {
    const { disks } = this.shape;
    return (
      disks &&
      disks.map((disk) => ({
        name: this.text(disk.name) ?? '',
        path: this.text(disk.path),
        readRequests: this.counter(disk.readRequests),
        readBytes: this.counter(disk.readBytes),
        writeRequests: this.counter(disk.writeRequests),
        writeBytes: this.counter(disk.writeBytes),
        capacityBytes: this.#bytes(disk.capacityBytes),
        allocationBytes: this.#bytes(disk.allocationBytes),
        physicalBytes: this.#bytes(disk.physicalBytes),
      }))
    );
  }

  /** The value of one of the shape's columns, exactly; `null` for column -1. */
  counter(slot: number): Counter | null {
    if (slot < 0) return null;
    const value = this.#value(slot) ?? null;
    if (value === null || (value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER)) return value;
    return this.#columns.exact.get(this.#start + slot) ?? null;
  }

  text(slot: number): string | null {
    const at = this.#textAt(slot);
    const { texts, textBytes } = this.#columns;
    const byteCount = texts[at];
    return byteCount === undefined ? null : textBytes.toString('utf8', (at + 1) * 4, (at + 1) * 4 + byteCount);
  }

  /** Whether both have the same text in that column of the shape they share; makes none. */
  hasTextOf(other: StatsRow, slot: number): boolean {
    const [here, there] = [this.#textAt(slot), other.#textAt(slot)];
    const [texts, others] = [this.#columns.texts, other.#columns.texts];
    const words = 1 + (((texts[here] ?? 0) + 3) >>> 2);
    for (let i = 0; i < words; i += 1) if (texts[here + i] !== others[there + i]) return false;
    return true;
  }

  #textAt(slot: number): number {
    return slot < 0 ? -1 : (this.#value(slot) ?? -1);
  }

  #bytes(slot: number): number | null {
    const value = slot < 0 ? Number.NaN : this.#value(slot);
    return value === undefined || Number.isNaN(value) ? null : value;
  }

  #value(slot: number): number | undefined {
    const { packed, values } = this.#columns;
    if (packed === null) return values[this.#start + slot];
    const column = packed[slot];
    return column && column.least + (column.above === null ? 0 : (column.above[this.#start] ?? 0));
  }
}
