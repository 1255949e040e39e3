import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * libvirtd wants a cgroup tree of its own, and refuses LXC containers without one. There are two layouts:
 *  - v1: one tree per controller. A cgroup2 tree that is also mounted ("hybrid") must not be visible to the host's
 *    libvirtd: it prefers that tree, finds no controllers in it, and then every container fails to start.
 *  - v2: one tree. A cgroup that passes controllers on may hold no process itself, so the host lives in a leaf.
 */
export type CgroupLayout =
  | { readonly kind: 'v1'; readonly controllers: readonly string[] }
  | { readonly kind: 'v2'; readonly root: string };

const cgroupRoot = '/sys/fs/cgroup';
const v1Controllers = ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids'];
const v2Controllers = ['cpu', 'cpuset', 'io', 'memory', 'pids'];

/** The layout of this machine, from where its trees are. */
export function detectCgroupLayout(): CgroupLayout {
  if (existsSync(join(cgroupRoot, 'cgroup.controllers'))) return { kind: 'v2', root: cgroupRoot };
  const controllers = v1Controllers.filter((name) => existsSync(join(cgroupRoot, name, 'cgroup.procs')));
  if (controllers.length === 0) throw new Error(`no cgroup tree under ${cgroupRoot}: is it mounted?`);
  return { kind: 'v1', controllers };
}

export interface Subtree {
  /** Folders to remove when every process is gone. */
  readonly folders: readonly string[];
  /** Shell: the calling shell enters the folder that will be the root of the host's cgroup namespace. */
  readonly rootScript: string;
  /** Shell: the calling shell goes where the host's processes live. */
  readonly joinScript: string;
  /** Shell: inside the namespaces, with /sys already fresh, shows the host its own subtree and no other. */
  readonly mountScript: string;
}

/** Makes the cgroup subtree of one host. `name` must be unique on this machine. */
export function createSubtree(layout: CgroupLayout, name: string): Subtree {
  return layout.kind === 'v1' ? createV1(layout.controllers, name) : createV2(layout.root, name);
}

function createV1(controllers: readonly string[], name: string): Subtree {
  const folders = controllers.map((controller) => join(cgroupRoot, controller, name));
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  if (controllers.includes('cpuset')) {
    // A new cpuset is empty, and an empty one takes no process.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      writeFileSync(join(cgroupRoot, 'cpuset', name, file), readFileSync(join(cgroupRoot, 'cpuset', file)));
    }
  }
  const enter = folders.map((folder) => `echo $$ >${folder}/cgroup.procs`).join('\n');
  const mounts = controllers.map((controller) => {
    const folder = `${cgroupRoot}/${controller}`;
    return `mkdir ${folder}; mount -t cgroup -o ${controller} cgroup ${folder}`;
  });
  return {
    folders,
    rootScript: enter,
    joinScript: enter,
    mountScript: [`mount -t tmpfs cgroup ${cgroupRoot}`, ...mounts].join('\n'),
  };
}

function createV2(root: string, name: string): Subtree {
  const folder = join(root, name);
  mkdirSync(join(folder, 'leaf'), { recursive: true });
  const available = new Set(readFileSync(join(root, 'cgroup.controllers'), 'utf8').trim().split(/\s+/));
  const wanted = v2Controllers.filter((controller) => available.has(controller));
  for (const controller of wanted) writeFileSync(join(root, 'cgroup.subtree_control'), `+${controller}`);
  return {
    folders: [folder],
    rootScript: `echo $$ >${folder}/cgroup.procs`,
    joinScript: `echo $$ >${folder}/leaf/cgroup.procs`,
    mountScript: [
      `mount -t cgroup2 cgroup2 ${cgroupRoot}`,
      ...wanted.map((controller) => `echo +${controller} >${cgroupRoot}/cgroup.subtree_control`),
    ].join('\n'),
  };
}
