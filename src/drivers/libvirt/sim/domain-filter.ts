import { checkFlags } from './failure.ts';
import { isActive, type SimDomain, type SimHost, states } from './host.ts';

/** One bit of `virConnectListAllDomainsFlags` and the domains that it stands for. */
type Bit = readonly [number, (domain: SimDomain) => boolean];

/** Bits of a group are alternatives; a domain must fit every group of which a bit is set. */
const groups: readonly (readonly Bit[])[] = [
  [
    [1 << 0, isActive],
    [1 << 1, (domain) => !isActive(domain)],
  ],
  [
    [1 << 2, ({ inactive }) => inactive !== null],
    [1 << 3, ({ inactive }) => inactive === null],
  ],
  [
    [1 << 4, ({ state }) => state === states.RUNNING],
    [1 << 5, ({ state }) => state === states.PAUSED],
    [1 << 6, ({ state }) => state === states.SHUTOFF],
    [1 << 7, ({ state }) => ![states.RUNNING, states.PAUSED, states.SHUTOFF].some((common) => common === state)],
  ],
  [
    [1 << 8, ({ hasManagedSave }) => hasManagedSave],
    [1 << 9, ({ hasManagedSave }) => !hasManagedSave],
  ],
  [
    [1 << 10, ({ autostart }) => autostart],
    [1 << 11, ({ autostart }) => !autostart],
  ],
  // No simulated guest has snapshots or checkpoints.
  [
    [1 << 12, () => false],
    [1 << 13, () => true],
  ],
  [
    [1 << 14, () => false],
    [1 << 15, () => true],
  ],
];
const allFilterBits = 0xffff;

export function filterDomains(host: SimHost, flags: number): SimDomain[] {
  const { hypervisor, source } = host.personality;
  checkFlags(flags, allFilterBits, `${hypervisor}ConnectListAllDomains`, source);
  const wanted = groups
    .map((group) => group.filter(([bit]) => (flags & bit) !== 0))
    .filter((alternatives) => alternatives.length > 0);
  const domains = [...host.domains.values()];
  if (wanted.length === 0) return domains;
  return domains.filter((domain) => wanted.every((alternatives) => alternatives.some(([, fits]) => fits(domain))));
}
