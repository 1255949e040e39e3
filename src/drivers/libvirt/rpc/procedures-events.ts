/** Procedures that ask the daemon to tell of something, or to stop. Numbers and layouts: `remote_protocol.x`. */
import { domainRef, networkRef, nodeDeviceRef, secretRef, storagePoolRef } from './objects.ts';
import { procedureTable, query } from './procedure.ts';
import { int, nothing, optional, struct } from './xdr.ts';

const registered = struct({ callbackId: int });

/** The object is `null` for all of its kind. Registrations end with the connection. */
export const eventProcedures = procedureTable({
  domainEventRegister: query(316, 'control', struct({ eventId: int, domain: optional(domainRef) }), registered),
  domainEventDeregister: query(317, 'control', registered, nothing),
  networkEventRegister: query(313, 'control', struct({ eventId: int, network: optional(networkRef) }), registered),
  networkEventDeregister: query(314, 'control', registered, nothing),
  storagePoolEventRegister: query(368, 'control', struct({ eventId: int, pool: optional(storagePoolRef) }), registered),
  storagePoolEventDeregister: query(369, 'control', registered, nothing),
  nodeDeviceEventRegister: query(374, 'control', struct({ eventId: int, device: optional(nodeDeviceRef) }), registered),
  nodeDeviceEventDeregister: query(375, 'control', registered, nothing),
  secretEventRegister: query(380, 'control', struct({ eventId: int, secret: optional(secretRef) }), registered),
  secretEventDeregister: query(381, 'control', registered, nothing),
  closeCallbackRegister: query(360, 'control', nothing, nothing),
  closeCallbackUnregister: query(361, 'control', nothing, nothing),
});
