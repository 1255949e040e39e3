import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hypervisorOfType, parseDomainConfig } from '../../../../src/drivers/libvirt/xml/domain.ts';
import type { DomainConfig } from '../../../../src/model/domain.ts';

const MiB = 1024 * 1024;
const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}.xml`, import.meta.url), 'utf8');
const read = (name: string) => parseDomainConfig(fixture(name));
const minimal = (inside: string) => parseDomainConfig(`<domain type='qemu'><name>a</name>${inside}</domain>`);

describe('the configuration of a running KVM guest', () => {
  const config = read('kvm-live');

  it('has its identity, size and machine', () => {
    expect(config).toMatchObject({
      name: 'shop-web',
      uuid: '0e1d6b0a-9f0e-4c8b-8f0f-2a51d4e8a001',
      title: 'Shop & checkout',
      description: 'front end',
      type: 'kvm',
      hypervisor: 'KVM',
      osType: 'hvm',
      arch: 'x86_64',
      machine: 'pc-q35-7.2',
      vcpus: 2,
      maxVcpus: 6,
      memoryBytes: 3072 * MiB,
      maxMemoryBytes: 4096 * MiB,
      bootDevices: ['hd', 'network'],
      features: ['acpi', 'apic', 'vmport'],
    });
  });

  it('names each interface’s far end by its type, and leaves out one without an address', () => {
    expect(config.interfaces.map((nic) => [nic.type, nic.macAddress, nic.source])).toEqual([
      ['network', '52:54:00:0a:00:01', 'default'],
      ['bridge', '52:54:00:0a:00:02', 'br0'],
      ['direct', '52:54:00:0a:00:03', 'eth1'],
      ['hostdev', '52:54:00:0a:00:04', '0000:3a:10.1'],
      ['vhostuser', '52:54:00:0a:00:05', '/run/ovs/vhost1'],
      ['mcast', '52:54:00:0a:00:06', '230.0.0.1:5558'],
      ['user', '52:54:00:0a:00:07', null],
    ]);
  });

  it('says where a network’s interface hangs while it runs', () => {
    expect(config.interfaces[0]).toEqual({
      macAddress: '52:54:00:0a:00:01',
      type: 'network',
      source: 'default',
      bridge: 'virbr0',
      model: 'virtio',
      linkUp: false,
      target: 'vnet4',
      targetManaged: true,
      alias: 'net0',
    });
  });

  it('tells a tap that libvirt does not manage', () => {
    expect(config.interfaces[1]).toMatchObject({ target: 'tap9', targetManaged: false, linkUp: null, model: null });
  });

  it('names each disk’s source by its type', () => {
    expect(config.disks.map((disk) => [disk.target, disk.device, disk.source])).toEqual([
      ['vda', 'disk', '/var/lib/libvirt/images/shop-web.qcow2'],
      ['vdb', 'disk', 'rbd:vms/shop-data'],
      ['vdc', 'disk', 'nbd:nbd.example:10809'],
      ['vdd', 'disk', 'fast/scratch'],
      ['vde', 'disk', '0000:01:00.0/1'],
      ['sda', 'cdrom', null],
    ]);
    expect(config.disks[0]).toMatchObject({ bus: 'virtio', format: 'qcow2', serial: 'SHOP-0001', bootOrder: 1 });
    expect(config.disks[1]).toMatchObject({ shareable: true, readOnly: false, bootOrder: null });
    expect(config.disks[5]).toMatchObject({ readOnly: true, format: null });
  });

  it('gives a serial line once although the first console repeats it', () => {
    expect(config.consoles).toEqual([
      { type: 'pty', targetType: 'isa-serial', targetPort: 0, path: '/dev/pts/3', alias: 'serial0' },
      { type: 'unix', targetType: 'virtio', targetPort: 1, path: '/run/shop-web.sock', alias: null },
    ]);
  });

  it('reads graphics with each kind of listener', () => {
    expect(config.graphics).toEqual([
      { type: 'vnc', port: 5903, tlsPort: null, listen: '127.0.0.1', socket: null },
      { type: 'spice', port: null, tlsPort: 5904, listen: '10.0.0.1', socket: null },
      { type: 'vnc', port: null, tlsPort: null, listen: null, socket: '/run/vnc.sock' },
    ]);
  });
});

describe('every hypervisor’s XML', () => {
  const table: [string, Partial<DomainConfig>][] = [
    ['qemu', { hypervisor: 'QEMU', arch: 'aarch64', machine: 'virt-7.2', memoryBytes: 512 * MiB, vcpus: 1 }],
    ['xen', { hypervisor: 'XEN', osType: 'linux', memoryBytes: 512 * MiB, maxMemoryBytes: 1024 * MiB }],
    ['lxc', { hypervisor: 'LXC', osType: 'exe', machine: null, disks: [], features: ['privnet'] }],
    ['bhyve', { hypervisor: 'BHYVE', arch: null, memoryBytes: 512_000_000 }],
    ['vz', { hypervisor: 'VIRTUOZZO', vcpus: 4 }],
    ['vbox', { hypervisor: 'VIRTUALBOX', bootDevices: ['fd', 'cdrom', 'hd'] }],
    ['esx', { hypervisor: 'VMWARE', memoryBytes: 8192 * MiB }],
    ['hyperv', { hypervisor: 'HYPERV', maxVcpus: 1 }],
    ['openvz', { hypervisor: 'OPENVZ', memoryBytes: 0, name: '105' }],
    ['test', { hypervisor: 'TEST', memoryBytes: 2048 * MiB, maxMemoryBytes: 8192 * MiB, interfaces: [] }],
    ['ch', { hypervisor: 'KVM', memoryBytes: 256 * MiB }],
  ];
  it.each(table)('%s', (name, expected) => {
    const config = read(name);
    expect(config).toMatchObject(expected);
    expect(config.uuid).toMatch(/^[0-9a-f]{8}-/);
  });

  it('has interfaces and consoles as that hypervisor writes them', () => {
    expect(read('xen').interfaces[0]).toMatchObject({ source: 'xenbr0', target: 'vif3.0' });
    expect(read('lxc').interfaces[0]).toMatchObject({ source: 'default', bridge: 'virbr0', target: 'veth2' });
    expect(read('vbox').interfaces[0]).toMatchObject({ type: 'internal', source: 'intnet' });
    expect(read('esx').interfaces.map((nic) => nic.source)).toEqual(['VM Network', 'dvpg-7']);
    expect(read('ch').interfaces[0]).toMatchObject({ type: 'ethernet', source: null, targetManaged: false });
    expect(read('xen').consoles[0]).toMatchObject({ targetType: 'xen', path: '/dev/pts/9' });
    expect(read('bhyve').consoles[0]).toMatchObject({ type: 'nmdm', path: null });
    expect(read('esx').disks.map((disk) => disk.source)).toEqual(['[datastore1] sql-1/sql-1.vmdk', null]);
  });

  it('shows a type that is new to us as UNKNOWN, and keeps the word', () => {
    expect(parseDomainConfig("<domain type='nova'><name>a</name><memory>1</memory></domain>")).toMatchObject({
      type: 'nova',
      hypervisor: 'UNKNOWN',
    });
    expect(hypervisorOfType('constructor')).toBe('UNKNOWN');
  });
});

describe('sizes', () => {
  it.each([
    ['<memory>2</memory>', 2048],
    ["<memory unit='KiB'>2</memory>", 2048],
    ["<memory unit='k'>2</memory>", 2048],
    ["<memory unit='KB'>2</memory>", 2000],
    ["<memory unit='bytes'>2048</memory>", 2048],
    ["<memory unit='M'>1</memory>", MiB],
    ["<memory unit='mib'> 1 </memory>", MiB],
    ["<memory unit='GB'>1</memory>", 1e9],
    ["<memory unit='TiB'>1</memory>", 2 ** 40],
    ['<memory>9007199254740991</memory>', Number.MAX_SAFE_INTEGER],
    ["<cpu><numa><cell memory='1' unit='MiB'/><cell memory='1024'/></numa></cpu>", 2 * MiB],
  ])('%s', (xml, bytes) => {
    expect(minimal(xml).maxMemoryBytes).toBe(bytes);
  });

  it('without currentMemory a guest has all of its memory', () => {
    expect(minimal('<memory>2</memory>').memoryBytes).toBe(2048);
  });
});

describe('what is not a domain', () => {
  it.each([
    ['<network><name>a</name></network>', /<network>, not <domain>/],
    ["<domain type='kvm'><memory>1</memory></domain>", /no <name>/],
    ['<domain><name>a</name><memory>1</memory></domain>', /no type/],
    ["<domain type='kvm'><name>a</name></domain>", /nothing of its memory/],
    ["<domain type='kvm'><name>a</name><memory unit='furlong'>1</memory></domain>", /"1 furlong".*expected/],
    ["<domain type='kvm'><name>a</name><memory>-1</memory></domain>", /"-1 KiB"/],
    ["<domain type='kvm'><name>a", /line 1, column \d+: unclosed tag/],
  ])('%s is refused', (xml, message) => {
    expect(() => parseDomainConfig(xml)).toThrow(message);
  });
});
