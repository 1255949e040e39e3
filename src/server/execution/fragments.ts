/**
 * Texts of records, kept until the record is another one or the room is needed. A record is immutable and a changed one is
 * another object, so a text is never out of date by what its record holds; what else went into it is its `basis`, which
 * whoever takes the text compares.
 *
 * Not a WeakMap by the record, which would be shorter: V8 goes through the whole of one at each small collection, and with a
 * thousand changed records that took more time than writing their texts.
 */
export type KeptText = {
  readonly record: object;
  /** The same object for as long as everything else that was read stays as it was; `null`: nothing else was. */
  readonly basis: object | null;
  /** As `AnswerBytes.copyFrom` gives them. Between them stands what is made anew for each answer. */
  readonly texts: readonly string[];
};

/** What is asked of each record by one selection. An object is found by its host and its id there. */
export type KeptTexts = {
  get(hostName: string, id: string): KeptText | undefined;
  put(hostName: string, id: string, text: KeptText): void;
};

export type FragmentStore = {
  /** Equal selections, in whatever document, share their texts. `name` says all that a text depends on. */
  ofSelection(name: string): KeptTexts;
  /** Of all that is kept. */
  readonly characters: number;
};

type Selection = { readonly byHost: Map<string, Map<string, KeptText>>; characters: number };

/** A text's place in its map, and its own head. */
const overheadCharacters = 100;

/** Keeps at most `maxCharacters`: past that, everything of the selection that was used least recently goes. */
export function createFragmentStore(maxCharacters: number): FragmentStore {
  /** The one used least recently first. */
  const selections = new Map<string, Selection>();
  let characters = 0;

  function makeRoom() {
    for (const [name, selection] of selections) {
      if (characters <= maxCharacters) return;
      selections.delete(name);
      characters -= selection.characters;
    }
  }

  return {
    ofSelection(name) {
      const selection = selections.get(name) ?? { byHost: new Map(), characters: 0 };
      selections.delete(name);
      selections.set(name, selection);
      return {
        get: (hostName, id) => selection.byHost.get(hostName)?.get(id),
        put(hostName, id, text) {
          // Thrown out meanwhile: what nobody would find is not kept.
          if (selections.get(name) !== selection) return;
          let texts = selection.byHost.get(hostName);
          if (!texts) {
            texts = new Map();
            selection.byHost.set(hostName, texts);
          }
          const growth = sizeOf(text) - sizeOf(texts.get(id));
          texts.set(id, text);
          selection.characters += growth;
          characters += growth;
          if (characters > maxCharacters) makeRoom();
        },
      };
    },
    get characters() {
      return characters;
    },
  };
}

function sizeOf(text: KeptText | undefined): number {
  return text ? text.texts.reduce((total, each) => total + each.length, overheadCharacters) : 0;
}
