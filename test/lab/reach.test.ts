import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Gateway,
  type HostEntry,
  type HostEntryOptions,
  hostEntry,
  hostState,
  hostStatus,
  openGateway,
} from './gateway.ts';
import { qemuGuestXml } from './guests.ts';
import { processesBeside } from './host-processes.ts';
import { publicKey } from './keys.ts';
import { type Lab, openLab } from './lab.ts';
import type { LibvirtHost } from './libvirt-host.ts';
import { hostNamed } from './pick.ts';
import { run, runOk } from './run.ts';
import type { SshHost } from './ssh-host.ts';
import { waitFor } from './wait.ts';

/** Servers besides the good ones on port 22, each with one thing wrong or restricted. */
const ports = { noForwarding: 2201, noSessions: 2202, restrictedKey: 2203, nothing: 2204, readOnlyKey: 2205 } as const;

let lab: Lab;
let h1: LibvirtHost;
let h2: LibvirtHost;
let inner: LibvirtHost;
let jump: SshHost;
let gateway: Gateway;
let agent: ChildProcess;
const file = (name: string) => join(lab.folder, name);

beforeAll(async () => {
  lab = await openLab({ hosts: 2, innerHosts: 1, purpose: 'reach.test.ts' });
  h1 = hostNamed(lab, 'h1');
  h2 = hostNamed(lab, 'h2');
  inner = hostNamed(lab, 'i1');
  if (lab.jump === null) throw new Error('a lab with inner hosts has a jump host');
  jump = lab.jump;
  const recipe = readRecipe();
  const restricted = (port: number, socket: string) => {
    const options = recipe.keyOptions.replace('/run/libvirt/libvirt-sock', socket);
    const authorizedKeys = `${options} ${publicKey(lab.keys.ed25519)}`;
    return h1.startSshd({ port, extraLines: recipe.sshdLines, authorizedKeys });
  };
  await Promise.all([
    inner.startSshd({ port: ports.noForwarding, streamLocalForwarding: false }),
    h1.startSshd({ port: ports.noSessions, extraLines: ['MaxSessions 0'] }),
    restricted(ports.restrictedKey, '/run/libvirt/libvirt-sock'),
    h1.startSshd({ port: ports.nothing, streamLocalForwarding: false, extraLines: ['ForceCommand /bin/false'] }),
    restricted(ports.readOnlyKey, '/run/libvirt/libvirt-sock-ro'),
    jump.startSshd({ port: 2222, tcpForwarding: false }),
  ]);
  // One on which the helper cannot be run, so that netcat is all that is left.
  await h2.startSshd({ port: ports.noForwarding, streamLocalForwarding: false });
  await h2.execOk(['mount', '--bind', '/dev/null', '/usr/bin/virt-ssh-helper']);

  await h1.virshXml(qemuGuestXml({ name: 'seen' }), 'define');
  writeFileSync(file('passphrase'), `${lab.keys.passphrase}\n`);
  writeFileSync(file('wrong-passphrase'), 'open sesame\n');
  copyFileSync(lab.knownHosts.wrong, file('mended'));
  copyFileSync(lab.knownHosts.wrong, file('auto-wrong'));
  const withoutJump = readFileSync(lab.knownHosts.right, 'utf8').split('\n');
  writeFileSync(file('without-jump'), withoutJump.filter((line) => !line.startsWith(`${jump.address} `)).join('\n'));
  // With its parent gone, however that came, it goes too.
  agent = spawn('setpriv', ['--pdeathsig', 'KILL', 'ssh-agent', '-D', '-a', file('agent.sock')], { stdio: 'ignore' });
  await waitFor('the agent', () => existsSync(file('agent.sock')));
  await runOk(['ssh-add', '-q', lab.keys.ecdsa], { env: { SSH_AUTH_SOCK: file('agent.sock') } });

  gateway = await openGateway(lab, {
    hosts: [...reached(), ...refused()].map(([entry]) => entry),
    env: { SSH_AUTH_SOCK: file('agent.sock'), LAB_PASSPHRASE: lab.keys.passphrase },
    config: { limits: { handshakesPerFirstHop: 12 } },
  });
});

afterAll(async () => {
  await gateway?.close();
  agent?.kill();
  await lab?.close();
});

