/** The hosts that `npm start` shows without a configuration: about twenty guests in every state. */
import { child, element } from '../xml/navigate.ts';
import { printXml } from '../xml/print.ts';
import type { XmlElement } from '../xml/tree.ts';
import { readDefinition } from './definition.ts';
import { addDefined, defineDomain, setAutostart, undefineDomain } from './domain-store.ts';
import { textElement, withChild } from './format.ts';
import type { SimDomain, SimHost } from './host.ts';
import { crashDomain, saveDomain, sleepDomain, startDomain, suspendDomain } from './lifecycle.ts';
import type { SimHypervisor } from './personality.ts';
import { randomUuid } from './random.ts';

export type GuestPlan = {
  readonly name: string;
  readonly mac: string;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly state: 'running' | 'paused' | 'off' | 'crashed' | 'panicked' | 'asleep' | 'saved';
  readonly title?: string;
  /** A bridge of the host in place of the default network. */
  readonly bridge?: string;
  readonly autostart?: boolean;
  readonly transient?: boolean;
  /** Comes and goes by itself: see activity.ts. */
  readonly restless?: boolean;
};

export type HostPlan = {
  readonly hypervisor: SimHypervisor;
  readonly site: string;
  readonly guests: readonly GuestPlan[];
};

const guest = (
  name: string,
  mac: string,
  [vcpus, memoryMib]: readonly [number, number],
  state: GuestPlan['state'],
  more: Partial<GuestPlan> = {},
): GuestPlan => ({ name, mac, vcpus, memoryMib, state, ...more });

export const embeddedHosts: Readonly<Record<string, HostPlan>> = {
  alder: {
    hypervisor: 'qemu',
    site: 'east',
    guests: [
      guest('web-1', '52:54:00:1a:00:01', [2, 2048], 'running', { autostart: true, title: 'Shop front end' }),
      guest('web-2', '52:54:00:1a:00:02', [2, 2048], 'running', { autostart: true, title: 'Shop front end' }),
      guest('db-1', '52:54:00:1a:00:03', [8, 16384], 'running', { autostart: true, bridge: 'br0' }),
      guest('cache-1', '52:54:00:1a:00:04', [2, 4096], 'paused'),
      guest('ci-runner-1', '52:54:00:1a:00:05', [4, 4096], 'running', { restless: true }),
      guest('ci-runner-2', '52:54:00:1a:00:06', [4, 4096], 'off', { restless: true }),
      // Its first byte is that of other guests' taps: its own tap begins with FA.
      guest('legacy-erp', 'fe:54:00:1a:00:07', [1, 1024], 'running', { title: 'Do not touch' }),
      // A copy that kept the address of the original.
      guest('web-1-copy', '52:54:00:1a:00:01', [2, 2048], 'off'),
    ],
  },
  birch: {
    hypervisor: 'qemu',
    site: 'west',
    guests: [
      guest('db-2', '52:54:00:1b:00:01', [8, 16384], 'running', { autostart: true, bridge: 'br0' }),
      // This address is the one that db-2's tap has on the same bridge.
      guest('mail', 'fe:54:00:1b:00:01', [2, 4096], 'running', { bridge: 'br0' }),
      guest('monitoring', '52:54:00:1b:00:03', [2, 4096], 'running', { autostart: true }),
      guest('build-agent', '52:54:00:1b:00:04', [8, 8192], 'running', { restless: true }),
      guest('desktop-anna', '52:54:00:1b:00:05', [4, 8192], 'asleep'),
      guest('kernel-test', '52:54:00:1b:00:06', [1, 512], 'panicked'),
      guest('reports', '52:54:00:1b:00:07', [2, 2048], 'saved'),
      guest('old-intranet', '52:54:00:1b:00:08', [1, 1024], 'crashed'),
      guest('rescue', '52:54:00:1b:00:09', [1, 512], 'running', { transient: true }),
    ],
  },
  cedar: {
    hypervisor: 'lxc',
    site: 'west',
    guests: [
      guest('ct-dns', '00:16:3e:1c:00:01', [1, 256], 'running', { autostart: true }),
      guest('ct-proxy', '00:16:3e:1c:00:02', [2, 512], 'running', { autostart: true }),
      guest('ct-batch', '00:16:3e:1c:00:03', [2, 1024], 'off', { restless: true }),
      guest('ct-cron', '00:16:3e:1c:00:04', [1, 128], 'paused'),
    ],
  },
};

/** Puts every guest of a plan on the host, in its state. */
export function populate(host: SimHost, plan: readonly GuestPlan[]): void {
  for (const one of plan) {
    const domain = defineDomain(host, guestXml(host, one), { validate: false });
    bringInto(host, domain, one);
  }
}

