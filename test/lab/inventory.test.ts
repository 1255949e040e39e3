import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gateway, hostEntry, openGateway } from './gateway.ts';
import { lxcGuestXml, qemuGuestXml } from './guests.ts';
import { type Lab, openLab } from './lab.ts';
import type { LibvirtHost } from './libvirt-host.ts';
import { hostNamed } from './pick.ts';
import { readKib, readPairs, readTable, readYes } from './virsh-output.ts';

/** Three entries of one machine, with the URI at which virsh on it finds the same. */
const uris = {
  qemu: 'qemu:///system',
  lxc: 'lxc:///system',
  // Without +unix virsh would have a test driver of its own, in its own process.
  test: 'test+unix:///default',
} as const;
type HostName = keyof typeof uris;

let lab: Lab;
let host: LibvirtHost;
let gateway: Gateway;

const virsh = (name: HostName, ...args: readonly string[]) => host.virsh('-c', uris[name], ...args);
const virshLine = async (name: HostName, ...args: readonly string[]) => (await virsh(name, ...args)).trim();

beforeAll(async () => {
  lab = await openLab({ hosts: 1, hostKeyTypes: ['ed25519'], purpose: 'inventory.test.ts' });
  host = hostNamed(lab, 'h1');
  await makeGuests();
  gateway = await openGateway(lab, {
    hosts: [
      hostEntry(lab, host, { name: 'qemu' }),
      hostEntry(lab, host, { name: 'lxc', driver: 'lxc' }),
      hostEntry(lab, host, { name: 'test', driver: 'test', path: '/default' }),
    ],
  });
  await gateway.ready('qemu', 'lxc', 'test');
});

afterAll(async () => {
  await gateway?.close();
  await lab?.close();
});

async function makeGuests(): Promise<void> {
  const image = join(host.folder, 'lib/images/disk.raw');
  await host.execOk(['truncate', '--size=10M', image]);
  const pool = '/var/lib/libvirt/images';
  await host.virsh('pool-define-as', 'images', 'dir', '--target', pool);
  await host.virsh('pool-start', 'images');
  await host.virsh('pool-define-as', 'idle', 'dir', '--target', '/var/lib/libvirt/boot');
  await host.virsh('pool-autostart', 'idle');
  await host.virshXml("<network><name>isolated</name><bridge name='virbr7'/></network>", 'net-define');

  await host.virshXml(fullGuestXml(image), 'define');
  await host.virsh('start', 'full');
  await host.virsh('autostart', 'full');
  // Only what it starts with next time: the two configurations differ from now on.
  await host.virsh('desc', 'full', '--config', '--title', '--new-desc', 'A title for next time');
  await host.virshXml(qemuGuestXml({ name: 'off', macAddresses: ['52:54:00:00:00:0f'], memoryMiB: 32 }), 'define');
  await host.virshXml(qemuGuestXml({ name: 'paused' }), 'create', '--paused');
  await host.virshXml(qemuGuestXml({ name: 'suspended' }), 'define');
  await host.virsh('start', 'suspended');
  await host.virsh('suspend', 'suspended');
  await host.virshXml(qemuGuestXml({ name: 'destroyed' }), 'define');
  await host.virsh('start', 'destroyed');
  await host.virsh('destroy', 'destroyed');
  await host.virshXml(qemuGuestXml({ name: 'saved' }), 'define');
  await host.virsh('start', 'saved');
  await host.virsh('managedsave', 'saved');
  await host.virshXml(lxcGuestXml({ name: 'box' }), '-c', uris.lxc, 'define');
  await host.virsh('-c', uris.lxc, 'start', 'box');
  await host.virshXml(lxcGuestXml({ name: 'box-off' }), '-c', uris.lxc, 'define');
}

