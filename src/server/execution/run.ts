import type { Context } from '../../resolvers/context.ts';
import { narrowContext } from '../../resolvers/sources.ts';
import { AnswerBytes } from './answer-bytes.ts';
import type { Basis, FragmentStore, KeptFragments } from './fragments.ts';
import { type Words, wordsOf } from './words.ts';

/** One answer in the making. */
export type Run = {
  /** Of this one alone; from 1. */
  readonly number: number;
  readonly context: Context;
  /** For fields whose texts are kept. */
  readonly narrow: Context;
  readonly out: AnswerBytes;
  /** It has been at work for so long that others must have their turn. Asked between the rows of lists. */
  readonly isTired: () => boolean;
  readonly kept: (selection: string) => KeptFragments;
  /** Of kept parts, by host: what is true for this answer. */
  readonly bases: (part: object) => Map<string, Basis>;
  /** Of a field that depends on a host alone: its texts by host, for this answer. */
  readonly hostTexts: (slot: object) => Map<string, Words>;
  /** `MacView.tapBasis`, looked up once an answer. */
  readonly tapBasis: (hostName: string) => object;
  /** What `write` writes, by itself, for this answer. */
  readonly aside: (write: (run: Run) => void) => Words;
};

let runs = 0;

export function createRun(context: Context, fragments: FragmentStore, isTired: () => boolean): Run {
  const kept = new Map<string, KeptFragments>();
  const bases = new Map<object, Map<string, Basis>>();
  const byHost = new Map<object, Map<string, Words>>();
  const taps = new Map<string, object>();
  runs++;
  const run: Run = {
    number: runs,
    context,
    narrow: narrowContext(context),
    out: new AnswerBytes(fragments.slabs),
    isTired,
    kept: (selection) => getOrMake(kept, selection, (name) => fragments.ofSelection(name)),
    bases: (part) => getOrMake(bases, part, () => new Map()),
    hostTexts: (slot) => getOrMake(byHost, slot, () => new Map()),
    tapBasis: (hostName) => getOrMake(taps, hostName, (name) => context.fleet.macs.tapBasis(name)),
    aside(write) {
      const out = new AnswerBytes(fragments.slabs);
      try {
        // One of its own, though nobody keeps it: so nothing in it is kept for itself.
        out.beginFragment();
        write({ ...run, out });
        const start = out.endFragment();
        return wordsOf(Buffer.from(out.slab.bytes.subarray(start, out.end)));
      } finally {
        out.finish();
      }
    },
  };
  return run;
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: (key: Key) => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make(key);
    map.set(key, value);
  }
  return value;
}
