import type { JournalPast } from '../../store/journal-load.ts';
import type { JournalShelf } from '../../store/journal-shelf.ts';
import type { Run } from '../../store/stored-rows.ts';
import type { FleetObject } from '../objects.ts';
import { writeEntry, writeKnownObject } from './entry-write.ts';
import { type JournalEntry, type JournalLimits, objectSubject } from './journal-entry.ts';

/** What of the journal is in memory, and goes on growing. */
export type JournalMemory = {
  readonly limits: Pick<JournalLimits, 'entries' | 'bytes'>;
  readonly runs: readonly Run[];
  /** Number of the oldest entry that is needed, wherever it is. */
  readonly firstSeq: number;
  /** Of the oldest in memory; one more than `lastSeq` when there is none. */
  readonly heldFrom: number;
  readonly lastSeq: number;
  readonly entry: (seq: number) => JournalEntry;
  /** Every object there is, as of `lastSeq` when this returns. */
  readonly present: () => readonly FleetObject[];
};

/**
 * Brings a shelf that has come back to where the journal is, a little at a time; at each moment, what is on it is the
 * journal as it was, or no journal at all.
 */
export type JournalReturn = {
  /** What was on the shelf is of this journal, and stays. */
  readonly isContinued: boolean;
  /** True: it is there. @throws StoreError and others, and must not be called again then */
  step(): boolean;
};

/** What one turn may write. */
const mostEntries = 256;
const mostObjects = 64;

export function returnToShelf(shelf: JournalShelf, memory: JournalMemory): JournalReturn {
  const isContinued = isPartOf(shelf.past, memory) && memory.heldFrom <= shelf.past.lastSeq + 1;
  // Whatever is there, memory knows better.
  shelf.takeObjects();
  let place = isContinued ? placeAfter(shelf.past, memory) : null;
  let base: Base | null = null;

  /** With an empty shelf: nothing that is put there means anything before the last of it. */
  function putSome(): void {
    if (base === null) {
      shelf.clear();
      base = baseOf(memory);
    }
    shelf.putObjects(base.objects.splice(0, mostObjects).map(writeKnownObject));
    if (base.objects.length > 0) return;
    const nextSeq = base.seq + 1;
    const runs = memory.runs.filter(({ firstSeq }) => firstSeq <= nextSeq);
    shelf.beginAfter(base.seq, runs);
    place = { nextSeq, runsBegun: runs.length };
    base = null;
  }

  function appendSome({ nextSeq, runsBegun }: Place): void {
    const run = memory.runs[runsBegun];
    // Its cursors are to be found only where all before it are.
    if (run !== undefined && run.firstSeq <= nextSeq) {
      shelf.begin(run);
      place = { nextSeq, runsBegun: runsBegun + 1 };
      return;
    }
    const endSeq = Math.min(nextSeq + mostEntries, memory.lastSeq + 1, run?.firstSeq ?? Number.POSITIVE_INFINITY);
    const entries = Array.from({ length: endSeq - nextSeq }, (_, index) => memory.entry(nextSeq + index));
    shelf.append(entries.map(writeEntry), memory.firstSeq);
    place = { nextSeq: endSeq, runsBegun };
  }

  return {
    isContinued,
    step() {
      // So much has happened that memory does not reach back to there any more.
      if (place !== null && place.nextSeq < memory.heldFrom) place = null;
      if (place === null) putSome();
      else appendSome(place);
      return place !== null && place.nextSeq > memory.lastSeq && place.runsBegun === memory.runs.length;
    },
  };
}

/** What the shelf needs next. */
type Place = { readonly nextSeq: number; readonly runsBegun: number };

function placeAfter({ runs, lastSeq }: JournalPast, memory: JournalMemory): Place {
  return { nextSeq: lastSeq + 1, runsBegun: indexOfRun(memory.runs, runs.at(-1)) + 1 };
}

/** An epoch is given out once: whoever has our last one has our entries before it. */
function isPartOf({ runs, lastSeq }: JournalPast, memory: JournalMemory): boolean {
  return indexOfRun(memory.runs, runs.at(-1)) >= 0 && lastSeq <= memory.lastSeq;
}

function indexOfRun(runs: readonly Run[], wanted: Run | undefined): number {
  return runs.findIndex(({ epoch, firstSeq }) => epoch === wanted?.epoch && firstSeq === wanted.firstSeq);
}

/** Every object as it was after that entry. */
type Base = { readonly seq: number; readonly objects: FleetObject[] };

/**
 * As far back as cursors are to be good: those of the newer half at least, so that what happens meanwhile does not push out
 * of memory what is yet to be written.
 */
function baseOf(memory: JournalMemory): Base {
  const objects = new Map(memory.present().map((object) => [objectSubject(object), object]));
  const { limits, lastSeq, heldFrom } = memory;
  let seq = lastSeq;
  let bytes = 0;
  for (; seq >= heldFrom && lastSeq - seq < limits.entries / 2; seq--) {
    const entry = memory.entry(seq);
    bytes += entry.bytes;
    if (bytes > limits.bytes / 2) break;
    undo(objects, entry);
  }
  return { seq, objects: [...objects.values()] };
}

function undo(objects: Map<string, FleetObject>, { news }: JournalEntry) {
  if (news.type !== 'upserted' && news.type !== 'deleted') return;
  const before = news.type === 'deleted' ? news.object : news.previous;
  const subject = objectSubject(news.object);
  if (before === null) objects.delete(subject);
  else objects.set(subject, before);
}
