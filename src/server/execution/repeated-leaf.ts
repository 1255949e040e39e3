import type { LeafWriter } from './json-text.ts';
import type { Run } from './run.ts';
import type { Words } from './words.ts';

/** Longer ones are written each time. */
const longestBytes = 64;
/** After so many others it is looked at whether remembering pays. */
const triedOthers = 64;

/**
 * Writes a field of a leaf type with its key. In a list most fields have the same value in one row as in the one before:
 * their text is copied from there. Those that do not are found out, and remembered no more.
 */
export function repeatedLeaf<Parent>(
  lead: Words,
  read: (parent: Parent, run: Run) => unknown,
  write: LeafWriter,
): (parent: Parent, run: Run) => void {
  const text = { length: 0, bytes: Buffer.alloc(0), words: new Float64Array(longestBytes / 8) };
  let last: unknown = text;
  let isTried = true;
  let same = 0;
  let others = 0;

  return (parent, run) => {
    const value = read(parent, run);
    const { out } = run;
    if (value === last) {
      same++;
      out.raw(text);
      return;
    }
    if (!isTried) {
      out.raw(lead);
      write(value, out);
      return;
    }
    const { slab, end: start } = out;
    out.raw(lead);
    write(value, out);
    // What is an object may be changed and be the same one.
    const isPlain = value === null || (typeof value !== 'object' && typeof value !== 'function');
    last = isPlain && out.slab === slab && out.remember(start, text) ? value : text;
    others++;
    if (others < triedOthers) return;
    isTried = same >= others;
    if (!isTried) last = text;
    same = 0;
    others = 0;
  };
}
