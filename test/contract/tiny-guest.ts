import { element } from '../../src/drivers/libvirt/xml/navigate.ts';
import { printXml } from '../../src/drivers/libvirt/xml/print.ts';
import type { Uuid } from '../../src/model/brands.ts';

export type GuestSpec = {
  readonly name: string;
  readonly uuid: Uuid;
  /** What its cards are on. */
  readonly network: string;
  readonly macAddresses: readonly string[];
  readonly description: string | null;
};

/** A QEMU guest without an operating system: it sits in its firmware, needs no disk and no KVM, and starts quickly. */
export function tinyGuestXml({ name, uuid, network, macAddresses, description }: GuestSpec): string {
  const cards = macAddresses.map((address) =>
    element('interface', { type: 'network' }, [
      element('mac', { address }),
      element('source', { network }),
      element('model', { type: 'virtio' }),
    ]),
  );
  return printXml(
    element('domain', { type: 'qemu' }, [
      element('name', {}, [name]),
      element('uuid', {}, [uuid]),
      ...(description === null ? [] : [element('description', {}, [description])]),
      element('memory', { unit: 'MiB' }, ['32']),
      element('vcpu', {}, ['1']),
      element('os', {}, [element('type', { arch: 'x86_64', machine: 'pc' }, ['hvm'])]),
      element('features', {}, [element('acpi')]),
      element('devices', {}, [
        element('emulator', {}, ['/usr/bin/qemu-system-x86_64']),
        ...cards,
        element('console', { type: 'pty' }),
      ]),
    ]),
  );
}
