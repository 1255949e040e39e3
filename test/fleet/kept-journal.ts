import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { SessionNews } from '../../src/fleet/hosts/session-news.ts';
import type { Change } from '../../src/fleet/journal/change.ts';
import type { ChangePredicates } from '../../src/fleet/journal/change-filter.ts';
import { createJournal, defaultJournalLimits, type Journal } from '../../src/fleet/journal/journal.ts';
import { hostNameOf, type JournalLimits, uuidOf } from '../../src/fleet/journal/journal-entry.ts';
import { restoreHosts } from '../../src/fleet/journal/restored-hosts.ts';
import { storedNewsVersion } from '../../src/fleet/journal/stored-news.ts';
import type { FleetObject } from '../../src/fleet/objects.ts';
import { silentLog } from '../../src/log.ts';
import type { Cursor } from '../../src/model/brands.ts';
import { type JournalShelf, journalShelf } from '../../src/store/journal-shelf.ts';
import { openStore } from '../../src/store/open-store.ts';
import { StoreError } from '../../src/store/sqlite.ts';
import { type LentShelf, lentShelf } from '../store/lent-shelf.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';

/** What a gateway would hold: objects by what names them. */
export type Picture = ReadonlyMap<string, FleetObject>;

/** One run of a gateway with its journal on disk, without hosts: what happens, a test says. */
export type KeptJournal = {
  readonly journal: Journal;
  readonly clock: FakeClock;
  /** As it was when the run began. */
  readonly restored: Picture;
  readonly restoredTo: number;
  readonly picture: Picture;
  readonly store: LentShelf<JournalShelf>;
  /** The disk refuses from now on. */
  lose(): void;
  /** The file is there again, as it was or empty. */
  comeBack(file: 'as it was' | 'empty'): void;
  say(news: SessionNews): void;
  close(): void;
};

export type KeptJournalOptions = {
  readonly limits?: Partial<JournalLimits>;
  /** The disk refuses at the start. */
  readonly isAway?: boolean;
  /** In place of the file's own shelf. */
  readonly shelf?: (real: JournalShelf) => JournalShelf;
};

const everything: ChangePredicates = () => ({
  scope: { hosts: null, kinds: null },
  object: () => true,
  everObject: () => true,
  news: () => true,
});

export function openKeptJournal(
  file: string,
  { limits, isAway = false, shelf: change }: KeptJournalOptions = {},
): KeptJournal {
  const clock = createFakeClock();
  const open = () => {
    const store = openStore({
      file,
      clock,
      log: silentLog,
      lockTimeoutMs: 0,
      shelves: (take) => take(journalShelf(storedNewsVersion)),
    });
    if (store.status !== 'open') throw new Error(`The store is ${store.status}.`);
    return store;
  };
  let opened = open();
  const shelf = change ? change(opened.shelves) : opened.shelves;
  const store = lentShelf(isAway ? null : shelf);
  const hosts = [...restoreHosts(store, silentLog).values()];
  const restored = new Map(
    hosts
      .flatMap(({ view, objects }) => [...(view ? [view] : []), ...objects])
      .map((object) => [keyOf(object), object]),
  );
  const picture = new Map(restored);
  const restoredTo = isAway ? 0 : shelf.past.lastSeq;
  const journal = createJournal({
    newEpoch: () => randomBytes(8).toString('hex'),
    store,
    log: silentLog,
    limits: { ...defaultJournalLimits, togetherMs: 0, ...limits },
    clock,
    predicates: everything,
    snapshot: () => [...picture.values()],
  });
  return {
    journal,
    clock,
    restored,
    restoredTo,
    picture,
    store,
    lose: () => store.failed(new StoreError('refused', 'database or disk is full')),
    comeBack(what) {
      opened.close();
      if (what === 'empty') for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
      opened = open();
      store.comeBack(opened.shelves);
    },
    say(news) {
      if (news.type === 'upserted') picture.set(keyOf(news.object), news.object);
      else if (news.type === 'deleted') picture.delete(keyOf(news.object));
      journal.append(news);
    },
    close() {
      journal.close();
      opened.close();
    },
  };
}

export function keyOf(object: FleetObject): string {
  return `${object.kind}/${hostNameOf(object)}/${uuidOf(object)}`;
}

/** All after a cursor, as far as there is; or that one must start over. */
export function followed(journal: Journal, after: Cursor): readonly Change[] | 'start over' {
  try {
    return journal.since({ filter: {}, after, first: Number.MAX_SAFE_INTEGER }).changes;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'CURSOR_EXPIRED') return 'start over';
    throw error;
  }
}

/** What somebody holds who has heard all these. */
export function fold(changes: readonly Change[]): Picture {
  const objects = new Map<string, FleetObject>();
  for (const change of changes) {
    if (change.type === 'upserted') objects.set(keyOf(change.object), change.object);
    if (change.type === 'deleted') {
      const { kind, hostName, uuid } = change.ref;
      objects.delete(`${kind}/${hostName}/${uuid}`);
    }
  }
  return objects;
}
