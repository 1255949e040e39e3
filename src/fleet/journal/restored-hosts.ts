import type { Clock } from '../../clock.ts';
import { errorFields, type Log } from '../../log.ts';
import type { JournalShelf } from '../../store/journal-shelf.ts';
import type { Lent } from '../../store/lasting-store.ts';
import type { HostSession } from '../hosts/host-session.ts';
import type { SessionNews } from '../hosts/session-news.ts';
import type { FleetObject, HostView } from '../objects.ts';
import { createObjectReader } from './stored-news.ts';

/** What an earlier run of the gateway last knew of one host. */
export type RestoredHost = {
  /** `null`: it had not been told of yet. */
  readonly view: HostView | null;
  /** All but the host itself. */
  readonly objects: readonly FleetObject[];
};

/** By name. What cannot be read is forgotten whole: a part would be a wrong picture. */
export function restoreHosts(store: Lent<JournalShelf> | null, log: Log): Map<string, RestoredHost> {
  const shelf = store?.shelf ?? null;
  if (shelf === null) return new Map();
  try {
    return readHosts(shelf);
  } catch (error) {
    log.error(errorFields(error), 'What an earlier run kept cannot be read: it is forgotten');
    try {
      shelf.clear();
    } catch (refusal) {
      store?.failed(refusal);
    }
    return new Map();
  }
}

function readHosts(shelf: JournalShelf): Map<string, RestoredHost> {
  const lastTrue = new Map<string, unknown>(Object.entries(shelf.asOf === null ? {} : JSON.parse(shelf.asOf)));
  const views = new Map<string, HostView>();
  const objects = new Map<string, FleetObject[]>();
  const read = createObjectReader();
  for (const stored of shelf.takeObjects()) {
    const object = read(stored);
    const hostName = object.kind === 'host' ? object.name : object.hostName;
    if (!objects.has(hostName)) objects.set(hostName, []);
    if (object.kind === 'host') views.set(hostName, withLastTrue(object, lastTrue.get(hostName)));
    else objects.get(hostName)?.push(object);
  }
  return new Map([...objects].map(([name, of]) => [name, { view: views.get(name) ?? null, objects: of }]));
}

/** A host's `asOf` moves on while it is ready, which is no change: the journal does not have it. */
function withLastTrue(view: HostView, lastTrue: unknown): HostView {
  if (typeof lastTrue !== 'number' || lastTrue <= (view.asOf ?? 0)) return view;
  return { ...view, asOf: lastTrue };
}

export type Successor = {
  readonly sessions: ReadonlyMap<string, Pick<HostSession, 'target' | 'replica' | 'view'>>;
  /** What is told outlives this run. */
  readonly isKept: boolean;
  readonly tell: (news: SessionNews) => void;
};

/** Whoever goes on from a cursor of an earlier run has its objects: what became of these, he must be told. */
export function goOnFrom(hosts: Map<string, RestoredHost>, { sessions, isKept, tell }: Successor) {
  for (const { target, replica, view } of sessions.values()) {
    const known = hosts.get(target.name);
    replica.restore(known?.objects ?? []);
    if (isKept && !known?.view) tell(newHost(view()));
  }
  for (const [hostName, { view, objects }] of hosts) {
    if (sessions.has(hostName)) continue;
    for (const object of objects) tell({ type: 'deleted', origin: 'RECONCILE', object });
    if (view) tell({ type: 'deleted', origin: 'RECONCILE', object: view });
  }
  // One that is added later by the same name is another.
  hosts.clear();
}

/** A host that was not there when the present readers began. */
export function newHost(view: HostView): SessionNews {
  return { type: 'upserted', origin: 'EVENT', object: view, previous: null, changedFields: null };
}

/** After SIGKILL, a host that was ready is known to have been true until so long before, at most. */
const keepLastTrueMs = 10_000;

export type LastTrueOptions = {
  readonly clock: Clock;
  readonly views: () => readonly HostView[];
  readonly keep: (text: string) => void;
};

/**
 * That a ready host's objects are still true is no change, so the journal does not have it: it is kept now and then. What
 * this returns keeps it for the last time.
 */
export function keepLastTrue({ clock, views, keep }: LastTrueOptions): () => void {
  const keepNow = () => keep(writeLastTrue(views()));
  let cancel = () => {};
  const again = () => {
    cancel = clock.after(keepLastTrueMs, () => {
      keepNow();
      again();
    });
  };
  again();
  return () => {
    cancel();
    keepNow();
  };
}

function writeLastTrue(views: readonly HostView[]): string {
  return JSON.stringify(Object.fromEntries(views.flatMap(({ name, asOf }) => (asOf === null ? [] : [[name, asOf]]))));
}
