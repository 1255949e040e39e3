import type { KnownDomain } from '../../drivers/driver.ts';
import type { Uuid } from '../../model/brands.ts';
import type { DomainConfig, DomainInterface, DomainMoment, DomainSnapshot, DomainStatus } from '../../model/domain.ts';
import type { Network, StoragePool } from '../../model/network.ts';
import type { ChangeOrigin, DomainRecord, FleetObject, NetworkRecord, StoragePoolRecord } from '../objects.ts';
import {
  changedDomainFields,
  changedNetworkFields,
  changedStatusFields,
  changedStoragePoolFields,
  isEqual,
} from './changed-fields.ts';
import { compactConfig } from './compact-config.ts';
import { packText } from './packed-text.ts';

/** Something the fleet holds is new, different or gone. */
export type ObjectChange =
  | {
      readonly type: 'upserted';
      readonly origin: ChangeOrigin;
      readonly object: FleetObject;
      /** As it was before; `null`: it is new. */
      readonly previous: FleetObject | null;
      readonly changedFields: readonly string[] | null;
    }
  /** `object`: as it last was. */
  | { readonly type: 'deleted'; readonly origin: ChangeOrigin; readonly object: FleetObject };

/**
 * What we last knew of one host. It outlives connections; only a `Mirror` writes to it.
 * Whoever writes the same again changes nothing and tells nobody.
 */
export type Replica = {
  readonly domains: ReadonlyMap<Uuid, DomainRecord>;
  readonly networks: ReadonlyMap<Uuid, NetworkRecord>;
  readonly storagePools: ReadonlyMap<Uuid, StoragePoolRecord>;
  readonly domainByName: (name: string) => DomainRecord | null;
  readonly networkByName: (name: string) => NetworkRecord | null;
  /** The same object for as long as `networks` has the same records; never one that it was before. */
  readonly networksMark: () => object;

  /** What a driver need not read out of the same texts again. `null`: nothing of this domain was read since the start. */
  readonly knownDomain: (uuid: Uuid) => KnownDomain | null;
  /** `storedInterfaces`: read from the stored configuration where that is another text; it is asked for only then. */
  readonly putDomain: (
    snapshot: DomainSnapshot,
    storedInterfaces: StoredInterfacesReader,
    origin: ChangeOrigin,
  ) => void;
  /** A domain that is known, by its line of the list. */
  readonly putDomainStatus: (status: DomainStatus, origin: ChangeOrigin) => void;
  /**
   * A domain that is known, by its state, before the rest of it was read. Not one that was started or stopped: what it
   * is made of changes with that, and nobody is to see the one without the other.
   */
  readonly putDomainMoment: (moment: DomainMoment, origin: ChangeOrigin) => void;
  readonly removeDomain: (uuid: Uuid, origin: ChangeOrigin) => void;
  readonly putNetwork: (network: Network, origin: ChangeOrigin) => void;
  readonly removeNetwork: (uuid: Uuid, origin: ChangeOrigin) => void;
  readonly putStoragePool: (pool: StoragePool, origin: ChangeOrigin) => void;
  readonly removeStoragePool: (uuid: Uuid, origin: ChangeOrigin) => void;
  /** What an earlier run of the gateway last knew of this host. Told to nobody: whoever goes on from there has it. */
  readonly restore: (objects: readonly FleetObject[]) => void;
  /** Everything goes, and whatever a call under way still brings is not stored any more. */
  readonly retire: (origin: ChangeOrigin) => void;
};

export type StoredInterfacesReader = (inactiveXml: string) => readonly DomainInterface[];

export type ReplicaListener = {
  /** Every new record, also one that differs in nothing users see; before anybody is told. */
  readonly domainStored: (previous: DomainRecord | null, next: DomainRecord | null) => void;
  readonly tell: (change: ObjectChange) => void;
};

