import { authTypes, connectFlags, features } from '../rpc/procedures-connect.ts';
import type { CallContext, Handler } from './call-context.ts';
import { capabilitiesXml } from './capabilities.ts';
import { readDefinition } from './definition.ts';
import { filterDomains } from './domain-filter.ts';
import { failure } from './failure.ts';
import { prettyXml } from './format.ts';
import { refOf, type SimDomain, type SimHost } from './host.ts';
import { allBits, domainStats, needsMonitor } from './stats.ts';
import { hostNics, nodeDeviceName } from './taps.ts';

export const unsupported = (apiName: string) => failure('NO_SUPPORT', 'DOMAIN', apiName);

/** A list that was only to be counted is counted. */
const wanted = <T>(needResults: boolean, list: readonly T[]): readonly T[] => (needResults ? list : []);

type ConnectHandlers = { readonly [N in ConnectName]: Handler<N> };
type ConnectName =
  | 'authList'
  | 'authPolkit'
  | 'connectOpen'
  | 'connectClose'
  | 'connectGetType'
  | 'connectGetVersion'
  | 'connectGetLibVersion'
  | 'connectGetHostname'
  | 'connectGetUri'
  | 'connectSupportsFeature'
  | 'connectGetCapabilities'
  | 'connectDomainXmlToNative'
  | 'nodeGetInfo'
  | 'connectListAllDomains'
  | 'connectListAllNetworks'
  | 'connectListAllStoragePools'
  | 'connectListAllNodeDevices'
  | 'connectListAllSecrets'
  | 'connectGetAllDomainStats';

export const connectHandlers: ConnectHandlers = {
  authList: () => ({ types: [authTypes.NONE] }),
  authPolkit() {
    throw failure('AUTH_FAILED', 'RPC', 'authentication failed');
  },
  connectOpen({ host, client }, { name, flags }) {
    if (client.opened) throw failure('INTERNAL_ERROR', 'RPC', 'connection already open');
    if (name !== null && !host.personality.acceptedUris.test(name)) throw failure('NO_CONNECT', 'NONE', name);
    client.opened = true;
    client.readOnly ||= (flags & connectFlags.READ_ONLY) !== 0;
    return null;
  },
  connectClose({ client }) {
    client.closing = true;
    return null;
  },
  connectGetType: ({ host }) => ({ type: host.personality.driverType }),
  connectGetVersion: ({ host }) => ({ version: host.personality.hypervisorVersion }),
  connectGetLibVersion: () => ({ version: 9_000_000 }),
  connectGetHostname: ({ host }) => ({ hostname: host.name }),
  connectGetUri: ({ host }) => ({ uri: host.personality.uri }),
  connectSupportsFeature({ client }, { feature }) {
    if (feature === features.PROGRAM_KEEPALIVE) client.wantsKeepalive = true;
    return { supported: supportedFeatures.has(feature) };
  },
  connectGetCapabilities: ({ host }) => ({ capabilities: prettyXml(capabilitiesXml(host)) }),
  connectDomainXmlToNative({ host }, { nativeFormat, domainXml }) {
    const { hypervisor, source, emulator } = host.personality;
    if (hypervisor !== 'qemu') throw unsupported('virConnectDomainXMLToNative');
    if (nativeFormat !== 'qemu-argv') throw failure('INVALID_ARG', source, `unsupported config type ${nativeFormat}`);
    const { name, uuid } = readDefinition(domainXml, { ...host, validate: false });
    return { nativeConfig: `${emulator} -name guest=${name} -uuid ${uuid}\n` };
  },
  nodeGetInfo: () => ({
    model: 'x86_64',
    memoryKib: 134_217_728n,
    cpus: 32,
    mhz: 2600,
    nodes: 1,
    sockets: 1,
    cores: 16,
    threads: 2,
  }),
  connectListAllDomains({ host }, { needResults, flags }) {
    const domains = filterDomains(host, flags).map(refOf);
    return { domains: wanted(needResults, domains), count: domains.length };
  },
  connectListAllNetworks({ host }, { needResults }) {
    const networks = host.networks.map(({ name, uuid }) => ({ name, uuid }));
    return { networks: wanted(needResults, networks), count: networks.length };
  },
  connectListAllStoragePools({ host }, { needResults }) {
    const pools = host.pools.map(({ name, uuid }) => ({ name, uuid }));
    return { pools: wanted(needResults, pools), count: pools.length };
  },
  connectListAllNodeDevices({ host }, { needResults, flags }) {
    const devices = listNodeDevices(host, flags).map((name) => ({ name }));
    return { devices: wanted(needResults, devices), count: devices.length };
  },
  connectListAllSecrets({ host }) {
    if (!host.personality.supports.secrets) throw failure('NO_SUPPORT', 'SECRET', 'virConnectListAllSecrets');
    return { secrets: [], count: 0 };
  },
  connectGetAllDomainStats: bulkStats,
};

