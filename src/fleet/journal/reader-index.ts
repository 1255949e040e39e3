import { hostNameOf, type JournalEntry, type ReaderScope, type WaitingReader } from './journal-entry.ts';

/** From an entry to the readers whom it may concern: those of all other hosts and kinds are not asked, however many. */
export type ReaderIndex = Iterable<WaitingReader> & {
  readonly size: number;
  add(reader: WaitingReader): void;
  delete(reader: WaitingReader): void;
  concerned(entry: JournalEntry): Iterable<WaitingReader>;
};

/** Stands for every host, and for every kind. */
const any = '';
type Shelf = Map<string, Set<WaitingReader>>;

export function createReaderIndex(): ReaderIndex {
  const all = new Set<WaitingReader>();
  const byHost = new Map<string, Shelf>();

  function* places({ hosts, kinds }: ReaderScope): Generator<readonly [host: string, kind: string]> {
    for (const host of hosts ?? [any]) for (const kind of kinds ?? [any]) yield [host, kind];
    // One that wants no kind at all is still told of its hosts' marks.
    if (kinds?.size === 0) for (const host of hosts ?? [any]) yield [host, noKind];
  }

  return {
    get size() {
      return all.size;
    },
    [Symbol.iterator]: () => all.values(),
    add(reader) {
      all.add(reader);
      for (const [host, kind] of places(reader.scope)) {
        const shelf = byHost.get(host) ?? new Map<string, Set<WaitingReader>>();
        const readers = shelf.get(kind) ?? new Set();
        byHost.set(host, shelf.set(kind, readers.add(reader)));
      }
    },
    delete(reader) {
      if (!all.delete(reader)) return;
      for (const [host, kind] of places(reader.scope)) {
        const shelf = byHost.get(host);
        const readers = shelf?.get(kind);
        readers?.delete(reader);
        if (readers?.size === 0) shelf?.delete(kind);
        if (shelf?.size === 0) byHost.delete(host);
      }
    },
    *concerned({ news }) {
      const isMark = news.type === 'hostInterrupted' || news.type === 'hostResumed';
      const host = isMark ? news.host.name : hostNameOf(news.object);
      for (const shelf of [byHost.get(host), byHost.get(any)]) {
        if (!shelf) continue;
        if (isMark) for (const readers of shelf.values()) yield* readers;
        else for (const kind of [news.object.kind, any]) yield* shelf.get(kind) ?? [];
      }
    },
  };
}

const noKind = '-';
