import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LibvirtHost } from './libvirt-host.ts';

/**
 * A fresh libvirtd starts QEMU several times to learn what it can, which takes eight seconds. The answers are kept
 * between labs, among the other caches of node_modules, under the identity of the two programs; libvirt checks them
 * again by itself and probes anew when they do not fit.
 */
const cacheFolder = join(dirname(fileURLToPath(import.meta.url)), '../../node_modules/.cache/lab');

/** Where the answers for this machine's QEMU and libvirtd are, or will be. */
export function warmCachePath(): string {
  const identity = ['/usr/bin/qemu-system-x86_64', '/usr/sbin/libvirtd'].map((path) => {
    const { size, mtimeMs } = statSync(path);
    return `${size}-${Math.trunc(mtimeMs)}`;
  });
  return join(cacheFolder, `qemu-capabilities-${identity.join('-')}`);
}

/** True when the first host must probe before the others start. */
export function isCold(): boolean {
  return !existsSync(warmCachePath());
}

/** Lets a running host probe QEMU and keeps its answers. */
export async function keepProbe(host: LibvirtHost): Promise<void> {
  await host.virsh('domcapabilities', '--virttype', 'qemu');
  const probed = join(host.folder, 'cache/qemu');
  if (readdirSync(join(probed, 'capabilities')).length === 0)
    throw new Error(`${host.name} probed QEMU and kept nothing`);
  mkdirSync(cacheFolder, { recursive: true });
  const draft = `${warmCachePath()}.${process.pid}`;
  cpSync(probed, draft, { recursive: true, preserveTimestamps: true });
  try {
    renameSync(draft, warmCachePath());
  } catch (error) {
    if (isCold()) throw error;
    rmSync(draft, { recursive: true, force: true }); // another lab was faster
  }
}
