/** Readings for drivers without bulk statistics (LXC, Xen, ESX, …): a handful of calls for each domain. */
import type {
  BlockReading,
  CpuReading,
  DomainStatsSample,
  InterfaceReading,
  MemoryReading,
  StatsGroup,
} from '../../../model/stats.ts';
import type { CallOptions } from '../../driver.ts';
import { domainStateNames } from '../domain-states.ts';
import { isAnyLibvirtError, isLibvirtError, orNull } from '../errors.ts';
import { readHostXml } from '../host-xml.ts';
import type { Lanes } from '../lanes.ts';
import { mapLimited } from '../map-limited.ts';
import { safeBytes } from '../numbers.ts';
import type { DomainRef } from '../rpc/objects.ts';
import { procedures } from '../rpc/procedures.ts';
import { parseDomainConfig } from '../xml/domain.ts';

/** `virDomainMemoryStatTags`. */
const memoryTags = { UNUSED: 4, AVAILABLE: 5, ACTUAL_BALLOON: 6, RSS: 7, USABLE: 8 } as const;
const memoryTagCount = 13;

/** As many domains at once as the daemon serves calls of one connection. */
const parallelDomains = 4;

/** A domain that goes away meanwhile is left out; what a driver does not have is `null`, and `missing` says so. */
export async function readStatsOneByOne(
  lanes: Lanes,
  domains: readonly DomainRef[],
  groups: readonly StatsGroup[],
  options: CallOptions,
): Promise<readonly DomainStatsSample[]> {
  const samples = await mapLimited(domains, parallelDomains, async (domain) => {
    try {
      return await readOne(lanes, domain, new Set(groups), options);
    } catch (error) {
      if (isLibvirtError(error, 'NO_DOMAIN')) return null;
      throw error;
    }
  });
  return samples.filter((sample) => sample !== null);
}

async function readOne(
  lanes: Lanes,
  domain: DomainRef,
  groups: ReadonlySet<StatsGroup>,
  options: CallOptions,
): Promise<DomainStatsSample> {
  const guest = { ...options, guest: domain.uuid };
  const missing: string[] = [];

  /** `null` for a group that libvirt will not give, with its reason noted. */
  async function attempt<T>(group: StatsGroup, read: () => Promise<T>): Promise<T | null> {
    if (!groups.has(group)) return null;
    try {
      return await read();
    } catch (error) {
      if (!isAnyLibvirtError(error) || isLibvirtError(error, 'NO_DOMAIN')) throw error;
      missing.push(`${group}: ${error.message}`);
      return null;
    }
  }

  const info = () => lanes.call(procedures.domainGetInfo, { domain }, guest);

  async function readCpu(): Promise<CpuReading> {
    return { timeNs: (await info()).cpuTimeNs, userNs: null, systemNs: null };
  }

  async function readMemory(): Promise<MemoryReading> {
    const [{ memoryKib, maxMemoryKib }, reply] = await Promise.all([info(), orNull(memoryStats(), 'NO_DOMAIN')]);
    const kib = (tag: number) => reply?.stats.find((stat) => stat.tag === tag)?.value ?? null;
    const bytes = (value: bigint | null) => (value === null ? null : safeBytes(value * 1024n));
    return {
      currentBytes: bytes(kib(memoryTags.ACTUAL_BALLOON) ?? memoryKib),
      maximumBytes: bytes(maxMemoryKib),
      availableBytes: bytes(kib(memoryTags.AVAILABLE)),
      unusedBytes: bytes(kib(memoryTags.UNUSED)),
      usableBytes: bytes(kib(memoryTags.USABLE)),
      rssBytes: bytes(kib(memoryTags.RSS)),
    };
  }

  const memoryStats = () =>
    lanes.call(procedures.domainMemoryStats, { domain, maxStats: memoryTagCount, flags: 0 }, guest);

  /** Devices are named by the XML alone. */
  const devices = async () => {
    const { xml } = await lanes.call(procedures.domainGetXmlDesc, { domain, flags: 0 }, guest);
    return readHostXml(parseDomainConfig, xml);
  };

  async function readInterfaces(): Promise<readonly InterfaceReading[]> {
    const { interfaces } = await devices();
    const named = interfaces.flatMap(({ target }) => (target === null ? [] : [target]));
    return Promise.all(
      named.map(async (device) => ({
        name: device,
        ...(await lanes.call(procedures.domainInterfaceStats, { domain, device }, guest)),
      })),
    );
  }

  async function readDisks(): Promise<readonly BlockReading[]> {
    const { disks } = await devices();
    return Promise.all(
      disks.map(async ({ target, source }) => {
        const { errors: _errors, ...counters } = await lanes.call(
          procedures.domainBlockStats,
          { domain, path: target },
          guest,
        );
        const sizes = { capacityBytes: null, allocationBytes: null, physicalBytes: null };
        return { name: target, path: source, ...counters, ...sizes };
      }),
    );
  }

  const [state, cpu, memory, interfaces, disks] = await Promise.all([
    attempt('state', () => lanes.call(procedures.domainGetState, { domain, flags: 0 }, options)),
    attempt('cpu', readCpu),
    attempt('balloon', readMemory),
    attempt('interface', readInterfaces),
    attempt('block', readDisks),
  ]);
  if (groups.has('vcpu')) missing.push('vcpu: this driver has no bulk statistics');
  const names = state && domainStateNames(state.state, state.reason);
  return {
    uuid: domain.uuid,
    state: names?.state ?? null,
    stateReason: names?.stateReason ?? null,
    cpu,
    memory,
    vcpus: null,
    interfaces,
    disks,
    missing: missing.length > 0 ? missing.join('; ') : null,
  };
}
