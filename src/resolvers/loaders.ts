import DataLoader from 'dataloader';
import { withHost } from '../errors.ts';
import type { StatsReading } from '../fleet/stats/reading.ts';
import type { Fleet } from '../fleet/types.ts';
import type { Uuid } from '../model/brands.ts';
import type { CapabilitiesReport } from '../model/host.ts';
import type { NodeDevice } from '../model/network.ts';
import type { StatsGroup } from '../model/stats.ts';

type Driver = ReturnType<Fleet['driver']>;
export type InterfaceAddresses = Awaited<ReturnType<Driver['readInterfaceAddresses']>>;
export type InterfaceAddressSource = Parameters<Driver['readInterfaceAddresses']>[1];

export type StatsKey = { readonly hostName: string; readonly uuid: Uuid; readonly groups: readonly StatsGroup[] };
export type AddressesKey = { readonly hostName: string; readonly uuid: Uuid; readonly source: InterfaceAddressSource };

/**
 * What replicas do not hold, asked of the hosts: each thing at most once in an answer, and what can be asked together,
 * together. They live for one answer. A host that fails costs its own keys only.
 */
export type Loaders = {
  /** `null`: the host said nothing of it. */
  readonly stats: DataLoader<StatsKey, StatsReading | null, string>;
  readonly addresses: DataLoader<AddressesKey, InterfaceAddresses, string>;
  /** Of one capability of a host; `''` for all. */
  readonly nodeDevices: DataLoader<
    { readonly hostName: string; readonly capability: string },
    readonly NodeDevice[],
    string
  >;
  readonly capabilities: DataLoader<string, CapabilitiesReport>;
  /** Hosts read their domains anew into the replicas; `null`: all of them. */
  readonly freshDomains: DataLoader<{ readonly hostNames: readonly string[] | null }, void, string>;
};

export function createLoaders(fleet: Fleet, signal: AbortSignal): Loaders {
  return {
    stats: new DataLoader((keys) => readStats(fleet, keys, signal), {
      cacheKeyFn: ({ hostName, uuid, groups }) => `${hostName} ${uuid} ${groups.join()}`,
    }),
    addresses: new DataLoader(
      (keys) =>
        eachAlone(keys, ({ hostName, uuid, source }) =>
          askHost(hostName, () => fleet.driver(hostName).readInterfaceAddresses(uuid, source, { signal })),
        ),
      { cacheKeyFn: ({ hostName, uuid, source }) => `${hostName} ${uuid} ${source}` },
    ),
    nodeDevices: new DataLoader(
      (keys) =>
        eachAlone(keys, ({ hostName, capability }) =>
          askHost(hostName, () => fleet.driver(hostName).listNodeDevices(capability || null, { signal })),
        ),
      { cacheKeyFn: ({ hostName, capability }) => `${hostName} ${capability}` },
    ),
    capabilities: new DataLoader((hostNames) =>
      eachAlone(hostNames, (hostName) => askHost(hostName, () => fleet.driver(hostName).readCapabilities({ signal }))),
    ),
    freshDomains: new DataLoader(
      (keys) => eachAlone(keys, ({ hostNames }) => fleet.refreshDomains(hostNames, signal)),
      { cacheKeyFn: ({ hostNames }) => JSON.stringify(hostNames) },
    ),
  };
}

/** One call for each host, with the union of the groups that its domains are asked for. */
async function readStats(
  fleet: Fleet,
  keys: readonly StatsKey[],
  signal: AbortSignal,
): Promise<readonly (StatsReading | null | Error)[]> {
  const byHost = Map.groupBy(keys, (key) => key.hostName);
  const answers = new Map<string, Map<string, StatsReading> | Error>();
  await Promise.all(
    [...byHost].map(async ([hostName, wanted]) => {
      const uuids = [...new Set(wanted.map((key) => key.uuid))];
      const groups = [...new Set(wanted.flatMap((key) => key.groups))];
      const [answer] = await eachAlone([hostName], () =>
        askHost(hostName, () => fleet.readStats(hostName, uuids, groups, signal)),
      );
      const isReadings = answer !== undefined && !(answer instanceof Error);
      answers.set(
        hostName,
        isReadings ? new Map(answer.map((reading) => [reading.sample.uuid, reading])) : (answer ?? new Map()),
      );
    }),
  );
  return keys.map((key) => {
    const answer = answers.get(key.hostName);
    return answer instanceof Error ? answer : (answer?.get(key.uuid) ?? null);
  });
}

/** Also what throws at once becomes a rejection, and every error names its host. */
async function askHost<T>(hostName: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw withHost(error, hostName);
  }
}

/** The results in order; a failure takes the place of its own result only. */
async function eachAlone<Key, T>(keys: readonly Key[], ask: (key: Key) => Promise<T>): Promise<(T | Error)[]> {
  const results = await Promise.allSettled(keys.map(ask));
  return results.map((result) => {
    if (result.status === 'fulfilled') return result.value;
    return result.reason instanceof Error ? result.reason : new Error(String(result.reason));
  });
}
