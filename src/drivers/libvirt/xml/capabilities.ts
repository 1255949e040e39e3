import { VirtgraphError } from '../../../errors.ts';
import type { CapabilitiesReport, GuestCapability } from '../../../model/host.ts';
import { attr, child, children, trimmedText } from './navigate.ts';
import { parseXml, type XmlElement } from './tree.ts';

/** @throws VirtgraphError BAD_USER_INPUT: not XML, or not a host's capabilities. */
export function parseCapabilitiesXml(xml: string): CapabilitiesReport {
  const { root } = parseXml(xml);
  if (root.name !== 'capabilities') {
    throw new VirtgraphError('BAD_USER_INPUT', `This is not the XML of a host's capabilities: <${root.name}>.`);
  }
  const host = child(root, 'host');
  return {
    hostUuid: trimmedText(child(host, 'uuid')),
    cpuArch: trimmedText(child(host, 'cpu', 'arch')),
    cpuModel: trimmedText(child(host, 'cpu', 'model')),
    guests: children(root, 'guest').map(readGuest),
  };
}

function readGuest(guest: XmlElement): GuestCapability {
  const arch = child(guest, 'arch');
  const domains = children(arch, 'domain');
  // Machines are listed for the architecture, and again within a kind of domain that has others.
  const machines = [arch, ...domains].flatMap((holder) => children(holder, 'machine').map((one) => trimmedText(one)));
  return {
    osType: trimmedText(child(guest, 'os_type')) ?? 'unknown',
    arch: attr(arch, 'name') ?? 'unknown',
    domainTypes: domains.flatMap((domain) => attr(domain, 'type') ?? []),
    machines: [...new Set(machines.filter((machine) => machine !== null))],
    emulator: trimmedText(child(arch, 'emulator')),
  };
}
