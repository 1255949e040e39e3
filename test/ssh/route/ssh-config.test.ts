import { chmod, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SshHop } from '../../../src/model/target.ts';
import { findRoute } from '../../../src/ssh/route/route.ts';
import { parseProxyJump, readSshConfig } from '../../../src/ssh/route/ssh-config.ts';
import { expectProblem, problemOf } from '../expect-problem.ts';
import { createScratch, requireOpenSsh, type Scratch, targetFor } from '../real-sshd.ts';

const { signal } = new AbortController();
const { homedir, username } = userInfo();
const hop = (host: string, changes: Partial<SshHop> = {}): SshHop => ({ host, port: null, user: null, ...changes });

describe('readSshConfig, asking the real ssh', () => {
  let scratch: Scratch;

  async function read(
    config: string,
    where: SshHop,
    env: Record<string, string | undefined> = { PATH: process.env['PATH'] },
  ) {
    await writeFile(scratch.path('ssh_config'), config);
    return readSshConfig(where, { env, sshConfigFile: scratch.path('ssh_config') }, { signal });
  }

  beforeAll(async () => {
    await requireOpenSsh();
    scratch = await createScratch();
  });
  afterAll(() => scratch?.remove());

  test('takes over what OpenSSH would use', async () => {
    await writeFile(scratch.path('included'), 'Host web\n HostKeyAlias web-alias\n');
    const config = await read(
      `Include ${scratch.path('included')}
Host web
  HostName web.internal.example
  Port 2222
  User operator
  IdentityFile ~/.ssh/fleet
  IdentityFile %d/keys/%r@%h:%p
  IdentityFile ~/keys/%k
  IdentitiesOnly yes
  IdentityAgent /run/agent.sock
  ProxyJump admin@bastion:2200,inner
  UserKnownHostsFile ~/.ssh/fleet_hosts /etc/fleet_hosts
  GlobalKnownHostsFile none
  HashKnownHosts no
`,
      hop('web'),
    );
    expect(config).toEqual({
      hostName: 'web.internal.example',
      port: 2222,
      user: 'operator',
      identityFiles: [
        `${homedir}/.ssh/fleet`,
        `${homedir}/keys/operator@web.internal.example:2222`,
        `${homedir}/keys/web-alias`,
      ],
      identityAgent: '/run/agent.sock',
      identitiesOnly: true,
      proxyJump: [hop('bastion', { port: 2200, user: 'admin' }), hop('inner')],
      userKnownHostsFiles: [`${homedir}/.ssh/fleet_hosts`, '/etc/fleet_hosts'],
      globalKnownHostsFiles: [],
      hostKeyAlias: 'web-alias',
      hashKnownHosts: false,
    });
  });

  test('a host that nothing is said about gets the defaults, as without the ssh binary', async () => {
    const env = { PATH: process.env['PATH'], SSH_AUTH_SOCK: '/run/user/agent' };
    const asked = await read('', hop('plain.example'), env);
    const guessed = await readSshConfig(hop('plain.example'), { env, sshBinary: '/nowhere/ssh' }, { signal });
    const { identityFiles, hashKnownHosts: _, ...rest } = guessed;
    expect(asked).toMatchObject(rest);
    expect(asked.identityFiles).toEqual(expect.arrayContaining([...identityFiles]));
    expect(rest).toMatchObject({
      hostName: 'plain.example',
      port: 22,
      user: username,
      identityAgent: '/run/user/agent',
    });
  });

  test('the port and the user of the URI win, and are there to be matched', async () => {
    const config = await read(
      'Match user root\n HostKeyAlias matched\nHost *\n User nobody\n Port 1\n',
      hop('web', { port: 2200, user: 'root' }),
    );
    expect(config).toMatchObject({ port: 2200, user: 'root', hostKeyAlias: 'matched' });
  });

  test.each([
    ['none', null],
    ['SSH_AUTH_SOCK', '/from/environment'],
    ['$OTHER_SOCK', '/from/other'],
    // biome-ignore lint: the text that ssh_config has, not a template
    ['${OTHER_SOCK}', '/from/other'],
    ['~/agent', `${homedir}/agent`],
  ])('IdentityAgent %s', async (value, expected) => {
    const env = { PATH: process.env['PATH'], SSH_AUTH_SOCK: '/from/environment', OTHER_SOCK: '/from/other' };
    expect((await read(`IdentityAgent ${value}\n`, hop('web'), env)).identityAgent).toBe(expected);
  });

  test('ProxyCommand is refused by its name, with what to do instead', async () => {
    const error = await expectProblem(read('ProxyCommand nc %h %p\n', hop('web')), 'SSH_CONFIG_UNUSABLE');
    expect(error.message).toContain('ProxyCommand (nc %h %p)');
    expect(error.detail.remedy).toContain('ProxyJump');
  });

  test('ProxyCommand none is no proxy command', async () => {
    expect((await read('ProxyCommand none\n', hop('web'))).hostName).toBe('web');
  });

  test('a list of revoked keys is not passed over', async () => {
    const error = await expectProblem(read('RevokedHostKeys /etc/revoked\n', hop('web')), 'SSH_CONFIG_UNUSABLE');
    expect(error.detail.remedy).toContain('@revoked');
  });

  test('a configuration that ssh cannot read fails with what ssh says', async () => {
    const error = await expectProblem(read('NoSuchKeyword yes\n', hop('web')), 'SSH_CONFIG_UNUSABLE');
    expect(error.message.toLowerCase()).toContain('nosuchkeyword');
  });

  test.each(['-oProxyCommand=id', 'web;id', 'web`id`', '$(id)', 'a b', 'a\nb', "a'b", ''])(
    'a host name such as %j is refused before anything runs',
    async (name) => {
      expect(await problemOf(read('', hop(name)))).toBe('SSH_CONFIG_UNUSABLE');
      expect(await problemOf(read('', hop('web', { user: name })))).toBe('SSH_CONFIG_UNUSABLE');
    },
  );

  test.each(['web', '10.0.0.1', 'fd00::1', '::1', 'fe80::1%eth0', 'büro.example', 'host_1.example.'])(
    'a host name such as %s is none of those',
    async (name) => {
      expect((await read('', hop(name))).port).toBe(22);
    },
  );

  test('an ssh that never answers is given up when the caller gives up', async () => {
    const binary = scratch.path('slow-ssh');
    await writeFile(binary, '#!/bin/sh\nexec sleep 600\n');
    await chmod(binary, 0o700);
    const giveUp = new AbortController();
    const reading = readSshConfig(hop('web'), { env: process.env, sshBinary: binary }, { signal: giveUp.signal });
    giveUp.abort(new Error('no longer wanted'));
    await expect(reading).rejects.toThrow('no longer wanted');
  });

  test('what the URI says of keys and known_hosts wins over ssh_config', async () => {
    await writeFile(scratch.path('ssh_config'), 'IdentityFile /from/config\nUserKnownHostsFile /from/config\n');
    const target = targetFor(scratch, 22, { keyFile: '~/from-uri', knownHostsFile: '~/hosts-from-uri' });
    const reader = { env: process.env, sshConfigFile: scratch.path('ssh_config') };
    const [only] = await findRoute(target, reader, { signal });
    expect(only.credentials.keyFiles).toEqual([{ path: `${homedir}/from-uri`, named: true }]);
    expect(only.identity.knownHostsFiles).toEqual([`${homedir}/hosts-from-uri`]);
  });

  test('a password is for the host, never for the jump host before it', async () => {
    await writeFile(scratch.path('ssh_config'), '');
    const password = { kind: 'environment', variable: 'HOST_PASSWORD' } as const;
    const target = targetFor(scratch, 22, { password, jump: [hop('bastion')] });
    const reader = { env: process.env, sshConfigFile: scratch.path('ssh_config') };
    const [bastion, last] = await findRoute(target, reader, { signal });
    expect([bastion.credentials.password, last?.credentials.password]).toEqual([null, password]);
  });
});

test.each([
  ['bastion', hop('bastion')],
  ['me@bastion:2222', hop('bastion', { port: 2222, user: 'me' })],
  ['ssh://me@bastion:2222', hop('bastion', { port: 2222, user: 'me' })],
  ['me@domain@bastion', hop('bastion', { user: 'me@domain' })],
  ['[fd00::1]:2222', hop('fd00::1', { port: 2222 })],
  ['fd00::1', hop('fd00::1')],
])('ProxyJump %s is read', (value, expected) => {
  expect(parseProxyJump(value)).toEqual([expected]);
});
