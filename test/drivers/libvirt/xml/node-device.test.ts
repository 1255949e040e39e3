import { describe, expect, it } from 'vitest';
import { parseNodeDeviceXml } from '../../../../src/drivers/libvirt/xml/node-device.ts';

describe('a node device', () => {
  it('of a network interface has its name and address', () => {
    const xml = `<device><name>net_vnet0_fe_54_00_00_00_01</name><path>/sys/devices/virtual/net/vnet0</path>
      <parent>computer</parent><capability type='net'><interface>vnet0</interface><address>fe:54:00:00:00:01</address>
      <capability type='80203'/></capability></device>`;
    expect(parseNodeDeviceXml(xml)).toEqual({
      name: 'net_vnet0_fe_54_00_00_00_01',
      parent: 'computer',
      path: '/sys/devices/virtual/net/vnet0',
      driver: null,
      capabilities: ['net', '80203'],
      netInterface: 'vnet0',
      netAddress: 'fe:54:00:00:00:01',
    });
  });

  it('of another kind has neither', () => {
    const xml = `<device><name>pci_0000_00_1f_0</name><driver><name>lpc_ich</name></driver><capability type='pci'/></device>`;
    expect(parseNodeDeviceXml(xml)).toMatchObject({ driver: 'lpc_ich', netInterface: null, netAddress: null });
    expect(() => parseNodeDeviceXml('<device/>')).toThrow(/node device/);
  });
});
