import type { DomainConfig, DomainStatus } from '../../model/domain.ts';
import type { Network, StoragePool } from '../../model/network.ts';
import type { DomainRecord, HostView } from '../objects.ts';

/**
 * Which of the schema's fields differ between two pictures of one object. Every property of a record has a row, so that
 * a new one cannot be forgotten; `null`: not a field that users see, or one that never changes.
 */
type FieldNames<T> = { readonly [Key in keyof T]-?: string | null };

const domainFields: FieldNames<Omit<DomainRecord, 'config' | 'kind' | 'hostName' | keyof DomainStatus>> = {
  xml: 'xml',
  inactiveXml: 'xml',
  // Shown through `xml` alone.
  storedInterfaces: null,
  version: 'version',
  monitor: 'monitor',
};

const statusFields: FieldNames<DomainStatus> = {
  uuid: null,
  name: 'name',
  // Another number after a restart, of no meaning to users.
  libvirtId: null,
  state: 'state',
  stateReason: 'stateReason',
  persistent: 'persistent',
  autostart: 'autostart',
  hasManagedSave: 'hasManagedSave',
};

const configFields: FieldNames<DomainConfig> = {
  // Told by the status already.
  name: null,
  uuid: null,
  title: 'title',
  description: 'description',
  type: null,
  hypervisor: 'hypervisor',
  osType: 'osType',
  arch: 'arch',
  machine: 'machine',
  vcpus: 'vcpus',
  maxVcpus: 'maxVcpus',
  memoryBytes: 'memory',
  maxMemoryBytes: 'maxMemory',
  bootDevices: 'bootDevices',
  features: 'features',
  interfaces: 'interfaces',
  disks: 'disks',
  graphics: 'graphics',
  consoles: 'consoles',
};

const networkFields: FieldNames<Network> = {
  uuid: null,
  name: 'name',
  active: 'active',
  persistent: 'persistent',
  autostart: 'autostart',
  bridge: 'bridge',
  macAddress: 'macAddress',
  forwardMode: 'forwardMode',
  dnsDomain: 'dnsDomain',
  addresses: 'addresses',
};

const storagePoolFields: FieldNames<StoragePool> = {
  uuid: null,
  name: 'name',
  state: 'state',
  persistent: 'persistent',
  autostart: 'autostart',
  type: 'type',
  path: 'path',
  capacityBytes: 'capacity',
  allocationBytes: 'allocation',
  availableBytes: 'available',
};

const hostFields: FieldNames<Omit<HostView, 'kind'>> = {
  name: null,
  uri: 'uri',
  labels: 'labels',
  readOnly: 'readOnly',
  status: 'status',
  problem: 'statusReason',
  // Moves all the time while a host is ready: not a change.
  asOf: null,
  stale: 'stale',
  facts: null,
  capabilities: 'capabilities',
};

const factFields: FieldNames<NonNullable<HostView['facts']>> = {
  hypervisor: 'hypervisor',
  driverType: null,
  libvirtVersion: 'libvirtVersion',
  hypervisorVersion: 'hypervisorVersion',
  hostname: 'hostname',
  daemonUri: null,
  node: 'node',
  readOnly: null,
};

/** Every property of every record: another list means that records of another version are of another type. */
export const recordProperties: readonly string[] = [
  ...propertiesOf('domain', { ...statusFields, ...domainFields }),
  ...propertiesOf('config', configFields),
  ...propertiesOf('network', networkFields),
  ...propertiesOf('pool', storagePoolFields),
  ...propertiesOf('host', hostFields),
  ...propertiesOf('facts', factFields),
];

function propertiesOf(of: string, fields: Readonly<Record<string, string | null>>): string[] {
  return Object.keys(fields).map((name) => `${of}.${name}`);
}

export function changedStatusFields(before: DomainStatus, after: DomainStatus): readonly string[] {
  return differing(statusFields, before, after);
}

export function changedConfigFields(before: DomainConfig, after: DomainConfig): readonly string[] {
  return differing(configFields, before, after);
}

export function changedDomainFields(before: DomainRecord, after: DomainRecord): readonly string[] {
  // A record that only got a new state shares its configuration with the one before.
  const config = before.config === after.config ? [] : changedConfigFields(before.config, after.config);
  return [...new Set([...changedStatusFields(before, after), ...config, ...differing(domainFields, before, after)])];
}

export function changedNetworkFields(before: Network, after: Network): readonly string[] {
  return differing(networkFields, before, after);
}

export function changedStoragePoolFields(before: StoragePool, after: StoragePool): readonly string[] {
  return differing(storagePoolFields, before, after);
}

export function changedHostFields(before: HostView, after: HostView): readonly string[] {
  const facts =
    before.facts && after.facts
      ? differing(factFields, before.facts, after.facts)
      : before.facts === after.facts
        ? []
        : Object.values(factFields).filter((name) => name !== null);
  return [...differing(hostFields, before, after), ...facts];
}

function differing<T extends object>(fields: FieldNames<T>, before: T, after: T): readonly string[] {
  const names = new Set<string>();
  for (const key of Object.keys(fields) as (keyof T)[]) {
    const name = fields[key];
    if (name !== null && !isEqual(before[key], after[key])) names.add(name);
  }
  return [...names];
}

/** By value, for the plain data that the model is made of. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) => Object.hasOwn(b, key) && isEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}
