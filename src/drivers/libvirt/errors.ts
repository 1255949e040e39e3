/**
 * libvirt's errors in our words: a complete table, from `virterror.h`.
 * The place in each list is libvirt's number; names are without `VIR_ERR_`, `VIR_WAR_` and `VIR_FROM_`.
 */
import { type ErrorCode, type LibvirtErrorDetail, type Outcome, VirtgraphError } from '../../errors.ts';
import type { RemoteError } from './rpc/objects.ts';

/** `virErrorNumber`: name, and what it is to a user of the API. */
export const libvirtErrors = [
  ['OK', 'LIBVIRT_ERROR'],
  ['INTERNAL_ERROR', 'LIBVIRT_ERROR'],
  ['NO_MEMORY', 'RESOURCE_EXHAUSTED'],
  ['NO_SUPPORT', 'UNSUPPORTED'],
  ['UNKNOWN_HOST', 'LIBVIRT_ERROR'],
  ['NO_CONNECT', 'LIBVIRT_ERROR'],
  ['INVALID_CONN', 'LIBVIRT_ERROR'],
  ['INVALID_DOMAIN', 'NOT_FOUND'],
  ['INVALID_ARG', 'BAD_USER_INPUT'],
  ['OPERATION_FAILED', 'LIBVIRT_ERROR'],
  ['GET_FAILED', 'LIBVIRT_ERROR'], // 10
  ['POST_FAILED', 'LIBVIRT_ERROR'],
  ['HTTP_ERROR', 'LIBVIRT_ERROR'],
  ['SEXPR_SERIAL', 'LIBVIRT_ERROR'],
  ['NO_XEN', 'LIBVIRT_ERROR'],
  ['XEN_CALL', 'LIBVIRT_ERROR'],
  ['OS_TYPE', 'BAD_USER_INPUT'],
  ['NO_KERNEL', 'BAD_USER_INPUT'],
  ['NO_ROOT', 'BAD_USER_INPUT'],
  ['NO_SOURCE', 'BAD_USER_INPUT'],
  ['NO_TARGET', 'BAD_USER_INPUT'], // 20
  ['NO_NAME', 'BAD_USER_INPUT'],
  ['NO_OS', 'BAD_USER_INPUT'],
  ['NO_DEVICE', 'BAD_USER_INPUT'],
  ['NO_XENSTORE', 'LIBVIRT_ERROR'],
  ['DRIVER_FULL', 'LIBVIRT_ERROR'],
  ['CALL_FAILED', 'LIBVIRT_ERROR'],
  ['XML_ERROR', 'BAD_USER_INPUT'],
  ['DOM_EXIST', 'CONFLICT'],
  ['OPERATION_DENIED', 'FORBIDDEN'],
  ['OPEN_FAILED', 'LIBVIRT_ERROR'], // 30
  ['READ_FAILED', 'LIBVIRT_ERROR'],
  ['PARSE_FAILED', 'LIBVIRT_ERROR'],
  ['CONF_SYNTAX', 'LIBVIRT_ERROR'],
  ['WRITE_FAILED', 'LIBVIRT_ERROR'],
  ['XML_DETAIL', 'BAD_USER_INPUT'],
  ['INVALID_NETWORK', 'NOT_FOUND'],
  ['NETWORK_EXIST', 'CONFLICT'],
  ['SYSTEM_ERROR', 'LIBVIRT_ERROR'],
  ['RPC', 'LIBVIRT_ERROR'],
  ['GNUTLS_ERROR', 'LIBVIRT_ERROR'], // 40
  ['NO_NETWORK_DRIVER', 'UNSUPPORTED'],
  ['NO_DOMAIN', 'NOT_FOUND'],
  ['NO_NETWORK', 'NOT_FOUND'],
  ['INVALID_MAC', 'INVALID_MAC_ADDRESS'],
  ['AUTH_FAILED', 'FORBIDDEN'],
  ['INVALID_STORAGE_POOL', 'NOT_FOUND'],
  ['INVALID_STORAGE_VOL', 'NOT_FOUND'],
  ['NO_STORAGE', 'UNSUPPORTED'],
  ['NO_STORAGE_POOL', 'NOT_FOUND'],
  ['NO_STORAGE_VOL', 'NOT_FOUND'], // 50
  ['NO_NODE', 'UNSUPPORTED'],
  ['INVALID_NODE_DEVICE', 'NOT_FOUND'],
  ['NO_NODE_DEVICE', 'NOT_FOUND'],
  ['NO_SECURITY_MODEL', 'NOT_FOUND'],
  ['OPERATION_INVALID', 'INVALID_STATE'],
  ['NO_INTERFACE_DRIVER', 'UNSUPPORTED'],
  ['NO_INTERFACE', 'NOT_FOUND'],
  ['INVALID_INTERFACE', 'NOT_FOUND'],
  ['MULTIPLE_INTERFACES', 'CONFLICT'],
  ['NO_NWFILTER_DRIVER', 'UNSUPPORTED'], // 60
  ['INVALID_NWFILTER', 'NOT_FOUND'],
  ['NO_NWFILTER', 'NOT_FOUND'],
  ['BUILD_FIREWALL', 'LIBVIRT_ERROR'],
  ['NO_SECRET_DRIVER', 'UNSUPPORTED'],
  ['INVALID_SECRET', 'NOT_FOUND'],
  ['NO_SECRET', 'NOT_FOUND'],
  ['CONFIG_UNSUPPORTED', 'UNSUPPORTED'],
  ['OPERATION_TIMEOUT', 'GUEST_BUSY'],
  ['MIGRATE_PERSIST_FAILED', 'LIBVIRT_ERROR'],
  ['HOOK_SCRIPT_FAILED', 'LIBVIRT_ERROR'], // 70
  ['INVALID_DOMAIN_SNAPSHOT', 'NOT_FOUND'],
  ['NO_DOMAIN_SNAPSHOT', 'NOT_FOUND'],
  ['INVALID_STREAM', 'LIBVIRT_ERROR'],
  ['ARGUMENT_UNSUPPORTED', 'UNSUPPORTED'],
  ['STORAGE_PROBE_FAILED', 'LIBVIRT_ERROR'],
  ['STORAGE_POOL_BUILT', 'CONFLICT'],
  ['SNAPSHOT_REVERT_RISKY', 'INVALID_STATE'],
  ['OPERATION_ABORTED', 'LIBVIRT_ERROR'],
  ['AUTH_CANCELLED', 'FORBIDDEN'],
  ['NO_DOMAIN_METADATA', 'NOT_FOUND'], // 80
  ['MIGRATE_UNSAFE', 'INVALID_STATE'],
  ['OVERFLOW', 'BAD_USER_INPUT'],
  ['BLOCK_COPY_ACTIVE', 'INVALID_STATE'],
  ['OPERATION_UNSUPPORTED', 'UNSUPPORTED'],
  ['SSH', 'LIBVIRT_ERROR'],
  ['AGENT_UNRESPONSIVE', 'GUEST_AGENT_UNAVAILABLE'],
  ['RESOURCE_BUSY', 'GUEST_BUSY'],
  ['ACCESS_DENIED', 'FORBIDDEN'],
  ['DBUS_SERVICE', 'LIBVIRT_ERROR'],
  ['STORAGE_VOL_EXIST', 'CONFLICT'], // 90
  ['CPU_INCOMPATIBLE', 'UNSUPPORTED'],
  ['XML_INVALID_SCHEMA', 'BAD_USER_INPUT'],
  ['MIGRATE_FINISH_OK', 'LIBVIRT_ERROR'],
  ['AUTH_UNAVAILABLE', 'FORBIDDEN'],
  ['NO_SERVER', 'NOT_FOUND'],
  ['NO_CLIENT', 'NOT_FOUND'],
  ['AGENT_UNSYNCED', 'GUEST_AGENT_UNAVAILABLE'],
  ['LIBSSH', 'LIBVIRT_ERROR'],
  ['DEVICE_MISSING', 'NOT_FOUND'],
  ['INVALID_NWFILTER_BINDING', 'NOT_FOUND'], // 100
  ['NO_NWFILTER_BINDING', 'NOT_FOUND'],
  ['INVALID_DOMAIN_CHECKPOINT', 'NOT_FOUND'],
  ['NO_DOMAIN_CHECKPOINT', 'NOT_FOUND'],
  ['NO_DOMAIN_BACKUP', 'NOT_FOUND'],
  ['INVALID_NETWORK_PORT', 'NOT_FOUND'],
  ['NETWORK_PORT_EXIST', 'CONFLICT'],
  ['NO_NETWORK_PORT', 'NOT_FOUND'],
  ['NO_HOSTNAME', 'LIBVIRT_ERROR'],
  ['CHECKPOINT_INCONSISTENT', 'INVALID_STATE'],
  ['MULTIPLE_DOMAINS', 'CONFLICT'], // 110
  // Since libvirt 9.7.
  ['NO_NETWORK_METADATA', 'NOT_FOUND'],
  // These two since libvirt 11.2.
  ['AGENT_COMMAND_TIMEOUT', 'GUEST_AGENT_UNAVAILABLE'],
  ['AGENT_COMMAND_FAILED', 'LIBVIRT_ERROR'],
] as const satisfies readonly (readonly [string, ErrorCode])[];

