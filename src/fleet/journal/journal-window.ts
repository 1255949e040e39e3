import { createHeldEntries } from './held-entries.ts';
import type { JournalEntry, JournalLimits, NewEntry } from './journal-entry.ts';
import type { JournalKeeper } from './journal-keeper.ts';

/**
 * The entries that there are, without a hole, as many as the bounds allow: those of this run in memory, before them those
 * of earlier runs, on disk alone.
 */
export type JournalWindow = {
  /** Number of the oldest; one more than `lastSeq` when there is none. */
  readonly firstSeq: number;
  /** Number of the newest ever written; 0 at the start. */
  readonly lastSeq: number;
  /** Of the oldest in memory; one more than `lastSeq` when there is none. */
  readonly heldFrom: number;
  /** All of them, as estimated. */
  readonly bytes: number;
  /** To be asked before an entry that may be of an earlier run: when it cannot be read, `firstSeq` is past it then. */
  readonly reach: (seq: number) => void;
  readonly entry: (seq: number) => JournalEntry;
  /** The next by number; of the oldest, what the bounds no longer allow goes. */
  add(entry: NewEntry): void;
  /** Those of earlier runs are gone. */
  forgetPast(): void;
};

export type JournalWindowOptions = {
  readonly keeper: Pick<JournalKeeper, 'past' | 'pastEntry' | 'firstWithin'>;
  readonly limits: Pick<JournalLimits, 'entries' | 'bytes' | 'ageMs'>;
  /** Milliseconds since 1970. */
  readonly now: number;
};

/** So often, in entries, it is looked whether earlier runs' are too many or too old. */
const dropPastEvery = 256;

export function createJournalWindow({ keeper, limits, now: startedAt }: JournalWindowOptions): JournalWindow {
  const { past } = keeper;
  /** Entries before this one are of earlier runs. */
  const ownFrom = past.lastSeq + 1;
  const held = createHeldEntries(ownFrom);
  let firstSeq = past.firstSeq;
  let lastSeq = past.lastSeq;
  let pastBytes = past.bytes;
  dropPast(startedAt);

  function entry(seq: number): JournalEntry {
    const found = seq < ownFrom ? keeper.pastEntry(seq) : held.at(seq);
    // Everybody asks between `firstSeq` and `lastSeq`, where there are no holes.
    if (!found) throw new Error(`The journal was asked for entry ${seq}, which it does not hold.`);
    return found;
  }

  function isTooMuch(now: number): boolean {
    if (firstSeq >= lastSeq) return false;
    return (
      lastSeq - firstSeq >= limits.entries ||
      held.bytes > limits.bytes ||
      now - entry(firstSeq).observedAt > limits.ageMs
    );
  }

  /** Of what earlier runs left, as much goes as the bounds ask for. */
  function dropPast(now: number) {
    if (firstSeq >= ownFrom) return;
    const kept = keeper.firstWithin({
      minSeq: lastSeq - limits.entries + 1,
      bytes: limits.bytes,
      since: now - limits.ageMs,
    });
    if (kept === null || kept.seq >= ownFrom) {
      forgetPast();
      return;
    }
    firstSeq = kept.seq;
    pastBytes = Math.max(0, kept.bytes - held.bytes);
  }

  function forgetPast() {
    firstSeq = Math.max(firstSeq, ownFrom);
    pastBytes = 0;
  }

  function trim(now: number) {
    if (firstSeq < ownFrom) {
      if (lastSeq - ownFrom >= limits.entries || held.bytes > limits.bytes) forgetPast();
      else if ((lastSeq - past.lastSeq) % dropPastEvery === 0) dropPast(now);
    }
    if (firstSeq < ownFrom) return;
    // The newest stays, whatever its size.
    while (isTooMuch(now)) {
      held.dropOldest();
      firstSeq++;
    }
  }

  return {
    get firstSeq() {
      return firstSeq;
    },
    get lastSeq() {
      return lastSeq;
    },
    get heldFrom() {
      return Math.max(firstSeq, ownFrom);
    },
    get bytes() {
      return held.bytes + pastBytes;
    },
    reach(seq) {
      if (seq >= firstSeq && seq < ownFrom && keeper.pastEntry(seq) === null) forgetPast();
    },
    entry,
    add(next) {
      held.add(next);
      lastSeq = next.seq;
      trim(next.observedAt);
    },
    forgetPast,
  };
}