/** What docs/OPERATIONS.md tells operators to write, from there, so that it is what was tried. */
function readRecipe(): { readonly sshdLines: readonly string[]; readonly keyOptions: string } {
  const text = readFileSync(new URL('../../docs/OPERATIONS.md', import.meta.url), 'utf8');
  const sshdLines = /^Match User virtgraph\n((?: {4}\S.*\n)+)/m.exec(text)?.[1]?.trimEnd().split('\n');
  const keyOptions = /^(restrict,\S+) ssh-ed25519 /m.exec(text)?.[1];
  if (sshdLines === undefined || keyOptions === undefined) throw new Error('OPERATIONS.md has no recipe any more');
  return { sshdLines, keyOptions };
}

type Case = readonly [entry: HostEntry];

const onH1 = (name: string, options: HostEntryOptions = {}): Case => [hostEntry(lab, h1, { ...options, name })];

function reached(): Case[] {
  const { keys, knownHosts } = lab;
  return [
    onH1('right'),
    onH1('hashed', { params: { known_hosts: knownHosts.hashed } }),
    onH1('auto', { params: { known_hosts: file('recorded'), known_hosts_verify: 'auto' } }),
    onH1('ignore', { params: { known_hosts: knownHosts.wrong, known_hosts_verify: 'ignore' } }),
    onH1('ecdsa', { params: { keyfile: keys.ecdsa } }),
    onH1('rsa', { params: { keyfile: keys.rsa } }),
    onH1('passphrase-file', { params: { keyfile: keys.encrypted }, passphrase: { file: file('passphrase') } }),
    onH1('passphrase-env', { params: { keyfile: keys.encrypted }, passphrase: { env: 'LAB_PASSPHRASE' } }),
    onH1('agent', { params: { keyfile: null, sshauth: 'agent' } }),
    onH1('helper', { params: { proxy: 'native' } }),
    onH1('netcat', { params: { proxy: 'netcat' } }),
    [hostEntry(lab, inner, { name: 'no-forwarding', port: ports.noForwarding, jump: `root@${jump.address}` })],
    onH1('no-sessions', { port: ports.noSessions }),
    onH1('restricted-key', { port: ports.restrictedKey, params: { socket: '/run/libvirt/libvirt-sock' } }),
    onH1('read-only', { port: ports.readOnlyKey, readOnly: true }),
    [hostEntry(lab, h2, { name: 'no-helper', port: ports.noForwarding })],
    [hostEntry(lab, inner, { name: 'inner', jump: `root@${jump.address}` })],
    [hostEntry(lab, h2, { name: 'other' })],
  ];
}

function refused(): Case[] {
  const { keys, knownHosts } = lab;
  return [
    onH1('wrong', { params: { known_hosts: knownHosts.wrong } }),
    onH1('missing', { params: { known_hosts: knownHosts.missing } }),
    onH1('revoked', { params: { known_hosts: knownHosts.revoked } }),
    onH1('authority', { params: { known_hosts: knownHosts.authority } }),
    onH1('auto-wrong', { params: { known_hosts: file('auto-wrong'), known_hosts_verify: 'auto' } }),
    onH1('mended', { params: { known_hosts: file('mended') } }),
    onH1('stranger', { params: { keyfile: keys.stranger } }),
    onH1('no-key', { params: { keyfile: '/nonexistent/key' } }),
    onH1('no-passphrase', { params: { keyfile: keys.encrypted } }),
    onH1('wrong-passphrase', { params: { keyfile: keys.encrypted }, passphrase: { file: file('wrong-passphrase') } }),
    onH1('nothing', { port: ports.nothing }),
    onH1('no-sessions-native', { port: ports.noSessions, params: { proxy: 'native' } }),
    onH1('other-socket', { port: ports.restrictedKey, readOnly: true }),
    onH1('no-sshd', { port: 2299 }),
    onH1('no-driver', { driver: 'bhyve' }),
    onH1('no-hypervisor', { driver: 'xen' }),
    [
      hostEntry(lab, inner, {
        name: 'unknown-jump',
        jump: `root@${jump.address}`,
        params: { known_hosts: file('without-jump') },
      }),
    ],
    [hostEntry(lab, inner, { name: 'closed-jump', jump: `root@${jump.address}:2222` })],
  ];
}

