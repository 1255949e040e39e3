import { type JournalEntry, type NewEntry, subjectOf } from './journal-entry.ts';

/** The entries that are in memory, without a hole; each knows the one before and the one after it of its object. */
export type HeldEntries = {
  /** All of them together, as estimated. */
  readonly bytes: number;
  /** `undefined`: not there yet, or no more. */
  readonly at: (seq: number) => JournalEntry | undefined;
  /** The next by number. */
  readonly add: (entry: NewEntry) => void;
  readonly dropOldest: () => void;
};

/** So many dropped ones are cut off at once, once they are more than what is left. */
const cutFrom = 1_024;

/** @param from the number that the first entry will have */
export function createHeldEntries(from: number): HeldEntries {
  /** From `baseSeq` on; those before `firstSeq` are dropped already, and cut off now and then. */
  let entries: (JournalEntry | undefined)[] = [];
  let baseSeq = from;
  let firstSeq = from;
  let bytes = 0;
  const lastSeqOfObject = new Map<string, number>();

  const at = (seq: number) => entries[seq - baseSeq];

  return {
    get bytes() {
      return bytes;
    },
    at,
    add(entry) {
      const subject = subjectOf(entry.news);
      const seqBefore = lastSeqOfObject.get(subject) ?? 0;
      const before = at(seqBefore);
      if (before) before.seqAfter = entry.seq;
      lastSeqOfObject.set(subject, entry.seq);
      entries.push({ ...entry, seqBefore, seqAfter: Number.POSITIVE_INFINITY });
      bytes += entry.bytes;
    },
    dropOldest() {
      const oldest = at(firstSeq);
      if (oldest === undefined) return;
      entries[firstSeq - baseSeq] = undefined;
      bytes -= oldest.bytes;
      if (oldest.seqAfter === Number.POSITIVE_INFINITY) lastSeqOfObject.delete(subjectOf(oldest.news));
      firstSeq++;
      const dropped = firstSeq - baseSeq;
      if (dropped > cutFrom && dropped > entries.length / 2) {
        entries = entries.slice(dropped);
        baseSeq = firstSeq;
      }
    },
  };
}
