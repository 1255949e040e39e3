import type { DomainInterface } from '../../model/domain.ts';
import type { NicTap } from '../mac/mac-owners.ts';
import type { DomainRecord } from '../objects.ts';
import type { DomainFilter, LabelFilter } from './domain-page.ts';

/** What a filter asks beyond the record itself. */
export type FilterSurroundings = {
  readonly labels: (hostName: string) => Readonly<Record<string, string>>;
  readonly tap: (domain: DomainRecord, nic: DomainInterface) => NicTap;
};

export type DomainPredicate = (domain: DomainRecord) => boolean;

/** The filter as one function; made once for each filter object, since a stream asks it of every change. */
export function createDomainFilters(surroundings: FilterSurroundings): (filter: DomainFilter) => DomainPredicate {
  const known = new WeakMap<DomainFilter, DomainPredicate>();
  return (filter) => {
    let predicate = known.get(filter);
    if (!predicate) {
      predicate = compile(filter, surroundings);
      known.set(filter, predicate);
    }
    return predicate;
  };
}

function compile(filter: DomainFilter, { labels, tap }: FilterSurroundings): DomainPredicate {
  const parts: DomainPredicate[] = [];
  const { hosts, states, nameContains, hypervisors, macAddress, labels: wantedLabels } = filter;
  if (hosts) {
    const names = new Set(hosts);
    parts.push((domain) => names.has(domain.hostName));
  }
  if (states) {
    const wanted = new Set(states);
    parts.push((domain) => wanted.has(domain.state));
  }
  if (hypervisors) {
    const wanted = new Set(hypervisors);
    parts.push((domain) => wanted.has(domain.config.hypervisor));
  }
  if (nameContains) {
    const needle = nameContains.toLowerCase();
    parts.push((domain) => domain.name.toLowerCase().includes(needle));
  }
  if (wantedLabels && wantedLabels.length > 0) {
    parts.push((domain) => hasLabels(labels(domain.hostName), wantedLabels));
  }
  if (macAddress) {
    const has = (domain: DomainRecord) => (nic: DomainInterface) =>
      nic.macAddress === macAddress || tap(domain, nic).tapMac === macAddress;
    parts.push((domain) => domain.config.interfaces.some(has(domain)) || domain.storedInterfaces.some(has(domain)));
  }
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return only;
  return (domain) => parts.every((part) => part(domain));
}

export function hasLabels(labels: Readonly<Record<string, string>>, wanted: readonly LabelFilter[]): boolean {
  return wanted.every(({ key, value }) => Object.hasOwn(labels, key) && (value === null || labels[key] === value));
}
