import type { EntryWrite, ObjectWrite } from '../../store/journal-shelf.ts';
import type { FleetObject } from '../objects.ts';
import { type NewEntry, objectSubject, subjectOf } from './journal-entry.ts';
import { isSameDocument, writeDocument, writeHead, writeObject } from './stored-news.ts';

/** An entry, and what it does to the objects, as the store takes it. */
export function writeEntry({ seq, observedAt, bytes, news }: NewEntry): EntryWrite {
  const head = writeHead(news);
  if (news.type !== 'upserted' && news.type !== 'deleted') {
    const object = writeObject(news.host);
    return { seq, observedAt, bytes, head, subject: null, isGone: false, object, previous: null, document: null };
  }
  const { object } = news;
  const isGone = news.type === 'deleted';
  const previous = isGone ? null : news.previous;
  return {
    seq,
    observedAt,
    bytes,
    head,
    subject: subjectOf(news),
    isGone,
    object: writeObject(object),
    previous: previous === null ? null : writeObject(previous),
    document:
      object.kind === 'domain'
        ? { isKept: isGone || isSameDocument(previous, object), read: () => writeDocument(object) }
        : null,
  };
}

/** An object as it was before the entries that follow. */
export function writeKnownObject(object: FleetObject): ObjectWrite {
  return {
    subject: objectSubject(object),
    object: writeObject(object),
    document: object.kind === 'domain' ? writeDocument(object) : null,
  };
}
