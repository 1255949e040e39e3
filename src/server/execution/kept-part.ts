import type { FleetObject } from '../../fleet/objects.ts';
import type { Parent } from './access.ts';
import type { AnswerBytes } from './answer-bytes.ts';
import { type Basis, type Fragment, type KeptFragments, noBasis } from './fragments.ts';
import { leaveToGraphql } from './leave-to-graphql.ts';
import type { Run } from './run.ts';
import type { Words } from './words.ts';
import {
  comma,
  type FieldWriter,
  requireObject,
  type Step,
  sourceOfField,
  stepsOf,
  type WriteRows,
} from './writers.ts';

/** Fields of a record that are kept together, each text with the record that it was made of. */
export type KeptPart = {
  readonly write: (parent: Parent, run: Run) => void;
  readonly walk: null;
  readonly rows: WriteRows;
};

const noCuts: readonly number[] = [];
const mostShared = 1_000;
/** The clock is looked at after so many that were written. Finding takes next to no time. */
const writtenBetweenLooks = 8;

/** `name` says all that the text depends on, `end` is what stands behind the last field. */
export function keptPart(name: string, fields: readonly FieldWriter[], end: Words): KeptPart {
  const hostFields = fields.filter(isOfHost);
  const stretches = stretchesOf(fields);
  const usesTaps = fields.some((field) => sourceOfField(field) === 'tap');
  const slot = {};
  /** Those of one text, which many fragments have alike: V8 moves what is new, and there is one for each record. */
  const singleCuts = new Map<number, readonly number[]>();

  function shared(cuts: readonly number[]): readonly number[] {
    const [cut, ...others] = cuts;
    if (cut === undefined) return noCuts;
    if (others.length > 0 || singleCuts.size >= mostShared) return cuts;
    const known = singleCuts.get(cut) ?? cuts;
    singleCuts.set(cut, known);
    return known;
  }

  /** The place of an object's text, whether or not it is true still. */
  function find(parent: Parent, kept: KeptFragments): Fragment {
    const object = asObject(parent);
    return object.kind === 'host' ? kept.find(object.name, '') : kept.find(object.hostName, object.uuid);
  }

  function basisOf(parent: Parent, run: Run, kept: KeptFragments): Basis {
    if (!usesTaps && hostFields.length === 0) return noBasis;
    const object = asObject(parent);
    const hostName = object.kind === 'host' ? object.name : object.hostName;
    const ofRun = run.bases(slot);
    let basis = ofRun.get(hostName);
    if (!basis) {
      const taps = usesTaps ? run.tapBasis(hostName) : null;
      const texts = hostFields.map((field) => run.aside((aside) => field.put(parent, aside)));
      basis = kept.bases.get(hostName);
      if (
        !basis ||
        basis.taps !== taps ||
        !basis.texts.every(({ bytes }, index) => texts[index]?.bytes.equals(bytes) === true)
      ) {
        basis = { taps, texts, provenIn: run.number };
        kept.bases.set(hostName, basis);
      }
      ofRun.set(hostName, basis);
    }
    basis.provenIn = run.number;
    return basis;
  }

  /** Writes what is not true any more, and keeps it. */
  function writeAnew(fragment: Fragment, parent: Parent, basis: Basis, run: Run, kept: KeptFragments): void {
    const { out } = run;
    out.beginFragment();
    const cuts =
      fragment.record === parent && fragment.basis.taps === basis.taps
        ? exchangeTexts(fragment, basis.texts, out)
        : writeFields(parent, basis.texts, run);
    const start = out.endFragment();
    kept.put(fragment, parent, basis, { slab: out.slab, start, end: out.end, cuts: shared(cuts) });
  }

  function writeFields(parent: Parent, texts: readonly Words[], run: Run): readonly number[] {
    const { out } = run;
    const cuts: number[] = [];
    for (const [index, steps] of stretches.entries()) {
      for (const { put } of steps) put(parent, run);
      const text = texts[index];
      if (!text) continue;
      cuts.push(out.ofFragment);
      out.raw(text);
    }
    out.raw(end);
    return cuts;
  }

  function isTrue(fragment: Fragment, value: unknown, run: Run): boolean {
    const { record, basis } = fragment;
    return record === value && (isProven(basis, run) || basis === noBasis);
  }

  function isProven({ provenIn }: Basis, run: Run): boolean {
    return provenIn === run.number;
  }

  return {
    write(parent, run) {
      if (run.out.isInFragment) {
        for (const field of fields) field.put(parent, run);
        run.out.raw(end);
        return;
      }
      const kept = run.kept(name);
      const fragment = find(parent, kept);
      const basis = basisOf(parent, run, kept);
      if (fragment.record !== parent || fragment.basis !== basis) writeAnew(fragment, parent, basis, run, kept);
      else putRun({ first: fragment, count: 1, start: fragment.start, end: fragment.end }, false, run.out, kept);
    },
    walk: null,
    rows(items, begin, run) {
      const { out } = run;
      const kept = run.kept(name);
      let previous: Fragment | null = null;
      /** Those found that lie together, which are not in the answer yet. */
      let first: Fragment | null = null;
      let count = 0;
      let start = 0;
      let last = 0;
      let written = 0;
      let index = begin;
      const flush = () => {
        if (first !== null) putRun({ first, count, start, end: last }, index > count, out, kept);
        first = null;
      };
      for (; index < items.length; index++) {
        const value = items[index];
        let fragment: Fragment | null = previous ? previous.next : null;
        if (fragment === null || !isTrue(fragment, value, run)) {
          const parent = requireObject(value);
          if (fragment === null || !isOfSame(fragment.record, parent)) fragment = find(parent, kept);
          // One that was proven is true of the same host.
          const basis = isProven(fragment.basis, run) ? fragment.basis : basisOf(parent, run, kept);
          if (previous) previous.next = fragment;
          if (fragment.record !== parent || fragment.basis !== basis) {
            flush();
            if (index > 0) out.byte(comma);
            writeAnew(fragment, parent, basis, run, kept);
            previous = fragment;
            written++;
            if (written % writtenBetweenLooks === 0 && run.isTired()) {
              index++;
              break;
            }
            continue;
          }
        }
        if (
          first !== null &&
          fragment.slab === first.slab &&
          fragment.start === last + 1 &&
          fragment.slab.bytes[last] === comma
        ) {
          count++;
        } else {
          flush();
          first = fragment;
          count = 1;
          start = fragment.start;
        }
        last = fragment.end;
        previous = fragment;
      }
      flush();
      return index;
    },
  };
}

