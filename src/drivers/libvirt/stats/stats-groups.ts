import type { StatsGroup } from '../../../model/stats.ts';

/** `virDomainStatsTypes`. */
export const statsMasks: Readonly<Record<StatsGroup, number>> = {
  state: 1,
  cpu: 2,
  balloon: 4,
  vcpu: 8,
  interface: 16,
  block: 32,
};

/** `virConnectListAllDomainsFlags`, and `virConnectGetAllDomainStatsFlags`, which share their filters. */
export const listFlags = {
  ACTIVE: 1,
  INACTIVE: 2,
  PERSISTENT: 4,
  TRANSIENT: 8,
  MANAGED_SAVE: 256,
  NO_MANAGED_SAVE: 512,
  AUTOSTART: 1024,
  NO_AUTOSTART: 2048,
} as const;
export const statsFlags = {
  ACTIVE: 1,
  TRANSIENT: 8,
  OTHER: 128,
  /** Leave out what a guest that is busy would have to be waited for (since libvirt 4.5). */
  NOWAIT: 2 ** 29,
} as const;

export function statsMask(groups: readonly StatsGroup[]): number {
  return groups.reduce((mask, group) => mask | statsMasks[group], 0);
}
