import type { DomainConfig, DomainStatus } from '../../model/domain.ts';

/**
 * The same configuration in less memory. What a parser cuts out of an XML text keeps that whole text alive as long as it
 * lives, so every text is made anew; and what domains have in common (models, buses, networks, names of devices) is kept
 * once for all of them.
 */
export function compactConfig(config: DomainConfig, status: DomainStatus): DomainConfig {
  return {
    name: config.name === status.name ? status.name : own(config.name),
    uuid: config.uuid === status.uuid ? status.uuid : config.uuid,
    title: own(config.title),
    description: own(config.description),
    type: shared(config.type),
    hypervisor: config.hypervisor,
    osType: shared(config.osType),
    arch: shared(config.arch),
    machine: shared(config.machine),
    vcpus: config.vcpus,
    maxVcpus: config.maxVcpus,
    memoryBytes: config.memoryBytes,
    maxMemoryBytes: config.maxMemoryBytes,
    bootDevices: sharedList(config.bootDevices),
    features: sharedList(config.features),
    interfaces: config.interfaces.map((nic) => ({
      macAddress: own(nic.macAddress),
      type: shared(nic.type),
      source: shared(nic.source),
      bridge: shared(nic.bridge),
      model: shared(nic.model),
      linkUp: nic.linkUp,
      target: shared(nic.target),
      targetManaged: nic.targetManaged,
      alias: shared(nic.alias),
    })),
    disks: config.disks.map((disk) => ({
      target: shared(disk.target),
      bus: shared(disk.bus),
      device: shared(disk.device),
      type: shared(disk.type),
      source: own(disk.source),
      format: shared(disk.format),
      readOnly: disk.readOnly,
      shareable: disk.shareable,
      serial: own(disk.serial),
      bootOrder: disk.bootOrder,
    })),
    graphics: config.graphics.map((graphics) => ({
      type: shared(graphics.type),
      port: graphics.port,
      tlsPort: graphics.tlsPort,
      listen: shared(graphics.listen),
      socket: own(graphics.socket),
    })),
    consoles: config.consoles.map((console) => ({
      type: shared(console.type),
      targetType: shared(console.targetType),
      targetPort: console.targetPort,
      path: shared(console.path),
      alias: shared(console.alias),
    })),
  };
}

/** V8 copies shorter parts of a string, and lets longer ones point into the whole. */
const shortestPart = 13;

/** The same text, which keeps no other alive. */
function own<T extends string | null>(text: T): T {
  if (text === null || text.length < shortestPart) return text;
  return Buffer.from(text, 'utf16le').toString('utf16le') as T;
}

/** A host that makes texts up fills these, and then they are begun anew: what was shared stays as it is. */
const mostShared = 20_000;
const longestShared = 64;
const texts = new Map<string, string>();
const lists = new Map<string, readonly string[]>();

function shared<T extends string | null>(text: T): T {
  if (text === null || text.length > longestShared) return own(text);
  const known = texts.get(text);
  if (known !== undefined) return known as T;
  const first = own(text);
  if (texts.size >= mostShared) texts.clear();
  texts.set(first, first);
  return first;
}

function sharedList(list: readonly string[]): readonly string[] {
  const key = JSON.stringify(list);
  const known = lists.get(key);
  if (known) return known;
  const first = list.map(shared);
  if (lists.size >= mostShared) lists.clear();
  if (key.length <= longestShared * longestShared) lists.set(own(key), first);
  return first;
}
