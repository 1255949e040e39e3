import { noSlab, type Slab, type Slabs } from './slabs.ts';
import type { Words } from './words.ts';

/**
 * Texts of records, kept where they were written until the record is another one or the room is needed. A record is
 * immutable and a changed one is another object, so a text is never out of date by what its record holds; what else went
 * into it is its `basis`.
 *
 * Not a WeakMap by the record, which would be shorter: V8 goes through the whole of one at each small collection, and with a
 * thousand changed records that took more time than writing their texts.
 */
export type Fragment = {
  /** `null`: nothing is kept of it yet. */
  record: object | null;
  basis: Basis;
  slab: Slab;
  /** In the slab. */
  start: number;
  end: number;
  /** Where the texts of the basis begin in it, counted from its start. */
  cuts: readonly number[];
  /** That which followed it the last time: where lists stay as they were, nothing has to be looked up. */
  next: Fragment | null;
};

export type Written = Pick<Fragment, 'slab' | 'start' | 'end' | 'cuts'>;

/** All that texts of one host depend on besides their records. Another one as soon as anything in it is another. */
export type Basis = {
  /** `MacView.tapBasis`, where it was read. */
  readonly taps: object | null;
  /** Of fields that depend on the host alone, each with its key. They stand in the midst of the fragments. */
  readonly texts: readonly Words[];
  /** The number of the run that found it to be so. */
  provenIn: number;
};

/** What is kept of each record by one selection. */
export type KeptFragments = {
  /** Of an object: by its host and its id there. */
  find(hostName: string, id: string): Fragment;
  /** What was last true of a host. */
  readonly bases: Map<string, Basis>;
  /** `fragment` is `record` from now on, as it is written in `slab`. */
  put(fragment: Fragment, record: object, basis: Basis, written: Written): void;
  /** The same text has been written elsewhere. */
  move(fragment: Fragment, slab: Slab, start: number): void;
};

export type FragmentStore = {
  /** Equal selections, in whatever document, share their texts. `name` says all that a text depends on. */
  ofSelection(name: string): KeptFragments;
  readonly slabs: Slabs;
  /** All that is held by what is kept. */
  readonly heldBytes: number;
};

type Selection = {
  readonly byHost: Map<string, Map<string, Fragment>>;
  readonly bases: Map<string, Basis>;
  fragments: number;
  /** Thrown out: what nobody would find is not kept. */
  isGone: boolean;
};

/** A fragment's place in its map, and its own head. */
const overheadBytes = 200;
/** Where nothing else went into a text. */
export const noBasis: Basis = { taps: null, texts: [], provenIn: 0 };

/** Holds at most `maxBytes`: past that, everything of the selection that was used least recently goes. */
export function createFragmentStore(maxBytes: number, slabs: Slabs): FragmentStore {
  /** The one used least recently first. */
  const selections = new Map<string, Selection>();
  let fragments = 0;
  const heldBytes = () => slabs.heldBytes + fragments * overheadBytes;

  function makeRoom() {
    for (const [name, selection] of selections) {
      if (heldBytes() <= maxBytes) return;
      selections.delete(name);
      selection.isGone = true;
      fragments -= selection.fragments;
      for (const ofHost of selection.byHost.values()) for (const each of ofHost.values()) letGo(each);
    }
  }

  function letGo({ record, slab, start, end }: Fragment) {
    if (record !== null) slabs.keep(slab, start - end);
  }

  return {
    ofSelection(name) {
      const selection = selections.get(name) ?? { byHost: new Map(), bases: new Map(), fragments: 0, isGone: false };
      selections.delete(name);
      selections.set(name, selection);
      return {
        bases: selection.bases,
        find(hostName, id) {
          let ofHost = selection.byHost.get(hostName);
          if (!ofHost) {
            ofHost = new Map();
            selection.byHost.set(hostName, ofHost);
          }
          let fragment = ofHost.get(id);
          if (!fragment) {
            fragment = { record: null, basis: noBasis, slab: noSlab, start: 0, end: 0, cuts: [], next: null };
            ofHost.set(id, fragment);
          }
          return fragment;
        },
        put(fragment, record, basis, { slab, start, end, cuts }) {
          if (selection.isGone) return;
          if (fragment.record === null) {
            selection.fragments++;
            fragments++;
          }
          slabs.keep(slab, end - start);
          letGo(fragment);
          fragment.record = record;
          fragment.basis = basis;
          fragment.slab = slab;
          fragment.start = start;
          fragment.end = end;
          fragment.cuts = cuts;
          if (heldBytes() > maxBytes) makeRoom();
        },
        move(fragment, slab, start) {
          if (selection.isGone) return;
          const length = fragment.end - fragment.start;
          slabs.keep(slab, length);
          letGo(fragment);
          fragment.slab = slab;
          fragment.start = start;
          fragment.end = start + length;
        },
      };
    },
    slabs,
    get heldBytes() {
      return heldBytes();
    },
  };
}
