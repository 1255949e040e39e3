import type { Cursor } from '../../model/brands.ts';
import { mostRuns, type Run } from '../../store/stored-rows.ts';
import { formatCursor, type Place } from './cursor.ts';

/**
 * The stretches of the journal, each under an epoch of its own. Numbers go on from one to the next. So a cursor can be told
 * from one that was given out and then lost with the machine's power, although its number has come again.
 */
export type JournalRuns = {
  /** In the order in which they began. */
  readonly all: readonly Run[];
  /** What follows is under an epoch that nobody has seen. */
  begin(firstSeq: number): Run;
  cursorAt(seq: number, partial: boolean): Cursor;
  /** The number of the entry after which a cursor goes on; `null`: no run that is known here gave it out. */
  locate(place: Place, lastSeq: number): number | null;
};

/** @param newEpoch 16 hexadecimal digits that no other run has, each time others */
export function createJournalRuns(past: readonly Run[], newEpoch: () => string): JournalRuns {
  const runs: Run[] = [...past];

  return {
    all: runs,
    begin(firstSeq) {
      const run: Run = { epoch: newEpoch(), firstSeq };
      // Places in this list are counted only while the journal returns to its store, and none begins then.
      runs.splice(0, Math.max(0, runs.length + 1 - mostRuns));
      runs.push(run);
      return run;
    },
    cursorAt(seq, partial) {
      // The run that wrote it. Before the first of all there is only the beginning of the oldest.
      const run = runs.findLast((each) => each.firstSeq <= seq) ?? runs[0];
      if (run === undefined) throw new Error('A journal has a run from its beginning on.');
      return formatCursor({ epoch: run.epoch, seq, partial });
    },
    locate({ epoch, seq }, lastSeq) {
      const index = runs.findIndex((run) => run.epoch === epoch);
      const run = runs[index];
      // Another gateway's, or one that was lost with its entries: when the power failed, or the disk.
      if (run === undefined) return null;
      const lastOfRun = (runs[index + 1]?.firstSeq ?? lastSeq + 1) - 1;
      return seq < run.firstSeq - 1 || seq > lastOfRun ? null : seq;
    },
  };
}
