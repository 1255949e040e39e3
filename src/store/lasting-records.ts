import {
  type Kept,
  type KeptEntry,
  type KeptKind,
  type KeptRecords,
  type KeptStore,
  keptKinds,
} from '../model/kept-records.ts';
import type { Lent } from './lasting-store.ts';

/** What is to be done to a record on the shelf; `null`: it is to be removed. */
type Due = { readonly at: number; readonly text: string } | null;

type WaitingRecords = KeptRecords & {
  /** By key. */
  readonly due: Map<string, Due>;
  /** What is on the shelf now. */
  found(entries: readonly KeptEntry[]): void;
  /** @throws StoreError */
  write(key: string, due: Due): void;
};

/** What one turn may write. */
const mostAtOnce = 128;

/**
 * Records that stay in memory while the store is away, and are written to it when it is back. Whoever uses them knows
 * nothing of that, but for `onReturn`, where the store may have come back with other records than it had.
 */
export function lastingKept(lent: Lent<Kept>): KeptStore {
  const listeners: (() => void)[] = [];
  /** Also when it is away: what could be read then may still be. */
  let shelf = lent.shelf;
  /** All is on the shelf, or goes there at once. */
  let isUpToDate = shelf !== null;
  const kinds = new Map(keptKinds.map((kind) => [kind, recordsOf(kind)]));
  const all = [...kinds.values()];

  function recordsOf(kind: KeptKind): WaitingRecords {
    const due = new Map<string, Due>();
    const onShelf = new Map<string, KeptEntry>();

    function change(key: string, next: Due) {
      if (isUpToDate) {
        try {
          write(key, next);
          return;
        } catch (error) {
          lent.failed(error);
          isUpToDate = false;
        }
      }
      if (next === null && !onShelf.has(key)) due.delete(key);
      else due.set(key, next);
    }

    function write(key: string, next: Due) {
      if (next === null) {
        if (onShelf.has(key)) shelf?.[kind].remove([key]);
        onShelf.delete(key);
      } else {
        shelf?.[kind].put(key, next.at, next.text);
        onShelf.set(key, { key, at: next.at, characters: next.text.length });
      }
    }

    function read(key: string): string | null {
      try {
        return shelf?.[kind].get(key) ?? null;
      } catch (error) {
        lent.failed(error);
        return null;
      }
    }

    return {
      due,
      write,
      found(entries) {
        onShelf.clear();
        for (const entry of entries) onShelf.set(entry.key, entry);
        for (const [key, next] of due) if (next === null && !onShelf.has(key)) due.delete(key);
      },
      entries() {
        const waiting = [...due].flatMap(([key, next]) =>
          next === null ? [] : [{ key, at: next.at, characters: next.text.length }],
        );
        return [...[...onShelf.values()].filter(({ key }) => !due.has(key)), ...waiting].sort((a, b) => a.at - b.at);
      },
      get(key) {
        const waiting = due.get(key);
        if (waiting !== undefined) return waiting?.text ?? null;
        return onShelf.has(key) ? read(key) : null;
      },
      put: (key, at, text) => change(key, { at, text }),
      remove(keys) {
        for (const key of keys) change(key, null);
      },
    };
  }

  function look() {
    for (const [kind, records] of kinds) records.found(shelf?.[kind].entries() ?? []);
  }

  /** First what is to be there: that a change was begun must not be forgotten before its answer is written. */
  function allDue() {
    const due = all.flatMap((records) => [...records.due].map(([key, next]) => ({ records, key, next })));
    return [...due.filter(({ next }) => next !== null), ...due.filter(({ next }) => next === null)];
  }

  function writeDue(most: number) {
    const due = allDue();
    for (const { records, key, next } of due.slice(0, most)) {
      records.write(key, next);
      records.due.delete(key);
    }
    isUpToDate = due.length <= most;
  }

  function writeSoon(to: Kept) {
    // Away again, and perhaps back.
    if (shelf !== to || lent.shelf === null || isUpToDate) return;
    attempt(() => {
      writeDue(mostAtOnce);
      setImmediate(() => writeSoon(to));
    });
  }

  function attempt(work: () => void) {
    try {
      work();
    } catch (error) {
      lent.failed(error);
    }
  }

  if (shelf !== null) attempt(look);
  lent.follow({
    left() {
      isUpToDate = false;
    },
    returned(next) {
      attempt(() => {
        shelf = next;
        look();
        for (const listener of listeners) listener();
        writeSoon(next);
      });
    },
  });

  const [task, begun, answer] = keptKinds;
  const of = (kind: KeptKind): KeptRecords => kinds.get(kind) as KeptRecords; // there is one of each
  return {
    [task]: of(task),
    [begun]: of(begun),
    [answer]: of(answer),
    onReturn: (listener) => void listeners.push(listener),
    finish() {
      if (lent.shelf !== null && !isUpToDate) attempt(() => writeDue(Number.POSITIVE_INFINITY));
    },
  };
}
