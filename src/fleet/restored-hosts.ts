import { errorFields, type Log } from '../log.ts';
import type { JournalShelf } from '../store/journal-shelf.ts';
import { createObjectReader } from './stored-news.ts';
import type { FleetObject, HostView } from './types.ts';

/** What an earlier run of the gateway last knew of one host. */
export type RestoredHost = {
  /** `null`: it had not been told of yet. */
  readonly view: HostView | null;
  /** All but the host itself. */
  readonly objects: readonly FleetObject[];
};

/** By name. What cannot be read is forgotten whole: a part would be a wrong picture. */
export function restoreHosts(shelf: JournalShelf | 'FAILED' | null, log: Log): Map<string, RestoredHost> {
  if (shelf === 'FAILED' || shelf === null) return new Map();
  try {
    return readHosts(shelf);
  } catch (error) {
    log.error(errorFields(error), 'What an earlier run kept cannot be read: it is forgotten');
    shelf.clear();
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

/** To be kept now and then, for `restoreHosts`. */
export function writeLastTrue(views: Iterable<HostView>): string {
  return JSON.stringify(
    Object.fromEntries([...views].flatMap(({ name, asOf }) => (asOf === null ? [] : [[name, asOf]]))),
  );
}
