import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SshTarget } from '../../src/model/target.ts';
import { openSshConnection } from '../../src/ssh/connection.ts';
import { expectProblem, problemOf } from './expect-problem.ts';
import {
  createScratch,
  dependencies,
  generateKey,
  type RealSshd,
  requireOpenSsh,
  run,
  type Scratch,
  startSshd,
  targetFor,
} from './real-sshd.ts';

const { signal } = new AbortController();

describe('host keys, against a real sshd with an rsa and an ed25519 key', () => {
  let scratch: Scratch;
  let sshd: RealSshd;
  let file: string;
  let name: string;

  const keyOf = (type: 'rsa' | 'ed25519') => sshd.hostKeys.get(type) ?? '';
  const open = (changes: Partial<SshTarget> = {}) =>
    openSshConnection(targetFor(scratch, sshd.port, changes), dependencies(scratch), { signal });

  /** Connects, sees that a stream could be had, and tells which key was shown. */
  async function fingerprintOnConnecting(changes: Partial<SshTarget> = {}): Promise<string> {
    const connection = await open(changes);
    await connection.close();
    return connection.hostKeyFingerprint;
  }

  async function fingerprintByKeygen(type: 'rsa' | 'ed25519'): Promise<string> {
    await writeFile(scratch.path('one.pub'), `${keyOf(type)}\n`);
    const { stdout } = await run('ssh-keygen', ['-l', '-f', scratch.path('one.pub')]);
    return stdout.split(' ')[1] ?? '';
  }

  beforeAll(async () => {
    await requireOpenSsh();
    scratch = await createScratch();
    sshd = await startSshd(scratch, { hostKeyTypes: ['rsa', 'ed25519'] });
    file = scratch.path('known_hosts');
    name = `[127.0.0.1]:${sshd.port}`;
    await generateKey(scratch.path('other'), 'ed25519');
  });
  beforeEach(() => rm(file, { force: true }));
  afterAll(async () => {
    await sshd?.stop();
    await scratch?.remove();
  });

  test('a key that the file holds is accepted', async () => {
    await writeFile(file, `${name} ${keyOf('ed25519')}\n`);
    expect(await fingerprintOnConnecting()).toBe(await fingerprintByKeygen('ed25519'));
  });

  test('a file that holds only the rsa key makes us ask for the rsa key', async () => {
    await writeFile(file, `${name} ${keyOf('rsa')}\n`);
    expect(await fingerprintOnConnecting()).toBe(await fingerprintByKeygen('rsa'));
  });

  test('a name that ssh-keygen -H has hashed is found', async () => {
    await writeFile(file, `other.example ${keyOf('rsa')}\n${name} ${keyOf('ed25519')}\n`);
    await run('ssh-keygen', ['-H', '-f', file]);
    expect(await readFile(file, 'utf8')).not.toContain('127.0.0.1');
    expect(await fingerprintOnConnecting()).toBe(await fingerprintByKeygen('ed25519'));
  });

  test('a key under the bare name vouches for another port, as for OpenSSH', async () => {
    await writeFile(file, `127.0.0.1 ${keyOf('ed25519')}\n`);
    expect(await fingerprintOnConnecting()).toBe(await fingerprintByKeygen('ed25519'));
  });

  test('another key under the bare name does not make this port an impostor', async () => {
    const other = await readFile(scratch.path('other.pub'), 'utf8');
    await writeFile(file, `127.0.0.1 ${other}`);
    expect(await problemOf(open())).toBe('HOST_KEY_UNKNOWN');
  });

  test('a host that no file knows is refused, with its fingerprint and how to add it', async () => {
    const error = await expectProblem(open(), 'HOST_KEY_UNKNOWN');
    const fingerprint = await fingerprintByKeygen('ed25519');
    expect(error.code).toBe('HOST_BLOCKED');
    expect(error.message).toContain(fingerprint);
    expect(error.detail.remedy).toContain(fingerprint);
    expect(error.detail.remedy).toContain(`echo '[127.0.0.1]:${sshd.port} ssh-ed25519 `);
  });

  test('the remedy for an unknown host works when it is followed', async () => {
    const error = await expectProblem(open(), 'HOST_KEY_UNKNOWN');
    const command = /echo .*$/.exec(error.detail.remedy ?? '')?.[0] ?? '';
    await run('sh', ['-c', command]);
    expect(await fingerprintOnConnecting()).toBe(await fingerprintByKeygen('ed25519'));
  });

  test('another key than the known one is refused, with the place of the known one', async () => {
    const other = await readFile(scratch.path('other.pub'), 'utf8');
    await writeFile(file, `# a comment\n${name} ${other}`);
    const error = await expectProblem(open(), 'HOST_KEY_CHANGED');
    expect(error.message).toContain(`${file}:2`);
    expect(error.message).toContain(await fingerprintByKeygen('ed25519'));
  });

  test('a host known by a type of key that it does not show is refused, also when new keys are accepted', async () => {
    await generateKey(scratch.path('ecdsa'), 'ecdsa');
    const ecdsa = await readFile(scratch.path('ecdsa.pub'), 'utf8');
    await writeFile(file, `${name} ${ecdsa}`);
    expect(await problemOf(open({ knownHostsVerify: 'auto' }))).toBe('HOST_KEY_CHANGED');
  });

  test.each(['normal', 'auto', 'ignore'] as const)(
    'a revoked key is refused with known_hosts_verify=%s',
    async (verify) => {
      await writeFile(file, `${name} ${keyOf('ed25519')}\n@revoked * ${keyOf('ed25519')}\n`);
      const error = await expectProblem(open({ knownHostsVerify: verify }), 'HOST_KEY_REVOKED');
      expect(error.message).toContain(`${file}:2`);
    },
  );

  test('a host known by a certificate authority alone is refused for that reason', async () => {
    await writeFile(file, `@cert-authority *.example,${name} ${keyOf('rsa')}\n`);
    const error = await expectProblem(open({ knownHostsVerify: 'auto' }), 'HOST_KEY_CERTIFICATE_ONLY');
    expect(error.message).toContain(`${file}:1`);
  });

  test('known_hosts_verify=auto records a new key, privately, where ssh-keygen -F finds it', async () => {
    const fingerprint = await fingerprintOnConnecting({ knownHostsVerify: 'auto' });
    const { stdout } = await run('ssh-keygen', ['-l', '-F', name, '-f', file]);
    expect(stdout).toContain(fingerprint);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await fingerprintOnConnecting({ knownHostsVerify: 'normal' })).toBe(fingerprint);
  });

  test('a new key is recorded under a hashed name where OpenSSH is configured so', async () => {
    await writeFile(scratch.path('hashing_config'), 'HashKnownHosts yes\n');
    const connection = await openSshConnection(
      targetFor(scratch, sshd.port, { knownHostsVerify: 'auto' }),
      dependencies(scratch, { sshConfigFile: scratch.path('hashing_config') }),
      { signal },
    );
    await connection.close();
    expect(await readFile(file, 'utf8')).toMatch(/^\|1\|/);
    const { stdout } = await run('ssh-keygen', ['-F', name, '-f', file]);
    expect(stdout).toContain('found');
  });

  test('a file whose last line has no end gets the new key on a line of its own', async () => {
    await writeFile(file, `other.example ${keyOf('rsa')}`);
    await fingerprintOnConnecting({ knownHostsVerify: 'auto' });
    const lines = (await readFile(file, 'utf8')).split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain(name);
  });

  test('known_hosts_verify=auto never accepts a changed key, nor touches the file', async () => {
    const other = await readFile(scratch.path('other.pub'), 'utf8');
    await writeFile(file, `${name} ${other}`);
    expect(await problemOf(open({ knownHostsVerify: 'auto' }))).toBe('HOST_KEY_CHANGED');
    expect(await readFile(file, 'utf8')).toBe(`${name} ${other}`);
  });

  test('a new key that cannot be recorded is not accepted', async () => {
    await writeFile(scratch.path('no-folder'), '');
    const problem = open({ knownHostsVerify: 'auto', knownHostsFile: scratch.path('no-folder/known_hosts') });
    expect(await problemOf(problem)).toBe('KNOWN_HOSTS_UNREADABLE');
  });

  test('known_hosts_verify=ignore accepts whatever is shown', async () => {
    const other = await readFile(scratch.path('other.pub'), 'utf8');
    await writeFile(file, `${name} ${other}`);
    expect(await fingerprintOnConnecting({ knownHostsVerify: 'ignore' })).toBe(await fingerprintByKeygen('ed25519'));
  });

  test('a known_hosts file that cannot be read stops the connection before it is made', async () => {
    expect(await problemOf(open({ knownHostsFile: scratch.folder }))).toBe('KNOWN_HOSTS_UNREADABLE');
  });

  test('HostKeyAlias and the known_hosts files of ssh_config are what the key is looked up under', async () => {
    await writeFile(file, `the-alias ${keyOf('ed25519')}\n`);
    await writeFile(
      scratch.path('alias_config'),
      `Host nick\n HostName 127.0.0.1\n Port ${sshd.port}\n HostKeyAlias the-alias\n UserKnownHostsFile ${file}\n`,
    );
    const target = targetFor(scratch, sshd.port, {
      hop: { host: 'nick', port: null, user: null },
      knownHostsFile: null,
    });
    const deps = dependencies(scratch, { sshConfigFile: scratch.path('alias_config') });
    const connection = await openSshConnection(target, deps, { signal });
    await connection.close();
    expect(connection.hostKeyFingerprint).toBe(await fingerprintByKeygen('ed25519'));
  });
});
