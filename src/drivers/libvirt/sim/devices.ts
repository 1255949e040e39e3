import { attr, child, children, element } from '../xml/navigate.ts';
import type { XmlElement } from '../xml/tree.ts';
import { normalDisk, normalInterface } from './definition-devices.ts';
import { type Failure, failure } from './failure.ts';
import { withChild } from './format.ts';
import { isActive, refOf, type SimDomain, type SimHost } from './host.ts';
import { notRunning, requireNetwork } from './lifecycle.ts';
import { liveInterface } from './live-domain.ts';
import { parseSent } from './sent-xml.ts';
import { tapsOf, tellTaps } from './taps.ts';

/** `virDomainModificationImpact`. Neither of them means: whichever holds now. */
const affects = { LIVE: 1, CONFIG: 2 } as const;

type Impact = { readonly live: boolean; readonly config: boolean };

export function impactOf(domain: SimDomain, flags: number): Impact {
  const current = (flags & (affects.LIVE | affects.CONFIG)) === 0;
  const live = current ? isActive(domain) : (flags & affects.LIVE) !== 0;
  const config = current ? !isActive(domain) : (flags & affects.CONFIG) !== 0;
  if (live && !isActive(domain)) throw notRunning();
  if (config && domain.inactive === null) {
    throw failure('OPERATION_INVALID', 'DOMAIN', 'transient domains do not have any persistent config');
  }
  return { live, config };
}

export function attachDevice(host: SimHost, domain: SimDomain, xml: string, impact: Impact): void {
  const device = completeDevice(host, parseSent(xml, 'device_definition'));
  // All that can be refused comes before anything is changed.
  for (const root of affected(domain, impact)) requireRoom(root, device);
  if (impact.live && device.name === 'interface') requireNetwork(host, device);

  if (impact.config && domain.inactive) domain.inactive = withDevice(domain.inactive, device);
  if (!impact.live || !domain.live) return;
  const index = freeAliasNumber(domain.live, device.name);
  const alias = device.name === 'interface' ? `net${index}` : `virtio-disk${index}`;
  const plugged =
    device.name === 'interface'
      ? liveInterface(host, device, alias)
      : withChild(device, element('alias', { name: alias }));
  const before = tapsOf(host, domain).length;
  domain.live = withDevice(domain.live, plugged);
  tellTaps(host, tapsOf(host, domain).slice(before), 'created');
  if (host.personality.deviceAliases) host.events.domain('device-added', refOf(domain), { alias });
}

export function detachDevice(host: SimHost, domain: SimDomain, xml: string, impact: Impact): void {
  const wanted = parseSent(xml, 'device_definition');
  requireKnown(wanted);
  const found = new Map(affected(domain, impact).map((root) => [root, findDevice(root, wanted)]));
  for (const [root, device] of found) {
    if (root === domain.live) {
      const gone = attr(child(device, 'target'), 'dev');
      const taps = tapsOf(host, domain).filter(({ name }) => name === gone);
      domain.live = withoutDevice(root, device);
      tellTaps(host, taps, 'deleted');
      const alias = attr(child(device, 'alias'), 'name');
      if (alias !== null) host.events.domain('device-removed', refOf(domain), { alias });
    } else {
      domain.inactive = withoutDevice(root, device);
    }
  }
}

function affected(domain: SimDomain, { live, config }: Impact): XmlElement[] {
  return [config ? domain.inactive : null, live ? domain.live : null].filter((root) => root !== null);
}

const otherDevices = 'controller filesystem hostdev input rng redirdev shmem watchdog memory vsock sound'.split(' ');

function requireKnown(device: XmlElement): void {
  if (device.name === 'interface' || device.name === 'disk') return;
  throw otherDevices.includes(device.name)
    ? failure('OPERATION_UNSUPPORTED', 'QEMU', `live attach of device '${device.name}' is not supported`)
    : failure('CONFIG_UNSUPPORTED', 'DOMAIN', `unknown device type '${device.name}'`);
}

function completeDevice(host: SimHost, device: XmlElement): XmlElement {
  requireKnown(device);
  const { personality, random } = host;
  return device.name === 'disk'
    ? normalDisk(device)
    : normalInterface(device, { personality, random, validate: false });
}

function requireRoom(root: XmlElement, device: XmlElement): void {
  if (device.name !== 'disk') return;
  const target = attr(child(device, 'target'), 'dev');
  const taken = children(child(root, 'devices'), 'disk').some((disk) => attr(child(disk, 'target'), 'dev') === target);
  if (taken) throw failure('OPERATION_FAILED', 'DOMAIN', `target ${target} already exists`);
}

/** By address for cards, by target for disks; what is written besides tells those of one address apart. */
function findDevice(root: XmlElement, wanted: XmlElement): XmlElement {
  const devices = children(child(root, 'devices'), wanted.name);
  if (wanted.name === 'disk') {
    const target = attr(child(wanted, 'target'), 'dev');
    const disk = devices.find((device) => attr(child(device, 'target'), 'dev') === target);
    if (!disk) throw failure('DEVICE_MISSING', 'DOMAIN', `disk ${target ?? '(none)'} not found`);
    return disk;
  }
  const address = attr(child(wanted, 'mac'), 'address')?.toLowerCase() ?? '';
  const alias = attr(child(wanted, 'alias'), 'name');
  const sameAddress = devices.filter((device) => attr(child(device, 'mac'), 'address') === address);
  const matching = alias === null ? sameAddress : sameAddress.filter((device) => isOrHasNo(device, alias));
  const [only] = matching;
  if (!only) throw missing(address, alias);
  if (matching.length > 1) {
    throw failure('OPERATION_FAILED', 'DOMAIN', `multiple devices matching MAC address ${address} found`);
  }
  return only;
}

/** What is not running has no aliases to compare. */
function isOrHasNo(device: XmlElement, alias: string): boolean {
  const own = attr(child(device, 'alias'), 'name');
  return own === null || own === alias;
}

function missing(address: string, alias: string | null): Failure {
  return failure(
    'DEVICE_MISSING',
    'DOMAIN',
    `no device found at address '(none)' matching MAC address '${address}' and alias '${alias ?? '(none)'}'`,
  );
}

/** After the last of its kind, where libvirt puts it. */
function withDevice(root: XmlElement, device: XmlElement): XmlElement {
  const devices = child(root, 'devices') ?? element('devices');
  const last = devices.children.findLastIndex((node) => node.kind === 'element' && node.name === device.name);
  const at = last < 0 ? devices.children.length : last + 1;
  return withChild(root, { ...devices, children: devices.children.toSpliced(at, 0, device) });
}

function withoutDevice(root: XmlElement, device: XmlElement): XmlElement {
  const devices = child(root, 'devices') ?? element('devices');
  return withChild(root, { ...devices, children: devices.children.filter((node) => node !== device) });
}

function freeAliasNumber(live: XmlElement, deviceName: string): number {
  const taken = new Set(children(child(live, 'devices'), deviceName).map((one) => attr(child(one, 'alias'), 'name')));
  const prefix = deviceName === 'interface' ? 'net' : 'virtio-disk';
  let index = 0;
  while (taken.has(`${prefix}${index}`)) index += 1;
  return index;
}
