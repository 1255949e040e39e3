/** What a host says of itself when it is opened, and what may be asked of it. */

import type { Hypervisor } from '../../model/domain.ts';
import type { HostCapabilities, HostFacts, HostNode } from '../../model/host.ts';
import { hostnameDeadlineMs } from './deadlines.ts';
import { isAnyLibvirtError, isTimeout } from './errors.ts';
import type { Lanes } from './lanes.ts';
import { safeBytes } from './numbers.ts';
import type { ObjectEventName } from './rpc/events-objects.ts';
import type { ReplyOf } from './rpc/procedures.ts';
import { procedures } from './rpc/procedures.ts';
import { statsFlags, statsMasks } from './stats/stats-groups.ts';

/** What each driver calls itself (`virConnectGetType`), in lower case. */
const hypervisorByType: Readonly<Record<string, Hypervisor>> = {
  qemu: 'QEMU',
  xen: 'XEN',
  lxc: 'LXC',
  bhyve: 'BHYVE',
  vz: 'VIRTUOZZO',
  parallels: 'VIRTUOZZO',
  esx: 'ESX',
  vmware: 'VMWARE',
  'hyper-v': 'HYPERV',
  vbox: 'VIRTUALBOX',
  phyp: 'POWER',
  openvz: 'OPENVZ',
  ch: 'CLOUD_HYPERVISOR',
  test: 'TEST',
};

/** The ESX driver serves vCenter as well, and calls itself ESX there too: the URI tells. */
export function hypervisorOf(driverType: string, daemonUri: string | null): Hypervisor {
  if (daemonUri?.startsWith('vpx:')) return 'VCENTER';
  const type = driverType.toLowerCase();
  return Object.hasOwn(hypervisorByType, type) ? (hypervisorByType[type] ?? 'UNKNOWN') : 'UNKNOWN';
}

/** `1000000 * major + 1000 * minor + release`, as all versions of libvirt are. */
export function versionText(version: number): string {
  return `${Math.floor(version / 1_000_000)}.${Math.floor(version / 1_000) % 1_000}.${version % 1_000}`;
}

/** What is not told in time is `null`; only a lost connection or the signal is a failure. */
export async function readFacts(
  lanes: Lanes,
  { readOnly, signal }: { readonly readOnly: boolean; readonly signal: AbortSignal },
): Promise<HostFacts> {
  const [type, libVersion, version, hostname, uri, node] = await Promise.all([
    lanes.call(procedures.connectGetType, null, { signal }),
    inTime(lanes.call(procedures.connectGetLibVersion, null, { signal })),
    inTime(lanes.call(procedures.connectGetVersion, null, { signal })),
    inTime(lanes.call(procedures.connectGetHostname, null, { signal, deadlineMs: hostnameDeadlineMs })),
    inTime(lanes.call(procedures.connectGetUri, null, { signal })),
    inTime(lanes.call(procedures.nodeGetInfo, null, { signal })),
  ]);
  const daemonUri = uri?.uri ?? null;
  return {
    hypervisor: hypervisorOf(type.type, daemonUri),
    driverType: type.type,
    libvirtVersion: libVersion && versionText(libVersion.version),
    // 0: the driver knows none.
    hypervisorVersion: version && version.version > 0 ? versionText(version.version) : null,
    hostname: hostname?.hostname ?? null,
    daemonUri,
    node: node && hostNode(node),
    readOnly,
  };
}

function hostNode(node: ReplyOf<'nodeGetInfo'>): HostNode {
  return {
    cpuModel: node.model,
    cpus: node.cpus,
    cpuMhz: node.mhz > 0 ? node.mhz : null,
    numaNodes: node.nodes,
    sockets: node.sockets,
    coresPerSocket: node.cores,
    threadsPerCore: node.threads,
    memoryBytes: safeBytes(node.memoryKib * 1024n) ?? 0,
  };
}

/** Whether the driver reads the statistics of all domains by one call. */
export function hasBulkStats(lanes: Lanes, signal: AbortSignal): Promise<boolean> {
  // Asks for the state of domains that are crashed and transient at once: as good as none, whatever the host has.
  const few = { domains: [], stats: statsMasks.state, flags: statsFlags.TRANSIENT | statsFlags.OTHER };
  return works(lanes.call(procedures.connectGetAllDomainStats, few, { signal, lane: 'control' }));
}

export async function readHostCapabilities(
  lanes: Lanes,
  {
    events,
    bulkStats,
    readOnly,
    signal,
  }: Pick<HostCapabilities, 'events' | 'bulkStats'> & { readonly readOnly: boolean; readonly signal: AbortSignal },
): Promise<HostCapabilities> {
  const countOnly = { needResults: false, flags: 0 };
  /** A driver that tells of its objects has them; one that does not is asked to count them. */
  const has = async (event: ObjectEventName, count: () => Promise<unknown>) =>
    events.includes(event) || (await works(count()));
  const [networks, storagePools, nodeDevices] = await Promise.all([
    has('network lifecycle', () => lanes.call(procedures.connectListAllNetworks, countOnly, { signal })),
    has('storage pool lifecycle', () => lanes.call(procedures.connectListAllStoragePools, countOnly, { signal })),
    has('node device lifecycle', () => lanes.call(procedures.connectListAllNodeDevices, countOnly, { signal })),
  ]);
  return {
    bulkStats,
    domainEvents: events.includes('lifecycle'),
    networks,
    storagePools,
    nodeDevices,
    events,
    writable: !readOnly,
  };
}

async function inTime<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (isAnyLibvirtError(error) || isTimeout(error)) return null;
    throw error;
  }
}

/** Whether a call is there at all. One that does not come back in time is: a driver without it says so at once. */
async function works(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    if (isTimeout(error)) return true;
    if (isAnyLibvirtError(error)) return false;
    throw error;
  }
}
