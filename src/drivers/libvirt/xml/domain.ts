import { VirtgraphError } from '../../../errors.ts';
import { parseUuid } from '../../../model/brands.ts';
import type { DomainConfig, Hypervisor } from '../../../model/domain.ts';
import { readConsoles, readDisks, readGraphics, readInterfaces } from './domain-devices.ts';
import { attr, child, children, integer, text, trimmedText } from './navigate.ts';
import { scaledBytes, sizeInBytes } from './size.ts';
import { parseXml, type XmlElement } from './tree.ts';

/**
 * What `<domain>` says, whichever hypervisor's it is, live or inactive.
 * @throws VirtgraphError BAD_USER_INPUT: not XML, not a domain's, or without a name, a type or any memory,
 * none of which a daemon prints.
 */
export function parseDomainConfig(xml: string): DomainConfig {
  return readDomainConfig(parseXml(xml).root);
}

/** {@link parseDomainConfig} of a tree that is already there. */
export function readDomainConfig(domain: XmlElement): DomainConfig {
  if (domain.name !== 'domain') throw refused(`the root element is <${domain.name}>, not <domain>`);
  const name = text(child(domain, 'name'));
  if (!name) throw refused('it has no <name>');
  const type = attr(domain, 'type');
  if (!type) throw refused(`the domain ${JSON.stringify(name)} has no type attribute`);

  // Drivers that do not know it (OpenVZ) say 0; saying nothing at all is not a domain's.
  const writtenMemory = sizeInBytes(child(domain, 'memory'), 'KiB');
  const maxMemoryBytes = writtenMemory || numaMemory(domain) || writtenMemory;
  if (maxMemoryBytes === null) throw refused(`the domain ${JSON.stringify(name)} says nothing of its memory`);
  const maxVcpus = integer(trimmedText(child(domain, 'vcpu'))) || 1;
  const osType = child(domain, 'os', 'type');

  return {
    name,
    uuid: parseUuid(text(child(domain, 'uuid')) ?? ''),
    title: text(child(domain, 'title')),
    description: text(child(domain, 'description')),
    type,
    hypervisor: hypervisorOfType(type),
    osType: trimmedText(osType),
    arch: attr(osType, 'arch'),
    machine: attr(osType, 'machine'),
    vcpus: integer(attr(child(domain, 'vcpu'), 'current')) ?? maxVcpus,
    maxVcpus,
    memoryBytes: sizeInBytes(child(domain, 'currentMemory'), 'KiB') || maxMemoryBytes,
    maxMemoryBytes,
    bootDevices: children(child(domain, 'os'), 'boot').flatMap((boot) => attr(boot, 'dev') ?? []),
    features: children(child(domain, 'features')).map((feature) => feature.name),
    interfaces: readInterfaces(child(domain, 'devices')),
    disks: readDisks(child(domain, 'devices')),
    graphics: readGraphics(child(domain, 'devices')),
    consoles: readConsoles(child(domain, 'devices')),
  };
}

/** `<domain type>` by libvirt's list of virtualization types. */
const hypervisorsByType: Readonly<Record<string, Hypervisor>> = {
  qemu: 'QEMU',
  // Accelerators of QEMU's that came before and beside KVM.
  kqemu: 'QEMU',
  hvf: 'QEMU',
  kvm: 'KVM',
  xen: 'XEN',
  lxc: 'LXC',
  bhyve: 'BHYVE',
  vz: 'VIRTUOZZO',
  parallels: 'VIRTUOZZO',
  openvz: 'OPENVZ',
  // ESX and vCenter write this as well: which of them it is, only the connection knows.
  vmware: 'VMWARE',
  hyperv: 'HYPERV',
  vbox: 'VIRTUALBOX',
  phyp: 'POWER',
  ch: 'CLOUD_HYPERVISOR',
  test: 'TEST',
};

export function hypervisorOfType(type: string): Hypervisor {
  return Object.hasOwn(hypervisorsByType, type) ? (hypervisorsByType[type] ?? 'UNKNOWN') : 'UNKNOWN';
}

/** Configurations may leave the sum to libvirt and say only what each NUMA cell has. */
function numaMemory(domain: XmlElement): number {
  let bytes = 0;
  for (const cell of children(child(domain, 'cpu', 'numa'), 'cell')) {
    const digits = attr(cell, 'memory');
    if (digits !== null) bytes += scaledBytes(digits.trim(), attr(cell, 'unit') ?? 'KiB', '<cell>');
  }
  return bytes;
}

function refused(reason: string): VirtgraphError {
  return new VirtgraphError('BAD_USER_INPUT', `This is not the XML of a domain: ${reason}.`);
}
