import { attr, child, children, element } from '../xml/navigate.ts';
import type { XmlElement } from '../xml/tree.ts';
import { withAttributes, withChild } from './format.ts';
import type { SimHost } from './host.ts';
import { randomUuid } from './random.ts';

/**
 * The XML of a running guest: what was defined, and what the daemon adds when it starts it, namely names for devices on the
 * host, aliases, the bridge that a network stands for, ports.
 */
export function liveXml(host: SimHost, definition: XmlElement, libvirtId: number): XmlElement {
  const root = withAttributes(definition, { id: String(libvirtId) });
  if (host.personality.hypervisor === 'test') return root;
  const counts = new Map<string, number>();
  const devices = children(child(definition, 'devices')).map((device) => {
    const index = counts.get(device.name) ?? 0;
    counts.set(device.name, index + 1);
    return liveDevice(host, device, index);
  });
  const resource = element('resource', {}, [element('partition', {}, ['/machine'])]);
  const seclabel = element('seclabel', { type: 'dynamic', model: 'dac', relabel: 'yes' }, [
    element('label', {}, ['+64055:+64055']),
  ]);
  const withDevices = withChild(withChild(root, resource), element('devices', {}, devices));
  return host.personality.hypervisor === 'qemu' ? withChild(withDevices, seclabel) : withDevices;
}

function liveDevice(host: SimHost, device: XmlElement, index: number): XmlElement {
  switch (device.name) {
    case 'interface':
      return liveInterface(host, device, `net${index}`);
    case 'disk':
      return liveDisk(host, device, index);
    case 'serial':
    case 'console':
    case 'parallel':
      return liveConsole(device, index);
    case 'graphics':
      return liveGraphics(host, device);
    case 'memballoon':
      return aliased(host, device, 'balloon0');
    case 'emulator':
    case 'audio':
      return device;
    default:
      return aliased(host, device, `${device.name}${index}`);
  }
}

/** Where a screen listens that was told no place: `vnc_listen` of qemu.conf. */
const defaultListen = '127.0.0.1';

function liveGraphics(host: SimHost, graphics: XmlElement): XmlElement {
  const port = hasOwnPort(graphics) ? attr(graphics, 'port') : String(host.nextGraphicsPort());
  return withAttributes(graphics, { port, listen: attr(graphics, 'listen') ?? defaultListen });
}

function graphicsWithoutRun(graphics: XmlElement): XmlElement {
  const listen = attr(graphics, 'listen');
  return withAttributes(graphics, {
    port: hasOwnPort(graphics) ? attr(graphics, 'port') : '-1',
    listen: listen === defaultListen ? null : listen,
  });
}

const hasOwnPort = (graphics: XmlElement) => attr(graphics, 'autoport') !== 'yes';

/** Types whose device on the host is a tap (or veth) that the daemon makes and names. */
const tapTypes = ['network', 'bridge', 'ethernet'];

export function liveInterface(host: SimHost, nic: XmlElement, alias: string): XmlElement {
  const type = attr(nic, 'type') ?? 'user';
  let live = nic;
  if (type === 'network') {
    const source = child(nic, 'source') ?? element('source');
    const network = host.networks.find(({ name }) => name === attr(source, 'network'));
    live = withChild(
      live,
      withAttributes(source, { portid: randomUuid(host.random), bridge: network?.bridge ?? null }),
    );
  }
  const target = child(nic, 'target');
  const written = attr(target, 'dev');
  // A name that looks like one of the daemon's own is not kept from one start to the next.
  const wanted = written !== null && !written.startsWith('vnet') ? written : null;
  if (tapTypes.includes(type)) {
    live = withChild(live, withAttributes(target ?? element('target'), { dev: wanted ?? host.nextTapName() }));
  } else if (type === 'direct') {
    live = withChild(live, withAttributes(target ?? element('target'), { dev: wanted ?? host.nextMacvtapName() }));
  }
  return aliased(host, live, alias);
}

function liveDisk(host: SimHost, disk: XmlElement, index: number): XmlElement {
  const source = child(disk, 'source');
  const numbered = source ? withChild(disk, withAttributes(source, { index: String(index + 1) })) : disk;
  return aliased(host, numbered, `${attr(child(disk, 'target'), 'bus') ?? 'disk'}-disk${index}`);
}

function liveConsole(device: XmlElement, index: number): XmlElement {
  const isMirror = device.name === 'console' && attr(child(device, 'target'), 'type') === 'serial';
  const alias = `${isMirror ? 'serial' : device.name}${index}`;
  const named = withAlias(device, alias);
  if (attr(device, 'type') !== 'pty') return named;
  const path = `/dev/pts/${index}`;
  const connected = withChild(named, element('source', { path }));
  return device.name === 'console' ? withAttributes(connected, { tty: path }) : connected;
}

/** Containers have aliases for their consoles alone. */
function aliased(host: SimHost, device: XmlElement, alias: string): XmlElement {
  return host.personality.deviceAliases ? withAlias(device, alias) : device;
}

function withAlias(device: XmlElement, alias: string): XmlElement {
  return withChild(device, element('alias', { name: alias }));
}

/** The reverse of {@link liveXml}, for a guest whose definition is gone. */
export function withoutRun(live: XmlElement): XmlElement {
  const root = withAttributes(live, { id: null });
  const kept = root.children.filter(
    (node) => node.kind !== 'element' || (node.name !== 'resource' && node.name !== 'seclabel'),
  );
  const devices = children(child(live, 'devices')).map(deviceWithoutRun);
  return withChild({ ...root, children: kept }, element('devices', {}, devices));
}

function deviceWithoutRun(device: XmlElement): XmlElement {
  // Only text within, such as the emulator's path.
  if (children(device).length === 0) return device.name === 'graphics' ? graphicsWithoutRun(device) : device;
  const parts = children(device).flatMap((part): XmlElement[] => {
    if (part.name === 'alias') return [];
    if (part.name === 'source') {
      const isConsole = device.name === 'console' || device.name === 'serial';
      return isConsole ? [] : [withAttributes(part, { portid: null, bridge: bridgeToKeep(device, part), index: null })];
    }
    if (part.name === 'target' && /^(vnet|macvtap)\d+$/.test(attr(part, 'dev') ?? '')) return [];
    return [part];
  });
  const stripped = withAttributes({ ...device, children: parts }, { tty: null });
  return device.name === 'graphics' ? graphicsWithoutRun(stripped) : stripped;
}

/** On a network the bridge is what the daemon found out; on a bridge it is what was asked for. */
const bridgeToKeep = (nic: XmlElement, source: XmlElement) =>
  attr(nic, 'type') === 'bridge' ? attr(source, 'bridge') : null;
