import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { storedNewsVersion } from '../fleet/stored-news.ts';
import type { Log } from '../log.ts';
import { type Kept, keptVersion } from '../model/kept-records.ts';
import { type JournalShelf, journalShelf } from '../store/journal-shelf.ts';
import { keptShelf } from '../store/kept-shelf.ts';
import { openStore } from '../store/open-store.ts';
import { StartError } from './start-error.ts';

/** What the gateway keeps of its journal, its tasks and its answers in the state directory. */
export type StateStore = {
  /** `null`: none is wanted. 'FAILED': the disk refused, which has been logged. */
  readonly journal: JournalShelf | 'FAILED' | null;
  /** Tasks, and the answers to changes that came with an idempotency key. `null`: in memory only. */
  readonly kept: Kept | null;
  /** After everybody who writes to it. */
  close(): void;
};

/** A gateway that is being stopped may still have it: systemd starts the next one only then, others do not wait. */
const lockTimeoutMs = 3_000;

/** @throws StartError where another gateway has the state directory: each would undo what the other keeps */
export function openStateStore({ journal }: Config, dir: string, log: Log): StateStore {
  if (journal.persist === 'none') return { journal: null, kept: null, close() {} };
  const file = join(dir, 'store.sqlite');
  const opened = openStore({
    file,
    clock: systemClock,
    log,
    lockTimeoutMs,
    shelves: (take) => ({
      journal: take(journalShelf(storedNewsVersion)),
      kept: take(keptShelf(keptVersion)),
    }),
  });
  switch (opened.status) {
    case 'open':
      return { ...opened.shelves, close: () => opened.close() };
    case 'refused':
      return { journal: 'FAILED', kept: null, close() {} };
    case 'in use':
      throw new StartError(
        `${file} is in use: another gateway runs with this state directory. VIRTGRAPH_STATE_DIR names another; journal.persist: none keeps nothing there.`,
      );
    default:
      return opened satisfies never;
  }
}
