/**
 * Where answers are written, and what is kept of them stays: outside of V8's heap, which would move it about, and without
 * being copied there. A slab is only ever written behind what it holds, so what was written stays as it is for as long as
 * anybody looks at it.
 */
export type Slab = {
  readonly bytes: Buffer;
  /** Of the same. */
  readonly view: DataView;
  /** Written so far. */
  end: number;
  /** Of them, what is kept. */
  kept: number;
};

/** Without room. */
export const noSlab: Slab = makeSlab(0);

export type Slabs = {
  /** One with room for `least` bytes, which nobody else writes to until it is given back. */
  take(least: number): Slab;
  giveBack(slab: Slab): void;
  /** So much more of it is kept, or less. */
  keep(slab: Slab, bytes: number): void;
  /** Whether so much of it is to be referred to where it lies. What lies among much that is of no use any more is not. */
  isReferred(slab: Slab, bytes: number): boolean;
  /** Of all slabs of which something is kept. */
  readonly heldBytes: number;
};

export type SlabSizes = {
  readonly slabBytes: number;
  /** Of what lies together, so much is worth a piece of its own in an answer, rather than a copy. */
  readonly referredBytes: number;
};

/** Large enough that a long answer is few writes, and small enough that what little is kept of one holds little else. */
const defaultSizes: SlabSizes = { slabBytes: 128 * 1024, referredBytes: 8 * 1024 };
/** Those with room, of answers that were made at the same time. */
const mostOpen = 8;

export function createSlabs({ slabBytes, referredBytes }: SlabSizes = defaultSizes): Slabs {
  const open: Slab[] = [];
  let heldBytes = 0;

  return {
    take(least) {
      const slab = open.pop();
      if (slab && slab.bytes.length - slab.end >= least) return slab;
      return makeSlab(Math.max(slabBytes, 2 * least));
    },
    giveBack(slab) {
      if (slab.end < slab.bytes.length && open.length < mostOpen) open.push(slab);
    },
    keep(slab, bytes) {
      if (slab.kept === 0) heldBytes += slab.bytes.length;
      slab.kept += bytes;
      if (slab.kept === 0) heldBytes -= slab.bytes.length;
    },
    isReferred: ({ kept, end }, bytes) => bytes >= referredBytes && 2 * kept >= end,
    get heldBytes() {
      return heldBytes;
    },
  };
}

function makeSlab(size: number): Slab {
  const bytes = Buffer.allocUnsafeSlow(size);
  return { bytes, view: new DataView(bytes.buffer), end: 0, kept: 0 };
}