/** Besides those that we name: migration version 2 (3), typed parameters with text (16). */
const supportedFeatures = new Set<number>([...Object.values(features), 3, 16]);

/** `virConnectListAllNodeDeviceFlags`: one bit for each kind of capability; none of them means all. */
const deviceBits = { SYSTEM: 1, NET: 16 } as const;

function listNodeDevices(host: SimHost, flags: number): string[] {
  const names: string[] = [];
  if (flags === 0 || flags & deviceBits.SYSTEM) names.push('computer');
  if (flags === 0 || flags & deviceBits.NET) names.push(...hostNics(host).map(nodeDeviceName));
  return names;
}

/** `virConnectGetAllDomainStatsFlags`. */
const statsFlags = { NOWAIT: 0x2000_0000, BACKING: 0x4000_0000, ENFORCE: 0x8000_0000 } as const;

/**
 * One domain after another, as the daemon does it: a guest that is stuck holds up the whole answer, unless the
 * caller will not wait *and* somebody else is in its monitor already.
 */
async function bulkStats(
  { host }: CallContext,
  { domains, stats, flags }: Parameters<Handler<'connectGetAllDomainStats'>>[1],
) {
  const { bulkStats: known, source } = host.personality;
  if (known === 'none') {
    throw unsupported(domains.length > 0 ? 'virDomainListGetStats' : 'virConnectGetAllDomainStats');
  }
  const knownBits = known === 'all' ? allBits : 1;
  if ((flags & statsFlags.ENFORCE) !== 0 && (stats & ~knownBits) !== 0) {
    const strange = ((stats & ~knownBits) >>> 0).toString(16);
    throw failure('ARGUMENT_UNSUPPORTED', source, `Stats types bits 0x${strange} are not supported by this daemon`);
  }
  const bits = stats === 0 ? knownBits : stats & knownBits;
  const noWait = (flags & statsFlags.NOWAIT) !== 0;
  const listFlags = flags & ~(statsFlags.NOWAIT | statsFlags.BACKING | statsFlags.ENFORCE);
  // Domains that are named and are not there are left out, without a word.
  const asked = domains.length > 0 ? domains.flatMap(({ uuid }) => host.domains.get(uuid) ?? []) : null;

  const records = [];
  for (const domain of asked ?? filterDomains(host, listFlags)) {
    const hasJob = domain.stuck === null || !needsMonitor(domain, bits) || (await job(domain, noWait));
    // It may have gone while another was waited for.
    if (!host.domains.has(domain.uuid)) continue;
    records.push({ domain: refOf(domain), params: domainStats(host, domain, bits, hasJob) });
  }
  return { records };
}

/** Without the guest the reading goes on: what its monitor would tell is left out. */
async function job(domain: SimDomain, noWait: boolean): Promise<boolean> {
  try {
    return (await domain.stuck?.enter({ caller: 'connectGetAllDomainStats', noWait })) ?? true;
  } catch {
    return false;
  }
}
