import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { toolPath } from './run.ts';

/** What each command of the lab comes from, so that a missing one can be named with its remedy. */
const packageOfCommand = {
  bash: 'bash',
  dnsmasq: 'dnsmasq-base',
  ip: 'iproute2',
  libvirtd: 'libvirt-daemon-system',
  nc: 'netcat-openbsd',
  nsenter: 'util-linux',
  'qemu-system-x86_64': 'qemu-system-x86',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  sshd: 'openssh-server',
  udevadm: 'udev',
  unshare: 'util-linux',
  virsh: 'libvirt-clients',
} as const satisfies Record<string, string>;

const lxcDriver = '/usr/lib/libvirt/libvirt_lxc';

/** Everything that keeps this machine from running the lab, each with what to do; empty when it can. */
export function missingRequirements(): string[] {
  if (process.platform !== 'linux') return [`the lab needs Linux namespaces; this is ${process.platform}`];
  const missing: string[] = [];
  if (process.getuid?.() !== 0) missing.push('the lab makes network namespaces and must run as root: sudo npm test');
  const packages = new Set<string>();
  for (const [command, name] of Object.entries(packageOfCommand)) if (!commandPath(command)) packages.add(name);
  if (!existsSync(lxcDriver)) packages.add('libvirt-daemon-driver-lxc');
  if (packages.size > 0) {
    missing.push(`commands are missing: apt-get install --no-install-recommends ${[...packages].sort().join(' ')}`);
  }
  for (const kind of ['net', 'mnt', 'pid', 'uts', 'ipc', 'cgroup']) {
    if (!existsSync(`/proc/self/ns/${kind}`)) missing.push(`this kernel has no ${kind} namespaces`);
  }
  if (!existsSync('/dev/net/tun')) missing.push('/dev/net/tun is missing: modprobe tun');
  if (!/\bcgroup2?\b/.test(readFileSync('/proc/filesystems', 'utf8'))) missing.push('this kernel has no cgroups');
  return missing;
}

/** Fails with the whole list rather than its first line. */
export function requireLab(): void {
  const missing = missingRequirements();
  if (missing.length > 0)
    throw new Error(`the lab cannot run here:\n${missing.map((line) => `  - ${line}`).join('\n')}`);
}

function commandPath(command: string): string | undefined {
  const candidates = toolPath()
    .split(':')
    .map((folder) => join(folder, command));
  return candidates.find((path) => existsSync(path) && statSync(path).isFile());
}
