import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Subtree } from './cgroup.ts';
import { processesBeside } from './host-processes.ts';
import type { RunResult } from './run.ts';
import type { SshHost } from './ssh-host.ts';
import { waitFor } from './wait.ts';

/** A machine of the lab with a libvirtd of its own. */
export interface LibvirtHost extends SshHost {
  /** The daemon's sockets, as this machine's root namespace reaches them: for comparing without ssh. */
  readonly socketPath: string;
  readonly readOnlySocketPath: string;
  readonly libvirtdLogPath: string;
  /** The real virsh, inside, on `qemu:///system` unless `-c` says otherwise; returns what it printed, or fails. */
  virsh(...args: readonly string[]): Promise<string>;
  tryVirsh(...args: readonly string[]): Promise<RunResult>;
  /** `virsh define`, `create`, … of this XML; further arguments follow the file. */
  virshXml(xml: string, ...args: readonly string[]): Promise<string>;
  tryVirshXml(xml: string, ...args: readonly string[]): Promise<RunResult>;
  /** SIGTERM and wait for its end, or SIGKILL. Guests go on. */
  stopLibvirtd(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** When this returns the daemon's sockets answer. */
  startLibvirtd(): Promise<void>;
  restartLibvirtd(): Promise<void>;
  /** SIGSTOP and SIGCONT make it hang and go on. */
  signalLibvirtd(signal: NodeJS.Signals): void;
  /** Process id, as this machine sees it, of a guest's QEMU; null while it is not running. */
  qemuPid(guest: string): number | null;
  /** The MAC address that the kernel shows for a network device of the host; null when there is none. */
  deviceMacAddress(device: string): Promise<string | null>;
}

/** The folders that a host has of its own, by the path at which it sees them. */
const ownFolders = {
  run: '/run/libvirt',
  lib: '/var/lib/libvirt',
  cache: '/var/cache/libvirt',
  log: '/var/log/libvirt',
  etc: '/etc/libvirt',
} as const satisfies Record<string, string>;

const libvirtdConf = `auth_unix_ro = "none"
auth_unix_rw = "none"
max_clients = 5000
max_anonymous_clients = 100
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
`;

/**
 * In place of the machine's rules. libvirtd makes a tap with a random MAC address and sets the right one a moment later,
 * but its node devices read the address once, when udevd announces the device, and keep it: a udevd that has nothing to
 * do is fast enough for them to keep the random one. A real host's rules take a few milliseconds; this one stands for them.
 */
const udevRules = 'ACTION=="add", SUBSYSTEM=="net", PROGRAM="/bin/sleep 0.1"\n';

/** As root, because /dev/kvm may be root's alone, and then libvirt probes QEMU for a minute at every start. */
const qemuConf = `security_driver = "none"
user = "root"
group = "root"
vnc_listen = "127.0.0.1"
stdio_handler = "file"
`;

/** Makes a host's folders. `warmCache` holds the answers of an earlier probe of QEMU. */
export function createHostFolders(folder: string, name: string, warmCache: string | null): void {
  for (const own of Object.keys(ownFolders)) mkdirSync(join(folder, own), { recursive: true, mode: 0o755 });
  for (const part of ['boot', 'images', 'qemu', 'lxc', 'network', 'dnsmasq']) mkdirSync(join(folder, 'lib', part));
  mkdirSync(join(folder, 'udev-rules'));
  writeFileSync(join(folder, 'udev-rules/90-settle.rules'), udevRules);
  cpSync('/etc/libvirt', join(folder, 'etc'), { recursive: true });
  // What the machine itself has defined is none of the lab's business.
  for (const defined of ['qemu', 'lxc', 'storage', 'nwfilter', 'secrets', 'autostart']) {
    rmSync(join(folder, 'etc', defined), { recursive: true, force: true });
  }
  for (const defined of ['qemu/networks', 'lxc']) mkdirSync(join(folder, 'etc', defined), { recursive: true });
  writeFileSync(join(folder, 'etc/libvirtd.conf'), libvirtdConf);
  writeFileSync(join(folder, 'etc/qemu.conf'), qemuConf);
  // libvirt asks for the host's own name, and without an answer here waits for DNS for ten seconds.
  writeFileSync(join(folder, 'hosts'), `127.0.0.1 localhost\n127.0.1.1 ${name}\n`);
  if (warmCache !== null && existsSync(warmCache)) {
    cpSync(warmCache, join(folder, 'cache/qemu'), { recursive: true, preserveTimestamps: true });
  }
}

/**
 * Shell: makes a namespace into a host.
 *
 * /sys is unmounted first, not covered: libvirt reads the mount table, and a covered cgroup2 tree still stands in it.
 * udevd runs in the host's own network namespace: the kernel tells each namespace of its own devices only, and
 * libvirt's node devices listen to udevd, not to the kernel. Without it a tap that appears after libvirtd has started
 * stays unknown among the node devices until the daemon is restarted.
 */
export function libvirtBootScript(folder: string, subtree: Subtree): string {
  return [
    'umount --recursive --lazy /sys; mount -t sysfs sysfs /sys',
    subtree.mountScript,
    privateHome,
    'mount -t tmpfs -o mode=755 run /run',
    'mkdir -p /run/libvirt /run/sshd /run/lock /run/udev /var/log/libvirt',
    ...Object.entries(ownFolders).map(([own, path]) => `mount --bind ${join(folder, own)} ${path}`),
    `mount --bind ${join(folder, 'hosts')} /etc/hosts`,
    `for rules in /lib/udev/rules.d /etc/udev/rules.d; do
  if [ -d $rules ]; then mount --bind ${join(folder, 'udev-rules')} $rules; fi
done`,
    '/lib/systemd/systemd-udevd --daemon >&2',
    startDaemon,
  ].join('\n');
}

/**
 * Shell: an empty home of root. The machine's own may hold anything: a login script that waits for a lock would make
 * every ssh command of the lab hang, and one that writes would not be cleaned up after.
 */
export const privateHome = 'mount -t tmpfs -o mode=700 home /root';

/** `--daemon` returns when the sockets answer; why it did not start stands in its log alone. */
const startDaemon =
  'libvirtd --daemon --pid-file /run/libvirtd.pid >&2 || { tail -20 /var/log/libvirt/libvirtd.log >&2; exit 1; }';

/** The verbs of a host on top of those of a machine with ssh. */
export function libvirtHost(base: SshHost): LibvirtHost {
  const virshArgv = (args: readonly string[]) => [
    'virsh',
    ...(args[0] === '-c' ? [] : ['-c', 'qemu:///system']),
    ...args,
  ];
  let xmlFiles = 0;
  // As a file of the host's folder, which is at the same path inside: virsh cannot open the socket that is its stdin.
  const withXml = (xml: string, args: readonly string[]) => {
    const path = join(base.folder, `virsh-${++xmlFiles}.xml`);
    writeFileSync(path, xml);
    const verb = args[0] === '-c' ? 3 : 1;
    return virshArgv([...args.slice(0, verb), path, ...args.slice(verb)]);
  };
  const libvirtdPid = () => processesBeside(base.pid).find(({ argv }) => argv[0] === 'libvirtd')?.pid ?? null;

  const host: LibvirtHost = {
    ...base,
    socketPath: join(base.folder, 'run/libvirt-sock'),
    readOnlySocketPath: join(base.folder, 'run/libvirt-sock-ro'),
    libvirtdLogPath: join(base.folder, 'log/libvirtd.log'),
    virsh: (...args) => base.execOk(virshArgv(args)),
    tryVirsh: (...args) => base.exec(virshArgv(args)),
    virshXml: (xml, ...args) => base.execOk(withXml(xml, args)),
    tryVirshXml: (xml, ...args) => base.exec(withXml(xml, args)),
    async stopLibvirtd(signal = 'SIGTERM') {
      host.signalLibvirtd(signal);
      await waitFor(`the end of libvirtd on ${base.name}`, () => libvirtdPid() === null);
    },
    async startLibvirtd() {
      await base.execOk(['bash', '-c', startDaemon]);
    },
    async restartLibvirtd() {
      await host.stopLibvirtd();
      await host.startLibvirtd();
    },
    signalLibvirtd(signal) {
      const pid = libvirtdPid();
      if (pid === null) throw new Error(`libvirtd is not running on ${base.name}`);
      process.kill(pid, signal);
    },
    qemuPid(guest) {
      const wanted = `guest=${guest},`;
      return processesBeside(base.pid).find(({ argv }) => argv.some((word) => word.startsWith(wanted)))?.pid ?? null;
    },
    async deviceMacAddress(device) {
      const result = await base.exec(['cat', `/sys/class/net/${device}/address`]);
      return result.status === 0 ? result.stdout.trim() : null;
    },
  };
  return host;
}
