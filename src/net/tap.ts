import type { MacAddress } from '../model/brands.ts';
import type { DomainInterface, Hypervisor } from '../model/domain.ts';
import type { Network } from '../model/network.ts';
import { withFirstByte } from './mac.ts';

/** What decides whether libvirt makes a tap device for an interface, and names it by its rule. */
export type TapSubject = {
  readonly interface: Pick<DomainInterface, 'type' | 'targetManaged' | 'bridge'>;
  readonly hypervisor: Hypervisor;
  /** True for a daemon that runs as an ordinary user (`qemu:///session`). */
  readonly session: boolean;
  /** For `type='network'`: that network; `null` when it is not known, which is taken for one with a bridge. */
  readonly network: Pick<Network, 'forwardMode' | 'bridge'> | null;
};

/**
 * The address that libvirt gives the tap device of a guest's NIC: the first byte becomes 0xFE.
 * It must differ from the guest's (else the kernel cannot forward through the tap) and be high (a bridge takes the
 * lowest address of its ports). A guest that has 0xFE itself gets 0xFA, the next-highest first byte that is still
 * local and unicast. Source: libvirt's `virNetDevTapCreateInBridgePort`, and `qemuInterfaceEthernetConnect` for
 * `type='ethernet'`.
 */
export function deriveTapMac(guest: MacAddress): MacAddress {
  const first = guest.startsWith('fe') ? 'fa' : 'fe';
  return withFirstByte(guest, first);
}

/** The derived address, or `null` together with the sentence that says why there is none. */
export function tapOf(
  guest: MacAddress,
  subject: TapSubject,
): { readonly tapMac: MacAddress; readonly note: null } | { readonly tapMac: null; readonly note: string } {
  const note = tapNote(subject);
  return note === null ? { tapMac: deriveTapMac(guest), note } : { tapMac: null, note };
}

/** Why no tap address can be derived, as a sentence; `null` when it can. */
export function tapNote(subject: TapSubject): string | null {
  return hypervisorNote(subject.hypervisor) ?? connectionNote(subject);
}

function hypervisorNote(hypervisor: Hypervisor): string | null {
  switch (hypervisor) {
    case 'QEMU':
    case 'KVM':
      return null;
    case 'LXC':
      return 'LXC connects containers through veth pairs, so there is no tap device.';
    case 'XEN':
      return "Xen makes and names its own network devices on the host, so there is no tap device of libvirt's.";
    case 'TEST':
      return 'The test driver has no devices on the host.';
    case 'BHYVE':
    case 'VIRTUOZZO':
    case 'ESX':
    case 'VCENTER':
    case 'VMWARE':
    case 'HYPERV':
    case 'VIRTUALBOX':
    case 'POWER':
    case 'OPENVZ':
    case 'CLOUD_HYPERVISOR':
    case 'UNKNOWN':
      return 'Tap addresses are derived for QEMU and KVM only.';
    default:
      return hypervisor satisfies never;
  }
}

const macvtapNote = "It is connected through macvtap, whose device carries the guest's own address.";
const hostdevNote = 'The guest has the network device itself, so there is no tap device.';
const socketNote = 'It is connected by a socket between QEMU processes, so there is no tap device.';

/** The other types of libvirt's `virDomainNetType`. Those that make taps are decided in `connectionNote`. */
const notesByType: ReadonlyMap<string, string> = new Map([
  ['direct', macvtapNote],
  ['hostdev', hostdevNote],
  ['user', 'User-mode networking lives in a process, so there is no tap device.'],
  ['vhostuser', 'Another process on the host switches its packets (vhost-user), so there is no tap device.'],
  ['vdpa', 'It is a vDPA device of the host, so there is no tap device.'],
  ['mcast', socketNote],
  ['server', socketNote],
  ['client', socketNote],
  ['udp', socketNote],
  ['internal', 'An internal network has no tap device.'],
  ['null', 'It is connected to nothing, so there is no tap device.'],
  ['vds', 'It is a port of a VMware distributed switch, so there is no tap device.'],
]);

function connectionNote(subject: TapSubject): string | null {
  const { type, targetManaged } = subject.interface;
  switch (type) {
    case 'network':
      return networkNote(subject) ?? sessionNote(subject);
    case 'bridge':
      return sessionNote(subject);
    case 'ethernet':
      return targetManaged
        ? null
        : 'The device was made by somebody else (managed="no"), and libvirt leaves its address alone.';
    default:
      return (
        notesByType.get(type) ?? `Whether an interface of type ${JSON.stringify(type)} has a tap device is not known.`
      );
  }
}

/** Of a network without a bridge, the forward mode says what its interfaces really become. */
const notesByForwardMode: ReadonlyMap<string, string> = new Map([
  ['bridge', macvtapNote],
  ['private', macvtapNote],
  ['vepa', macvtapNote],
  ['passthrough', macvtapNote],
  ['hostdev', hostdevNote],
]);

function networkNote({ interface: { bridge }, network }: TapSubject): string | null {
  if (bridge !== null || network === null || network.bridge !== null || network.forwardMode === null) return null;
  return notesByForwardMode.get(network.forwardMode) ?? null;
}

/** An ordinary user may not set addresses: QEMU's bridge helper makes the tap and keeps the kernel's random address, but for the first byte. */
function sessionNote({ session }: TapSubject): string | null {
  return session
    ? "On a session daemon QEMU's bridge helper makes the tap device, with a random address that begins with fe."
    : null;
}
