import { interfaceAddressSources } from '../../driver.ts';
import type { ArgsOf } from '../rpc/procedures.ts';
import type { TypedParam } from '../rpc/typed-params.ts';
import type { XmlElement } from '../xml/tree.ts';
import type { Handler } from './call-context.ts';
import { findDomain, lookupName, lookupUuid } from './domain-store.ts';
import { checkFlags, failure } from './failure.ts';
import { prettyXml } from './format.ts';
import { unsupported } from './handlers-connect.ts';
import { isActive, presentConfig, presentXml, refOf, type SimDomain, type SimHost } from './host.ts';
import { requireActive } from './lifecycle.ts';
import { withoutRun } from './live-domain.ts';
import { useMonitor } from './monitor.ts';
import { hashText } from './random.ts';
import { cpuTimeNs, diskCounters, memoryOf, nicCounters } from './stats.ts';

type ReadName =
  | 'domainLookupByUuid'
  | 'domainLookupByName'
  | 'domainGetState'
  | 'domainGetControlInfo'
  | 'domainGetInfo'
  | 'domainGetXmlDesc'
  | 'domainIsPersistent'
  | 'domainGetAutostart'
  | 'domainHasManagedSaveImage'
  | 'domainInterfaceAddresses'
  | 'domainMemoryStats'
  | 'domainBlockStats'
  | 'domainInterfaceStats'
  | 'domainGetCpuStats';

/** `virDomainControlState`: 0 OK, 1 JOB, 2 OCCUPIED, 3 ERROR. */
const controlStates = { OK: 0, OCCUPIED: 2 } as const;
/** `VIR_DOMAIN_XML_INACTIVE`. */
const xmlInactive = 2;

export const domainReadHandlers: { readonly [N in ReadName]: Handler<N> } = {
  domainLookupByUuid: ({ host }, { uuid }) => ({ domain: refOf(lookupUuid(host, uuid)) }),
  domainLookupByName: ({ host }, { name }) => ({ domain: refOf(lookupName(host, name)) }),
  domainGetState({ host }, { domain, flags }) {
    const { state, reason } = findDomain(host, domain);
    checkFlags(flags, 0, `${host.personality.hypervisor}DomainGetState`, host.personality.source);
    return { state, reason };
  },
  domainGetControlInfo({ host }, { domain: ref, flags }) {
    if (!host.personality.supports.controlInfo) throw unsupported('virDomainGetControlInfo');
    checkFlags(flags, 0, `${host.personality.hypervisor}DomainGetControlInfo`, host.personality.source);
    const domain = findDomain(host, ref);
    requireActive(domain);
    const heldSince = domain.stuck?.heldSince ?? null;
    if (heldSince === null) return { state: controlStates.OK, details: 0, stateTimeMs: 0n };
    const stateTimeMs = BigInt(Math.floor(host.clock.monotonic() - heldSince));
    return { state: controlStates.OCCUPIED, details: 0, stateTimeMs };
  },
  domainGetInfo({ host }, { domain: ref }) {
    const domain = findDomain(host, ref);
    const { memoryBytes, maxMemoryBytes, vcpus } = presentConfig(domain);
    return {
      state: domain.state,
      maxMemoryKib: BigInt(maxMemoryBytes / 1024),
      // Of a running container it is what it uses.
      memoryKib:
        isContainer(host) && isActive(domain) ? whole(memoryOf(host, domain).usedKib) : BigInt(memoryBytes / 1024),
      vcpus,
      cpuTimeNs: isActive(domain) ? BigInt(Math.floor(cpuTimeNs(host, domain))) : 0n,
    };
  },
  domainGetXmlDesc({ host }, { domain: ref, flags }) {
    const { hypervisor, source, flags: allowed } = host.personality;
    checkFlags(flags, allowed.xml, `${hypervisor}DomainGetXMLDesc`, source);
    const domain = findDomain(host, ref);
    const wantsInactive = (flags & xmlInactive) !== 0;
    return { xml: prettyXml(wantsInactive ? storedXml(domain) : presentXml(domain)) };
  },
  domainIsPersistent: ({ host }, { domain }) => ({ persistent: findDomain(host, domain).inactive !== null }),
  domainGetAutostart: ({ host }, { domain }) => ({ autostart: findDomain(host, domain).autostart }),
  domainHasManagedSaveImage({ host }, { domain, flags }) {
    checkFlags(flags, 0, `${host.personality.hypervisor}DomainHasManagedSaveImage`, host.personality.source);
    return { result: findDomain(host, domain).hasManagedSave };
  },
  domainInterfaceAddresses: interfaceAddresses,
  async domainMemoryStats({ host, procedure }, { domain: ref, maxStats }) {
    const domain = findDomain(host, ref);
    requireActive(domain);
    if (host.personality.hypervisor === 'test') return { stats: [] };
    await useMonitor(domain, procedure);
    requireActive(domain);
    return { stats: memoryStats(host, domain).slice(0, maxStats) };
  },
  async domainBlockStats({ host, procedure }, { domain: ref, path }) {
    const domain = findDomain(host, ref);
    requireActive(domain);
    if (!presentConfig(domain).disks.some((disk) => disk.target === path || disk.source === path)) {
      throw failure('INVALID_ARG', host.personality.source, `invalid path: ${path}`);
    }
    await useMonitor(domain, procedure);
    requireActive(domain);
    const counters = diskCounters(host, domain, path);
    return {
      readRequests: whole(counters.readRequests),
      readBytes: whole(counters.readBytes),
      writeRequests: whole(counters.writeRequests),
      writeBytes: whole(counters.writeBytes),
      // "Not known", as QEMU's driver says it.
      errors: -1n,
    };
  },
  domainInterfaceStats({ host }, { domain: ref, device }) {
    const domain = findDomain(host, ref);
    requireActive(domain);
    const { interfaces } = presentConfig(domain);
    if (!interfaces.some((nic) => nic.target === device || nic.macAddress === device.toLowerCase())) {
      throw failure('INVALID_ARG', 'DOMAIN', `'${device}' is not a known interface`);
    }
    const { rxBytes, rxPackets, txBytes, txPackets } = nicCounters(host, domain, device);
    return {
      rxBytes: whole(rxBytes),
      rxPackets: whole(rxPackets),
      rxErrors: 0n,
      rxDrops: 0n,
      txBytes: whole(txBytes),
      txPackets: whole(txPackets),
      txErrors: 0n,
      txDrops: 0n,
    };
  },
  domainGetCpuStats({ host }, { domain: ref, paramCount, startCpu }) {
    const domain = findDomain(host, ref);
    requireActive(domain);
    if (startCpu !== -1) {
      throw failure('INVALID_ARG', host.personality.source, 'a simulated guest tells of all processors together only');
    }
    const total = cpuTimeNs(host, domain);
    const params: TypedParam[] = [
      { field: 'cpu_time', value: { type: 'ULLONG', value: whole(total) } },
      { field: 'user_time', value: { type: 'ULLONG', value: whole(total * 0.7) } },
      { field: 'system_time', value: { type: 'ULLONG', value: whole(total * 0.3) } },
    ];
    return { params: params.slice(0, paramCount), paramCount: params.length };
  },
};

