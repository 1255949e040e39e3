/**
 * Reads the reply of bulk statistics into columns. It is the hottest code of the driver: some 60 parameters a domain,
 * thousands of domains a second. A record nearly always has the same names in the same order as one before it, so its
 * names are only compared, word by word, and each value goes straight into the column that its place in the record says.
 * No text is made for a name, no object for a parameter, none for a domain but its row.
 */
import type { DomainState } from '../../../model/domain.ts';
import { StatsRow, type StatsShape } from '../../../model/stats-columns.ts';
import { domainStateNames } from '../domain-states.ts';
import { limits } from '../rpc/limits.ts';
import type { DomainRef } from '../rpc/objects.ts';
import { procedures } from '../rpc/procedures.ts';
import { domainStatsRecord } from '../rpc/procedures-connect.ts';
import { type Codec, uuid } from '../rpc/xdr.ts';
import { XdrReader } from '../rpc/xdr-reader.ts';
import { KnownLayouts, learnLayout, readings, type StatsLayout, wordsOf } from './stats-layout.ts';

const known = new KnownLayouts();

/** The fewest bytes of a parameter: an empty name, a type, a value of four bytes. */
const minParamBytes = 12;

/** The first high word of 2^53. */
const highOfUnsafe = 2 ** 21;

class StatsReader {
  readonly #reader: XdrReader;
  readonly #words: Int32Array;
  readonly #view: DataView;
  /** The rows have it from the beginning; what is in it moves to a larger place as more comes. */
  readonly #columns = {
    values: new Float64Array(64),
    exact: new Map<number, bigint>(),
    texts: new Int32Array(64),
    textBytes: Buffer.alloc(0),
    packed: null,
  };
  /** How much of the columns is of records read whole. */
  #filled = 0;
  #textsFilled = 0;
  /** The last record's layout: the first guess for the next. */
  #layout: StatsLayout | null = null;

  constructor(bytes: Buffer) {
    this.#words = wordsOf(bytes, 0);
    const { buffer, byteOffset, byteLength } = this.#words;
    this.#reader = new XdrReader(new Uint8Array(buffer, byteOffset, byteLength));
    this.#view = new DataView(buffer, byteOffset, byteLength);
  }

  /** How far it has read. */
  get offset(): number {
    return this.#reader.offset;
  }

  /** `onRef`: each record begins with what libvirt calls its domain. */
  read(onRef?: (domain: DomainRef) => void): readonly StatsRow[] {
    const count = this.#reader.length('REMOTE_DOMAIN_LIST_MAX', domainStatsRecord.minBytes);
    const rows: StatsRow[] = [];
    for (let index = 0; index < count; index += 1) {
      const reader = this.#reader;
      const nameBytes = reader.length('REMOTE_STRING_MAX', 1);
      let name = '';
      if (onRef) name = reader.text(nameBytes);
      else reader.skipText(nameBytes);
      const domainUuid = uuid.read(reader);
      const id = reader.int();
      onRef?.({ name, uuid: domainUuid, id });
      const start = this.#filled;
      const paramCount = reader.length('REMOTE_CONNECT_GET_ALL_DOMAIN_STATS_MAX', minParamBytes);
      const { shape } = this.#readParams(paramCount, count);
      const names = stateNames(this.#columns.values, start, shape);
      const place = { columns: this.#columns, shape, start };
      rows.push(new StatsRow(place, domainUuid, names?.state ?? null, names?.stateReason ?? null, null));
    }
    // What is left over was meant for larger records.
    this.#columns.values = this.#columns.values.slice(0, this.#filled);
    this.#columns.texts = this.#columns.texts.slice(0, this.#textsFilled);
    this.#columns.textBytes = Buffer.from(this.#columns.texts.buffer);
    return rows;
  }

  /** The layout of the record, when its values are in the columns. */
  #readParams(count: number, records: number): StatsLayout {
    if (this.#layout?.count === count && this.#readAs(this.#layout, records)) return this.#layout;
    for (const candidate of known.candidates(count)) {
      if (candidate === this.#layout || !this.#readAs(candidate, records)) continue;
      known.prefer(candidate);
      this.#layout = candidate;
      return candidate;
    }
    const { offset } = this.#reader;
    const learnt = learnLayout(this.#reader, count);
    known.remember(learnt);
    this.#reader.offset = offset;
    if (!this.#readAs(learnt, records)) throw new Error('A record does not have the layout that was learnt from it.');
    this.#layout = learnt;
    return learnt;
  }

  /** False, and nothing has happened, where the record has another layout or is not sound. */
  #readAs(layout: StatsLayout, records: number): boolean {
    const words = this.#words;
    const view = this.#view;
    const { heads, headEnds, readings: how, slots, units, count, shape } = layout;
    const base = this.#filled;
    if (base + shape.width > this.#columns.values.length) this.#grow(shape.width, records);
    const { values, exact } = this.#columns;
    let textsEnd = this.#textsFilled;
    const end = words.length;
    let at = this.#reader.offset >>> 2;
    let head = 0;
    for (let index = 0; index < count; index += 1) {
      const headEnd = headEnds[index] ?? 0;
      if (at + headEnd - head >= end) return false;
      for (; head < headEnd; head += 1, at += 1) if (words[at] !== heads[head]) return false;
      const slot = base + (slots[index] ?? 0);
      const unit = units[index] ?? 0;
      switch (how[index] ?? readings.skip4) {
        case readings.skip8:
          at += 2;
          if (at > end) return false;
          continue;
        case readings.skip4:
          at += 1;
          continue;
        case readings.uhyper: {
          if (at + 2 > end) return false;
          const high = view.getUint32(at * 4);
          const value = high * 4_294_967_296 + view.getUint32(at * 4 + 4);
          if (unit !== 0) values[slot] = toBytes(value, unit);
          else {
            values[slot] = value;
            if (high >= highOfUnsafe) exact.set(slot, view.getBigUint64(at * 4));
          }
          at += 2;
          continue;
        }
        case readings.hyper: {
          if (at + 2 > end) return false;
          const high = view.getInt32(at * 4);
          const value = high * 4_294_967_296 + view.getUint32(at * 4 + 4);
          if (unit !== 0) values[slot] = toBytes(value, unit);
          else {
            values[slot] = value;
            if (high >= highOfUnsafe || high <= -highOfUnsafe) exact.set(slot, view.getBigInt64(at * 4));
          }
          at += 2;
          continue;
        }
        case readings.uint: {
          const value = view.getUint32(at * 4);
          values[slot] = unit === 0 ? value : toBytes(value, unit);
          at += 1;
          continue;
        }
        case readings.int: {
          const value = view.getInt32(at * 4);
          values[slot] = unit === 0 ? value : toBytes(value, unit);
          at += 1;
          continue;
        }
        default: {
          const byteCount = view.getUint32(at * 4);
          const after = at + 1 + ((byteCount + 3) >>> 2);
          if (byteCount > limits.REMOTE_STRING_MAX || after > end) return false;
          // Bytes of padding must be zero: the last of a big-endian word.
          if (byteCount % 4 !== 0 && view.getUint32(after * 4 - 4) << ((byteCount % 4) * 8) !== 0) {
            return false;
          }
          if (how[index] === readings.text) {
            const textEnd = textsEnd + after - at;
            if (textEnd > this.#columns.texts.length) this.#growTexts(textEnd);
            const { texts } = this.#columns;
            values[slot] = textsEnd;
            texts[textsEnd] = byteCount;
            for (let i = 1; i < after - at; i += 1) texts[textsEnd + i] = words[at + i] ?? 0;
            textsEnd = textEnd;
          }
          at = after;
        }
      }
    }
    this.#reader.offset = at * 4;
    this.#filled = base + shape.width;
    this.#textsFilled = textsEnd;
    return true;
  }

  /**
   * For all records at once if they are like this one, but never for more than the rest of the message can hold: a number
   * takes `minParamBytes` of it at the least.
   */
  #grow(width: number, records: number): void {
    const { values } = this.#columns;
    const possible = this.#filled + width + Math.floor(this.#reader.remaining / minParamBytes);
    const wanted = Math.max(width * records, values.length * 2, this.#filled + width);
    const larger = new Float64Array(Math.min(possible, wanted));
    larger.set(values.subarray(0, this.#filled));
    this.#columns.values = larger;
  }

  /** Texts take no more words here than in the message. */
  #growTexts(least: number): void {
    const { texts } = this.#columns;
    const larger = new Int32Array(Math.max(least, Math.min(this.#words.length, texts.length * 2)));
    larger.set(texts);
    this.#columns.texts = larger;
  }
}

function toBytes(value: number, unit: number): number {
  const bytes = value * unit;
  return bytes >= 0 && bytes <= Number.MAX_SAFE_INTEGER ? bytes : Number.NaN;
}

type StateNames = { readonly state: DomainState; readonly stateReason: string };
/** By state and reason: few, but a hostile daemon could make some up. */
const knownStates = new Map<number, StateNames>();

function stateNames(values: Float64Array, at: number, shape: StatsShape): StateNames | null {
  if (shape.state < 0) return null;
  const state = values[at + shape.state] ?? 0;
  const reason = shape.reason < 0 ? 0 : (values[at + shape.reason] ?? 0);
  if (!(state >= 0 && state < 256 && reason >= 0 && reason < 256)) return domainStateNames(state, reason);
  const key = state * 256 + reason;
  let names = knownStates.get(key);
  if (names === undefined) {
    names = domainStateNames(state, reason);
    knownStates.set(key, names);
  }
  return names;
}

function refuseToWrite(): never {
  throw new RangeError('Samples are only read; domainStatsRecord writes records.');
}

/** The reply of `connectGetAllDomainStats` as rows: the same bytes as that row's own codec reads. */
export const statsReply: Codec<readonly StatsRow[]> = {
  read(reader) {
    const stats = new StatsReader(reader.bytes.subarray(reader.offset));
    const rows = stats.read();
    reader.skip(stats.offset);
    return rows;
  },
  write: refuseToWrite,
  minBytes: 4,
};

/** The same with the names and ids that a list would tell: the reply about states alone is a list with states. */
const namedStatsReply: Codec<{ readonly domains: readonly DomainRef[]; readonly rows: readonly StatsRow[] }> = {
  read(reader) {
    const stats = new StatsReader(reader.bytes.subarray(reader.offset));
    const domains: DomainRef[] = [];
    const rows = stats.read((domain) => domains.push(domain));
    reader.skip(stats.offset);
    return { domains, rows };
  },
  write: refuseToWrite,
  minBytes: 4,
};

/** `connectGetAllDomainStats` with its reply read into rows. */
export const bulkStats = { ...procedures.connectGetAllDomainStats, reply: statsReply };

/** And with the names of the domains that they are of. */
export const namedBulkStats = { ...procedures.connectGetAllDomainStats, reply: namedStatsReply };
