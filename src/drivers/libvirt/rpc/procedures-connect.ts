/** Procedures about the connection and the host as a whole. Numbers and layouts: `remote_protocol.x`. */
import { domainRef, networkRef, nodeDeviceRef, secretRef, storagePoolRef } from './objects.ts';
import { procedureTable, query } from './procedure.ts';
import { typedParam } from './typed-params.ts';
import { array, charVector, flag, int, nothing, optional, string, struct, uhyper, uhyperNumber, uint } from './xdr.ts';

/** `remote_auth_type`. */
export const authTypes = { NONE: 0, SASL: 1, POLKIT: 2 } as const;

/** `VIR_CONNECT_RO` of `libvirt-host.h`. */
export const connectFlags = { READ_ONLY: 1 } as const;

/** What a daemon may be asked whether it has it: `VIR_DRV_FEATURE_…` of `libvirt_internal.h`. */
export const features = {
  /** Asking for it also makes the daemon start its own pings. */
  PROGRAM_KEEPALIVE: 10,
  REMOTE_EVENT_CALLBACK: 14,
  REMOTE_CLOSE_CALLBACK: 15,
} as const;

/** `needResults` 0 only counts. */
const listArgs = struct({ needResults: flag, flags: uint });

export const domainStatsRecord = struct({
  domain: domainRef,
  params: array(typedParam, 'REMOTE_CONNECT_GET_ALL_DOMAIN_STATS_MAX'),
});

export const connectProcedures = procedureTable({
  authList: query(66, 'control', nothing, struct({ types: array(int, 'REMOTE_AUTH_TYPE_LIST_MAX') })),
  authPolkit: query(70, 'control', nothing, struct({ complete: flag })),

  connectOpen: query(1, 'control', struct({ name: optional(string), flags: uint }), nothing),
  connectClose: query(2, 'control', nothing, nothing),
  connectGetType: query(3, 'control', nothing, struct({ type: string })),
  connectGetVersion: query(4, 'control', nothing, struct({ version: uhyperNumber })),
  connectGetLibVersion: query(157, 'control', nothing, struct({ version: uhyperNumber })),
  connectGetHostname: query(59, 'control', nothing, struct({ hostname: string })),
  connectGetUri: query(110, 'control', nothing, struct({ uri: string })),
  connectSupportsFeature: query(60, 'control', struct({ feature: int }), struct({ supported: flag })),
  connectGetCapabilities: query(7, 'work', nothing, struct({ capabilities: string })),
  connectDomainXmlToNative: query(
    136,
    'work',
    struct({ nativeFormat: string, domainXml: string, flags: uint }),
    struct({ nativeConfig: string }),
  ),
  nodeGetInfo: query(
    6,
    'control',
    nothing,
    struct({
      model: charVector(32),
      memoryKib: uhyper,
      cpus: int,
      mhz: int,
      nodes: int,
      sockets: int,
      cores: int,
      threads: int,
    }),
  ),

  connectListAllDomains: query(
    273,
    'control',
    listArgs,
    struct({ domains: array(domainRef, 'REMOTE_DOMAIN_LIST_MAX'), count: uint }),
  ),
  connectListAllNetworks: query(
    283,
    'control',
    listArgs,
    struct({ networks: array(networkRef, 'REMOTE_NETWORK_LIST_MAX'), count: uint }),
  ),
  connectListAllStoragePools: query(
    281,
    'control',
    listArgs,
    struct({ pools: array(storagePoolRef, 'REMOTE_STORAGE_POOL_LIST_MAX'), count: uint }),
  ),
  connectListAllNodeDevices: query(
    285,
    'control',
    listArgs,
    struct({ devices: array(nodeDeviceRef, 'REMOTE_NODE_DEVICE_LIST_MAX'), count: uint }),
  ),
  connectListAllSecrets: query(
    287,
    'control',
    listArgs,
    struct({ secrets: array(secretRef, 'REMOTE_SECRET_LIST_MAX'), count: uint }),
  ),
  /** No domains named: all that the flags select. `stats`: which groups; 0 means all of them. */
  connectGetAllDomainStats: query(
    344,
    'stats',
    struct({ domains: array(domainRef, 'REMOTE_DOMAIN_LIST_MAX'), stats: uint, flags: uint }),
    struct({ records: array(domainStatsRecord, 'REMOTE_DOMAIN_LIST_MAX') }),
  ),
});
