/** What changes a domain: its life, its configuration, its devices. */
import { type ErrorCode, type ErrorDetail, VirtgraphError } from '../../errors.ts';
import type { MacAddress, Uuid } from '../../model/brands.ts';
import type { CallOptions, DeviceOptions, Driver, InterfaceAddressSource, ShutdownMode } from '../driver.ts';
import type { DomainRefs } from './domain-refs.ts';
import { isLibvirtError } from './errors.ts';
import type { Lanes } from './lanes.ts';
import { procedures } from './rpc/procedures.ts';
import {
  affectFlags,
  createFlags,
  defineFlags,
  destroyFlags,
  undefineFlags,
  xmlFlags,
} from './rpc/procedures-domain.ts';
import { parseDomainConfig } from './xml/domain.ts';
import { findInterfaceXml, interfaceXml } from './xml/interface-device.ts';

type DomainVerbs = Pick<
  Driver,
  | 'startDomain'
  | 'shutdownDomain'
  | 'rebootDomain'
  | 'resetDomain'
  | 'destroyDomain'
  | 'suspendDomain'
  | 'resumeDomain'
  | 'defineDomain'
  | 'undefineDomain'
  | 'setDomainAutostart'
  | 'attachDevice'
  | 'detachDevice'
  | 'attachInterface'
  | 'detachInterface'
  | 'readInterfaceAddresses'
>;

/** `virDomainShutdownFlagValues`; `virDomainRebootFlagValues` are the same. */
const modeFlags: Readonly<Record<ShutdownMode, number>> = {
  DEFAULT: 0,
  ACPI_POWER_BUTTON: 1,
  GUEST_AGENT: 2,
  INITCTL: 4,
  SIGNAL: 8,
  PARAVIRT: 16,
};

/** `virDomainInterfaceAddressesSource`. */
const addressSources: Readonly<Record<InterfaceAddressSource, number>> = { LEASE: 0, AGENT: 1, ARP: 2 };

/** `virIPAddrType`. */
const ipv4 = 0;