function isOfHost({ ownSource }: FieldWriter): boolean {
  return ownSource === 'host';
}

/** What stands before, between and behind the fields that depend on the host alone. */
function stretchesOf(fields: readonly FieldWriter[]): readonly (readonly Step[])[] {
  const stretches: FieldWriter[][] = [[]];
  for (const field of fields) {
    if (isOfHost(field)) stretches.push([]);
    else stretches.at(-1)?.push(field);
  }
  return stretches.map((each) => stepsOf(each));
}

/** Fragments in the order of the answer, one behind the other in one slab, with commas between them. */
type FragmentRun = {
  readonly first: Fragment;
  readonly count: number;
  readonly start: number;
  readonly end: number;
};

/** `afterOthers`: with a comma before it. */
function putRun(
  { first, count, start, end }: FragmentRun,
  afterOthers: boolean,
  out: AnswerBytes,
  kept: KeptFragments,
): void {
  const { slab } = first;
  if (out.isReferred(slab, end - start)) {
    // Mostly it stands before it already.
    const hasComma = afterOthers && slab.bytes[start - 1] === comma;
    if (afterOthers && !hasComma) out.byte(comma);
    out.refer(slab, hasComma ? start - 1 : start, end);
    return;
  }
  let fragment: Fragment | null = first;
  for (let left = count; left > 0 && fragment !== null; left--) {
    if (afterOthers || left < count) out.byte(comma);
    out.beginFragment();
    out.copy(fragment.slab, fragment.start, fragment.end);
    // Where it lies from now on, so that those which are asked for together come to lie together.
    kept.move(fragment, out.slab, out.endFragment());
    fragment = fragment.next;
  }
}

/** The same text with other texts of its host in it; returns where they begin. */
function exchangeTexts(
  { slab, start, end, cuts, basis }: Fragment,
  texts: readonly Words[],
  out: AnswerBytes,
): number[] {
  const moved: number[] = [];
  let from = start;
  for (const [index, cut] of cuts.entries()) {
    out.copy(slab, from, start + cut);
    from = start + cut + (basis.texts[index]?.length ?? 0);
    moved.push(out.ofFragment);
    out.raw(texts[index] ?? leaveToGraphql(null));
  }
  out.copy(slab, from, end);
  return moved;
}

/** What is expected in its place is often the same object, changed. */
function isOfSame(record: object | null, parent: Parent): boolean {
  if (record === null) return false;
  const [known, object] = [asObject(record), asObject(parent)];
  if (known.kind === 'host' || object.kind === 'host') return false;
  return known.uuid === object.uuid && known.hostName === object.hostName;
}

/** Of the types in `recordTypes`, there are no other objects. */
function asObject(value: object): FleetObject {
  return value as FleetObject;
}
