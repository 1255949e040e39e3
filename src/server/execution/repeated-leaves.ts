import type { Access, Parent } from './access.ts';
import type { AnswerBytes } from './answer-bytes.ts';
import type { LeafWriter } from './json-text.ts';
import type { Run } from './run.ts';
import { noSlab } from './slabs.ts';
import type { Words } from './words.ts';

/** A field of a leaf type among its neighbours. */
export type Leaf = {
  /** What stands before its value. */
  readonly lead: Words;
  readonly access: Access;
  readonly write: LeafWriter;
};

/**
 * Writes neighbouring fields of leaf types with their keys. In a list most of them have the same value in one row as in
 * the one before: what follows one another unchanged is copied from there at once.
 */
export function repeatedLeaves(leaves: readonly Leaf[]): (parent: Parent, run: Run) => void {
  const count = leaves.length;
  // Columns, since this is what an answer is at most of the time.
  const resolvers = leaves.map(({ access }) => access.resolve);
  const names = leaves.map(({ access }) => access.name);
  const argsOf = leaves.map(({ access }) => access.args);
  const areNarrow = leaves.map(({ access }) => access.isNarrow);
  const leads = leaves.map(({ lead }) => lead);
  const writers = leaves.map(({ write }) => write);
  /** Of the row before: its values, and how long the text of each is, with its key. */
  const values = leaves.map((): unknown => null);
  const lengths = leaves.map(() => 0);
  /** Where that row lies. */
  let answer: AnswerBytes | null = null;
  let slab = noSlab;
  let start = 0;

  function forget() {
    answer = null;
    slab = noSlab;
    values.fill(null);
  }

  // The columns have an element for each leaf: what they are asked for is never `undefined`.
  return (parent, run) => {
    const { out, narrow, context } = run;
    if (answer !== out) {
      forget();
      answer = out;
      out.whenFinished(forget);
    }
    const { slab: ownSlab, end: ownStart } = out;
    const isFirst = slab === noSlab;
    /** In the row before: the end of what was compared, and the beginning of what is not in this row yet. */
    let compared = start;
    let copied = start;
    for (let index = 0; index < count; index++) {
      const resolve = resolvers[index] as Access['resolve'];
      const value =
        resolve === null
          ? parent[names[index] as string]
          : resolve(parent, argsOf[index], areNarrow[index] === true ? narrow : context);
      const length = lengths[index] as number;
      if (!isFirst && value === values[index] && isPlain(value)) {
        compared += length;
        continue;
      }
      if (copied < compared) out.repeat(slab, copied, compared);
      compared += length;
      copied = compared;
      const { end } = out;
      out.raw(leads[index] as Words);
      (writers[index] as LeafWriter)(value, out);
      lengths[index] = out.end - end;
      values[index] = value;
    }
    if (copied < compared) out.repeat(slab, copied, compared);
    // Where a row lies in two slabs, its lengths say nothing.
    slab = out.slab === ownSlab ? ownSlab : noSlab;
    start = ownStart;
  };
}

/** What is an object may have been changed and be the same one. */
function isPlain(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'function');
}