/** What it starts with next time. A transient domain has only the XML of now, less what is of this run. */
function storedXml(domain: SimDomain): XmlElement {
  return domain.inactive ?? withoutRun(presentXml(domain));
}

const isContainer = (host: SimHost) => host.personality.hypervisor === 'lxc';

const whole = (value: number) => BigInt(Math.floor(value));

/** `virDomainMemoryStatTags`. */
const memoryTags = {
  SWAP_IN: 0,
  UNUSED: 4,
  AVAILABLE: 5,
  ACTUAL_BALLOON: 6,
  RSS: 7,
  USABLE: 8,
  LAST_UPDATE: 9,
} as const;

function memoryStats(host: SimHost, domain: SimDomain) {
  const memory = memoryOf(host, domain);
  const unused = memory.availableKib - memory.usedKib;
  const values: readonly (readonly [keyof typeof memoryTags, number])[] = isContainer(host)
    ? [
        ['ACTUAL_BALLOON', memory.maximumKib],
        ['SWAP_IN', 0],
        ['RSS', memory.usedKib],
      ]
    : [
        ['ACTUAL_BALLOON', memory.currentKib],
        ['UNUSED', unused],
        ['AVAILABLE', memory.availableKib],
        ['USABLE', memory.availableKib - memory.usedKib * 0.8],
        ['LAST_UPDATE', host.clock.now() / 1000],
        ['RSS', memory.rssKib],
      ];
  return values.map(([tag, value]) => ({ tag: memoryTags[tag], value: whole(value) }));
}

function interfaceAddresses(
  { host }: Parameters<Handler<'domainInterfaceAddresses'>>[0],
  { domain: ref, source, flags }: ArgsOf<'domainInterfaceAddresses'>,
) {
  const { hypervisor, source: driver } = host.personality;
  checkFlags(flags, 0, `${hypervisor}DomainInterfaceAddresses`, driver);
  const domain = findDomain(host, ref);
  requireActive(domain);
  const asked = interfaceAddressSources[source];
  if (asked === undefined) {
    throw failure('ARGUMENT_UNSUPPORTED', driver, `Unknown IP address data source ${source}`);
  }
  if (asked === 'AGENT') throw failure('ARGUMENT_UNSUPPORTED', driver, 'QEMU guest agent is not configured');
  const interfaces = presentConfig(domain).interfaces.flatMap(({ type, target, macAddress }) => {
    // Leases are those of the network's own server.
    if (type !== 'network' || target === null) return [];
    const address = `192.168.122.${2 + (hashText(macAddress) % 250)}`;
    return [{ name: target, hardwareAddress: macAddress, addresses: [{ type: 0, address, prefix: 24 }] }];
  });
  return { interfaces };
}