describe('a host is READY', () => {
  test.each([
    ['right', 'whose key is in known_hosts'],
    ['hashed', 'whose name is hashed there'],
    ['auto', 'that is new, where new ones are accepted'],
    ['ignore', 'whose key is ignored, on demand'],
    ['ecdsa', 'by an ECDSA key'],
    ['rsa', 'by an RSA key'],
    ['passphrase-file', 'by a key with a passphrase from a file'],
    ['passphrase-env', 'by a key with a passphrase from the environment'],
    ['agent', 'by a key of the agent'],
    ['helper', 'through virt-ssh-helper'],
    ['netcat', 'through netcat'],
    ['no-forwarding', 'that forwards no sockets'],
    ['no-helper', 'that forwards no sockets and has no helper'],
    ['no-sessions', 'that runs no commands'],
    ['restricted-key', 'by a key that may open this one socket and nothing else'],
    ['read-only', 'by a key that may open the read-only socket and nothing else'],
    ['inner', 'behind a jump host'],
  ])('%s: one %s', async (name) => {
    expect(await hostStatus(gateway, name, 'READY')).toEqual({ status: 'READY', statusReason: null });
  });

  test('and all of them show the same domain', async () => {
    const query = `{ domains(filter: { nameContains: "seen" }, first: 100) { nodes { host { name } } } }`;
    const { domains } = await gateway.data<{ domains: { nodes: { host: { name: string } }[] } }>(query);
    const names = reached().flatMap(([{ name, uri }]) => (uri.includes(`@${h1.address}`) ? [name] : []));
    expect(domains.nodes.map(({ host }) => host.name).sort()).toEqual(names.sort());
  });
});

test('a new key that was accepted is recorded, so that ssh-keygen finds it', async () => {
  await hostStatus(gateway, 'auto', 'READY');
  const found = await runOk(['ssh-keygen', '-F', h1.address, '-f', file('recorded')]);
  const keys = h1.hostKeys.map((key) => publicKey(key).split(' ')[1] ?? '');
  expect(keys.filter((key) => found.includes(key))).toHaveLength(1);
});

test('ignoring host keys is warned of at the start', () => {
  const warnings = gateway.log.filter(({ level }) => level === 40).map(({ msg }) => msg);
  expect(warnings).toContainEqual(expect.stringMatching(/ignore.*|known_hosts_verify/));
});

test('the way to the socket is the one that was asked for, or the next that is open', async () => {
  await gateway.ready('helper', 'netcat', 'no-forwarding', 'no-helper');
  const commands = (host: LibvirtHost, word: string) =>
    processesBeside(host.pid).filter(({ argv }) => argv[0]?.endsWith(word)).length;
  expect(commands(h1, 'virt-ssh-helper')).toBeGreaterThan(0);
  expect(commands(h1, 'nc')).toBeGreaterThan(0);
  expect(commands(inner, 'virt-ssh-helper')).toBeGreaterThan(0);
  expect(commands(inner, 'nc')).toBe(0);
  expect(commands(h2, 'virt-ssh-helper')).toBe(0);
  expect(commands(h2, 'nc')).toBeGreaterThan(0);
});