export function domainVerbs(lanes: Lanes, refs: DomainRefs): DomainVerbs {
  const attach = (uuid: Uuid, xml: string, options: DeviceOptions) =>
    refs.call(procedures.domainAttachDeviceFlags, uuid, { xml, flags: affected(options) }, options);
  const detach = (uuid: Uuid, xml: string, options: DeviceOptions) =>
    refs.call(procedures.domainDetachDeviceFlags, uuid, { xml, flags: affected(options) }, options);

  /** libvirt says no more than that the operation failed, so the host is asked whose the name is, and whose the UUID. */
  async function isTaken(xml: string, error: unknown, options: CallOptions): Promise<boolean> {
    if (!isLibvirtError(error, 'OPERATION_FAILED')) return false;
    const { name, uuid } = parseDomainConfig(xml);
    const [byName, byUuid] = await Promise.all([
      refs.lookUpName(name, options).catch(() => null),
      uuid && refs.lookUp(uuid, options).catch(() => null),
    ]);
    return (byName !== null && byName.uuid !== uuid) || (byUuid !== null && byUuid.name !== name);
  }

  return {
    async startDomain(uuid, options) {
      const flags =
        (options.paused ? createFlags.PAUSED : 0) | (options.discardManagedSave ? createFlags.FORCE_BOOT : 0);
      await refs.call(procedures.domainCreateWithFlags, uuid, { flags }, options);
    },
    async shutdownDomain(uuid, options) {
      await refs
        .call(procedures.domainShutdownFlags, uuid, { flags: modeFlags[options.mode] }, options)
        .catch((error: unknown) => {
          throw explainMode(error, options.mode);
        });
    },
    async rebootDomain(uuid, options) {
      await refs
        .call(procedures.domainReboot, uuid, { flags: modeFlags[options.mode] }, options)
        .catch((error: unknown) => {
          throw explainMode(error, options.mode);
        });
    },
    async resetDomain(uuid, options) {
      await refs.call(procedures.domainReset, uuid, { flags: 0 }, options);
    },
    async destroyDomain(uuid, options) {
      const flags = options.graceful ? destroyFlags.GRACEFUL : 0;
      // The daemon gives a guest 15 s and more to die: the deadline of a change, though on the control lane. Two at
      // a time, or those who list and look would wait for the dying, and so would the daemon's five reserved workers.
      const patience = { deadlineMs: 35_000, turn: 'force off' };
      await refs
        .call(procedures.domainDestroyFlags, uuid, { flags }, { ...options, ...patience })
        .catch((error: unknown) => {
          throw flags === 0
            ? error
            : explainFlags(error, 'The hypervisor of this host knows no `graceful`: leave it out.');
        });
    },
    async suspendDomain(uuid, options) {
      await refs.call(procedures.domainSuspend, uuid, {}, options);
    },
    async resumeDomain(uuid, options) {
      await refs.call(procedures.domainResume, uuid, {}, options);
    },

    async defineDomain(xml, options) {
      const flags = options.validate ? defineFlags.VALIDATE : 0;
      const { domain } = await lanes
        .call(procedures.domainDefineXmlFlags, { xml, flags }, options)
        .catch(async (error: unknown) => {
          throw (await isTaken(xml, error, options)) ? withCode(error, 'CONFLICT') : error;
        });
      // It may have another name now.
      refs.forget(domain.uuid);
      return domain.uuid;
    },
    async undefineDomain(uuid, options) {
      const flags =
        (options.removeManagedSave ? undefineFlags.MANAGED_SAVE : 0) |
        (options.removeSnapshotMetadata ? undefineFlags.SNAPSHOTS_METADATA : 0) |
        (options.removeCheckpointMetadata ? undefineFlags.CHECKPOINTS_METADATA : 0) |
        (options.removeNvram ? undefineFlags.NVRAM : 0) |
        (options.keepNvram ? undefineFlags.KEEP_NVRAM : 0) |
        (options.removeTpm ? undefineFlags.TPM : 0) |
        (options.keepTpm ? undefineFlags.KEEP_TPM : 0);
      await refs.call(procedures.domainUndefineFlags, uuid, { flags }, options).catch((error: unknown) => {
        throw flags === 0
          ? error
          : explainFlags(error, 'The hypervisor of this host has no such thing: leave `remove…` and `keep…` out.');
      });
    },
    async setDomainAutostart(uuid, autostart, options) {
      await refs.call(procedures.domainSetAutostart, uuid, { autostart }, options);
    },

    async attachDevice(uuid, xml, options) {
      await attach(uuid, xml, options);
    },
    async detachDevice(uuid, xml, options) {
      await detach(uuid, xml, options);
    },
    async attachInterface(uuid, { source, model, macAddress }, options) {
      const wanted =
        source.kind === 'network'
          ? ({ type: 'network', network: source.name, portgroup: null } as const)
          : ({ type: 'bridge', bridge: source.name } as const);
      await attach(uuid, interfaceXml({ source: wanted, model, macAddress, target: null, linkUp: null }), options);
    },
    async detachInterface(uuid, macAddress, options) {
      await detach(uuid, await interfaceOf(uuid, macAddress, options), options);
    },

    async readInterfaceAddresses(uuid, source, options) {
      const args = { source: addressSources[source], flags: 0 };
      const { interfaces } = await refs
        .call(procedures.domainInterfaceAddresses, uuid, args, options)
        .catch((error: unknown) => {
          throw source === 'AGENT' ? explainAgent(error) : error;
        });
      return interfaces.map(({ name, hardwareAddress, addresses }) => ({
        name,
        macAddress: hardwareAddress,
        addresses: addresses.map(({ type, address, prefix }) => ({
          address,
          prefix,
          family: type === ipv4 ? ('IPV4' as const) : ('IPV6' as const),
        })),
      }));
    },
  };

  async function interfaceOf(uuid: Uuid, macAddress: MacAddress, options: DeviceOptions): Promise<string> {
    const flags = options.live ? 0 : xmlFlags.INACTIVE;
    const { xml } = await refs.call(procedures.domainGetXmlDesc, uuid, { flags }, options);
    const found = findInterfaceXml(xml, macAddress);
    if (found !== null) return found;
    throw new VirtgraphError('NOT_FOUND', `The domain has no network card with the address ${macAddress}.`, {
      outcome: 'NOT_SENT',
    });
  }
}

function affected({ live, persistent }: DeviceOptions): number {
  if (!live && !persistent) {
    throw new VirtgraphError('BAD_USER_INPUT', 'A device is changed live, in the stored configuration, or both.', {
      outcome: 'NOT_SENT',
    });
  }
  return (live ? affectFlags.LIVE : 0) | (persistent ? affectFlags.CONFIG : 0);
}

function withCode(error: unknown, code: ErrorCode, detail: ErrorDetail = {}): unknown {
  if (!(error instanceof VirtgraphError)) return error;
  return new VirtgraphError(code, error.message, { ...error.detail, ...detail });
}

/** Of a question that goes through the agent inside the guest: libvirt calls it unsupported where the guest has no channel for one. */
function explainAgent(error: unknown): unknown {
  if (!isLibvirtError(error, 'ARGUMENT_UNSUPPORTED')) return error;
  return withCode(error, 'GUEST_AGENT_UNAVAILABLE', {
    retryable: false,
    remedy: 'Give the guest a channel named org.qemu.guest_agent.0, and run qemu-guest-agent in it.',
  });
}

/** Of a call that has nothing but flags to be wrong: what libvirt says of those that a hypervisor does not have is a number. */
function explainFlags(error: unknown, remedy: string): unknown {
  return isLibvirtError(error, 'INVALID_ARG') ? withCode(error, 'UNSUPPORTED', { remedy }) : error;
}

/** Of a guest that was asked in a mode that its hypervisor may not have. */
function explainMode(error: unknown, mode: ShutdownMode): unknown {
  if (mode === 'GUEST_AGENT' && !isLibvirtError(error, 'INVALID_ARG')) return explainAgent(error);
  if (mode === 'DEFAULT') return error;
  return explainFlags(
    error,
    `The hypervisor of this host asks no guest in the mode ${mode}: use another, such as DEFAULT.`,
  );
}
