import { VirtgraphError } from '../../../errors.ts';
import { parseUuid, type Uuid } from '../../../model/brands.ts';
import type { Network } from '../../../model/network.ts';
import { macFromXml } from './mac.ts';
import { attr, child, children, integer, text } from './navigate.ts';
import { parseXml, type XmlElement } from './tree.ts';

/** What a network's XML says. Whether it is active, persistent or started by itself is asked for elsewhere. */
export type NetworkConfig = Omit<Network, 'uuid' | 'active' | 'persistent' | 'autostart'> & {
  readonly uuid: Uuid | null;
};

/** @throws VirtgraphError BAD_USER_INPUT: not XML, not a network's, or without a name. */
export function parseNetworkXml(xml: string): NetworkConfig {
  const { root } = parseXml(xml);
  const name = text(child(root, 'name'));
  if (root.name !== 'network' || !name) {
    throw new VirtgraphError(
      'BAD_USER_INPUT',
      `This is not the XML of a network: <${root.name}>, name ${name ?? '-'}.`,
    );
  }
  return {
    name,
    uuid: parseUuid(text(child(root, 'uuid')) ?? ''),
    bridge: attr(child(root, 'bridge'), 'name'),
    macAddress: macFromXml(attr(child(root, 'mac'), 'address')),
    forwardMode: forwardMode(child(root, 'forward')),
    dnsDomain: attr(child(root, 'domain'), 'name'),
    addresses: children(root, 'ip').flatMap((ip) => addressWithPrefix(ip) ?? []),
  };
}

/** `<forward>` without a mode means nat (formatnetwork, "Connectivity"); no `<forward>` means isolated. */
function forwardMode(forward: XmlElement | null): string | null {
  if (forward === null) return null;
  const mode = attr(forward, 'mode') ?? 'nat';
  return mode === 'none' ? null : mode;
}

function addressWithPrefix(ip: XmlElement): string | null {
  const address = attr(ip, 'address');
  if (address === null) return null;
  const netmask = attr(ip, 'netmask');
  const prefix = integer(attr(ip, 'prefix')) ?? (netmask === null ? defaultPrefix(address) : prefixOf(netmask));
  return `${address}/${prefix}`;
}

function prefixOf(netmask: string): number {
  const bits = netmask.split('.').map((part) => Number(part).toString(2).replaceAll('0', '').length);
  return bits.reduce((sum, ones) => sum + ones, 0);
}

/** What libvirt assumes when the XML says neither prefix nor netmask: 64, or the address's class of old. */
function defaultPrefix(address: string): number {
  if (address.includes(':')) return 64;
  const first = Number(address.split('.')[0]);
  if (first < 128) return 8;
  return first < 192 ? 16 : 24;
}
