import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { storedNewsVersion } from '../fleet/journal/stored-news.ts';
import type { Log } from '../log.ts';
import { type KeptStore, keepInMemory, keptVersion } from '../model/kept-records.ts';
import { type JournalShelf, journalShelf } from '../store/journal-shelf.ts';
import { keptShelf } from '../store/kept-shelf.ts';
import { lastingKept } from '../store/lasting-records.ts';
import { type Lent, openLastingStore, type StoreHealth } from '../store/lasting-store.ts';
import { StartError } from './start-error.ts';

/** What the gateway keeps of its journal, its tasks and its answers in the state directory. */
export type StateStore = {
  /** `null`: none is wanted. */
  readonly journal: Lent<JournalShelf> | null;
  /** Tasks, and the answers to changes that came with an idempotency key. */
  readonly kept: KeptStore;
  readonly health: () => StoreHealth;
  /** After everybody who writes to it. */
  close(): void;
};

/** A gateway that is being stopped may still have it: systemd starts the next one only then, others do not wait. */
const lockTimeoutMs = 3_000;

/** @throws StartError where another gateway has the state directory: each would undo what the other keeps */
export function openStateStore({ journal }: Config, dir: string, log: Log): StateStore {
  if (journal.persist === 'none') {
    return { journal: null, kept: keepInMemory(), health: () => ({ isInUse: false, failures: 0 }), close() {} };
  }
  const file = join(dir, 'store.sqlite');
  const store = openLastingStore({
    file,
    clock: systemClock,
    log,
    random: Math.random,
    lockTimeoutMs,
    shelves: (take) => ({
      journal: take(journalShelf(storedNewsVersion)),
      kept: take(keptShelf(keptVersion)),
    }),
  });
  if (store === 'in use') {
    throw new StartError(
      `${file} is in use: another gateway runs with this state directory. VIRTGRAPH_STATE_DIR names another.`,
    );
  }
  return {
    journal: store.lend((shelves) => shelves.journal),
    kept: lastingKept(store.lend((shelves) => shelves.kept)),
    health: () => store.health,
    close: () => store.close(),
  };
}
