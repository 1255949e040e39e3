import { join } from 'node:path';
import { buildHost, buildJump, createBuilding, createKeys } from './building.ts';
import { openHub } from './hub.ts';
import { inParallel } from './in-parallel.ts';
import { openJanitor, sweepDeadLabs } from './janitor.ts';
import { type ClientKeys, type KeyType, type KnownHosts, keyTypes, writeKnownHosts } from './keys.ts';
import type { LibvirtHost } from './libvirt-host.ts';
import { requireLab } from './requirements.ts';
import { run } from './run.ts';
import { claimSlot } from './slot.ts';
import { writeSshConfig } from './ssh-config.ts';
import type { SshHost } from './ssh-host.ts';
import { isCold, keepProbe } from './warm-cache.ts';

export interface LabOptions {
  /** How many libvirt hosts this machine can reach. Default 1, at most 200. */
  readonly hosts?: number;
  /** How many more stand behind the jump host, out of this machine's reach. Default 0; more than 0 makes a jump host. */
  readonly innerHosts?: number;
  /** A network `default` with the bridge virbr0 on every host. Default true. */
  readonly defaultNetwork?: boolean;
  /** Types of each host's keys. Default all; a lab of a hundred hosts is faster with ed25519 alone. */
  readonly hostKeyTypes?: readonly KeyType[];
  /** What `npm run lab status` says of it. */
  readonly purpose?: string;
}

/** Real libvirt hosts on this one machine. Whoever opens it closes it; when its process dies it ends by itself. */
export interface Lab {
  readonly name: string;
  readonly folder: string;
  /** This machine's address in the hosts' network. */
  readonly address: string;
  readonly hosts: readonly LibvirtHost[];
  /** Between this machine and `innerHosts`; null where there are none. */
  readonly jump: SshHost | null;
  readonly innerHosts: readonly LibvirtHost[];
  readonly keys: ClientKeys;
  readonly knownHosts: KnownHosts;
  /** An ssh_config in which every machine has its name, and inner hosts are reached through the jump host. */
  readonly sshConfig: string;
  /** `ssh -F` that file, as one command: for `command=` in a URI of virsh, which ignores `known_hosts=` with `+ssh`. */
  readonly sshCommand: string;
  /** A connection URI for virsh on this machine. */
  virshUri(host: SshHost): string;
  /** Whether QEMU can use /dev/kvm here. */
  hasKvm(): Promise<boolean>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const hostsAtOnce = 8;

export async function openLab(options: LabOptions = {}): Promise<Lab> {
  requireLab();
  const { hosts: count = 1, innerHosts: innerCount = 0 } = options;
  if (count + innerCount > 200) throw new RangeError(`a lab has at most 200 hosts, not ${count + innerCount}`);
  await sweepDeadLabs();
  const slot = await claimSlot(options.purpose ?? process.argv.slice(1, 3).join(' '));
  const janitor = openJanitor(slot);
  // In the order of opening; closed in the opposite one.
  const opened: { close(): Promise<void> }[] = [janitor];
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= closeAll(opened));
  try {
    const hub = await openHub(slot);
    opened.push(hub);
    const building = await createBuilding(slot, hub, options, opened);

    const plans = [
      ...numbered(count).map((index) => ({ name: `h${index}`, inner: false, last: index })),
      ...numbered(innerCount).map((index) => ({ name: `i${index}`, inner: true, last: index })),
    ];
    // The first one alone when QEMU has not been probed on this machine yet: the others take over its answers.
    const first = isCold() ? plans.splice(0, 1) : [];
    const built: LibvirtHost[] = [];
    for (const plan of first) {
      const host = await buildHost(building, plan);
      await keepProbe(host);
      built.push(host);
    }
    // One after the other: when one fails, nothing may still be opening that would then not be closed.
    built.push(...(await inParallel(plans, hostsAtOnce, (plan) => buildHost(building, plan))));
    const jump = innerCount > 0 ? await buildJump(building) : null;

    const machines = [...(jump === null ? [] : [jump]), ...built];
    const impostors = await createKeys(join(slot.folder, 'impostor'), keyTypes);
    const knownHosts = await writeKnownHosts(
      building.sshFolder,
      machines.map((machine) => ({ names: [machine.address], hostKeys: machine.hostKeys })),
      impostors,
    );
    const innerHosts = built.filter((host) => host.name.startsWith('i'));
    const config = writeSshConfig(building.sshFolder, machines, innerHosts, building.keys, knownHosts);
    return {
      name: slot.prefix,
      folder: slot.folder,
      address: hub.address,
      hosts: built.filter((host) => !innerHosts.includes(host)),
      jump,
      innerHosts,
      keys: building.keys,
      knownHosts,
      sshConfig: config.path,
      sshCommand: config.command,
      virshUri: (host) => `qemu+ssh://${host.name}/system?command=${config.command}`,
      hasKvm,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function hasKvm(): Promise<boolean> {
  const probe = ['qemu-system-x86_64', '-machine', 'pc,accel=kvm', '-nodefaults', '-display', 'none', '-S'];
  const result = await run([...probe, '-monitor', 'stdio'], { input: 'quit\n', timeoutMs: 10_000 });
  return result.status === 0;
}

async function closeAll(opened: readonly { close(): Promise<void> }[]): Promise<void> {
  const [janitor, ...rest] = opened;
  const results = await Promise.allSettled(rest.map((one) => one.close()));
  await janitor?.close();
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