describe('a host that cannot be used says at which stage, why, and what to do', () => {
  test.each([
    ['wrong', 'BLOCKED', 'host-key', 'HOST_KEY_CHANGED'],
    ['missing', 'BLOCKED', 'host-key', 'HOST_KEY_UNKNOWN'],
    ['revoked', 'BLOCKED', 'host-key', 'HOST_KEY_REVOKED'],
    ['authority', 'BLOCKED', 'host-key', 'HOST_KEY_CERTIFICATE_ONLY'],
    ['auto-wrong', 'BLOCKED', 'host-key', 'HOST_KEY_CHANGED'],
    ['unknown-jump', 'BLOCKED', 'host-key', 'HOST_KEY_UNKNOWN'],
    ['stranger', 'CONNECTING', 'authentication', 'AUTHENTICATION_FAILED'],
    ['no-key', 'CONNECTING', 'authentication', 'KEY_FILE_UNREADABLE'],
    ['no-passphrase', 'CONNECTING', 'authentication', 'PASSPHRASE_NEEDED'],
    ['wrong-passphrase', 'CONNECTING', 'authentication', 'PASSPHRASE_NEEDED'],
    ['closed-jump', 'CONNECTING', 'connect', 'JUMP_HOST_FAILED'],
    ['no-sshd', 'CONNECTING', 'connect', 'CONNECTION_REFUSED'],
    ['nothing', 'CONNECTING', 'socket', 'SOCKET_REFUSED'],
    ['no-sessions-native', 'CONNECTING', 'channel', 'PROXY_COMMAND_FAILED'],
    ['other-socket', 'CONNECTING', 'socket', 'SOCKET_REFUSED'],
    ['no-driver', 'CONNECTING', 'open', 'LIBVIRT_DRIVER_MISSING'],
    ['no-hypervisor', 'CONNECTING', 'open', 'LIBVIRT_OPEN_FAILED'],
  ])('%s is %s at the stage %s: %s', async (name, status, stage, code) => {
    const state = await waitFor(`a reason for ${name}`, async () => {
      const now = await hostState(gateway, name);
      return now.statusReason !== null && now;
    });
    expect(state).toMatchObject({ status, statusReason: { stage, code } });
    expect(state.statusReason?.remedy).toMatch(/^\S.{20}/s);
    expect(state.statusReason?.nextAttemptAt === null).toBe(status === 'BLOCKED');
    const lines = gateway.log.filter((line) => line['host'] === name && line['code'] === code);
    expect(lines).toContainEqual(expect.objectContaining({ level: 40, status, stage, remedy: expect.any(String) }));
  });

  test('the message about a jump host names it, not the host behind it', async () => {
    const { statusReason } = await hostState(gateway, 'unknown-jump');
    expect(statusReason?.message).toContain(jump.address);
    expect(statusReason?.message).not.toContain(inner.address);
  });

  test('a refused key was not recorded', () => {
    expect(readFileSync(file('auto-wrong'), 'utf8')).toBe(readFileSync(lab.knownHosts.wrong, 'utf8'));
    expect(existsSync(file('recorded'))).toBe(true);
  });

  test('no secret is in the log or in an answer', async () => {
    const said = JSON.stringify([
      gateway.log,
      await gateway.data('{ hosts { nodes { uri statusReason { message } } } }'),
    ]);
    expect(said).not.toContain(lab.keys.passphrase);
    expect(said).not.toContain('open sesame');
    expect(said).not.toContain(gateway.token);
  });

  test('what is asked of it fails with the same reason, and what is asked of others does not', async () => {
    const define = (host: string) =>
      gateway.ask(
        `mutation ($host: String!, $xml: String!) {
          defineDomain(input: { host: $host, xml: $xml, dryRun: true }) { summary } }`,
        { host, xml: qemuGuestXml({ name: 'wished' }) },
      );
    const [blocked, unreachable, fine] = await Promise.all([define('wrong'), define('no-sshd'), define('right')]);
    expect(blocked.errors?.[0]?.extensions).toMatchObject({
      code: 'HOST_BLOCKED',
      host: 'wrong',
      problem: 'HOST_KEY_CHANGED',
      stage: 'host-key',
      outcome: 'NOT_SENT',
      retryable: false,
    });
    expect(unreachable.errors?.[0]?.extensions).toMatchObject({
      code: 'HOST_UNREACHABLE',
      host: 'no-sshd',
      problem: 'CONNECTION_REFUSED',
      outcome: 'NOT_SENT',
      retryable: true,
    });
    expect(fine.errors).toBeUndefined();
  });

  test('it is tried again when a person has acted and says so', async () => {
    await hostStatus(gateway, 'mended', 'BLOCKED');
    copyFileSync(lab.knownHosts.right, file('mended'));
    const query = `mutation { refreshHost(input: { host: "mended" }) { host { status statusReason { code } } } }`;
    expect(await gateway.data(query)).toEqual({ refreshHost: { host: { status: 'READY', statusReason: null } } });
  });
});

