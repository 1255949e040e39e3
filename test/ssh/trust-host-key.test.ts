import { readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SshTarget } from '../../src/model/target.ts';
import { openSshConnection } from '../../src/ssh/connection.ts';
import { type TrustRequest, trustHostKey } from '../../src/ssh/trust-host-key.ts';
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

describe('trusting a host key by its fingerprint, against a real sshd', () => {
  let scratch: Scratch;
  let sshd: RealSshd;
  let file: string;
  let name: string;
  let right: string;
  let otherKey: string;
  let otherFingerprint: string;

  const fingerprint = async (line: string) => {
    await writeFile(scratch.path('one.pub'), `${line}\n`);
    return (await run('ssh-keygen', ['-l', '-f', scratch.path('one.pub')])).stdout.split(' ')[1] ?? '';
  };
  const trust = (request: Partial<TrustRequest> = {}, changes: Partial<SshTarget> = {}) =>
    trustHostKey(
      targetFor(scratch, sshd.port, changes),
      { fingerprint: right, replace: false, ...request },
      dependencies(scratch),
      { signal },
    );
  const connect = async () => {
    const connection = await openSshConnection(targetFor(scratch, sshd.port), dependencies(scratch), { signal });
    await connection.close();
    return connection.hostKeyFingerprint;
  };
  const text = () => readFile(file, 'utf8');

  beforeAll(async () => {
    await requireOpenSsh();
    scratch = await createScratch();
    sshd = await startSshd(scratch);
    file = scratch.path('known_hosts');
    name = `[127.0.0.1]:${sshd.port}`;
    right = await fingerprint(sshd.hostKeys.get('ed25519') ?? '');
    await generateKey(scratch.path('other'), 'ed25519');
    otherKey = (await readFile(scratch.path('other.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
    otherFingerprint = await fingerprint(otherKey);
  });
  beforeEach(() => rm(file, { force: true }));
  afterAll(async () => {
    await sshd?.stop();
    await scratch?.remove();
  });

  test('records an unknown key that is the one named, so that ssh-keygen finds it and a connection is made', async () => {
    expect(await trust()).toEqual({
      name,
      keyType: 'ssh-ed25519',
      fingerprint: right,
      before: 'UNKNOWN',
      file,
      replaced: [],
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await run('ssh-keygen', ['-l', '-F', name, '-f', file])).stdout).toContain(right);
    expect(await connect()).toBe(right);
  });

  test('does not log in to the server whose key is in question', async () => {
    const before = sshd.log().length;
    await trust();
    await expect.poll(() => sshd.log().slice(before)).toContain('[preauth]');
    expect(sshd.log().slice(before)).not.toMatch(/publickey/);
  });

  test('refuses a fingerprint that is not the one presented, and records nothing', async () => {
    await expect(trust({ fingerprint: otherFingerprint })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(right),
    });
    await expect(text()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('refuses a changed key unless the old one is to be replaced, which then is trusted no more', async () => {
    await writeFile(file, `# mine\nelsewhere.example ${otherKey}\n${name} ${otherKey}\n`);
    await expect(trust()).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining(`${file}:3`) });
    expect(await trust({ replace: true })).toMatchObject({ before: 'CHANGED', replaced: [otherFingerprint] });
    expect(await text()).toBe(`# mine\nelsewhere.example ${otherKey}\n${name} ${sshd.hostKeys.get('ed25519')}\n`);
    expect(await connect()).toBe(right);
  });

  test('replaces a key whose name is hashed, and takes one name out of a line of several', async () => {
    await writeFile(file, `${name} ${otherKey}\n`);
    await run('ssh-keygen', ['-q', '-H', '-f', file]);
    expect(await trust({ replace: true })).toMatchObject({ replaced: [otherFingerprint] });
    expect((await text()).split('\n').filter(Boolean)).toHaveLength(1);

    await writeFile(file, `elsewhere.example,${name} ${otherKey} a comment\n`);
    await trust({ replace: true });
    expect(await text()).toBe(`elsewhere.example ${otherKey} a comment\n${name} ${sshd.hostKeys.get('ed25519')}\n`);
  });

  test('replaces no line that means the host by a wildcard', async () => {
    const before = `[127.0.0.*]:${sshd.port} ${otherKey}\n`;
    await writeFile(file, before);
    await expect(trust({ replace: true })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('wildcard'),
    });
    expect(await text()).toBe(before);
  });

  test('writes the file that a link leads to, and leaves the link', async () => {
    const real = scratch.path('real_known_hosts');
    await writeFile(real, `${name} ${otherKey}\n`);
    await symlink(real, file);
    await trust({ replace: true });
    expect(await readFile(real, 'utf8')).not.toContain(otherKey);
    expect(await text()).toBe(await readFile(real, 'utf8'));
    await rm(real);
  });

  test.each([false, true])('never trusts a revoked key, replace: %s', async (replace) => {
    const before = `@revoked * ${sshd.hostKeys.get('ed25519')}\n`;
    await writeFile(file, before);
    await expect(trust({ replace })).rejects.toMatchObject({
      code: 'HOST_BLOCKED',
      detail: { problem: 'HOST_KEY_REVOKED' },
    });
    expect(await text()).toBe(before);
  });

  test('says that a key is trusted already, and writes nothing', async () => {
    await trust();
    const before = await text();
    expect(await trust()).toMatchObject({ before: 'MATCH', file: null });
    expect(await text()).toBe(before);
  });

  test('takes nothing for granted where new keys would be accepted, or all', async () => {
    for (const knownHostsVerify of ['auto', 'ignore'] as const) {
      await expect(trust({ fingerprint: otherFingerprint }, { knownHostsVerify })).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      await expect(text()).rejects.toMatchObject({ code: 'ENOENT' });
    }
  });

  test('decides on the jump host first, then on the host behind it', async () => {
    const jumpHost = await startSshd(scratch, { config: ['AllowTcpForwarding yes'] });
    try {
      const jump = [{ host: '127.0.0.1', port: jumpHost.port, user: userInfo().username }];
      const ofJump = await fingerprint(jumpHost.hostKeys.get('ed25519') ?? '');
      await expect(trust({}, { jump })).rejects.toMatchObject({ message: expect.stringContaining(ofJump) });
      expect(await trust({ fingerprint: ofJump }, { jump })).toMatchObject({ name: `[127.0.0.1]:${jumpHost.port}` });
      expect(await trust({}, { jump })).toMatchObject({ name, before: 'UNKNOWN' });
    } finally {
      await jumpHost.stop();
    }
  });

  test('fails as a connection would when nobody answers', async () => {
    const gone = await startSshd(scratch);
    await gone.stop();
    const target = targetFor(scratch, gone.port);
    const asked = trustHostKey(target, { fingerprint: right, replace: false }, dependencies(scratch), { signal });
    await expect(asked).rejects.toMatchObject({ detail: { problem: 'CONNECTION_REFUSED' } });
  });
});