export type LibvirtErrorName = (typeof libvirtErrors)[number][0];

/** libvirt's number of an error by its name. */
export function libvirtErrorNumber(name: LibvirtErrorName): number {
  return libvirtErrors.findIndex(([candidate]) => candidate === name);
}

/** `virErrorDomain`: which part of libvirt speaks. */
export const libvirtErrorDomains = (
  'NONE XEN XEND XENSTORE SEXPR XML DOM RPC PROXY CONF QEMU NET TEST REMOTE OPENVZ XENXM STATS_LINUX LXC STORAGE ' +
  'NETWORK DOMAIN UML NODEDEV XEN_INOTIFY SECURITY VBOX INTERFACE ONE ESX PHYP SECRET CPU XENAPI NWFILTER HOOK ' +
  'DOMAIN_SNAPSHOT AUDIT SYSINFO STREAMS VMWARE EVENT LIBXL LOCKING HYPERV CAPABILITIES URI AUTH DBUS PARALLELS ' +
  'DEVICE SSH LOCKSPACE INITCTL IDENTITY CGROUP ACCESS SYSTEMD BHYVE CRYPTO FIREWALL POLKIT THREAD ADMIN LOGGING ' +
  'XENXL PERF LIBSSH RESCTRL FIREWALLD DOMAIN_CHECKPOINT TPM BPF CH'
).split(' ');

