import { attr, child, children, element } from '../xml/navigate.ts';
import type { XmlElement } from '../xml/tree.ts';
import { failure } from './failure.ts';
import { withAttributes, withChild } from './format.ts';
import type { Personality } from './personality.ts';
import type { Random } from './random.ts';
import { refuseUnknown } from './sent-xml.ts';

export type DefinitionOptions = {
  readonly personality: Personality;
  /** For what the daemon makes up: a UUID, MAC addresses. */
  readonly random: Random;
  /** `VIR_DOMAIN_DEFINE_VALIDATE`: what is unknown is refused rather than dropped. */
  readonly validate: boolean;
};

/** libvirt prints devices in this order, and drops elements that are no devices to it. */
const knownDevices = (
  'emulator disk controller lease filesystem interface smartcard serial parallel console channel input tpm graphics ' +
  'sound audio video hostdev redirdev redirfilter hub watchdog memballoon rng nvram panic shmem memory iommu vsock crypto'
).split(' ');

const interfaceTypes =
  'user ethernet vhostuser server client mcast network bridge internal direct hostdev udp vdpa null vds'.split(' ');

/** Types that mean nothing without a `<source>`. */
const sourceNeeded = ['network', 'bridge', 'internal', 'direct', 'hostdev', 'vhostuser', 'vdpa'];

/** The devices of a definition, checked and completed as the hypervisor's driver does. */
export function normalDevices(domain: XmlElement, options: DefinitionOptions): XmlElement[] {
  const written = child(domain, 'devices');
  if (written && options.validate) refuseUnknown(written, knownDevices);
  const devices = new Map<string, XmlElement[]>(knownDevices.map((name) => [name, children(written, name)]));
  const { hypervisor, emulator } = options.personality;

  if (emulator !== null && !devices.get('emulator')?.length) {
    devices.set('emulator', [element('emulator', {}, [emulator])]);
  }
  devices.set(
    'disk',
    (devices.get('disk') ?? []).map((disk) => normalDisk(disk)),
  );
  refuseSharedTargets(devices.get('disk') ?? []);
  devices.set(
    'interface',
    (devices.get('interface') ?? []).map((nic, index) => {
      const normal = normalInterface(nic, options);
      return hypervisor === 'test' ? withChild(normal, element('target', { dev: `testnet${index}` })) : normal;
    }),
  );
  completeConsoles(devices, hypervisor);
  devices.set(
    'graphics',
    (devices.get('graphics') ?? []).map((graphics) => normalGraphics(graphics)),
  );
  if (hypervisor === 'qemu' && !devices.get('memballoon')?.length) {
    devices.set('memballoon', [element('memballoon', { model: 'virtio' })]);
  }
  return knownDevices.flatMap((name) => devices.get(name) ?? []);
}

/**
 * The daemon's own rules for the address of a guest's card: six bytes of one or two digits, and unicast; what is
 * missing is made up with QEMU's prefix. All zeros is let through.
 */
export function normalInterface(nic: XmlElement, { personality, random }: DefinitionOptions): XmlElement {
  const type = attr(nic, 'type') ?? 'user';
  if (!interfaceTypes.includes(type)) {
    throw failure('XML_ERROR', 'XML', `Invalid value for attribute 'type' in element 'interface': '${type}'.`);
  }
  if (sourceNeeded.includes(type) && child(nic, 'source') === null) {
    throw failure('XML_ERROR', 'DOMAIN', `interface type='${type}' requires a 'source' element`);
  }
  const written = attr(child(nic, 'mac'), 'address');
  const address = written === null ? `52:54:00:${randomBytes(random.hex(6))}` : canonicalAddress(written);
  const keptModel = child(nic, 'model');
  const model = keptModel ?? (personality.hypervisor === 'qemu' ? element('model', { type: 'rtl8139' }) : null);
  const parts = children(nic).filter((part) => !['mac', 'model', 'alias'].includes(part.name));
  return {
    ...withAttributes(nic, { type }),
    children: [element('mac', { address }), ...parts, ...(model ? [model] : [])],
  };
}

const randomBytes = (digits: string) => digits.replace(/(..)(..)(..)/, '$1:$2:$3');

function canonicalAddress(written: string): string {
  if (!/^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/i.test(written)) {
    throw failure('XML_ERROR', 'DOMAIN', `unable to parse mac address '${written}'`);
  }
  const bytes = written.toLowerCase().split(':');
  if (Number.parseInt(bytes[0] ?? '', 16) & 1) {
    throw failure('XML_ERROR', 'DOMAIN', `expected unicast mac address, found multicast '${written}'`);
  }
  return bytes.map((byte) => byte.padStart(2, '0')).join(':');
}

const busPrefixes: readonly (readonly [string, string])[] = [
  ['vd', 'virtio'],
  ['xvd', 'xen'],
  ['hd', 'ide'],
  ['sd', 'scsi'],
  ['fd', 'fdc'],
];

export function normalDisk(disk: XmlElement): XmlElement {
  const target = child(disk, 'target');
  const device = attr(target, 'dev');
  if (target === null || device === null) throw failure('NO_TARGET', 'DOMAIN', 'disk target is missing');
  const bus = attr(target, 'bus') ?? busPrefixes.find(([prefix]) => device.startsWith(prefix))?.[1] ?? null;
  const named = withAttributes(disk, { type: attr(disk, 'type') ?? 'file', device: attr(disk, 'device') ?? 'disk' });
  return withChild(named, withAttributes(target, { bus }));
}

function refuseSharedTargets(disks: readonly XmlElement[]): void {
  const seen = new Set<string>();
  for (const disk of disks) {
    const device = attr(child(disk, 'target'), 'dev') ?? '';
    if (seen.has(device)) throw failure('XML_ERROR', 'DOMAIN', `target '${device}' duplicated for disk sources`);
    seen.add(device);
  }
}

/** Without a port of its own a screen gets one at each start. */
function normalGraphics(graphics: XmlElement): XmlElement {
  const port = attr(graphics, 'port');
  if (port !== null && port !== '-1' && attr(graphics, 'autoport') !== 'yes') return graphics;
  return withAttributes(graphics, { port: '-1', autoport: 'yes' });
}

/** QEMU's first console is its first serial line under another name, whichever of them was written. */
function completeConsoles(devices: Map<string, XmlElement[]>, hypervisor: string): void {
  const serials = devices.get('serial') ?? [];
  const consoles = devices.get('console') ?? [];
  if (hypervisor === 'lxc') {
    devices.set(
      'console',
      consoles.map((console, index) => withChild(console, element('target', { type: 'lxc', port: String(index) }))),
    );
    return;
  }
  const first = consoles[0];
  const isPlain = first !== undefined && (attr(child(first, 'target'), 'type') ?? 'serial') === 'serial';
  if (serials.length === 0 && isPlain) serials.push(element('serial', { type: attr(first, 'type') ?? 'pty' }));
  const targeted = serials.map((serial, index) => {
    const target = child(serial, 'target') ?? element('target');
    const isIsa = hypervisor === 'qemu' ? (attr(target, 'type') ?? 'isa-serial') : attr(target, 'type');
    return withChild(serial, withAttributes(target, { type: isIsa, port: attr(target, 'port') ?? String(index) }));
  });
  devices.set('serial', targeted);
  if (targeted[0] === undefined) return;
  const mirror = element('console', { type: attr(targeted[0], 'type') ?? 'pty' }, [
    element('target', { type: 'serial', port: '0' }),
  ]);
  devices.set('console', [mirror, ...consoles.slice(isPlain ? 1 : 0)]);
}
