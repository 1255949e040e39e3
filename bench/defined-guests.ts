import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HostEntry, hostEntry } from '../test/lab/gateway.ts';
import { qemuGuestXml } from '../test/lab/guests.ts';
import { inParallel } from '../test/lab/in-parallel.ts';
import type { Lab } from '../test/lab/lab.ts';
import type { LibvirtHost } from '../test/lab/libvirt-host.ts';

/** A host of the lab with guests of QEMU that are defined and off: a thousand that run are too much for one machine. */
export type DefinedHost = {
  readonly entry: HostEntry;
  /** For the C library, through OpenSSH. */
  readonly clientUri: string;
  readonly guestNames: readonly string[];
};

/** So many on every host of the lab. They differ in memory and virtual CPUs, and each has two network cards. */
export async function defineGuests(lab: Lab, guestsPerHost: number): Promise<readonly DefinedHost[]> {
  return await inParallel(lab.hosts, 4, async (host) => ({
    entry: hostEntry(lab, host),
    clientUri: lab.virshUri(host),
    guestNames: await defineOn(host, lab.hosts.indexOf(host), guestsPerHost),
  }));
}

async function defineOn(host: LibvirtHost, hostIndex: number, count: number): Promise<readonly string[]> {
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  const guests = Array.from({ length: count }, (_, index) => {
    const name = `${host.name}-d${index}`;
    const macAddresses = [1, 2].map((card) => `52:54:00:${hex(hostIndex)}:${hex(index)}:${hex(card)}`);
    const file = join(host.folder, `${name}.xml`);
    writeFileSync(file, qemuGuestXml({ name, macAddresses, memoryMiB: 16 + index, vcpus: 1 + (index % 4) }));
    return { name, file };
  });
  await host.virsh(guests.map(({ file }) => `define ${file}`).join('; '));
  return guests.map(({ name }) => name);
}
