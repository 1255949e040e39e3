import { VirtgraphError } from '../../../errors.ts';
import type { NodeDevice } from '../../../model/network.ts';
import { macFromXml } from './mac.ts';
import { attr, child, children, trimmedText } from './navigate.ts';
import { parseXml, type XmlElement } from './tree.ts';

/** @throws VirtgraphError BAD_USER_INPUT: not XML, not a node device's, or without a name. */
export function parseNodeDeviceXml(xml: string): NodeDevice {
  const { root } = parseXml(xml);
  const name = trimmedText(child(root, 'name'));
  if (root.name !== 'device' || name === null) {
    throw new VirtgraphError('BAD_USER_INPUT', `This is not the XML of a node device: <${root.name}>.`);
  }
  const net = children(root, 'capability').find((capability) => attr(capability, 'type') === 'net') ?? null;
  return {
    name,
    parent: trimmedText(child(root, 'parent')),
    path: trimmedText(child(root, 'path')),
    driver: trimmedText(child(root, 'driver', 'name')),
    capabilities: capabilityTypes(root),
    netInterface: trimmedText(child(net, 'interface')),
    netAddress: macFromXml(trimmedText(child(net, 'address'))),
  };
}

/** Capabilities hold capabilities: a `net` may be `80211`, a `scsi_host` a `vports`. Each once, outer first. */
function capabilityTypes(device: XmlElement): string[] {
  const found = new Set<string>();
  const visit = (parent: XmlElement) => {
    for (const capability of children(parent, 'capability')) {
      const type = attr(capability, 'type');
      if (type !== null) found.add(type);
      visit(capability);
    }
  };
  visit(device);
  return [...found];
}
