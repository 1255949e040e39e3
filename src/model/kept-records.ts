/**
 * Texts under keys, which may outlive the process: in the store of the state directory, or in memory where there is none.
 * Whoever uses it bounds it.
 */
export type KeptRecords = {
  /** Of all, oldest first. */
  entries(): readonly KeptEntry[];
  /** `null`: there is none, or it is damaged, or cannot be read. */
  get(key: string): string | null;
  put(key: string, at: number, text: string): void;
  /** One that is not there is no mistake. */
  remove(keys: readonly string[]): void;
};

/** `at`: as it was put, in milliseconds since 1970. `characters`: of its text. */
export type KeptEntry = { readonly key: string; readonly at: number; readonly characters: number };

/** Tasks; changes that were begun under an idempotency key; the answers to those that are over. */
export const keptKinds = ['task', 'begun', 'answer'] as const;
export type KeptKind = (typeof keptKinds)[number];

/** Of the JSON in the texts: src/model/task.ts, src/fleet/actions/answers.ts. Another one, and all of it is forgotten. */
export const keptVersion = '1';

/** As it lies on a disk: a call may throw. */
export type Kept = Readonly<Record<KeptKind, KeptRecords>>;

/** As it is used: no call throws. */
export type KeptStore = Kept & {
  /** Called when what is kept may be other records than before: some that were there may be missing, others new. */
  onReturn(listener: () => void): void;
  /** The gateway is stopping: what still waits is written now, if that can be. */
  finish(): void;
};

/** Ends with the process. */
export function keepInMemory(): KeptStore {
  return { task: recordsInMemory(), begun: recordsInMemory(), answer: recordsInMemory(), onReturn() {}, finish() {} };
}

function recordsInMemory(): KeptRecords {
  const records = new Map<string, { readonly at: number; readonly text: string }>();
  return {
    entries: () =>
      [...records].map(([key, { at, text }]) => ({ key, at, characters: text.length })).sort((a, b) => a.at - b.at),
    get: (key) => records.get(key)?.text ?? null,
    put: (key, at, text) => void records.set(key, { at, text }),
    remove(keys) {
      for (const key of keys) records.delete(key);
    },
  };
}
