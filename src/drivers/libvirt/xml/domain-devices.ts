import type { DomainConsole, DomainDisk, DomainGraphics, DomainInterface } from '../../../model/domain.ts';
import { macFromXml } from './mac.ts';
import { attr, child, children, integer, trimmedText } from './navigate.ts';
import type { XmlElement } from './tree.ts';

/**
 * A daemon gives every interface an address and prints it. One without (or with one that cannot be read) has no
 * identity in the model and is left out of it; it survives in the XML.
 */
export function readInterfaces(devices: XmlElement | null): DomainInterface[] {
  return children(devices, 'interface').flatMap((nic): DomainInterface[] => {
    const macAddress = macFromXml(attr(child(nic, 'mac'), 'address'));
    if (macAddress === null) return [];
    const type = attr(nic, 'type') ?? 'unknown';
    const target = child(nic, 'target');
    return [
      {
        macAddress,
        type,
        source: interfaceSource(type, child(nic, 'source')),
        // Live XML of an interface on a network says here which bridge libvirt put it on.
        bridge: attr(child(nic, 'source'), 'bridge'),
        model: attr(child(nic, 'model'), 'type'),
        linkUp: linkState(attr(child(nic, 'link'), 'state')),
        target: attr(target, 'dev'),
        targetManaged: attr(target, 'managed') !== 'no',
        alias: attr(child(nic, 'alias'), 'name'),
      },
    ];
  });
}

function linkState(state: string | null): boolean | null {
  return state === null ? null : state === 'up';
}

/** Which attribute of `<source>` names the far end depends on the type (formatdomain, "Network interfaces"). */
function interfaceSource(type: string, source: XmlElement | null): string | null {
  switch (type) {
    case 'network':
      return attr(source, 'network');
    case 'bridge':
      return attr(source, 'bridge');
    case 'internal':
      return attr(source, 'name');
    case 'vhostuser':
      return attr(source, 'path');
    case 'hostdev':
      return deviceAddress(child(source, 'address'));
    case 'vds':
      return attr(source, 'portgroupid') ?? attr(source, 'switchid');
    case 'server':
    case 'client':
    case 'mcast':
    case 'udp':
      return hostAndPort(attr(source, 'address'), attr(source, 'port'));
    default:
      // direct, ethernet, user and vdpa name a device of the host.
      return attr(source, 'dev');
  }
}

function hostAndPort(host: string | null, port: string | null): string | null {
  if (host === null) return port;
  return port === null ? host : `${host}:${port}`;
}

/** `0000:03:10.1`, as the host's own tools write a PCI address. */
function deviceAddress(address: XmlElement | null): string | null {
  const part = (name: string, width: number) =>
    Number(attr(address, name) ?? 0)
      .toString(16)
      .padStart(width, '0');
  if (address === null) return null;
  return `${part('domain', 4)}:${part('bus', 2)}:${part('slot', 2)}.${part('function', 1)}`;
}

export function readDisks(devices: XmlElement | null): DomainDisk[] {
  return children(devices, 'disk').map((disk) => {
    const type = attr(disk, 'type') ?? 'file';
    return {
      // Every daemon prints a target; a draft without one gets it when it is defined.
      target: attr(child(disk, 'target'), 'dev') ?? '',
      bus: attr(child(disk, 'target'), 'bus'),
      device: attr(disk, 'device') ?? 'disk',
      type,
      source: diskSource(type, child(disk, 'source')),
      format: attr(child(disk, 'driver'), 'type'),
      readOnly: child(disk, 'readonly') !== null,
      shareable: child(disk, 'shareable') !== null,
      serial: trimmedText(child(disk, 'serial')),
      bootOrder: integer(attr(child(disk, 'boot'), 'order')),
    };
  });
}

function diskSource(type: string, source: XmlElement | null): string | null {
  switch (type) {
    case 'file':
      return attr(source, 'file');
    case 'dir':
      return attr(source, 'dir');
    case 'volume':
      return joined(attr(source, 'pool'), '/', attr(source, 'volume'));
    case 'network':
      return joined(attr(source, 'protocol'), ':', attr(source, 'name') ?? networkHost(source));
    case 'nvme':
      return joined(deviceAddress(child(source, 'address')), '/', attr(source, 'namespace'));
    case 'vhostuser':
      return attr(source, 'path');
    default:
      // block and vhostvdpa name a device of the host.
      return attr(source, 'dev');
  }
}

/** Protocols such as nbd may name no export, only where the server is. */
function networkHost(source: XmlElement | null): string | null {
  const host = child(source, 'host');
  return attr(host, 'socket') ?? hostAndPort(attr(host, 'name'), attr(host, 'port'));
}

function joined(first: string | null, separator: string, second: string | null): string | null {
  if (first === null || second === null) return first ?? second;
  return `${first}${separator}${second}`;
}

export function readGraphics(devices: XmlElement | null): DomainGraphics[] {
  return children(devices, 'graphics').map((graphics) => {
    const listens = children(graphics, 'listen');
    const withAddress = listens.find((listen) => attr(listen, 'address') !== null);
    const withSocket = listens.find((listen) => attr(listen, 'type') === 'socket');
    return {
      type: attr(graphics, 'type') ?? 'unknown',
      port: portNumber(attr(graphics, 'port')),
      tlsPort: portNumber(attr(graphics, 'tlsPort')),
      listen: attr(graphics, 'listen') ?? attr(withAddress ?? null, 'address'),
      socket: attr(graphics, 'socket') ?? attr(withSocket ?? null, 'socket'),
    };
  });
}

/** libvirt writes -1 for "not assigned yet". */
function portNumber(written: string | null): number | null {
  return integer(written) || null;
}

/**
 * Serial lines and consoles. QEMU's first console is its first serial line under a second name; it is given once.
 */
export function readConsoles(devices: XmlElement | null): DomainConsole[] {
  const serials = children(devices, 'serial').map(readConsole);
  const consoles = children(devices, 'console').map(readConsole);
  const mirrorsSerial = (console: DomainConsole) =>
    console.targetType === 'serial' && serials.some((serial) => serial.targetPort === console.targetPort);
  return [...serials, ...consoles.filter((console) => !mirrorsSerial(console))];
}

function readConsole(device: XmlElement): DomainConsole {
  const target = child(device, 'target');
  return {
    type: attr(device, 'type') ?? 'pty',
    targetType: attr(target, 'type'),
    targetPort: integer(attr(target, 'port')),
    path: attr(child(device, 'source'), 'path') ?? attr(device, 'tty'),
    alias: attr(child(device, 'alias'), 'name'),
  };
}
