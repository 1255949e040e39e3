import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { qemuGuestXml } from '../test/lab/guests.ts';
import type { Lab } from '../test/lab/lab.ts';
import type { LibvirtHost } from '../test/lab/libvirt-host.ts';
import type { BenchContext } from './row.ts';

/** One libvirt connection to measure, and the ways to it. */
export type Subject = {
  /** What the gateway calls the host. */
  readonly name: string;
  readonly title: string;
  readonly domains: number;
  /** The daemon's socket as this machine reaches it, and what to ask the daemon to open. */
  readonly socketPath: string;
  readonly daemonUri: string;
  /** Both in one, for the C library. */
  readonly clientUri: string;
  /** For virsh, through OpenSSH. */
  readonly virshUri: string;
  /** For our driver. */
  readonly unixUri: string;
  /** For our driver and the gateway, over SSH. */
  readonly sshUri: string;
};

const qemuGuests = 20;
const testDomains = 5_000;

export type BenchHost = {
  readonly lab: Lab;
  readonly host: LibvirtHost;
  /** Twenty running QEMU guests. */
  readonly qemu: Subject;
  /** Five thousand domains of libvirt's test driver. */
  readonly test: Subject;
};

/** As a gateway's configuration names it. */
export const entryOf = ({ name, sshUri }: Subject) => ({ name, uri: sshUri });

const benchHosts = new WeakMap<Lab, Promise<BenchHost>>();

/** The lab's host with its guests, which are started for the first row that asks. */
export async function openBenchHost(bench: BenchContext): Promise<BenchHost> {
  const lab = await bench.lab();
  const known = benchHosts.get(lab) ?? startGuests(lab, bench);
  benchHosts.set(lab, known);
  return await known;
}

async function startGuests(lab: Lab, bench: BenchContext): Promise<BenchHost> {
  const [host] = lab.hosts;
  if (!host) throw new Error('the lab has no host');
  bench.log(`starting ${qemuGuests} QEMU guests …`);
  await startQemuGuests(host);
  return { lab, host, qemu: qemuSubject(lab, host), test: testSubject(lab, host) };
}

/** Twenty running QEMU guests with two network cards and a disk each. They sleep in their firmware. */
async function startQemuGuests(host: LibvirtHost): Promise<void> {
  const disks = join(host.folder, 'bench-disks');
  mkdirSync(disks, { recursive: true });
  for (let index = 1; index <= qemuGuests; index += 1) {
    const name = `bench${index}`;
    const disk = join(disks, `${name}.raw`);
    writeFileSync(disk, Buffer.alloc(1_048_576));
    const nics = [1, 2].map((nic) => `52:54:00:be:0${nic}:${index.toString(16).padStart(2, '0')}`);
    const device = `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${disk}'/><target dev='vda' bus='virtio'/></disk>`;
    const xml = qemuGuestXml({ name, macAddresses: nics }).replace('</emulator>', `</emulator>${device}`);
    await host.virshXml(xml, 'define');
    await host.virsh('start', name);
  }
}

function qemuSubject(lab: Lab, host: LibvirtHost): Subject {
  return {
    name: 'qemu',
    title: `${qemuGuests} QEMU guests`,
    domains: qemuGuests,
    socketPath: host.socketPath,
    daemonUri: 'qemu:///system',
    clientUri: `qemu+unix:///system?socket=${host.socketPath}&mode=direct`,
    virshUri: lab.virshUri(host),
    unixUri: `qemu+unix:///system?socket=${host.socketPath}`,
    sshUri: `qemu+ssh://root@${host.address}/system?${sshParameters(lab)}`,
  };
}

/** libvirt's test driver with a file of its own. Every connection reads the file anew. */
function testSubject(lab: Lab, host: LibvirtHost): Subject {
  const file = join(host.folder, 'bench-node.xml');
  const domain = (index: number) =>
    `<domain type='test'><name>t${index}</name><uuid>00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}</uuid><memory>8192</memory><os><type>hvm</type></os></domain>`;
  writeFileSync(file, `<node>${Array.from({ length: testDomains }, (_, index) => domain(index)).join('')}</node>`);
  return {
    name: 'test',
    title: `${testDomains} domains of the test driver`,
    domains: testDomains,
    socketPath: host.socketPath,
    daemonUri: `test://${file}`,
    clientUri: `test+unix://${file}?socket=${host.socketPath}&mode=direct`,
    virshUri: `test+ssh://${host.name}${file}?command=${lab.sshCommand}`,
    unixUri: `test+unix://${file}?socket=${host.socketPath}`,
    sshUri: `test+ssh://root@${host.address}${file}?${sshParameters(lab)}`,
  };
}

function sshParameters(lab: Lab): string {
  return `keyfile=${lab.keys.ed25519}&known_hosts=${lab.knownHosts.right}&sshauth=privkey`;
}
