/** Procedures about networks, storage pools and node devices. Numbers and layouts: `remote_protocol.x`. */
import { networkRef, nodeDeviceRef, storagePoolRef } from './objects.ts';
import { procedureTable, query } from './procedure.ts';
import { array, flag, hyper, int, optional, string, struct, uhyper, uint, uuid } from './xdr.ts';

const networkArgs = struct({ network: networkRef });
const poolArgs = struct({ pool: storagePoolRef });
const xmlReply = struct({ xml: string });
const active = struct({ active: flag });
const persistent = struct({ persistent: flag });
const autostart = struct({ autostart: flag });

export const objectProcedures = procedureTable({
  networkLookupByUuid: query(47, 'control', struct({ uuid }), networkArgs),
  networkLookupByName: query(46, 'control', struct({ name: string }), networkArgs),
  networkGetXmlDesc: query(43, 'control', struct({ network: networkRef, flags: uint }), xmlReply),
  networkIsActive: query(152, 'control', networkArgs, active),
  networkIsPersistent: query(153, 'control', networkArgs, persistent),
  networkGetAutostart: query(44, 'control', networkArgs, autostart),
  networkGetBridgeName: query(45, 'control', networkArgs, struct({ name: string })),
  networkGetDhcpLeases: query(
    341,
    'work',
    struct({ network: networkRef, mac: optional(string), needResults: flag, flags: uint }),
    struct({
      leases: array(
        struct({
          interface: string,
          expiryTime: hyper,
          type: int,
          mac: optional(string),
          iaid: optional(string),
          address: string,
          prefix: uint,
          hostname: optional(string),
          clientId: optional(string),
        }),
        'REMOTE_NETWORK_DHCP_LEASES_MAX',
      ),
      count: uint,
    }),
  ),

  storagePoolLookupByUuid: query(85, 'control', struct({ uuid }), poolArgs),
  storagePoolLookupByName: query(84, 'control', struct({ name: string }), poolArgs),
  // On the work lane although the daemon calls them quick: a pool on dead NFS holds whoever asks. See driver-host.ts.
  storagePoolGetInfo: query(
    87,
    'work',
    poolArgs,
    struct({ state: uint, capacityBytes: uhyper, allocationBytes: uhyper, availableBytes: uhyper }),
  ),
  storagePoolGetXmlDesc: query(88, 'work', struct({ pool: storagePoolRef, flags: uint }), xmlReply),
  storagePoolIsActive: query(154, 'work', poolArgs, active),
  storagePoolIsPersistent: query(155, 'work', poolArgs, persistent),
  storagePoolGetAutostart: query(89, 'work', poolArgs, autostart),

  nodeDeviceLookupByName: query(113, 'control', struct({ name: string }), struct({ device: nodeDeviceRef })),
  nodeDeviceGetXmlDesc: query(114, 'work', struct({ name: string, flags: uint }), xmlReply),
});
