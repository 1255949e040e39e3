/** What belongs to the host rather than to a domain: capabilities, networks, storage pools, node devices. */

import { VirtgraphError } from '../../errors.ts';
import type { Uuid } from '../../model/brands.ts';
import type { HostCapabilities } from '../../model/host.ts';
import type { Network, NodeDevice, StoragePool, StoragePoolState } from '../../model/network.ts';
import { storagePoolStates } from '../../model/network.ts';
import type { CallOptions, Driver } from '../driver.ts';
import { deadlineMs } from './deadlines.ts';
import { isLibvirtError, type LibvirtErrorName, orNull } from './errors.ts';
import { readHostXml } from './host-xml.ts';
import type { LaneCallOptions, Lanes } from './lanes.ts';
import { mapLimited } from './map-limited.ts';
import { safeBytes } from './numbers.ts';
import type { NetworkRef, StoragePoolRef } from './rpc/objects.ts';
import { procedures } from './rpc/procedures.ts';
import { parseCapabilitiesXml } from './xml/capabilities.ts';
import { parseNetworkXml } from './xml/network.ts';
import { parseNodeDeviceXml } from './xml/node-device.ts';
import { parseStoragePoolXml } from './xml/storage-pool.ts';

type HostVerbs = Pick<
  Driver,
  | 'readCapabilities'
  | 'listNetworks'
  | 'readNetwork'
  | 'listStoragePools'
  | 'readStoragePool'
  | 'listNodeDevices'
  | 'ping'
>;

const parallelCalls = 4;
const everything = { needResults: true, flags: 0 };

/**
 * `virConnectListAllNodeDeviceFlags`: the bit of each kind of capability, in the order of the bits.
 * A kind that is not here is looked for among all devices.
 */
const nodeDeviceBits = [
  'system',
  'pci',
  'usb_device',
  'usb',
  'net',
  'scsi_host',
  'scsi_target',
  'scsi',
  'storage',
  'fc_host',
  'vports',
  'scsi_generic',
  'drm',
  'mdev_types',
  'mdev',
  'ccw',
  'css',
  'vdpa',
  'ap_card',
  'ap_queue',
  'ap_matrix',
  'vpd',
] as const;

/**
 * A pool on dead storage holds whoever asks for it, or for the list that it is in. At most two such calls at once leave
 * the control lane its other places, and spare most hosts a connection that nothing else needs.
 */
const aboutStorage: Pick<LaneCallOptions, 'lane' | 'turn' | 'deadlineMs'> = {
  lane: 'control',
  turn: 'storage',
  deadlineMs: deadlineMs.work,
};

export function hostVerbs(lanes: Lanes, capabilities: HostCapabilities): HostVerbs {
  async function readNetworkOf(network: NetworkRef, options: CallOptions): Promise<Network> {
    const [{ xml }, { active }, persistent, autostart] = await Promise.all([
      lanes.call(procedures.networkGetXmlDesc, { network, flags: 0 }, options),
      lanes.call(procedures.networkIsActive, { network }, options),
      orNull(lanes.call(procedures.networkIsPersistent, { network }, options), 'NO_NETWORK'),
      orNull(lanes.call(procedures.networkGetAutostart, { network }, options), 'NO_NETWORK'),
    ]);
    return {
      ...readHostXml(parseNetworkXml, xml),
      ...network,
      active,
      persistent: persistent?.persistent ?? true,
      autostart: autostart?.autostart ?? null,
    };
  }

  async function readPoolOf(pool: StoragePoolRef, callOptions: CallOptions): Promise<StoragePool> {
    const options: LaneCallOptions = { ...callOptions, ...aboutStorage };
    const [{ xml }, info, persistent, autostart] = await Promise.all([
      lanes.call(procedures.storagePoolGetXmlDesc, { pool, flags: 0 }, options),
      lanes.call(procedures.storagePoolGetInfo, { pool }, options),
      orNull(lanes.call(procedures.storagePoolIsPersistent, { pool }, options), 'NO_STORAGE_POOL'),
      orNull(lanes.call(procedures.storagePoolGetAutostart, { pool }, options), 'NO_STORAGE_POOL'),
    ]);
    const state: StoragePoolState = storagePoolStates[info.state] ?? 'UNKNOWN';
    // An inactive pool says 0 for what it does not know.
    const known = state !== 'INACTIVE';
    return {
      ...readHostXml(parseStoragePoolXml, xml),
      ...pool,
      state,
      persistent: persistent?.persistent ?? true,
      autostart: autostart?.autostart ?? null,
      capacityBytes: known ? safeBytes(info.capacityBytes) : null,
      allocationBytes: known ? safeBytes(info.allocationBytes) : null,
      availableBytes: known ? safeBytes(info.availableBytes) : null,
    };
  }

  async function readNodeDevice(name: string, options: CallOptions): Promise<NodeDevice> {
    const { xml } = await lanes.call(procedures.nodeDeviceGetXmlDesc, { name, flags: 0 }, options);
    return readHostXml(parseNodeDeviceXml, xml);
  }

  return {
    async readCapabilities(options) {
      const { capabilities: xml } = await lanes.call(procedures.connectGetCapabilities, null, options);
      return readHostXml(parseCapabilitiesXml, xml);
    },

    async listNetworks(options) {
      if (!capabilities.networks) throw unsupported('networks');
      const { networks } = await lanes.call(procedures.connectListAllNetworks, everything, options);
      return readThoseLeft(networks, (network) => readNetworkOf(network, options), 'NO_NETWORK');
    },
    async readNetwork(uuid: Uuid, options) {
      const { network } = await lanes.call(procedures.networkLookupByUuid, { uuid }, options);
      return readNetworkOf(network, options);
    },

    async listStoragePools(options) {
      if (!capabilities.storagePools) throw unsupported('storage pools');
      const { pools } = await lanes.call(procedures.connectListAllStoragePools, everything, {
        ...options,
        ...aboutStorage,
      });
      return readThoseLeft(pools, (pool) => readPoolOf(pool, options), 'NO_STORAGE_POOL');
    },
    async readStoragePool(uuid: Uuid, options) {
      const { pool } = await lanes.call(procedures.storagePoolLookupByUuid, { uuid }, options);
      return readPoolOf(pool, options);
    },

    async listNodeDevices(capability, options) {
      if (!capabilities.nodeDevices) throw unsupported('node devices');
      const bit = nodeDeviceBits.findIndex((kind) => kind === capability);
      const args = { needResults: true, flags: bit < 0 ? 0 : 2 ** bit };
      const { devices } = await lanes.call(procedures.connectListAllNodeDevices, args, options);
      const read = await readThoseLeft(devices, ({ name }) => readNodeDevice(name, options), 'NO_NODE_DEVICE');
      return capability === null ? read : read.filter(({ capabilities: kinds }) => kinds.includes(capability));
    },

    async ping(options) {
      await lanes.call(procedures.connectGetLibVersion, null, options);
    },
  };
}

/** Reads each of a list; one that has gone since the list was made is left out. */
async function readThoseLeft<T, R>(
  refs: readonly T[],
  read: (ref: T) => Promise<R>,
  gone: LibvirtErrorName,
): Promise<readonly R[]> {
  const objects = await mapLimited(refs, parallelCalls, async (ref) => {
    try {
      return await read(ref);
    } catch (error) {
      if (isLibvirtError(error, gone)) return null;
      throw error;
    }
  });
  return objects.filter((object) => object !== null);
}

function unsupported(what: string): VirtgraphError {
  return new VirtgraphError('UNSUPPORTED', `The libvirt driver of this host has no ${what}.`);
}