export function createReplica(hostName: string, { domainStored, tell }: ReplicaListener): Replica {
  const domains = new Map<Uuid, DomainRecord>();
  const networks = new Map<Uuid, NetworkRecord>();
  const storagePools = new Map<Uuid, StoragePoolRecord>();
  const uuidsByName = new Map<string, Uuid>();
  let networksMark: object = {};
  /** What this run read. What an earlier one kept may have been read by another version of this program. */
  const readHere = new WeakSet<DomainConfig>();
  let retired = false;

  function storeDomain(
    before: DomainRecord | null,
    after: DomainRecord,
    changedFields: readonly string[],
    origin: ChangeOrigin,
  ) {
    if (retired) return;
    if (before !== null && changedFields.length === 0 && before.libvirtId === after.libvirtId) return;
    domains.set(after.uuid, after);
    if (before !== null && before.name !== after.name && uuidsByName.get(before.name) === after.uuid) {
      uuidsByName.delete(before.name);
    }
    uuidsByName.set(after.name, after.uuid);
    domainStored(before, after);
    if (before === null) tell({ type: 'upserted', origin, object: after, previous: null, changedFields: null });
    else if (changedFields.length > 0)
      tell({ type: 'upserted', origin, object: after, previous: before, changedFields });
  }

  const replica: Replica = {
    domains,
    networks,
    storagePools,
    networksMark: () => networksMark,
    domainByName(name) {
      const uuid = uuidsByName.get(name);
      return uuid === undefined ? null : (domains.get(uuid) ?? null);
    },
    networkByName(name) {
      for (const network of networks.values()) if (network.name === name) return network;
      return null;
    },

    knownDomain(uuid) {
      const record = domains.get(uuid);
      if (!record || !readHere.has(record.config)) return null;
      const { config, version, xml: packedXml, inactiveXml: packedStored } = record;
      return {
        config,
        version,
        isOf: (xml, inactiveXml) =>
          packText(xml, packedXml) === packedXml &&
          (inactiveXml === null
            ? packedStored === null
            : packedStored !== null && packText(inactiveXml, packedStored) === packedStored),
      };
    },
    putDomain(snapshot, storedInterfaces, origin) {
      const before = domains.get(snapshot.status.uuid) ?? null;
      const after = recordOf(hostName, before, snapshot, storedInterfaces);
      readHere.add(after.config);
      storeDomain(before, after, before === null ? [] : changedDomainFields(before, after), origin);
    },
    putDomainStatus(status, origin) {
      const before = domains.get(status.uuid);
      // Nearly every line of a list says what is known.
      if (!before || isSameStatus(before, status)) return;
      storeDomain(before, { ...before, ...status }, changedStatusFields(before, status), origin);
    },
    putDomainMoment(moment, origin) {
      const before = domains.get(moment.uuid);
      if (before && before.libvirtId === moment.libvirtId) replica.putDomainStatus({ ...before, ...moment }, origin);
    },
    removeDomain(uuid, origin) {
      const gone = domains.get(uuid);
      if (!gone) return;
      domains.delete(uuid);
      if (uuidsByName.get(gone.name) === uuid) uuidsByName.delete(gone.name);
      domainStored(gone, null);
      tell({ type: 'deleted', origin, object: gone });
    },

    putNetwork(network, origin) {
      const before = networks.get(network.uuid) ?? null;
      const changedFields = before === null ? null : changedNetworkFields(before, network);
      if (retired || changedFields?.length === 0) return;
      const object: NetworkRecord = { ...network, kind: 'network', hostName };
      networks.set(network.uuid, object);
      networksMark = {};
      tell({ type: 'upserted', origin, object, previous: before, changedFields });
    },
    removeNetwork(uuid, origin) {
      const object = networks.get(uuid);
      if (!object) return;
      networks.delete(uuid);
      networksMark = {};
      tell({ type: 'deleted', origin, object });
    },
    putStoragePool(pool, origin) {
      const before = storagePools.get(pool.uuid) ?? null;
      const changedFields = before === null ? null : changedStoragePoolFields(before, pool);
      if (retired || changedFields?.length === 0) return;
      const object: StoragePoolRecord = { ...pool, kind: 'storagePool', hostName };
      storagePools.set(pool.uuid, object);
      tell({ type: 'upserted', origin, object, previous: before, changedFields });
    },
    removeStoragePool(uuid, origin) {
      const object = storagePools.get(uuid);
      if (!object) return;
      storagePools.delete(uuid);
      tell({ type: 'deleted', origin, object });
    },

    restore(objects) {
      networksMark = {};
      for (const object of objects) {
        if (object.kind === 'network') networks.set(object.uuid, object);
        else if (object.kind === 'storagePool') storagePools.set(object.uuid, object);
      }
      // After the networks, by which taps are found.
      for (const object of objects) {
        if (object.kind !== 'domain') continue;
        domains.set(object.uuid, object);
        uuidsByName.set(object.name, object.uuid);
        domainStored(null, object);
      }
    },

    retire(origin) {
      retired = true;
      for (const uuid of domains.keys()) replica.removeDomain(uuid, origin);
      for (const uuid of networks.keys()) replica.removeNetwork(uuid, origin);
      for (const uuid of storagePools.keys()) replica.removeStoragePool(uuid, origin);
    },
  };
  return replica;
}

/** Keeps the parts of `before` that are the same, so that old and new share them, and who compares can compare by identity. */
function recordOf(
  hostName: string,
  before: DomainRecord | null,
  { status, config, xml, inactiveXml, version, monitor }: DomainSnapshot,
  storedInterfaces: StoredInterfacesReader,
): DomainRecord {
  const packedXml = packText(xml, before?.xml);
  const packedStored = inactiveXml === null ? null : packText(inactiveXml, before?.inactiveXml);
  const sameStored = before !== null && before.inactiveXml === packedStored && packedStored !== null;
  const kept = before !== null && isEqual(before.config, config) ? before.config : compactConfig(config, status);
  const interfaces =
    before !== null && isEqual(before.config.interfaces, kept.interfaces) ? before.config.interfaces : kept.interfaces;
  const finalConfig = kept.interfaces === interfaces ? kept : { ...kept, interfaces };
  return {
    ...status,
    kind: 'domain',
    hostName,
    config: finalConfig,
    xml: packedXml,
    inactiveXml: packedStored,
    storedInterfaces: sameStored
      ? before.storedInterfaces
      : inactiveXml !== null
        ? storedInterfaces(inactiveXml)
        : status.persistent
          ? finalConfig.interfaces
          : noInterfaces,
    version,
    monitor,
  };
}

function isSameStatus(a: DomainStatus, b: DomainStatus): boolean {
  return a.libvirtId === b.libvirtId && changedStatusFields(a, b).length === 0;
}

const noInterfaces: readonly DomainInterface[] = [];
