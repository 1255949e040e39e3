import { expect, test } from 'vitest';
import { hypervisorOf, versionText } from '../../../src/drivers/libvirt/facts.ts';

test.each([
  [9_000_000, '9.0.0'],
  [7_002_022, '7.2.22'],
  [11_010_001, '11.10.1'],
  [2, '0.0.2'],
])('version %i is %s', (version, text) => {
  expect(versionText(version)).toBe(text);
});

test.each([
  ['QEMU', 'qemu:///system', 'QEMU'],
  ['Xen', null, 'XEN'],
  ['LXC', null, 'LXC'],
  ['ESX', 'esx://host/', 'ESX'],
  ['ESX', 'vpx://center/dc/host', 'VCENTER'],
  ['Hyper-V', null, 'HYPERV'],
  ['OpenVZ', null, 'OPENVZ'],
  ['vz', null, 'VIRTUOZZO'],
  ['VMware', null, 'VMWARE'],
  ['BHYVE', null, 'BHYVE'],
  ['CH', null, 'CLOUD_HYPERVISOR'],
  ['TEST', null, 'TEST'],
  ['toString', null, 'UNKNOWN'],
])('a driver that calls itself %s (%s) is %s', (type, uri, hypervisor) => {
  expect(hypervisorOf(type, uri)).toBe(hypervisor);
});
