import { type LibvirtErrorName, libvirtErrorDomains, libvirtErrorNumber } from '../errors.ts';
import type { DomainRef, RemoteError } from '../rpc/objects.ts';

/** Which part of the daemon refuses; libvirt's names without VIR_FROM_. */
export type FailureSource =
  | 'NONE'
  | 'XML'
  | 'RPC'
  | 'QEMU'
  | 'TEST'
  | 'LXC'
  | 'STORAGE'
  | 'NETWORK'
  | 'DOMAIN'
  | 'NODEDEV'
  | 'SECRET';

/** What libvirt puts before the particulars of an error; `%s` stands for them. */
const forms: Partial<Record<LibvirtErrorName, string>> = {
  INTERNAL_ERROR: 'internal error: %s',
  NO_SUPPORT: 'this function is not supported by the connection driver: %s',
  NO_CONNECT: 'no connection driver available for %s',
  INVALID_ARG: 'invalid argument: %s',
  OPERATION_FAILED: 'operation failed: %s',
  XML_ERROR: 'XML error: %s',
  OPERATION_DENIED: 'operation forbidden: %s',
  NO_DOMAIN: 'Domain not found: %s',
  NO_NETWORK: 'Network not found: %s',
  NO_STORAGE_POOL: 'Storage pool not found: %s',
  NO_NODE_DEVICE: 'Node device not found: %s',
  OPERATION_INVALID: 'Requested operation is not valid: %s',
  CONFIG_UNSUPPORTED: 'unsupported configuration: %s',
  OPERATION_TIMEOUT: 'Timed out during operation: %s',
  ARGUMENT_UNSUPPORTED: 'argument unsupported: %s',
  OPERATION_UNSUPPORTED: 'Operation not supported: %s',
  XML_INVALID_SCHEMA: 'XML document failed to validate against schema: %s',
  AGENT_UNRESPONSIVE: 'Guest agent is not responding: %s',
  DEVICE_MISSING: 'device not found: %s',
};

/** The daemon's answer to a call that it refuses. Thrown by handlers, sent by the connection. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly remote: RemoteError;

  constructor(remote: RemoteError) {
    super(remote.message ?? 'no message');
    this.remote = remote;
  }
}

export function failure(
  name: LibvirtErrorName,
  source: FailureSource,
  particulars: string,
  domainRef: DomainRef | null = null,
): Failure {
  const form = forms[name] ?? '%s';
  return new Failure({
    code: libvirtErrorNumber(name),
    domain: libvirtErrorDomains.indexOf(source),
    message: form.replace('%s', () => particulars),
    // VIR_ERR_ERROR; the only other level, a warning, is never sent.
    level: 2,
    domainRef,
    str1: form,
    str2: particulars,
    str3: null,
    int1: -1,
    int2: -1,
    networkRef: null,
  });
}

/** Flags that a call does not know are refused, by name of the driver's own function. */
export function checkFlags(flags: number, allowed: number, functionName: string, source: FailureSource): void {
  const unknown = (flags & ~allowed) >>> 0;
  if (unknown === 0) return;
  const refusal = failure('INVALID_ARG', source, '').remote;
  throw new Failure({
    ...refusal,
    message: `unsupported flags (0x${unknown.toString(16)}) in function ${functionName}`,
    str1: functionName,
    str2: 'flags',
    int1: 0,
    int2: 0,
  });
}
