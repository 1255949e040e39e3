import { type Place, parseCursor } from '../../src/fleet/journal/cursor.ts';
import type { ChangeMessage, SeenObject } from './messages.ts';

/**
 * A client's picture of the fleet, made of nothing but what it was told, and a judge of how it was told.
 *
 * Where a stream may be cut and resumed as it likes, these must hold: cursors move forward, no number is left out in
 * silence, and what is announced as a snapshot is one, to its end. To a client a cursor is opaque; the judge looks inside, because only so is a gap seen that nobody speaks of.
 */
export type Fold = {
  readonly objects: ReadonlyMap<string, SeenObject>;
  /** Where to go on; null: from the beginning. */
  readonly cursor: string | null;
  /** Not within a snapshot, nor waiting for one. */
  readonly isLive: boolean;
  readonly counts: FoldCounts;
  /** Stretches of the journal of which this client was told everything that matches. */
  readonly coverage: readonly Coverage[];
  /** Numbers within the titles of each domain, in the order told; null where it started over. By object id. */
  readonly revisions: ReadonlyMap<string, readonly (number | null)[]>;
  /** A stream begins that was asked to go on after `cursor`. */
  begin(): void;
  take(message: ChangeMessage): void;
  /** In place of everything: a list, read after `cursor` was. */
  replaceAll(objects: readonly SeenObject[], cursor: string): void;
};

export type FoldCounts = {
  /** Connections on which anything was said. */
  streams: number;
  changes: number;
  snapshots: number;
  resyncs: number;
  lags: number;
  dropped: number;
  duplicates: number;
  bookmarks: number;
};

export type Coverage = {
  readonly epoch: string;
  readonly after: number;
  until: number;
  readonly told: Set<number>;
  /** Once it lagged, what it was not told is excused. */
  lagged: boolean;
};

export type FoldOptions = {
  /** Nothing is filtered: every number of the journal must come. */
  readonly isWhole: boolean;
  readonly violate: (text: string, object: SeenObject | null) => void;
};

type Phase = 'snapshot due' | 'in snapshot' | 'live';

