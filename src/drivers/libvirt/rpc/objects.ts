/** What libvirt's protocol calls its objects by: the structures that most procedures share. `remote_protocol.x`. */
import { type Decoded, int, optional, string, struct, uuid } from './xdr.ts';

/** `remote_nonnull_domain`. `id` is -1 for a domain that is not active; the daemon looks up by UUID. */
export const domainRef = struct({ name: string, uuid, id: int });
export type DomainRef = Decoded<typeof domainRef>;

export const networkRef = struct({ name: string, uuid });
export type NetworkRef = Decoded<typeof networkRef>;

export const storagePoolRef = struct({ name: string, uuid });
export type StoragePoolRef = Decoded<typeof storagePoolRef>;

export const nodeDeviceRef = struct({ name: string });

export const secretRef = struct({ uuid, usageType: int, usageId: string });

/** `remote_error`: the payload of a reply whose status is ERROR. */
export const remoteError = struct({
  code: int,
  domain: int,
  message: optional(string),
  level: int,
  domainRef: optional(domainRef),
  str1: optional(string),
  str2: optional(string),
  str3: optional(string),
  int1: int,
  int2: int,
  networkRef: optional(networkRef),
});
export type RemoteError = Decoded<typeof remoteError>;