/** What of an error the daemon filled in. */
function libvirtErrorDetail(error: Pick<RemoteError, 'code' | 'domain' | 'level' | 'message'>): LibvirtErrorDetail {
  return {
    code: error.code,
    codeName: libvirtErrors[error.code]?.[0] ?? `unknown (${error.code})`,
    domain: error.domain,
    domainName: libvirtErrorDomains[error.domain] ?? `unknown (${error.domain})`,
    level: error.level,
    message: error.message ?? 'libvirt gave no message',
  };
}

/**
 * A reply that says no, as our error. `outcome` is FAILED for what was to change something:
 * libvirt undoes what it began, or says so in its message.
 */
export function fromLibvirtError(
  error: Pick<RemoteError, 'code' | 'domain' | 'level' | 'message'>,
  outcome?: Outcome,
): VirtgraphError {
  const libvirt = libvirtErrorDetail(error);
  const code = libvirtErrors[error.code]?.[1] ?? 'LIBVIRT_ERROR';
  return new VirtgraphError(code, libvirt.message, { libvirt, ...(outcome && { outcome }) });
}

/** Whether an error is libvirt's own of that name. */
export function isLibvirtError(error: unknown, ...names: readonly LibvirtErrorName[]): boolean {
  if (!(error instanceof VirtgraphError) || !error.detail.libvirt) return false;
  const { code } = error.detail.libvirt;
  return names.some((name) => libvirtErrorNumber(name) === code);
}

/** Whether libvirt itself said no, whatever the reason: the connection is well. */
export function isAnyLibvirtError(error: unknown): error is VirtgraphError {
  return error instanceof VirtgraphError && error.detail.libvirt !== undefined;
}

/** Whether the daemon did not answer in time; the connection may be well. */
export function isTimeout(error: unknown): boolean {
  return error instanceof VirtgraphError && error.code === 'TIMEOUT';
}

/** An answer that some drivers do not have: `null` when libvirt says no, but for the errors named. */
export async function orNull<T>(answer: Promise<T>, ...butFor: readonly LibvirtErrorName[]): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (isAnyLibvirtError(error) && !isLibvirtError(error, ...butFor)) return null;
    throw error;
  }
}
