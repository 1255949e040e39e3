import type { Context } from '../../resolvers/context.ts';
import { narrowContext } from '../../resolvers/sources.ts';
import type { AnswerBytes } from './answer-bytes.ts';
import type { FragmentStore, KeptTexts } from './fragments.ts';

/** One answer in the making. */
export type Run = {
  readonly context: Context;
  /** For fields whose texts are kept. */
  readonly narrow: Context;
  readonly out: AnswerBytes;
  /** It has been at work for so long that others must have their turn. Asked between the rows of lists. */
  readonly isTired: () => boolean;
  readonly keptTexts: (selection: string) => KeptTexts;
  /** Of a field that depends on a host alone: its texts by host, for this answer. */
  readonly hostTexts: (slot: object) => Map<string, Uint8Array>;
  /** `MacView.tapBasis`, looked up once an answer. */
  readonly tapBasis: (hostName: string) => object;
};

export function createRun(context: Context, fragments: FragmentStore, isTired: () => boolean, out: AnswerBytes): Run {
  const kept = new Map<string, KeptTexts>();
  const byHost = new Map<object, Map<string, Uint8Array>>();
  const bases = new Map<string, object>();
  return {
    context,
    narrow: narrowContext(context),
    out,
    isTired,
    keptTexts: (selection) => getOrMake(kept, selection, (name) => fragments.ofSelection(name)),
    hostTexts: (slot) => getOrMake(byHost, slot, () => new Map()),
    tapBasis: (hostName) => getOrMake(bases, hostName, (name) => context.fleet.macs.tapBasis(name)),
  };
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: (key: Key) => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make(key);
    map.set(key, value);
  }
  return value;
}