test('a read-only host is read, and every change of it is forbidden', async () => {
  await gateway.ready('read-only');
  const path = '{ path: { host: "read-only", name: "seen" } }';
  const { domain } = await gateway.data<{ domain: { state: string } }>(
    `{ domain(by: ${path}, fresh: true) { state } }`,
  );
  expect(domain.state).toBe('SHUTOFF');
  const input = `input: { domain: ${path} }`;
  const changes = [
    `startDomain(${input}) { summary }`,
    `forceOffDomain(${input}) { summary }`,
    `undefineDomain(${input}) { summary }`,
    `attachInterface(input: { domain: ${path}, source: { network: "default" } }) { summary }`,
    `defineDomain(input: { host: "read-only", xml: "<domain/>" }) { summary }`,
  ];
  for (const change of changes) {
    const { errors } = await gateway.ask(`mutation { ${change} }`);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', host: 'read-only', outcome: 'NOT_SENT' });
  }
  expect((await h1.virsh('domstate', 'seen')).trim()).toBe('shut off');
});

test('with the least privileges that OPERATIONS.md names, nothing else can be done', async () => {
  const ssh = (...args: readonly string[]) => run([lab.sshCommand, '-p', String(ports.restrictedKey), ...args]);
  const command = await ssh(h1.name, 'echo ran');
  expect(command.status).toBe(255);
  expect(command.stdout).toBe('');
  const tcp = await ssh('-W', '127.0.0.1:22', h1.name);
  expect(tcp.status).toBe(255);
  expect(tcp.stderr).toContain('administratively prohibited');
});

test('without an agent, a host that wants one says so', async () => {
  const other = await openGateway(lab, {
    hosts: [hostEntry(lab, h1, { name: 'agentless', params: { keyfile: null, sshauth: 'agent' } })],
  });
  const state = await waitFor('a reason', async () => (await hostState(other, 'agentless')).statusReason);
  expect(state).toMatchObject({ code: 'AGENT_UNAVAILABLE', stage: 'authentication' });
  await other.close();
});

describe('a host that goes away', () => {
  test('is LOST when sshd is gone, and READY again when it is back', async () => {
    await gateway.ready('other');
    await h2.stopSshd();
    h2.cutSshSessions();
    const lost = await hostStatus(gateway, 'other', 'LOST');
    expect(lost.statusReason?.nextAttemptAt).not.toBeNull();
    const refusal = await waitFor('the refused try', async () => {
      const { statusReason } = await hostState(gateway, 'other');
      return statusReason?.code === 'CONNECTION_REFUSED' && statusReason;
    });
    expect(refusal.stage).toBe('connect');
    expect((await hostState(gateway, 'right')).status).toBe('READY');
    await h2.startSshd();
    await gateway.ready('other');
  });

  test('is LOST when libvirtd is gone, which is told from the loss of sshd', async () => {
    await h2.stopLibvirtd();
    const missing = await waitFor('the try without a daemon', async () => {
      const { statusReason } = await hostState(gateway, 'other');
      return statusReason?.stage === 'socket' && statusReason;
    });
    expect(missing.code).toBe('SOCKET_REFUSED');
    expect(missing.message).toContain('/run/libvirt/');
    await h2.startLibvirtd();
    await gateway.ready('other');
  });

  test('behind a pulled cable holds up neither the start nor an answer about another host', async () => {
    await h2.setLink(false);
    const other = await openGateway(lab, {
      hosts: [
        hostEntry(lab, h2, { name: 'cut-off' }),
        hostEntry(lab, inner, { name: 'no-way' }),
        hostEntry(lab, h1, { name: 'there' }),
      ],
    });
    await other.ready('there');
    // Whether packets vanish or are known to have no way is the kernel's to say; the tries take seconds.
    const { hosts } = await other.data<{ hosts: { nodes: { name: string; status: string; stale: boolean }[] } }>(
      '{ hosts { nodes { name status stale } } }',
    );
    expect(hosts.nodes).toEqual([
      { name: 'cut-off', status: 'CONNECTING', stale: true },
      { name: 'no-way', status: 'CONNECTING', stale: true },
      { name: 'there', status: 'READY', stale: false },
    ]);
    for (const name of ['cut-off', 'no-way']) {
      const reason = await waitFor(
        `a reason for ${name}`,
        async () => (await hostState(other, name)).statusReason,
        20_000,
      );
      expect(reason.stage).toBe('connect');
      expect(['HOST_NOT_ROUTABLE', 'CONNECTION_TIMED_OUT']).toContain(reason.code);
    }
    await h2.setLink(true);
    const again = `mutation { refreshHost(input: { host: "cut-off" }) { host { status } } }`;
    expect(await other.data(again)).toEqual({ refreshHost: { host: { status: 'READY' } } });
    await other.close();
  });
});