function fullGuestXml(image: string): string {
  return `<domain type='qemu'>
  <name>full</name>
  <title>Everything &amp; more</title>
  <description>Größer &lt; kleiner</description>
  <memory unit='MiB'>64</memory>
  <currentMemory unit='MiB'>48</currentMemory>
  <vcpu current='2'>4</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type><boot dev='network'/><boot dev='hd'/></os>
  <features><acpi/><apic/></features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='${image}'/>
      <target dev='vda' bus='virtio'/>
      <serial>S-1</serial>
    </disk>
    <disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>
    <interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/><model type='virtio'/></interface>
    <interface type='bridge'><mac address='52:54:00:00:00:02'/><source bridge='virbr0'/><model type='e1000e'/><link state='down'/></interface>
    <interface type='user'><mac address='52:54:00:00:00:03'/><model type='virtio'/></interface>
    <graphics type='vnc' port='-1' autoport='yes' passwd='secret1'/>
    <serial type='pty'/>
    <console type='pty'/>
  </devices>
</domain>`;
}

interface DomainAnswer {
  readonly uuid: string;
  readonly name: string;
  readonly state: string;
  readonly stateReason: string;
  readonly hypervisor: string;
  readonly osType: string;
  readonly arch: string;
  readonly machine: string | null;
  readonly persistent: boolean;
  readonly autostart: boolean;
  readonly hasManagedSave: boolean | null;
  readonly vcpus: number;
  readonly maxVcpus: number;
  readonly memory: number;
  readonly maxMemory: number;
  readonly title: string | null;
  readonly description: string | null;
  readonly interfaces: readonly Readonly<Record<string, unknown>>[];
  readonly disks: readonly Readonly<Record<string, unknown>>[];
  readonly graphics: readonly Readonly<Record<string, unknown>>[];
  readonly xml: string;
  readonly inactiveXml: string;
}

async function readDomain(on: HostName, name: string): Promise<DomainAnswer> {
  const query = `query ($host: String!, $name: String!) { domain(by: { path: { host: $host, name: $name } }) {
    uuid name state stateReason hypervisor osType arch machine persistent autostart hasManagedSave
    vcpus maxVcpus memory maxMemory title description
    interfaces { macAddress type source model target linkUp }
    disks { target type device source bus format serial readOnly }
    graphics { type port listen }
    xml inactiveXml: xml(inactive: true) } }`;
  const { domain } = await gateway.data<{ domain: DomainAnswer | null }>(query, { host: on, name });
  if (domain === null) throw new Error(`${on} has no domain ${name}`);
  return domain;
}

/** libvirt's word for each state, as virsh prints it. */
const stateNames: Readonly<Record<string, string>> = {
  RUNNING: 'running',
  PAUSED: 'paused',
  SHUTOFF: 'shut off',
  CRASHED: 'crashed',
};

