import { element } from '../xml/navigate.ts';
import type { XmlElement } from '../xml/tree.ts';
import { textElement } from './format.ts';
import { presentConfig, type SimDomain, type SimHost } from './host.ts';
import { hashText } from './random.ts';

/** A network device of the host: the far end of a guest's card, a bridge, or a card of the machine. */
export type HostNic = { readonly name: string; readonly address: string };

/**
 * The devices that the daemon made for the cards of a running guest. A tap has the guest's address with the first
 * byte FE, or FA where the guest's has that already (libvirt's `virNetDevTapCreateInBridgePort`);
 * a container's has an address of its own.
 */
export function tapsOf(host: SimHost, domain: SimDomain): HostNic[] {
  if (domain.live === null || !host.personality.taps) return [];
  return presentConfig(domain).interfaces.flatMap(({ type, target, macAddress }): HostNic[] => {
    if (target === null || !['network', 'bridge', 'ethernet'].includes(type)) return [];
    const first = macAddress.startsWith('fe') ? 'fa' : 'fe';
    const rest = host.personality.hypervisor === 'qemu' ? macAddress.slice(3) : madeUpRest(macAddress);
    return [{ name: target, address: `${first}:${rest}` }];
  });
}

function madeUpRest(seedText: string): string {
  const digits = hashText(seedText).toString(16).padStart(8, '0');
  return `${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4, 6)}:${digits.slice(6, 8)}:01`;
}

/** As libvirt names them: `net_vnet0_fe_54_00_00_00_01`. */
export function nodeDeviceName({ name, address }: HostNic): string {
  return `net_${name}_${address}`.replaceAll(/[^A-Za-z0-9_]/g, '_');
}

export function tellTaps(host: SimHost, taps: readonly HostNic[], what: 'created' | 'deleted'): void {
  for (const tap of taps) {
    const name = nodeDeviceName(tap);
    host.events.object('node device lifecycle', name, {
      device: { name },
      event: what === 'created' ? 0 : 1,
      detail: 0,
    });
  }
}

/** Every network device of the host: its own, the bridges of active networks, the guests'. */
export function hostNics(host: SimHost): HostNic[] {
  const nics: HostNic[] = [
    { name: 'lo', address: '00:00:00:00:00:00' },
    { name: 'eth0', address: `02:${madeUpRest(host.name)}` },
  ];
  for (const { active, bridge, bridgeMac } of host.networks) {
    if (active) nics.push({ name: bridge, address: bridgeMac });
  }
  for (const domain of host.domains.values()) nics.push(...tapsOf(host, domain));
  return nics;
}

export function nodeDeviceXml(nic: HostNic): XmlElement {
  return element('device', {}, [
    textElement('name', nodeDeviceName(nic)),
    textElement('path', `/sys/devices/virtual/net/${nic.name}`),
    textElement('parent', 'computer'),
    element('capability', { type: 'net' }, [
      textElement('interface', nic.name),
      textElement('address', nic.address),
      element('link', { state: 'up' }),
      element('capability', { type: '80203' }),
    ]),
  ]);
}

/** The machine itself, to which all others belong. */
export function computerXml(): XmlElement {
  return element('device', {}, [
    textElement('name', 'computer'),
    element('capability', { type: 'system' }, [
      element('hardware', {}, [textElement('vendor', 'virtgraph simulation')]),
    ]),
  ]);
}
