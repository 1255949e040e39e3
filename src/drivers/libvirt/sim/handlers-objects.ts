import type { Uuid } from '../../../model/brands.ts';
import type { Handler } from './call-context.ts';
import { failure } from './failure.ts';
import { prettyXml } from './format.ts';
import { presentConfig, type SimHost } from './host.ts';
import { hashText } from './random.ts';
import { computerXml, hostNics, nodeDeviceName, nodeDeviceXml } from './taps.ts';

type ObjectName =
  | 'networkLookupByUuid'
  | 'networkLookupByName'
  | 'networkGetXmlDesc'
  | 'networkIsActive'
  | 'networkIsPersistent'
  | 'networkGetAutostart'
  | 'networkGetBridgeName'
  | 'networkGetDhcpLeases'
  | 'storagePoolLookupByUuid'
  | 'storagePoolLookupByName'
  | 'storagePoolGetInfo'
  | 'storagePoolGetXmlDesc'
  | 'storagePoolIsActive'
  | 'storagePoolIsPersistent'
  | 'storagePoolGetAutostart'
  | 'nodeDeviceLookupByName'
  | 'nodeDeviceGetXmlDesc';

/** `virStoragePoolState`. */
const poolStates = { INACTIVE: 0, RUNNING: 2 } as const;

export const objectHandlers: { readonly [N in ObjectName]: Handler<N> } = {
  networkLookupByUuid: ({ host }, { uuid }) => ({ network: refTo(networkByUuid(host, uuid)) }),
  networkLookupByName({ host }, { name }) {
    const network = host.networks.find((one) => one.name === name);
    if (!network) throw failure('NO_NETWORK', 'NETWORK', `no network with matching name '${name}'`);
    return { network: refTo(network) };
  },
  networkGetXmlDesc: ({ host }, { network }) => ({ xml: prettyXml(networkByUuid(host, network.uuid).root) }),
  networkIsActive: ({ host }, { network }) => ({ active: networkByUuid(host, network.uuid).active }),
  networkIsPersistent({ host }, { network }) {
    networkByUuid(host, network.uuid);
    return { persistent: true };
  },
  networkGetAutostart: ({ host }, { network }) => ({ autostart: networkByUuid(host, network.uuid).autostart }),
  networkGetBridgeName: ({ host }, { network }) => ({ name: networkByUuid(host, network.uuid).bridge }),
  networkGetDhcpLeases({ host }, { network, mac, needResults }) {
    const leases = leasesOf(host, networkByUuid(host, network.uuid).name).filter(
      (lease) => mac === null || lease.mac === mac.toLowerCase(),
    );
    return { leases: needResults ? leases : [], count: leases.length };
  },

  storagePoolLookupByUuid: ({ host }, { uuid }) => ({ pool: refTo(poolByUuid(host, uuid)) }),
  storagePoolLookupByName({ host }, { name }) {
    const pool = host.pools.find((one) => one.name === name);
    if (!pool) throw failure('NO_STORAGE_POOL', 'STORAGE', `no storage pool with matching name '${name}'`);
    return { pool: refTo(pool) };
  },
  storagePoolGetInfo({ host }, { pool }) {
    const { active, capacityBytes, allocationBytes } = poolByUuid(host, pool.uuid);
    return {
      state: active ? poolStates.RUNNING : poolStates.INACTIVE,
      capacityBytes,
      allocationBytes,
      availableBytes: capacityBytes - allocationBytes,
    };
  },
  storagePoolGetXmlDesc: ({ host }, { pool }) => ({ xml: prettyXml(poolByUuid(host, pool.uuid).root) }),
  storagePoolIsActive: ({ host }, { pool }) => ({ active: poolByUuid(host, pool.uuid).active }),
  storagePoolIsPersistent({ host }, { pool }) {
    poolByUuid(host, pool.uuid);
    return { persistent: true };
  },
  storagePoolGetAutostart: ({ host }, { pool }) => ({ autostart: poolByUuid(host, pool.uuid).autostart }),

  nodeDeviceLookupByName({ host }, { name }) {
    nodeDeviceByName(host, name);
    return { device: { name } };
  },
  nodeDeviceGetXmlDesc: ({ host }, { name }) => ({ xml: prettyXml(nodeDeviceByName(host, name)) }),
};

const refTo = ({ name, uuid }: { readonly name: string; readonly uuid: Uuid }) => ({ name, uuid });

function networkByUuid(host: SimHost, uuid: Uuid) {
  const network = host.networks.find((one) => one.uuid === uuid);
  if (!network) throw failure('NO_NETWORK', 'NETWORK', `no network with matching uuid '${uuid}'`);
  return network;
}

function poolByUuid(host: SimHost, uuid: Uuid) {
  const pool = host.pools.find((one) => one.uuid === uuid);
  if (!pool) throw failure('NO_STORAGE_POOL', 'STORAGE', `no storage pool with matching uuid '${uuid}'`);
  return pool;
}

function nodeDeviceByName(host: SimHost, name: string) {
  if (name === 'computer') return computerXml();
  const nic = hostNics(host).find((one) => nodeDeviceName(one) === name);
  if (!nic) throw failure('NO_NODE_DEVICE', 'NODEDEV', `no node device with matching name '${name}'`);
  return nodeDeviceXml(nic);
}

const leaseSeconds = 3600;

function leasesOf(host: SimHost, networkName: string) {
  const cards = [...host.domains.values()]
    .filter(({ live }) => live !== null)
    .flatMap((domain) => presentConfig(domain).interfaces.map((nic) => ({ nic, domain })));
  return cards
    .filter(({ nic }) => nic.type === 'network' && nic.source === networkName)
    .map(({ nic: { bridge, macAddress }, domain }) => ({
      interface: bridge ?? networkName,
      expiryTime: BigInt(Math.floor(host.clock.now() / 1000) + leaseSeconds),
      type: 0,
      mac: macAddress as string,
      iaid: null,
      address: `192.168.122.${2 + (hashText(macAddress) % 250)}`,
      prefix: 24,
      hostname: domain.name,
      clientId: `01:${macAddress}`,
    }));
}
