import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CgroupLayout, createSubtree, detectCgroupLayout } from './cgroup.ts';
import type { Hub } from './hub.ts';
import { authorizedKeys, type ClientKeys, createClientKeys, createKey, type KeyType, keyTypes } from './keys.ts';
import { createHostFolders, type LibvirtHost, libvirtBootScript, libvirtHost, privateHome } from './libvirt-host.ts';
import { type Namespace, openNamespace } from './namespace.ts';
import type { Slot } from './slot.ts';
import { hostKeyPath, type SshHost, sshHost } from './ssh-host.ts';
import { warmCachePath } from './warm-cache.ts';

/** What every machine of one lab is made with. */
export interface Building {
  readonly slot: Slot;
  readonly hub: Hub;
  readonly layout: CgroupLayout;
  readonly keys: ClientKeys;
  readonly sshFolder: string;
  readonly hostKeyTypes: readonly KeyType[];
  readonly defaultNetwork: boolean;
  /** Everything of the lab that must be closed, in the order of opening. */
  readonly opened: { close(): Promise<void> }[];
}

export interface BuildingOptions {
  readonly hostKeyTypes?: readonly KeyType[];
  readonly defaultNetwork?: boolean;
}

export async function createBuilding(
  slot: Slot,
  hub: Hub,
  options: BuildingOptions,
  opened: Building['opened'],
): Promise<Building> {
  const sshFolder = join(slot.folder, 'ssh');
  return {
    slot,
    hub,
    layout: detectCgroupLayout(),
    keys: await createClientKeys(sshFolder),
    sshFolder,
    hostKeyTypes: options.hostKeyTypes ?? keyTypes,
    defaultNetwork: options.defaultNetwork ?? true,
    opened,
  };
}

export interface HostPlan {
  readonly name: string;
  readonly inner: boolean;
  /** Last byte of its address. */
  readonly last: number;
}

/** A running libvirt host with sshd on port 22, plugged in. */
export async function buildHost(building: Building, plan: HostPlan): Promise<LibvirtHost> {
  const { slot } = building;
  const folder = join(slot.folder, plan.name);
  const hostName = `${slot.prefix}-${plan.name}`;
  createHostFolders(folder, hostName, warmCachePath());
  const subtree = createSubtree(building.layout, hostName);
  const open = () =>
    openNamespace({
      hostName,
      logPath: join(folder, 'boot.log'),
      bootScript: libvirtBootScript(folder, subtree),
      subtree,
    });
  const address = `${plan.inner ? slot.innerNetwork : slot.network}.${plan.last}`;
  const base = await buildMachine(building, plan.name, folder, open, async (opened) => {
    await building.hub.plug(opened, plan.name, plan.inner ? 'inner' : 'outer', 'eth0', address);
    return address;
  });
  const host = libvirtHost(base);
  if (building.defaultNetwork) await startDefaultNetwork(host);
  return host;
}

/** The machine with a foot in both networks, and nothing but sshd. */
export async function buildJump(building: Building): Promise<SshHost> {
  const { slot, hub } = building;
  const folder = join(slot.folder, 'jump');
  mkdirSync(folder);
  const open = () =>
    openNamespace({
      hostName: `${slot.prefix}-jump`,
      logPath: join(folder, 'boot.log'),
      bootScript: `${privateHome}; mount -t tmpfs -o mode=755 run /run; mkdir /run/sshd`,
    });
  return await buildMachine(building, 'jump', folder, open, async (opened) => {
    const address = `${slot.network}.250`;
    await hub.plug(opened, 'jump', 'outer', 'eth0', address);
    await hub.plug(opened, 'jump-inner', 'inner', 'eth1', `${slot.innerNetwork}.250`);
    return address;
  });
}

/** The part that both have in common: keys, a cable, sshd. */
async function buildMachine(
  building: Building,
  name: string,
  folder: string,
  open: () => Promise<Namespace>,
  plug: (namespace: Namespace) => Promise<string>,
): Promise<SshHost> {
  const hostKeys = await createKeys(folder, building.hostKeyTypes);
  const namespace = await open();
  building.opened.push(namespace);
  const address = await plug(namespace);
  const host = sshHost({
    name,
    namespace,
    hub: building.hub,
    place: { namespace, address, folder, hostKeys, authorizedKeys: authorizedKeys(building.keys) },
    knownHosts: () => join(building.sshFolder, 'known_hosts.right'),
  });
  await host.startSshd();
  return host;
}

/** `open` forwarding, because libvirt then leaves the packet filter alone, which a namespace may not have. */
async function startDefaultNetwork(host: LibvirtHost): Promise<void> {
  const xml = `<network>
  <name>default</name>
  <forward mode='open'/>
  <bridge name='virbr0' stp='on' delay='0'/>
  <ip address='192.168.122.1' netmask='255.255.255.0'>
    <dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp>
  </ip>
</network>`;
  await host.virshXml(xml, 'net-define');
  await host.virsh('net-start', 'default');
  await host.virsh('net-autostart', 'default');
}

/** One private key of each type, in the folder of a machine. */
export async function createKeys(folder: string, types: readonly KeyType[]): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  return await Promise.all(types.map((type) => createKey(hostKeyPath(folder, type), type)));
}