describe.each<[HostName, string]>([
  ['qemu', 'full'],
  ['qemu', 'off'],
  ['qemu', 'paused'],
  ['qemu', 'suspended'],
  ['qemu', 'destroyed'],
  ['qemu', 'saved'],
  ['lxc', 'box'],
  ['lxc', 'box-off'],
  ['test', 'test'],
])('%s: the domain %s is as virsh says', (on, name) => {
  test('in dominfo and domuuid', async () => {
    const domain = await readDomain(on, name);
    const info = readPairs(await virsh(on, 'dominfo', name));
    expect(domain).toMatchObject({
      name: info['Name'],
      uuid: info['UUID'],
      // The test driver answers "linux" whatever the configuration says.
      osType: on === 'test' ? 'hvm' : info['OS Type'],
      vcpus: Number(info['CPU(s)']),
      maxMemory: readKib(info['Max memory']),
      // For a container virsh shows what its processes use at the moment, which is a reading.
      ...(on !== 'lxc' && { memory: readKib(info['Used memory']) }),
      persistent: readYes(info['Persistent']),
      autostart: readYes(info['Autostart']),
    });
    expect(stateNames[domain.state]).toBe(info['State']);
    // The daemon says "unknown" where the driver knows no such images.
    const saved = info['Managed save'];
    expect(domain.hasManagedSave ?? 'unknown').toBe(saved === 'unknown' ? saved : readYes(saved));
    expect(domain.uuid).toBe(await virshLine(on, 'domuuid', name));
  });

  test('in domstate, with its reason', async () => {
    const { state, stateReason } = await readDomain(on, name);
    expect(`${stateNames[state]} (${stateReason.replaceAll('-', ' ')})`).toBe(
      await virshLine(on, 'domstate', '--reason', name),
    );
  });

  test('in dumpxml, to the letter, live and inactive', async () => {
    const domain = await readDomain(on, name);
    expect(domain.xml.trim()).toBe((await virsh(on, 'dumpxml', name)).trim());
    // One without a stored configuration starts with nothing next time: what it runs with is shown.
    const inactive = domain.persistent ? ['--inactive'] : [];
    expect(domain.inactiveXml.trim()).toBe((await virsh(on, 'dumpxml', ...inactive, name)).trim());
  });

  test('in domiflist', async () => {
    const { interfaces } = await readDomain(on, name);
    const rows = readTable(await virsh(on, 'domiflist', name));
    const dash = (value: unknown) => value ?? '-';
    expect(
      interfaces.map((nic) => ({
        Interface: dash(nic['target']),
        Type: nic['type'],
        Source: dash(nic['source']),
        Model: dash(nic['model']),
        MAC: nic['macAddress'],
      })),
    ).toEqual(rows);
  });

  test('in domblklist', async () => {
    const { disks } = await readDomain(on, name);
    const rows = readTable(await virsh(on, 'domblklist', '--details', name));
    expect(
      disks.map((disk) => ({
        Type: disk['type'],
        Device: disk['device'],
        Target: disk['target'],
        Source: disk['source'] ?? '-',
      })),
    ).toEqual(rows);
  });
});

// LXC has no such call.
test.each<[HostName, string, string]>([
  ['qemu', 'full', '--live'],
  ['qemu', 'off', '--config'],
  ['test', 'test', '--live'],
])('%s: the domain %s is as virsh says in vcpucount %s', async (on, name, scope) => {
  const { vcpus, maxVcpus } = await readDomain(on, name);
  expect(maxVcpus).toBe(Number(await virshLine(on, 'vcpucount', name, '--maximum', scope)));
  expect(vcpus).toBe(Number(await virshLine(on, 'vcpucount', name, '--active', scope)));
});

test('what virsh has no table for is read from the XML', async () => {
  const full = await readDomain('qemu', 'full');
  const port = 5900 + Number((await virshLine('qemu', 'vncdisplay', 'full')).split(':')[1]);
  expect(full).toMatchObject({
    hypervisor: 'QEMU',
    arch: 'x86_64',
    machine: expect.stringMatching(/^pc-q35-/),
    title: await virshLine('qemu', 'desc', '--live', '--title', 'full'),
    description: await virshLine('qemu', 'desc', '--live', 'full'),
    vcpus: 2,
    maxVcpus: 4,
    interfaces: [{ linkUp: null }, { linkUp: false }, { linkUp: null }],
    disks: [
      { bus: 'virtio', format: 'raw', serial: 'S-1', readOnly: false },
      { bus: 'sata', readOnly: true, source: null },
    ],
    graphics: [{ type: 'vnc', port, listen: '127.0.0.1' }],
  });
  expect(full.title).toBe('Everything & more');
  expect(full.inactiveXml).toContain('<title>A title for next time</title>');
});

test('no XML holds a password', async () => {
  const { xml, inactiveXml } = await readDomain('qemu', 'full');
  expect(await virsh('qemu', 'dumpxml', '--security-info', 'full')).toContain('secret1');
  expect(xml + inactiveXml).not.toContain('secret1');
});

