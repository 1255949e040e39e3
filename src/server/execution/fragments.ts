/**
 * Texts of records, kept for as long as the record is the fleet's and nobody else needs the room. A record is immutable and
 * a changed one is another object, so a text is never out of date by what its record holds; what else went into it is its
 * `basis`, which whoever takes the text compares.
 */
export type KeptText = {
  /** The same object for as long as everything else that was read stays as it was; `null`: nothing else was. */
  readonly basis: object | null;
  /** Between them stands what is made anew for each answer. */
  readonly texts: readonly string[];
};

/** Of one selection: what is asked of each record. */
export type KeptTexts = {
  get(record: object): KeptText | undefined;
  put(record: object, text: KeptText): void;
};

export type FragmentStore = {
  /** Equal selections, in whatever document, share their texts. `selection` says all that a text depends on. */
  ofSelection(selection: string): KeptTexts;
  /** At most what is kept; records that are gone count until the texts of their selection are dropped. */
  readonly characters: number;
};

type Selection = { kept: WeakMap<object, KeptText>; characters: number };

/** A text's place in its map, and its own head. */
const overheadCharacters = 100;

/** Keeps at most `maxCharacters`: past that, everything of the selection that was used least recently goes. */
export function createFragmentStore(maxCharacters: number): FragmentStore {
  /** The one used least recently first. */
  const selections = new Map<string, Selection>();
  let characters = 0;

  function drop(name: string, selection: Selection) {
    selections.delete(name);
    characters -= selection.characters;
    // Whoever is still writing with it begins anew.
    selection.kept = new WeakMap();
    selection.characters = 0;
  }

  function makeRoom() {
    for (const [name, selection] of selections) {
      if (characters <= maxCharacters) return;
      drop(name, selection);
    }
  }

  return {
    ofSelection(name) {
      const selection = selections.get(name) ?? { kept: new WeakMap(), characters: 0 };
      selections.delete(name);
      selections.set(name, selection);
      return {
        get: (record) => selection.kept.get(record),
        put(record, text) {
          // Dropped meanwhile: what nobody finds is not kept.
          if (selections.get(name) !== selection) return;
          const size = text.texts.reduce((total, each) => total + each.length, overheadCharacters);
          selection.kept.set(record, text);
          selection.characters += size;
          characters += size;
          if (characters > maxCharacters) makeRoom();
        },
      };
    },
    get characters() {
      return characters;
    },
  };
}
