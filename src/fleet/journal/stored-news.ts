import type { StoredDocument, StoredObject } from '../../store/stored-rows.ts';
import type { SessionNews } from '../hosts/session-news.ts';
import type { DomainRecord, FleetObject } from '../objects.ts';
import { recordProperties } from '../replica/changed-fields.ts';
import { readPacked, writePacked } from '../replica/packed-text.ts';

/**
 * How the journal's entries and objects are written down. A domain is split: what changes often is short, and the long
 * texts, which most changes leave alone, are a document that many entries share.
 */

/** To be raised when a part of a record gets another form below the properties that `recordProperties` lists. */
const form = 2;

/** Another for every version of the gateway that has other records: what it cannot read whole, it does not read. */
export const storedNewsVersion = `${form}/${recordProperties.join()}`;

type DomainDocument = Pick<DomainRecord, 'config' | 'xml' | 'inactiveXml' | 'storedInterfaces' | 'version'>;

/** Small: everything but the document. */
export function writeObject(object: FleetObject): string {
  if (object.kind !== 'domain') return JSON.stringify(object);
  const {
    config: _config,
    xml: _xml,
    inactiveXml: _inactive,
    storedInterfaces: _stored,
    version: _version,
    ...short
  } = object;
  return JSON.stringify(short);
}

export function writeDocument({ config, xml, inactiveXml, storedInterfaces, version }: DomainRecord): StoredDocument {
  const own = storedInterfaces === config.interfaces ? null : storedInterfaces;
  return {
    facts: JSON.stringify({ config, storedInterfaces: own, version }),
    xml: writePacked(xml),
    inactiveXml: inactiveXml === null ? null : writePacked(inactiveXml),
  };
}

/** By identity: the replica shares what is the same. */
export function isSameDocument(before: FleetObject | null, after: FleetObject): boolean {
  return (
    before?.kind === 'domain' &&
    after.kind === 'domain' &&
    before.config === after.config &&
    before.xml === after.xml &&
    before.inactiveXml === after.inactiveXml &&
    before.storedInterfaces === after.storedInterfaces &&
    before.version === after.version
  );
}

/** What was said, without the objects. */
export function writeHead(news: SessionNews): string {
  switch (news.type) {
    case 'upserted':
      return JSON.stringify({ type: news.type, origin: news.origin, changedFields: news.changedFields });
    case 'deleted':
      return JSON.stringify({ type: news.type, origin: news.origin });
    case 'hostInterrupted':
    case 'hostResumed':
      return JSON.stringify({ type: news.type });
    default:
      return news satisfies never;
  }
}

/** Documents read once are shared by the objects read from them. */
export type ObjectReader = (stored: StoredObject) => FleetObject;

export function createObjectReader(): ObjectReader {
  const documents = new Map<StoredDocument, DomainDocument>();
  function documentOf(stored: StoredDocument): DomainDocument {
    const known = documents.get(stored);
    if (known) return known;
    const { facts, xml, inactiveXml } = stored;
    const { config, storedInterfaces, version } = JSON.parse(facts);
    const read = {
      config,
      xml: readPacked(xml),
      inactiveXml: inactiveXml === null ? null : readPacked(inactiveXml),
      storedInterfaces: storedInterfaces ?? config.interfaces,
      version,
    };
    documents.set(stored, read);
    return read;
  }
  return ({ text, document }) => {
    const short = JSON.parse(text);
    // A checksum says that these are the bytes that this file wrote, and the version that it wrote the same type.
    return (document === null ? short : { ...short, ...documentOf(document) }) as FleetObject;
  };
}

export function readNews(head: string, object: FleetObject, previous: FleetObject | null): SessionNews {
  // For the same reason as above.
  const { type, origin, changedFields } = JSON.parse(head);
  switch (type as SessionNews['type']) {
    case 'upserted':
      return { type: 'upserted', origin, object, previous, changedFields };
    case 'deleted':
      return { type: 'deleted', origin, object };
    case 'hostInterrupted':
    case 'hostResumed':
      if (object.kind === 'host') return { type, host: object };
      break;
    default:
      break;
  }
  throw new Error(`The stored entry says ${JSON.stringify(type)} of a ${object.kind}.`);
}