describe.each<HostName>(['qemu', 'lxc', 'test'])('the host %s is as virsh says', (on) => {
  test('in list --all', async () => {
    const query = `query ($host: String!) { host(name: $host) { domains { totalCount nodes { name state } } } }`;
    type Listed = { host: { domains: { totalCount: number; nodes: { name: string; state: string }[] } } };
    const { domains } = (await gateway.data<Listed>(query, { host: on })).host;
    const rows = readTable(await virsh(on, 'list', '--all'));
    const byName = (a: readonly unknown[], b: readonly unknown[]) => (String(a[0]) < String(b[0]) ? -1 : 1);
    expect(domains.nodes.map(({ name, state }) => [name, stateNames[state]])).toEqual(
      rows.map((row) => [row['Name'], row['State']]).sort(byName),
    );
    expect(domains.totalCount).toBe(rows.length);
  });

  test('in hostname, version and nodeinfo', async () => {
    const query = `query ($host: String!) { host(name: $host) { hostname libvirtVersion hypervisorVersion hypervisor
      node { cpuModel cpus cpuMhz numaNodes socketsPerNode coresPerSocket threadsPerCore memory } } }`;
    type Facts = { host: Readonly<Record<string, string>> & { readonly node: object } };
    const { host: said } = await gateway.data<Facts>(query, { host: on });
    const version = await virsh(on, 'version', '--daemon');
    const node = readPairs(await virsh(on, 'nodeinfo'));
    expect(said['hostname']).toBe(await virshLine(on, 'hostname'));
    expect(version).toContain(`Running against daemon: ${said['libvirtVersion']}\n`);
    expect(version).toMatch(new RegExp(`Running hypervisor: \\S+ ${said['hypervisorVersion']}\n`));
    expect(said['hypervisor']).toBe(on.toUpperCase());
    expect(said.node).toEqual({
      cpuModel: node['CPU model'],
      cpus: Number(node['CPU(s)']),
      cpuMhz: Number.parseInt(node['CPU frequency'] ?? '', 10),
      numaNodes: Number(node['NUMA cell(s)']),
      socketsPerNode: Number(node['CPU socket(s)']),
      coresPerSocket: Number(node['Core(s) per socket']),
      threadsPerCore: Number(node['Thread(s) per core']),
      memory: readKib(node['Memory size']),
    });
  });

  test('in net-list and net-info', async () => {
    const query = `query ($host: String!) { host(name: $host) {
      networks { name uuid active persistent autostart bridge forwardMode addresses macAddress } } }`;
    type Networks = { host: { networks: (Readonly<Record<string, unknown>> & { readonly name: string })[] } };
    const { networks } = (await gateway.data<Networks>(query, { host: on })).host;
    const names = readTable(await virsh(on, 'net-list', '--all')).map((row) => row['Name'] ?? '');
    expect(names.length).toBeGreaterThan(0);
    expect(networks.map(({ name }) => name).sort()).toEqual(names.sort());
    for (const network of networks) {
      const info = readPairs(await virsh(on, 'net-info', network.name));
      expect(network).toMatchObject({
        uuid: info['UUID'],
        active: readYes(info['Active']),
        persistent: readYes(info['Persistent']),
        autostart: readYes(info['Autostart']),
        bridge: info['Bridge'],
      });
    }
  });

  test('in pool-list and pool-info', async () => {
    const query = `query ($host: String!) { host(name: $host) {
      storagePools { name uuid state persistent autostart type path capacity } } }`;
    type Pools = {
      host: { storagePools: { readonly name: string; readonly path: string; readonly capacity: number }[] };
    };
    const { storagePools } = (await gateway.data<Pools>(query, { host: on })).host;
    const names = readTable(await virsh(on, 'pool-list', '--all')).map((row) => row['Name'] ?? '');
    expect(names.length).toBeGreaterThan(0);
    expect(storagePools.map(({ name }) => name).sort()).toEqual(names.sort());
    for (const pool of storagePools) {
      const info = readPairs(await virsh(on, 'pool-info', '--bytes', pool.name));
      expect(pool).toMatchObject({
        uuid: info['UUID'],
        state: info['State']?.toUpperCase(),
        persistent: readYes(info['Persistent']),
        autostart: readYes(info['Autostart']),
      });
      // That of a pool which is not started is not shown.
      expect(String(pool.capacity)).toBe(info['Capacity'] ?? String(pool.capacity));
      expect(await virsh(on, 'pool-dumpxml', pool.name)).toContain(`<path>${pool.path}</path>`);
    }
  });
});

