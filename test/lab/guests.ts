/** How a guest's processor is run: by software alone, or by the machine's own where /dev/kvm works. */
export type GuestAcceleration = 'qemu' | 'kvm';

export interface QemuGuestOptions {
  readonly name: string;
  /** One NIC on the default network for each. */
  readonly macAddresses?: readonly string[];
  /** Default `qemu` (TCG): it runs on every machine, and an idle one sleeps in the firmware. */
  readonly acceleration?: GuestAcceleration;
  readonly memoryMiB?: number;
  readonly vcpus?: number;
  readonly uuid?: string;
}

/** Domain XML of a QEMU guest without disks: its firmware finds nothing to boot and waits. */
export function qemuGuestXml(options: QemuGuestOptions): string {
  const interfaces = (options.macAddresses ?? []).map(
    (address) => `<interface type='network'><mac address='${address}'/><source network='default'/></interface>`,
  );
  return `<domain type='${options.acceleration ?? 'qemu'}'>
  <name>${options.name}</name>
  ${options.uuid === undefined ? '' : `<uuid>${options.uuid}</uuid>`}
  <memory unit='MiB'>${options.memoryMiB ?? 16}</memory>
  <vcpu>${options.vcpus ?? 1}</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    ${interfaces.join('\n    ')}
    <console type='pty'/>
  </devices>
</domain>
`;
}

/** Domain XML of a container that shares its host's files and sleeps. */
export function lxcGuestXml(options: { readonly name: string; readonly memoryMiB?: number }): string {
  return `<domain type='lxc'>
  <name>${options.name}</name>
  <memory unit='MiB'>${options.memoryMiB ?? 64}</memory>
  <vcpu>1</vcpu>
  <os><type>exe</type><init>/bin/sleep</init><initarg>1000000</initarg></os>
  <devices><console type='pty'/></devices>
</domain>
`;
}
