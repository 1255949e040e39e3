import { describe, expect, it } from 'vitest';
import { parseNetworkXml } from '../../../../src/drivers/libvirt/xml/network.ts';

describe('a network', () => {
  it('says its bridge, forwarding, domain and addresses', () => {
    const xml = `<network><name>lan</name><uuid>5f7d1a52-0000-4000-8000-000000000001</uuid><forward mode='route'/>
      <bridge name='virbr1' stp='on'/><mac address='52:54:00:AA:00:01'/><domain name='lan.example'/>
      <ip address='10.1.0.1' netmask='255.255.252.0'/><ip family='ipv6' address='fd00::1' prefix='48'/>
      <ip address='192.168.7.1'/><ip family='ipv6' address='fd01::1'/></network>`;
    expect(parseNetworkXml(xml)).toEqual({
      name: 'lan',
      uuid: '5f7d1a52-0000-4000-8000-000000000001',
      bridge: 'virbr1',
      macAddress: '52:54:00:aa:00:01',
      forwardMode: 'route',
      dnsDomain: 'lan.example',
      addresses: ['10.1.0.1/22', 'fd00::1/48', '192.168.7.1/24', 'fd01::1/64'],
    });
  });

  it('is isolated without <forward>, and nat when the mode is not said', () => {
    expect(parseNetworkXml('<network><name>a</name></network>')).toMatchObject({ forwardMode: null, bridge: null });
    expect(parseNetworkXml('<network><name>a</name><forward/></network>').forwardMode).toBe('nat');
  });

  it('is refused when it is something else', () => {
    expect(() => parseNetworkXml('<pool><name>a</name></pool>')).toThrow(/not the XML of a network/);
  });
});
