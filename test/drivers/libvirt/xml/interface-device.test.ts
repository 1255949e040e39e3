import { describe, expect, it } from 'vitest';
import {
  findInterfaceXml,
  interfaceXml,
  type NewInterface,
} from '../../../../src/drivers/libvirt/xml/interface-device.ts';
import { macFromXml } from '../../../../src/drivers/libvirt/xml/mac.ts';
import type { MacAddress } from '../../../../src/model/brands.ts';

function mac(address: string): MacAddress {
  const parsed = macFromXml(address);
  if (parsed === null) throw new Error(`${address} is no address.`);
  return parsed;
}

describe('an interface to attach', () => {
  const wanted: NewInterface = {
    source: { type: 'network', network: 'default', portgroup: null },
    model: 'virtio',
    macAddress: mac('52:54:00:00:00:01'),
    target: null,
    linkUp: null,
  };

  it('is written as libvirt wants it', () => {
    expect(interfaceXml(wanted)).toBe(
      '<interface type="network"><mac address="52:54:00:00:00:01"/><source network="default"/><model type="virtio"/></interface>',
    );
    expect(
      interfaceXml({
        ...wanted,
        source: { type: 'bridge', bridge: 'br0' },
        model: null,
        target: 'tap1',
        linkUp: false,
      }),
    ).toBe(
      '<interface type="bridge"><mac address="52:54:00:00:00:01"/><source bridge="br0"/><target dev="tap1"/><link state="down"/></interface>',
    );
    expect(interfaceXml({ ...wanted, source: { type: 'direct', device: 'eth0', mode: 'bridge' } })).toContain(
      '<source dev="eth0" mode="bridge"/>',
    );
  });

  it('holds no more than one interface, whatever its source is called', () => {
    const evil = '"/></interface><disk type="file';
    expect(interfaceXml({ ...wanted, source: { type: 'bridge', bridge: evil } })).toContain(
      'bridge="&quot;/&gt;&lt;/interface&gt;&lt;disk type=&quot;file"',
    );
  });
});

describe('finding an interface to detach', () => {
  const nic = (address: string, target: string) =>
    `<interface type="bridge"><mac address="${address}"/><target dev="${target}"/></interface>`;
  const domain = (...nics: string[]) => `<domain><devices>${nics.join('')}</devices></domain>`;

  it('gives the element as the domain has it', () => {
    const xml = domain(nic('52:54:00:00:00:01', 'vnet0'), nic('52:54:00:00:00:02', 'vnet1'));
    expect(findInterfaceXml(xml, mac('52:54:00:00:00:02'))).toBe(nic('52:54:00:00:00:02', 'vnet1'));
    expect(findInterfaceXml(xml, mac('52:54:00:00:00:03'))).toBeNull();
  });

  it('is found by its address alone, wherever in the machine it sits', () => {
    const place = '<alias name="net1"/><address type="pci" slot="0x04"/>';
    const xml = domain(nic('52:54:00:00:00:01', 'vnet0').replace('</interface>', `${place}</interface>`));
    expect(findInterfaceXml(xml, mac('52:54:0:0:0:1'))).toBe(nic('52:54:00:00:00:01', 'vnet0'));
  });

  it('does not guess between two of one address', () => {
    const xml = domain(nic('52:54:00:00:00:01', 'vnet0'), nic('52:54:00:00:00:01', 'vnet1'));
    expect(() => findInterfaceXml(xml, mac('52:54:00:00:00:01'))).toThrow(/2 interfaces/);
  });
});
