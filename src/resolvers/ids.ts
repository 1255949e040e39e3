import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { VirtgraphError } from '../errors.ts';
import type { FleetObject, ObjectKind, ObjectRef } from '../fleet/objects.ts';
import type { Fleet } from '../fleet/types.ts';
import { parseUuid } from '../model/brands.ts';
import type { TaskRecord } from '../model/task.ts';

/**
 * Node ids: base64url of `version kind fleet host uuid` and a checksum over them. Opaque to clients, and verified
 * when they come back. The checksum finds what was mistyped or cut; it protects nothing: what a caller may see is
 * decided elsewhere, never by having an id.
 */
export type NodeKind = ObjectKind | 'task';
export type NodeRef = Omit<ObjectRef, 'kind'> & { readonly kind: NodeKind };
export type NodeObject = FleetObject | TaskRecord;

export type IdCodec = {
  encode(ref: NodeRef): string;
  encodeObject(object: FleetObject): string;
  /** @throws BAD_USER_INPUT when it is not an id, or one of another gateway */
  decode(id: string): NodeRef;
};

const version = '1';
const separator = '\n';
/** Longer than any id of ours: a host's name has at most 64 characters. */
const maxIdCharacters = 512;
/** Of ids that are kept: those of a large fleet. */
const mostKnown = 200_000;

const letters = { host: 'H', domain: 'D', network: 'N', storagePool: 'P', task: 'T' } as const satisfies Record<
  NodeKind,
  string
>;
const kinds = new Map<string, NodeKind>(Object.entries(letters).map(([kind, letter]) => [letter, kind as NodeKind]));
const words = {
  host: 'host',
  domain: 'domain',
  network: 'network',
  storagePool: 'storage pool',
  task: 'task',
} as const satisfies Record<NodeKind, string>;

export function createIdCodec(fleetId: string): IdCodec {
  const fleetTag = createHash('sha256').update(fleetId).digest('base64url').slice(0, 8);
  /** Made once for each object: by kind and host, then by UUID. */
  const known: Record<ObjectKind, Map<string, Map<string, string>>> = {
    host: new Map(),
    domain: new Map(),
    network: new Map(),
    storagePool: new Map(),
  };
  let size = 0;

  function encode(ref: NodeRef): string {
    const body = [version, letters[ref.kind], fleetTag, ref.hostName, ref.uuid].join(separator);
    return Buffer.from(`${body}${separator}${checksum(body)}`).toString('base64url');
  }

  /** Objects that are gone have ids here too, so now and then all are made again. */
  function forget() {
    for (const ofKind of Object.values(known)) ofKind.clear();
    size = 0;
  }

  return {
    encode,
    encodeObject(object) {
      const ref = refOf(object);
      const ofKind = known[ref.kind];
      let ofHost = ofKind.get(ref.hostName);
      if (!ofHost) {
        ofHost = new Map();
        ofKind.set(ref.hostName, ofHost);
      }
      let id = ofHost.get(ref.uuid);
      if (id === undefined) {
        id = encode(ref);
        ofHost.set(ref.uuid, id);
        size++;
        if (size > mostKnown) forget();
      }
      return id;
    },
    decode(id) {
      const text = id.length > maxIdCharacters ? '' : Buffer.from(id, 'base64url').toString();
      const cut = text.lastIndexOf(separator);
      const body = text.slice(0, Math.max(cut, 0));
      const [foundVersion, letter = '', tag, hostName, uuid, ...rest] = body.split(separator);
      const kind = kinds.get(letter);
      const isWhole = text.slice(cut + 1) === checksum(body) && rest.length === 0;
      if (!isWhole || foundVersion !== version || !kind || !hostName || uuid === undefined) throw notAnId(id);
      if (kind === 'host' ? uuid !== '' : parseUuid(uuid) !== uuid) throw notAnId(id);
      if (tag !== fleetTag) {
        throw new VirtgraphError('BAD_USER_INPUT', 'This id was made by another gateway.', {
          remedy: 'Ask this gateway for the object by name or UUID, and use the id that it gives.',
        });
      }
      return { kind, hostName, uuid };
    },
  };
}

function refOf(object: FleetObject): ObjectRef {
  return object.kind === 'host'
    ? { kind: 'host', hostName: object.name, uuid: '' }
    : { kind: object.kind, hostName: object.hostName, uuid: object.uuid };
}

/** The object of a decoded id; `null` when it is gone. @throws NOT_FOUND when its host is not configured */
export function findObject(fleet: Fleet, ref: NodeRef): NodeObject | null {
  if (ref.kind === 'task') return findTask(fleet, ref);
  const host = fleet.host(ref.hostName);
  if (!host) {
    throw new VirtgraphError(
      'NOT_FOUND',
      `This id belongs to the host ${JSON.stringify(ref.hostName)}, which is no longer configured.`,
    );
  }
  if (ref.kind === 'host') return host;
  const uuid = parseUuid(ref.uuid);
  if (uuid === null) return null;
  switch (ref.kind) {
    case 'domain':
      return fleet.domain(ref.hostName, uuid);
    case 'network':
      return fleet.network(ref.hostName, uuid);
    case 'storagePool':
      return fleet.storagePool(ref.hostName, uuid);
    default:
      return ref.kind satisfies never;
  }
}

/** A task is kept also when its host is gone. */
function findTask(fleet: Fleet, { uuid }: NodeRef): TaskRecord | null {
  const id = parseUuid(uuid);
  return id && fleet.tasks.find(id);
}

/** For an argument that takes one kind of object only. */
export function expectKind(ref: NodeRef, kind: NodeKind): void {
  if (ref.kind === kind) return;
  throw new VirtgraphError(
    'BAD_USER_INPUT',
    `Expected the id of a ${words[kind]}, saw the id of a ${words[ref.kind]}.`,
  );
}

function checksum(body: string): string {
  return crc32(body).toString(16).padStart(8, '0');
}

function notAnId(id: string): VirtgraphError {
  const shown = id.length > 60 ? `${id.slice(0, 60)}…` : id;
  return new VirtgraphError(
    'BAD_USER_INPUT',
    `Expected an id that this gateway gave out, saw ${JSON.stringify(shown)}.`,
  );
}