interface DevicesAnswer {
  readonly host: {
    readonly nodeDevices: readonly { readonly name: string }[];
    readonly net: readonly { readonly name: string; readonly netAddress: string }[];
  };
}

async function readDevices(on: HostName): Promise<DevicesAnswer['host']> {
  const query = `query ($host: String!) { host(name: $host) {
    nodeDevices { name } net: nodeDevices(capability: "net") { name netAddress } } }`;
  return (await gateway.data<DevicesAnswer>(query, { host: on })).host;
}

test.each<HostName>(['qemu', 'lxc'])('the host %s is as virsh says in nodedev-list', async (on) => {
  const { nodeDevices, net } = await readDevices(on);
  const list = async (...args: readonly string[]) => (await virshLine(on, 'nodedev-list', ...args)).split('\n').sort();
  expect(nodeDevices.map(({ name }) => name).sort()).toEqual(await list());
  expect(net.map(({ name }) => name).sort()).toEqual(await list('--cap', 'net'));
  for (const { name, netAddress } of net) {
    expect(await virsh(on, 'nodedev-dumpxml', name)).toContain(`<address>${netAddress}</address>`);
  }
});

test('the devices of the test driver are listed, which virsh cannot: it sets a flag that this driver refuses', async () => {
  expect((await host.tryVirsh('-c', uris.test, 'nodedev-list')).stderr).toContain('unsupported flags');
  const { nodeDevices } = await readDevices('test');
  expect(nodeDevices.length).toBeGreaterThan(0);
  for (const { name } of nodeDevices)
    expect(await virsh('test', 'nodedev-dumpxml', name)).toContain(`<name>${name}</name>`);
});

test('a network has the addresses and the forwarding that it was defined with, and the address of its bridge', async () => {
  const query = `{ host(name: "qemu") { networks { name forwardMode addresses macAddress } } }`;
  const { host: said } = await gateway.data<{ host: { networks: readonly object[] } }>(query);
  expect(said.networks).toContainEqual({
    name: 'default',
    forwardMode: 'open',
    addresses: ['192.168.122.1/24'],
    macAddress: await host.deviceMacAddress('virbr0'),
  });
});

test('domains of all hosts come in one list, and can be asked for by state, hypervisor, name and address', async () => {
  const query = `query ($filter: DomainFilter) { domains(filter: $filter) { nodes { name host { name } } } }`;
  type Found = { domains: { nodes: { name: string; host: { name: string } }[] } };
  const find = async (filter: object) =>
    (await gateway.data<Found>(query, { filter })).domains.nodes.map((each) => `${each.host.name}/${each.name}`);
  expect(await find({})).toHaveLength(9);
  expect(await find({ states: ['PAUSED'] })).toEqual(['qemu/paused', 'qemu/suspended']);
  expect(await find({ hypervisors: ['LXC', 'TEST'] })).toEqual(['lxc/box', 'lxc/box-off', 'test/test']);
  expect(await find({ nameContains: 'OFF' })).toEqual(['lxc/box-off', 'qemu/off']);
  expect(await find({ macAddress: '52-54-00-00-00-01' })).toEqual(['qemu/full']);
  expect(await find({ macAddress: 'fe:54:00:00:00:01' })).toEqual(['qemu/full']);
});

test('jobs can be asked of every domain, where the hypervisor knows none too', async () => {
  const { domains } = await gateway.data<{ domains: { nodes: { name: string; jobs: unknown }[] } }>(
    '{ domains { nodes { name jobs { summary } } } }',
  );
  expect(domains.nodes.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['full', 'off', 'box', 'box-off', 'test']),
  );
  expect(domains.nodes.filter(({ jobs }) => !Array.isArray(jobs) || jobs.length > 0)).toEqual([]);
});

test('fresh: true reads from the host what no event told of', async () => {
  const { domain } = await gateway.data<{ domain: { name: string; stale: boolean } }>(
    `{ domain(by: { path: { host: "qemu", name: "off" } }, fresh: true) { name stale } }`,
  );
  expect(domain).toEqual({ name: 'off', stale: false });
});