function bringInto(host: SimHost, domain: SimDomain, { state, autostart, transient }: GuestPlan): void {
  if (autostart) setAutostart(host, domain, true);
  if (state === 'off') return;
  startDomain(host, domain, { paused: false, forceBoot: true });
  if (transient) undefineDomain(host, domain, 0);
  switch (state) {
    case 'running':
      return;
    case 'paused':
      return suspendDomain(host, domain);
    case 'crashed':
      return crashDomain(host, domain, false);
    case 'panicked':
      return crashDomain(host, domain, true);
    case 'asleep':
      return sleepDomain(host, domain);
    case 'saved':
      return saveDomain(host, domain);
    default:
      state satisfies never;
  }
}

/** What somebody at the host would have written to define that guest. */
export function guestXml({ personality }: SimHost, plan: GuestPlan): string {
  const { name, mac, vcpus, memoryMib, title, bridge } = plan;
  const nic =
    bridge === undefined
      ? element('interface', { type: 'network' }, [
          element('mac', { address: mac }),
          element('source', { network: 'default' }),
          ...(personality.hypervisor === 'qemu' ? [element('model', { type: 'virtio' })] : []),
        ])
      : element('interface', { type: 'bridge' }, [
          element('mac', { address: mac }),
          element('source', { bridge }),
          element('model', { type: 'virtio' }),
        ]);
  const [type = 'qemu', osType = 'hvm'] = [personality.domainTypes.at(-1), personality.osTypes[0]];
  const isContainer = personality.hypervisor === 'lxc';
  return printXml(
    element('domain', { type }, [
      textElement('name', name),
      ...(title === undefined ? [] : [textElement('title', title)]),
      element('memory', { unit: 'MiB' }, [String(memoryMib)]),
      textElement('vcpu', String(vcpus)),
      element('os', {}, [
        element('type', { arch: 'x86_64', machine: isContainer ? null : 'q35' }, [osType]),
        ...(isContainer ? [textElement('init', '/sbin/init')] : []),
      ]),
      element('features', {}, [element('acpi'), element('apic')]),
      element('devices', {}, [...storage(plan, isContainer), nic, ...screen(isContainer)]),
    ]),
  );
}

function storage({ name }: GuestPlan, isContainer: boolean): XmlElement[] {
  if (isContainer) {
    return [
      element('filesystem', { type: 'mount', accessmode: 'passthrough' }, [
        element('source', { dir: `/srv/containers/${name}` }),
        element('target', { dir: '/' }),
      ]),
    ];
  }
  const image = element('disk', { type: 'file', device: 'disk' }, [
    element('driver', { name: 'qemu', type: 'qcow2' }),
    element('source', { file: `/var/lib/libvirt/images/${name}.qcow2` }),
    element('target', { dev: 'vda', bus: 'virtio' }),
  ]);
  const drive = element('disk', { type: 'file', device: 'cdrom' }, [
    element('target', { dev: 'sda', bus: 'sata' }),
    element('readonly'),
  ]);
  return [image, drive];
}

function screen(isContainer: boolean): XmlElement[] {
  const console = element('console', { type: 'pty' });
  if (isContainer) return [console];
  return [console, element('graphics', { type: 'vnc', port: '-1', autoport: 'yes' })];
}

/**
 * Puts `count` alike guests on the host, every other one running. All of them share one tree but for name, UUID and
 * address, so that thousands cost little.
 */
export function populateMany(host: SimHost, count: number): void {
  if (count === 0) return;
  const plan = guest('pattern', '52:54:00:00:00:00', [1, 512], 'running');
  const { personality, random } = host;
  const pattern = readDefinition(guestXml(host, plan), { personality, random, validate: false }).root;
  for (let index = 0; index < count; index += 1) {
    const name = `guest-${String(index).padStart(4, '0')}`;
    const uuid = randomUuid(random);
    const bytes = [index >> 16, index >> 8, index].map((byte) => (byte & 255).toString(16).padStart(2, '0'));
    const address = `52:54:00:${bytes.join(':')}`;
    const domain = addDefined(host, { name, uuid, root: copyOf(pattern, name, uuid, address) });
    bringInto(host, domain, { ...plan, state: index % 2 === 0 ? 'running' : 'off' });
  }
}

function copyOf(pattern: XmlElement, name: string, uuid: string, address: string): XmlElement {
  const devices = child(pattern, 'devices') ?? element('devices');
  const nic = child(devices, 'interface') ?? element('interface');
  const ownNic = withChild(nic, element('mac', { address }));
  const named = withChild(withChild(pattern, textElement('name', name)), textElement('uuid', uuid));
  return withChild(named, withChild(devices, ownNic));
}