export function createFold({ isWhole, violate }: FoldOptions): Fold {
  const objects = new Map<string, SeenObject>();
  const revisions = new Map<string, (number | null)[]>();
  const coverage: Coverage[] = [];
  const counts: FoldCounts = {
    streams: 0,
    changes: 0,
    snapshots: 0,
    resyncs: 0,
    lags: 0,
    dropped: 0,
    duplicates: 0,
    bookmarks: 0,
  };
  let cursor: string | null = null;
  let place: Place | null = null;
  let phase: Phase = 'snapshot due';
  /** Ids that the present snapshot has named. */
  let named = new Set<string>();
  /** How many numbers may still be missing, because their absence was announced. */
  let excused = 0;
  let isFirstOfStream = true;
  /** The stream has said nothing yet. */
  let isSilent = true;
  let covered: Coverage | null = null;

  function begin() {
    isFirstOfStream = true;
    isSilent = true;
    excused = 0;
    named = new Set();
    phase = place === null || place.partial ? 'snapshot due' : 'live';
    if (phase === 'live' && place !== null) cover(place);
  }

  function cover({ epoch, seq }: Place) {
    covered = { epoch, after: seq, until: seq, told: new Set(), lagged: false };
    coverage.push(covered);
  }

  /** A change, or a mark with a place of its own: the journal moves on to there. `isEntry`: it is that number itself. */
  function moveOn(to: Place, what: string, isEntry: boolean): boolean {
    if (phase !== 'live') violate(`${what} came where a snapshot was due (${phase})`, null);
    if (to.partial) violate(`${what} carries the cursor of an unfinished snapshot`, null);
    if (place === null) return true;
    // A journal that is kept goes on in another epoch after a restart, with the next number. Whatever of that epoch
    // others were told with a number before ours, we should have been told.
    if (to.epoch !== place.epoch) cover({ ...to, seq: 0 });
    const isBehind = isEntry ? to.seq <= place.seq : to.seq < place.seq;
    if (isBehind) {
      if (isFirstOfStream && isEntry) {
        counts.duplicates++;
        return true;
      }
      violate(`the cursor went back: ${what} ${to.seq} after ${place.seq}`, null);
      return false;
    }
    const missing = to.seq - place.seq - (isEntry ? 1 : 0);
    if (isWhole && missing > excused) {
      violate(`a silent gap: ${what} ${to.seq} after ${place.seq}, ${missing} missing, ${excused} announced`, null);
    }
    excused = Math.max(0, excused - missing);
    return true;
  }

  function moveTo(text: string, to: Place) {
    cursor = text;
    place = to;
    isFirstOfStream = false;
    if (covered !== null && covered.epoch === to.epoch) covered.until = Math.max(covered.until, to.seq);
  }

  function noteRevision(object: SeenObject) {
    if (object.__typename !== 'Domain') return;
    const number = revisionOf(object.title);
    if (number === null) return;
    const seen = revisions.get(object.id) ?? [];
    revisions.set(object.id, seen);
    if (seen.at(-1) !== number) seen.push(number);
  }

  function takeUpsert(message: ChangeMessage & { readonly __typename: 'ObjectUpserted' }) {
    const { object, origin } = message;
    const to = parseCursor(message.cursor);
    if (origin !== 'SNAPSHOT') {
      moveOn(to, `the change of ${object.__typename} ${object.id}`, true);
      counts.changes++;
      covered?.told.add(to.seq);
    } else {
      if (phase === 'live') violate('a snapshot began that nobody announced', object);
      if (place !== null && !place.partial && place.epoch === to.epoch && to.seq < place.seq) {
        violate(`a snapshot of ${to.seq} came after ${place.seq}`, object);
      }
      phase = 'in snapshot';
      named.add(object.id);
    }
    objects.set(object.id, object);
    noteRevision(object);
    moveTo(message.cursor, to);
  }

  function completeSnapshot(text: string) {
    const to = parseCursor(text);
    if (phase === 'live') violate('a snapshot was completed that nobody began', null);
    if (place !== null && place.epoch === to.epoch && to.seq < place.seq) {
      violate(`a snapshot of ${to.seq} was completed after ${place.seq}`, null);
    }
    counts.snapshots++;
    for (const id of objects.keys()) if (!named.has(id)) objects.delete(id);
    named = new Set();
    excused = 0;
    phase = 'live';
    cover(to);
    moveTo(text, to);
  }

  return {
    objects,
    counts,
    coverage,
    revisions,
    get cursor() {
      return cursor;
    },
    get isLive() {
      return phase === 'live';
    },
    begin,
    take(message) {
      if (isSilent) counts.streams++;
      isSilent = false;
      switch (message.__typename) {
        case 'ObjectUpserted':
          takeUpsert(message);
          return;
        case 'ObjectDeleted': {
          const to = parseCursor(message.cursor);
          moveOn(to, `the end of ${message.id}`, true);
          counts.changes++;
          covered?.told.add(to.seq);
          objects.delete(message.id);
          moveTo(message.cursor, to);
          return;
        }
        case 'HostInterrupted':
        case 'HostResumed': {
          const to = parseCursor(message.cursor);
          moveOn(to, message.__typename, true);
          covered?.told.add(to.seq);
          moveTo(message.cursor, to);
          return;
        }
        case 'Bookmark': {
          const to = parseCursor(message.cursor);
          counts.bookmarks++;
          if (moveOn(to, 'Bookmark', false)) moveTo(message.cursor, to);
          return;
        }
        case 'SnapshotComplete':
          completeSnapshot(message.cursor);
          return;
        case 'Lagged':
          counts.lags++;
          counts.dropped += message.dropped;
          excused += message.dropped;
          if (covered !== null) covered.lagged = true;
          return;
        case 'ResyncRequired':
          counts.resyncs++;
          phase = 'snapshot due';
          named = new Set();
          // Of what comes now, nothing needs to be later than what was: it may be another gateway's.
          place = null;
          covered = null;
          return;
        default:
          message satisfies never;
      }
    },
    replaceAll(listed, text) {
      objects.clear();
      for (const object of listed) objects.set(object.id, object);
      // What changed while it was listed is told once more: the list may be ahead of the changes that follow.
      for (const seen of revisions.values()) seen.push(null);
      counts.resyncs++;
      place = parseCursor(text);
      cursor = text;
      phase = 'live';
    },
  };
}

/** The operations number what they write. */
function revisionOf(title: string | null): number | null {
  const digits = /^revision (\d+)$/.exec(title ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Which of the journal's numbers a client should have been told and was not. */
export function untold(
  fold: Fold,
  told: ReadonlyMap<string, ReadonlyMap<number, string | null>>,
  host: string | null,
): string[] {
  const missing: string[] = [];
  for (const { epoch, after, until, told: mine, lagged } of fold.coverage) {
    if (lagged) continue;
    for (const [seq, about] of told.get(epoch) ?? []) {
      if (seq > after && seq <= until && !mine.has(seq) && (host === null || about === host)) {
        missing.push(`number ${seq} of ${epoch} (${about}), though it was told all from ${after} to ${until}`);
      }
    }
  }
  return missing;
}
