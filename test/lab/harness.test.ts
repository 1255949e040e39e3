import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lxcGuestXml, qemuGuestXml } from './guests.ts';
import { type Lab, openLab } from './lab.ts';
import type { LibvirtHost } from './libvirt-host.ts';
import { run, runOk } from './run.ts';
import { waitFor } from './wait.ts';

let lab: Lab;
let host: LibvirtHost;

beforeAll(async () => {
  lab = await openLab({ hosts: 2, innerHosts: 1, purpose: 'harness.test.ts' });
  host = first(lab.hosts);
});

afterAll(() => lab?.close());

describe('reaching the hosts', () => {
  test('virsh lists the domains of each host over qemu+ssh', async () => {
    for (const each of [...lab.hosts, ...lab.innerHosts]) {
      await each.virshXml(qemuGuestXml({ name: `only-on-${each.name}` }), 'define');
    }
    for (const each of [...lab.hosts, ...lab.innerHosts]) {
      const names = await runOk(['virsh', '-c', lab.virshUri(each), 'list', '--all', '--name']);
      expect(names.trim()).toBe(`only-on-${each.name}`);
    }
  });

  test('the socket of a host answers from outside its namespaces', async () => {
    const uri = `qemu+unix:///system?socket=${host.socketPath}&mode=direct`;
    expect((await runOk(['virsh', '-c', uri, 'hostname'])).trim()).toBe(`${lab.name}-h1`);
    const readOnly = `qemu+unix:///system?socket=${host.readOnlySocketPath}&mode=direct`;
    expect((await runOk(['virsh', '-r', '-c', readOnly, 'list', '--all', '--name'])).trim()).toBe('only-on-h1');
  });

  test('an inner host is out of reach but for the jump host', async () => {
    const inner = first(lab.innerHosts);
    const direct = await ssh(['-o', 'ConnectTimeout=10', '-o', 'ProxyJump=none', inner.name, 'true']);
    expect(direct.status).toBe(255);
    expect((await ssh([inner.name, 'hostname'])).stdout.trim()).toBe(`${lab.name}-i1`);
  });

  test('a host whose sshd is stopped refuses, and takes connections again when it is back', async () => {
    await host.stopSshd();
    const refused = await ssh([host.name, 'true']);
    expect(refused.stderr).toContain('Connection refused');
    await host.startSshd();
    expect((await ssh([host.name, 'true'])).status).toBe(0);
  });

  test('an ssh session that is cut ends at once', async () => {
    const session = spawn(lab.sshCommand, [host.name, 'echo connected; sleep 1000'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(session, 'exit');
    await once(session.stdout, 'data');
    expect(host.cutSshSessions()).toBeGreaterThan(0);
    expect((await ended)[0]).toBe(255);
  });

  test('a second sshd that refuses stream forwarding still runs commands', async () => {
    const port = String(await host.startSshd({ port: 2222, streamLocalForwarding: false }));
    expect((await ssh(['-p', port, host.name, 'echo ran'])).stdout).toBe('ran\n');
    const local = join(lab.folder, 'refused.sock');
    const forward = spawn(lab.sshCommand, ['-p', port, '-N', '-L', `${local}:${host.socketPath}`, '-v', host.name]);
    let said = '';
    forward.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    try {
      await waitFor('the forwarded socket', () => existsSync(local));
      await run(['nc', '-N', '-U', local], { input: 'x' });
      await waitFor('the refusal', () => said.includes('open failed'));
    } finally {
      forward.kill();
    }
  });

  test('a pulled cable swallows packets, and the host is back with it', async () => {
    await host.setLink(false);
    const lost = await ssh(['-o', 'ConnectTimeout=1', host.name, 'true']);
    expect(lost.stderr).toMatch(/timed out|No route to host/);
    await host.setLink(true);
    await waitFor('the host behind its cable', async () => (await ssh([host.name, 'true'])).status === 0);
  });
});

describe('keys', () => {
  test('every client key of the lab opens a host, and the stranger does not', async () => {
    for (const key of [lab.keys.ed25519, lab.keys.ecdsa, lab.keys.rsa]) {
      expect((await ssh(['-o', `IdentityFile=${key}`, host.name, 'true'], plainConfig)).status).toBe(0);
    }
    for (const key of [lab.keys.stranger, lab.keys.encrypted]) {
      const refused = await ssh(['-o', `IdentityFile=${key}`, host.name, 'true'], plainConfig);
      expect(refused.stderr).toContain('Permission denied');
    }
    await runOk(['ssh-keygen', '-y', '-P', lab.keys.passphrase, '-f', lab.keys.encrypted]);
  });

  test('OpenSSH judges each known_hosts file as its name says', async () => {
    const judge = async (file: string) => {
      const { status, stderr } = await ssh(['-o', `UserKnownHostsFile=${file}`, host.name, 'true']);
      return status === 0 ? 'accepted' : stderr;
    };
    expect(await judge(lab.knownHosts.right)).toBe('accepted');
    expect(await judge(lab.knownHosts.hashed)).toBe('accepted');
    expect(readFileSync(lab.knownHosts.hashed, 'utf8')).not.toContain(host.address);
    expect(await judge(lab.knownHosts.wrong)).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');
    expect(await judge(lab.knownHosts.missing)).toContain('No ED25519 host key is known');
    expect(await judge(lab.knownHosts.revoked)).toContain('revoked');
    expect(await judge(lab.knownHosts.authority)).toContain('Host key verification failed');
  });
});

describe('guests', () => {
  test.each([
    ['52:54:00:11:22:34', 'fe:54:00:11:22:34'],
    ['fe:54:00:11:22:33', 'fa:54:00:11:22:33'],
  ])('the kernel shows the tap of a guest with %s as %s', async (guestMac, tapMac) => {
    const name = `tap-${guestMac.slice(0, 2)}`;
    await host.virshXml(qemuGuestXml({ name, macAddresses: [guestMac] }), 'create');
    expect(await tapMacAddresses(name)).toEqual([tapMac]);
  });

  test('libvirt refuses a multicast address', async () => {
    const refused = await host.tryVirshXml(qemuGuestXml({ name: 'm', macAddresses: ['01:54:00:11:22:33'] }), 'create');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('expected unicast mac address');
  });

  test('libvirt learns of a tap that appeared after it started', async () => {
    await host.virshXml(qemuGuestXml({ name: 'hotplug', macAddresses: ['52:54:00:aa:bb:cc'] }), 'create');
    const devices = await waitFor('a node device for the tap', async () => {
      const names = await host.virsh('nodedev-list', '--cap', 'net');
      return names.includes('_aa_bb_cc') && names.trim().split('\n');
    });
    expect(devices).toContainEqual(expect.stringMatching(/^net_vnet\d+_fe_54_00_aa_bb_cc$/));
  });

  test('a guest runs with the acceleration that this machine has', async () => {
    const acceleration = (await lab.hasKvm()) ? 'kvm' : 'qemu';
    await host.virshXml(qemuGuestXml({ name: 'accelerated', acceleration }), 'create');
    expect((await host.virsh('domstate', 'accelerated')).trim()).toBe('running');
    const words = readFileSync(`/proc/${host.qemuPid('accelerated')}/cmdline`, 'utf8').split('\0');
    expect(words[words.indexOf('-accel') + 1]).toBe(acceleration === 'kvm' ? 'kvm' : 'tcg');
  });

  test('guests and containers survive each way in which libvirtd can end, and more can be started', async () => {
    await host.virshXml(qemuGuestXml({ name: 'steady' }), 'create');
    await host.virshXml(lxcGuestXml({ name: 'steady' }), '-c', 'lxc:///', 'create');
    const pid = host.qemuPid('steady');
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await host.stopLibvirtd(signal);
      await host.startLibvirtd();
      expect((await host.virsh('domstate', 'steady')).trim()).toBe('running');
      expect((await host.virsh('-c', 'lxc:///', 'domstate', 'steady')).trim()).toBe('running');
      await host.virshXml(qemuGuestXml({ name: `after-${signal}` }), 'create');
      await host.virshXml(lxcGuestXml({ name: `after-${signal}` }), '-c', 'lxc:///', 'create');
    }
    expect(host.qemuPid('steady')).toBe(pid);
  });
});

describe('leaving nothing behind', () => {
  test('two labs stand side by side, and closing one leaves the other alone', async () => {
    const other = await openLab({ hosts: 1, defaultNetwork: false, hostKeyTypes: ['ed25519'] });
    await first(other.hosts).virshXml(qemuGuestXml({ name: 'passing' }), 'create');
    expect(other.name).not.toBe(lab.name);
    const pid = first(other.hosts).qemuPid('passing');
    expect(traces(other)).not.toEqual([]);
    await other.close();
    expect(traces(other)).toEqual([]);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect((await host.tryVirsh('list')).status).toBe(0);
  });

  test('a lab whose process is killed ends by itself', async () => {
    const program = `
      const { openLab } = await import(${JSON.stringify(join(import.meta.dirname, 'lab.ts'))});
      const { qemuGuestXml } = await import(${JSON.stringify(join(import.meta.dirname, 'guests.ts'))});
      const lab = await openLab({ hosts: 1, defaultNetwork: false, hostKeyTypes: ['ed25519'] });
      await lab.hosts[0].virshXml(qemuGuestXml({ name: 'orphan' }), 'create');
      console.log(JSON.stringify({ name: lab.name, folder: lab.folder, qemu: lab.hosts[0].qemuPid('orphan') }));
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(owner.stdout, 'data');
    const victim: { name: string; folder: string; qemu: number } = JSON.parse(String(line));
    expect(traces(victim)).not.toEqual([]);
    owner.kill('SIGKILL');
    await waitFor('nothing of the lab to be left', () => traces(victim).length === 0);
    expect(existsSync(`/proc/${victim.qemu}`)).toBe(false);
  });
});

/** Everything that bears a lab's name outside its namespaces. */
function traces({ name, folder }: { readonly name: string; readonly folder: string }): string[] {
  const found = [folder, `/sys/class/net/${name}`].filter((path) => existsSync(path));
  const trees = ['/sys/fs/cgroup', ...readdirSync('/sys/fs/cgroup').map((tree) => join('/sys/fs/cgroup', tree))];
  for (const tree of trees) {
    if (!existsSync(join(tree, 'cgroup.procs'))) continue;
    found.push(...readdirSync(tree).filter((entry) => entry.startsWith(`${name}-`)));
  }
  return found;
}

const plainConfig = 'without the configured identity';

function ssh(args: readonly string[], config?: typeof plainConfig) {
  if (config === undefined) return run([lab.sshCommand, ...args]);
  // With -F the configured IdentityFile would be tried after the one on the command line.
  const target = args.map((arg) => (arg === host.name ? `root@${host.address}` : arg));
  const known = ['-o', `UserKnownHostsFile=${lab.knownHosts.right}`, '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes'];
  return run(['ssh', '-F', 'none', ...known, ...target]);
}

async function tapMacAddresses(guest: string): Promise<(string | null)[]> {
  const devices = [...(await host.virsh('domiflist', guest)).matchAll(/vnet\d+/g)].map(([device]) => device);
  return await Promise.all(devices.map((device) => host.deviceMacAddress(device)));
}

function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('the lab has none');
  return item;
}
