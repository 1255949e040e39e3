import { type Place, parseCursor } from '../../src/fleet/journal/cursor.ts';
import { type ChangeMessage, hostNameOf } from './messages.ts';
import type { RunRecord } from './record.ts';

/**
 * What all clients together were told, by its place in the journal. Two who were told of the same place must have been
 * told the same; and who was told all from here to there must have been told everything that anybody was.
 */
export type ChangeBook = {
  /** Puts down what a client was told, and compares. */
  note(client: string, message: ChangeMessage): void;
  /** By epoch and number: the host that it is about, where that is known. */
  readonly told: ReadonlyMap<string, ReadonlyMap<number, string | null>>;
};

export function createChangeBook(record: RunRecord): ChangeBook {
  const told = new Map<string, Map<number, string | null>>();
  const texts = new Map<string, { readonly text: string; readonly client: string }>();
  const hostOfId = new Map<string, string>();

  return {
    told,
    note(client, message) {
      const entry = entryOf(message);
      if (entry === null) return;
      const { place, subject, text } = entry;
      if (message.__typename === 'ObjectUpserted') hostOfId.set(subject, hostNameOf(message.object));
      const host = entry.host ?? hostOfId.get(subject) ?? null;
      let ofEpoch = told.get(place.epoch);
      if (ofEpoch === undefined) told.set(place.epoch, (ofEpoch = new Map()));
      ofEpoch.set(place.seq, host);

      const key = `${place.epoch}.${place.seq}`;
      const first = texts.get(key);
      if (first === undefined) {
        texts.set(key, { text, client });
        record.note({ kind: 'change', who: key, text, host, subject });
      } else if (first.text !== text) {
        const both = `${first.client} was told ${first.text}, ${client} was told ${text}`;
        record.violate(client, `number ${key} is told in two ways: ${both}`, { host, subject });
      }
    },
  };
}

type Entry = {
  readonly place: Place;
  readonly subject: string;
  readonly host: string | null;
  readonly text: string;
};

/** Null for what is no entry of the journal: marks, and lines of snapshots. */
function entryOf(message: ChangeMessage): Entry | null {
  switch (message.__typename) {
    case 'ObjectUpserted': {
      if (message.origin === 'SNAPSHOT') return null;
      const { object, origin } = message;
      const text = `upserted ${origin} ${JSON.stringify(object)}`;
      return { place: parseCursor(message.cursor), subject: object.id, host: hostNameOf(object), text };
    }
    case 'ObjectDeleted': {
      const { id, origin } = message;
      return { place: parseCursor(message.cursor), subject: id, host: null, text: `deleted ${origin} ${id}` };
    }
    case 'HostInterrupted':
    case 'HostResumed': {
      const { name } = message.about;
      return { place: parseCursor(message.cursor), subject: name, host: name, text: `${message.__typename} ${name}` };
    }
    case 'SnapshotComplete':
    case 'Bookmark':
    case 'Lagged':
    case 'ResyncRequired':
      return null;
    default:
      message satisfies never;
      return null;
  }
}
