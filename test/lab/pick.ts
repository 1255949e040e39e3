import type { Lab } from './lab.ts';
import type { LibvirtHost } from './libvirt-host.ts';

/** The host of that name; fails where the lab has none. */
export function hostNamed(lab: Lab, name: string): LibvirtHost {
  const found = [...lab.hosts, ...lab.innerHosts].find((host) => host.name === name);
  if (found === undefined) throw new Error(`the lab has no host ${name}`);
  return found;
}
