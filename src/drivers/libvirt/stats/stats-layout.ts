/**
 * How a record of bulk statistics is laid out: the bytes of its names and types, which are the same for all domains that
 * look alike, and between them the places of its values. Learnt once from a record, then only compared with the next.
 */
import type { StatsShape } from '../../../model/stats-columns.ts';
import { protocolError } from '../rpc/protocol-error.ts';
import { typedParamTypes } from '../rpc/typed-params.ts';
import type { XdrReader } from '../rpc/xdr-reader.ts';
import { XdrWriter } from '../rpc/xdr-writer.ts';
import { type Conversion, draftShape } from './stats-shape.ts';

/** How a value is read. What nobody asks for is passed over by its length. */
export const readings = {
  skip4: 0,
  skip8: 1,
  skipText: 2,
  uhyper: 3,
  hyper: 4,
  uint: 5,
  int: 6,
  text: 7,
} as const;

export type StatsLayout = {
  /** How many parameters. */
  readonly count: number;
  /** The words before each value (length and bytes of the name, its padding, the type), one parameter after the other. */
  readonly heads: Int32Array;
  /** Where in `heads` each parameter's words end. */
  readonly headEnds: Int32Array;
  readonly readings: Uint8Array;
  /** The column of each value. */
  readonly slots: Int32Array;
  /** 0: the value as it is. Otherwise what it is multiplied by to be bytes, none of which above 2^53. */
  readonly units: Int32Array;
  readonly shape: StatsShape;
};

const units: Readonly<Record<Conversion, number>> = { number: 0, text: 0, bytes: 1, kibibytes: 1024 };

/**
 * Reads `count` parameters where `reader` stands, and how they are laid out.
 * @throws protocolError for all that is not a sound record; so what has the layout, its values apart, is sound as well
 */
export function learnLayout(reader: XdrReader, count: number): StatsLayout {
  const draft = draftShape();
  const heads = new XdrWriter();
  const headEnds = new Int32Array(count);
  const how = new Uint8Array(count);
  const slots = new Int32Array(count);
  const unitOf = new Int32Array(count);
  for (let index = 0; index < count; index += 1) {
    const name = reader.opaque(reader.length('REMOTE_STRING_MAX', 1));
    const type = reader.int();
    heads.uint(name.length);
    heads.opaque(name);
    heads.int(type);
    headEnds[index] = heads.byteLength / 4;
    const isText = type === typedParamTypes.STRING;
    // None of those that somebody asks for has a fraction.
    const place = type === typedParamTypes.DOUBLE ? null : draft.place(name.toString('utf8'), isText);
    how[index] = readValue(reader, type, place !== null);
    slots[index] = place?.slot ?? -1;
    unitOf[index] = units[place?.conversion ?? 'number'];
  }
  const bytes = heads.finish();
  return {
    count,
    heads: wordsOf(bytes, 0),
    headEnds,
    readings: how,
    slots,
    units: unitOf,
    shape: draft.shape,
  };
}

/** Passes over one value, and says how it is to be read. */
function readValue(reader: XdrReader, type: number, isWanted: boolean): number {
  switch (type) {
    case typedParamTypes.INT:
    case typedParamTypes.BOOLEAN:
      reader.skip(4);
      return isWanted ? readings.int : readings.skip4;
    case typedParamTypes.UINT:
      reader.skip(4);
      return isWanted ? readings.uint : readings.skip4;
    case typedParamTypes.LLONG:
      reader.skip(8);
      return isWanted ? readings.hyper : readings.skip8;
    case typedParamTypes.ULLONG:
      reader.skip(8);
      return isWanted ? readings.uhyper : readings.skip8;
    case typedParamTypes.DOUBLE:
      reader.skip(8);
      return readings.skip8;
    case typedParamTypes.STRING:
      reader.opaque(reader.length('REMOTE_STRING_MAX', 1));
      return isWanted ? readings.text : readings.skipText;
    default:
      throw protocolError(`A typed parameter of unknown type ${type}.`);
  }
}

/** Whole words from `offset`, in this machine's order of bytes: to be compared, not to be read. A copy if it must be one. */
export function wordsOf(bytes: Buffer, offset: number): Int32Array {
  const length = (bytes.length - offset) >>> 2;
  const start = bytes.byteOffset + offset;
  if (start % 4 === 0) return new Int32Array(bytes.buffer, start, length);
  return new Int32Array(Uint8Array.prototype.slice.call(bytes, offset, offset + length * 4).buffer);
}

/** More would be a daemon that makes them up. */
const mostLayouts = 512;
const mostAlike = 16;
const mostWords = 16_384;

/**
 * The layouts met so far, by their number of parameters; of each number the one that fitted last comes first. Domains of
 * a fleet have few of them, so they are shared by all hosts; and so are their shapes, by which rows are compared.
 */
export class KnownLayouts {
  readonly #byCount = new Map<number, StatsLayout[]>();
  #size = 0;

  candidates(count: number): readonly StatsLayout[] {
    return this.#byCount.get(count) ?? [];
  }

  /** It has just fitted. */
  prefer(layout: StatsLayout): void {
    const alike = this.#byCount.get(layout.count);
    if (!alike || alike[0] === layout) return;
    const at = alike.indexOf(layout);
    if (at > 0) alike.splice(at, 1);
    alike.unshift(layout);
  }

  remember(layout: StatsLayout): void {
    if (layout.heads.length > mostWords) return;
    if (this.#size >= mostLayouts) this.#forgetAll();
    const alike = this.#byCount.get(layout.count);
    if (!alike) this.#byCount.set(layout.count, [layout]);
    else {
      alike.unshift(layout);
      if (alike.length > mostAlike) alike.pop();
      else this.#size += 1;
      return;
    }
    this.#size += 1;
  }

  #forgetAll(): void {
    this.#byCount.clear();
    this.#size = 0;
  }
}
