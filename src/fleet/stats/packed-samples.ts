import type { Uuid } from '../../model/brands.ts';
import type { DomainStatsSample } from '../../model/stats.ts';
import { type PackedColumn, type StatsColumns, StatsRow, type StatsShape } from '../../model/stats-columns.ts';

/** The samples of one round, in the least memory. Each is made anew when it is looked at. */
export type PackedSamples = {
  readonly uuids: readonly Uuid[];
  at(place: number): DomainStatsSample | null;
};

/**
 * Rows of replies column by column: most columns of a fleet take no 64 bits a value, since errors are zero, sizes alike and
 * states few. `ownUuid`: the same text where somebody has it already.
 */
export function packSamples(samples: readonly DomainStatsSample[], ownUuid: (uuid: Uuid) => Uuid): PackedSamples {
  const uuids = samples.map(({ uuid }) => ownUuid(uuid));
  return samples.every((sample) => sample instanceof StatsRow)
    ? new PackedRows(uuids, samples)
    : new Samples(uuids, samples);
}

class Samples implements PackedSamples {
  readonly uuids: readonly Uuid[];
  readonly #samples: readonly DomainStatsSample[];

  constructor(uuids: readonly Uuid[], samples: readonly DomainStatsSample[]) {
    this.uuids = uuids;
    this.#samples = samples;
  }

  at(place: number): DomainStatsSample | null {
    return this.#samples[place] ?? null;
  }
}

/** No functions of these rows, which would keep them and their reply: nothing of it is kept but its texts. */
class PackedRows implements PackedSamples {
  readonly uuids: readonly Uuid[];
  readonly #groups: readonly PackedGroup[];
  readonly #groupOf: Uint16Array;
  readonly #rowOf: Uint16Array;

  constructor(uuids: readonly Uuid[], rows: readonly StatsRow[]) {
    const { groups, groupOf, rowOf } = groupAlike(rows);
    this.uuids = uuids;
    this.#groups = groups.map(packGroup);
    this.#groupOf = groupOf;
    this.#rowOf = rowOf;
  }

  at(place: number): DomainStatsSample | null {
    const group = this.#groups[this.#groupOf[place] ?? -1];
    const uuid = this.uuids[place];
    return group && uuid !== undefined ? rowOfGroup(group, this.#rowOf[place] ?? 0, uuid) : null;
  }
}

/** Rows of one reply that differ in their numbers alone. A host has 16,384 at the most. */
function groupAlike(rows: readonly StatsRow[]) {
  const groups: StatsRow[][] = [];
  const groupOf = new Uint16Array(rows.length);
  const rowOf = new Uint16Array(rows.length);
  const numbers = new Map<StatsColumns, Map<StatsShape, Map<string, number>>>();
  for (const [place, row] of rows.entries()) {
    // Nearly all are like the one before.
    const before = groups[groupOf[place - 1] ?? -1]?.[0];
    if (before !== undefined && isAlike(before, row)) {
      const number = groupOf[place - 1] ?? 0;
      groupOf[place] = number;
      rowOf[place] = (groups[number]?.push(row) ?? 0) - 1;
      continue;
    }
    const ofReply = getOrMake(numbers, row.place.columns, () => new Map<StatsShape, Map<string, number>>());
    const ofShape = getOrMake(ofReply, row.shape, () => new Map<string, number>());
    const said = row.missing === null ? `${row.stateReason}` : `${row.stateReason} ${row.missing}`;
    const number = getOrMake(ofShape, `${row.state} ${said}`, () => groups.push([]) - 1);
    groupOf[place] = number;
    rowOf[place] = (groups[number]?.push(row) ?? 0) - 1;
  }
  return { groups, groupOf, rowOf };
}

function isAlike(a: StatsRow, b: StatsRow): boolean {
  if (a.shape !== b.shape || a.state !== b.state || a.stateReason !== b.stateReason || a.missing !== b.missing)
    return false;
  return a.place.columns === b.place.columns;
}

type PackedGroup = {
  readonly shape: StatsShape;
  readonly state: DomainStatsSample['state'];
  readonly stateReason: string | null;
  readonly missing: string | null;
  readonly columns: StatsColumns;
  /** Of each row in `columns`, where these are the reply's own. */
  readonly starts: Uint32Array | null;
};

const noValues = new Float64Array(0);

function packGroup(rows: readonly StatsRow[]): PackedGroup {
  const [first] = rows;
  if (first === undefined) throw new Error('No group is empty.');
  const { shape, state, stateReason, missing } = first;
  const { columns } = first.place;
  const starts = Uint32Array.from(rows, ({ place }) => place.start);
  const alike = { shape, state, stateReason, missing };
  // Values beyond 2^53 are found by their place in the reply. Few hosts have any.
  if (columns.exact.size > 0 || columns.packed !== null) return { ...alike, columns, starts };
  const packed = Array.from({ length: shape.width }, (_, slot) => packColumn(columns.values, starts, slot));
  return { ...alike, columns: { ...columns, values: noValues, packed }, starts: null };
}

function rowOfGroup({ shape, state, stateReason, missing, columns, starts }: PackedGroup, row: number, uuid: Uuid) {
  const start = starts === null ? row : (starts[row] ?? 0);
  return new StatsRow({ columns, shape, start }, uuid, state, stateReason, missing);
}

function packColumn(values: Float64Array, starts: Uint32Array, slot: number): PackedColumn {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let isWhole = true;
  for (const start of starts) {
    const value = values[start + slot] ?? Number.NaN;
    isWhole &&= Number.isSafeInteger(value);
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const range = most - least;
  const isNarrow = isWhole && range < 2 ** 32;
  if (isNarrow && range === 0) return { least, above: null };
  const from = isNarrow ? least : 0;
  const above = new (isNarrow ? narrowest(range) : Float64Array)(starts.length);
  for (let row = 0; row < above.length; row += 1) above[row] = (values[(starts[row] ?? 0) + slot] ?? 0) - from;
  return { least: from, above };
}

function narrowest(range: number) {
  return range < 2 ** 8 ? Uint8Array : range < 2 ** 16 ? Uint16Array : Uint32Array;
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
