import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashText } from '../../src/drivers/libvirt/sim/random.ts';
import { qemuGuestXml } from '../lab/guests.ts';
import type { LibvirtHost } from '../lab/libvirt-host.ts';

/** The few guests that the operators of all hosts play with: the same numbers, and in part the same UUIDs, on each. */
export const guestCount = 5;
/** Only these are ever started: a machine of two cores shall have time for the rest. */
export const startableGuests = 4;

/** A name may come back with another UUID, and a UUID with another name. The first two are the same on every host. */
export function guestUuid(hostName: string, guest: number, life: number): string {
  const place = guest < 2 ? 0 : hashText(hostName);
  const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0');
  return `${hex(place, 8)}-0000-4000-8000-${hex(guest * 16 + life, 12)}`;
}

/** Writes a guest's XML where virsh of that host finds it, and returns the path. */
export function writeGuestXml(host: LibvirtHost, guest: number, xml: string): string {
  const path = join(host.folder, `chaos-${guest}.xml`);
  writeFileSync(path, xml);
  return path;
}

export function guestXml(options: {
  readonly guest: number;
  readonly uuid: string;
  /** Becomes the title; null: it has none. */
  readonly revision: number | null;
  readonly macAddresses: readonly string[];
}): string {
  const { guest, uuid, revision, macAddresses } = options;
  const xml = qemuGuestXml({ name: `guest${guest}`, uuid, macAddresses, memoryMiB: 16 });
  return revision === null ? xml : xml.replace('<memory', `<title>revision ${revision}</title>\n  <memory`);
}

export const networkXml = `<network><name>chaos</name><uuid>c4a05c4a-0000-4000-8000-000000000001</uuid>
  <bridge name='virbr9'/></network>`;
