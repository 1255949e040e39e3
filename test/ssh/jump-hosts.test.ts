import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SshTarget } from '../../src/model/target.ts';
import { openSshConnection, type SshDependencies } from '../../src/ssh/connection.ts';
import { expectProblem } from './expect-problem.ts';
import {
  createScratch,
  dependencies,
  freePort,
  type RealSshd,
  requireOpenSsh,
  type Scratch,
  startEcho,
  startSshd,
  targetFor,
} from './real-sshd.ts';

const { signal } = new AbortController();

describe('jump hosts, real ones', () => {
  let scratch: Scratch;
  let bastion: RealSshd;
  let inner: RealSshd;
  let host: RealSshd;
  let echo: Server;

  const hopTo = (sshd: RealSshd) => ({ host: '127.0.0.1', port: sshd.port, user: null });
  const open = (changes: Partial<SshTarget>, deps: Partial<SshDependencies> = {}) =>
    openSshConnection(targetFor(scratch, host.port, changes), dependencies(scratch, deps), { signal });

  async function echoThrough(changes: Partial<SshTarget>, deps: Partial<SshDependencies> = {}): Promise<string> {
    const connection = await open(changes, deps);
    const stream = await connection.openSocket(scratch.path('echo.sock'), { signal });
    stream.write('through');
    const [chunk] = await once(stream, 'data');
    await connection.close();
    return String(chunk);
  }

  beforeAll(async () => {
    await requireOpenSsh();
    scratch = await createScratch();
    [bastion, inner, host] = await Promise.all([startSshd(scratch), startSshd(scratch), startSshd(scratch)]);
    echo = await startEcho(scratch.path('echo.sock'));
  });
  beforeEach(() =>
    writeFile(scratch.path('known_hosts'), bastion.knownHosts() + inner.knownHosts() + host.knownHosts()),
  );
  afterAll(async () => {
    echo?.close();
    await Promise.all([bastion, inner, host].map((sshd) => sshd?.stop()));
    await scratch?.remove();
  });

  test('a host behind one jump host', async () => {
    expect(await echoThrough({ jump: [hopTo(bastion)] })).toBe('through');
  });

  test('a host behind two jump hosts', async () => {
    expect(await echoThrough({ jump: [hopTo(bastion), hopTo(inner)] })).toBe('through');
  });

  test('ProxyJump of ssh_config, to a name of ssh_config that has a ProxyJump itself', async () => {
    const config = scratch.path('proxyjump-config');
    await writeFile(
      config,
      [
        `Host outer\n HostName 127.0.0.1\n Port ${bastion.port}`,
        `Host inner\n HostName 127.0.0.1\n Port ${inner.port}\n ProxyJump outer`,
        `Host 127.0.0.1\n ProxyJump inner\n`,
      ].join('\n'),
    );
    const seen = bastion.log().length;
    expect(await echoThrough({}, { sshConfigFile: config })).toBe('through');
    expect(bastion.log().length).toBeGreaterThan(seen);
  });

  test('a jump that is configured wins over ProxyJump of ssh_config', async () => {
    const config = scratch.path('proxyjump-wrong');
    await writeFile(config, `Host 127.0.0.1\n Port 1\nMatch host 127.0.0.1 exec "false"\n ProxyJump nowhere.invalid\n`);
    expect(await echoThrough({ jump: [hopTo(bastion)] }, { sshConfigFile: config })).toBe('through');
  });

  test('a ProxyJump that applies to the jump host itself is a loop, which ssh calls one', async () => {
    const config = scratch.path('proxyjump-self');
    await writeFile(config, 'Host *\n ProxyJump other.invalid\n');
    const error = await expectProblem(open({}, { sshConfigFile: config }), 'SSH_CONFIG_UNUSABLE');
    expect(error.message).toContain('jumphost loop');
  });

  test("two names that are each the other one's ProxyJump are followed for a few hops only", async () => {
    const config = scratch.path('proxyjump-loop');
    await writeFile(config, 'Host a 127.0.0.1\n ProxyJump b\nHost b\n ProxyJump a\n');
    const error = await expectProblem(open({}, { sshConfigFile: config }), 'SSH_CONFIG_UNUSABLE');
    expect(error.message).toContain('More than 8 hops');
    expect(error.detail.remedy).toContain('ProxyJump');
  });

  test('a jump host whose key is unknown is refused by its own name, though the host is known', async () => {
    await writeFile(scratch.path('known_hosts'), host.knownHosts());
    const error = await expectProblem(open({ jump: [hopTo(bastion)] }), 'HOST_KEY_UNKNOWN');
    expect(error.message).toContain(`at the jump host 127.0.0.1:${bastion.port}`);
  });

  test('a host whose key is unknown is refused by its own name, though the jump host is known', async () => {
    await writeFile(scratch.path('known_hosts'), bastion.knownHosts());
    const error = await expectProblem(open({ jump: [hopTo(bastion)] }), 'HOST_KEY_UNKNOWN');
    expect(error.message).toContain(`[127.0.0.1]:${host.port} presents`);
    expect(error.message).not.toContain('jump host');
  });

  test('known_hosts_verify=ignore is for the host, not for its jump host', async () => {
    await writeFile(scratch.path('known_hosts'), '');
    const error = await expectProblem(open({ jump: [hopTo(bastion)], knownHostsVerify: 'ignore' }), 'HOST_KEY_UNKNOWN');
    expect(error.message).toContain(`at the jump host 127.0.0.1:${bastion.port}`);
  });

  test('a host that does not answer behind its jump host names both', async () => {
    const dead = await freePort();
    const target = targetFor(scratch, dead, { jump: [hopTo(bastion)] });
    const error = await expectProblem(openSshConnection(target, dependencies(scratch), { signal }), 'JUMP_HOST_FAILED');
    expect(error.message).toContain(`127.0.0.1:${bastion.port} does not connect to 127.0.0.1 port ${dead}`);
    expect(error.message).toContain('Connection refused');
  });

  test('a jump host that forbids forwarding is named', async () => {
    const closed = await startSshd(scratch, { config: ['AllowTcpForwarding no'] });
    await writeFile(scratch.path('known_hosts'), closed.knownHosts() + host.knownHosts());
    const error = await expectProblem(open({ jump: [hopTo(closed)] }), 'JUMP_HOST_FAILED');
    expect(error.detail.remedy).toContain('AllowTcpForwarding');
    await closed.stop();
  });

  test('a jump host that dies takes the connection and its streams along, with one reason', async () => {
    const mortal = await startSshd(scratch);
    await writeFile(scratch.path('known_hosts'), mortal.knownHosts() + host.knownHosts());
    const connection = await open({ jump: [hopTo(mortal)] });
    const stream = await connection.openSocket(scratch.path('echo.sock'), { signal });
    const failed = once(stream, 'error');
    await mortal.stop();
    const [error] = await failed;
    expect(await connection.closed).toBe(error);
    expect(error.detail.problem).toBe('CONNECTION_LOST');
    expect(error.message).toContain(`127.0.0.1:${mortal.port}`);
  });
});
