import { type ChildProcess, spawn } from 'node:child_process';
import { appendFile, chmod, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SshTarget } from '../../src/model/target.ts';
import { openSshConnection, type SshDependencies } from '../../src/ssh/connection.ts';
import { createKeyCache } from '../../src/ssh/key-cache.ts';
import { eventually } from '../support/eventually.ts';
import { expectProblem } from './expect-problem.ts';
import {
  createScratch,
  dependencies,
  generateKey,
  type KeyType,
  type RealSshd,
  requireOpenSsh,
  run,
  type Scratch,
  startSshd,
  targetFor,
} from './real-sshd.ts';

const { signal } = new AbortController();

describe('logging in, against a real sshd', () => {
  let scratch: Scratch;
  let sshd: RealSshd;

  async function logIn(changes: Partial<SshTarget>, deps: Partial<SshDependencies> = {}): Promise<'in'> {
    const target = targetFor(scratch, sshd.port, changes);
    const connection = await openSshConnection(target, dependencies(scratch, deps), { signal });
    await connection.close();
    return 'in';
  }

  async function authorisedKey(name: string, type: KeyType, passphrase = '', extra: string[] = []): Promise<string> {
    const path = scratch.path(name);
    await generateKey(path, type, passphrase, extra);
    await appendFile(scratch.path('authorized_keys'), await readFile(`${path}.pub`));
    return path;
  }

  beforeAll(async () => {
    await requireOpenSsh();
    scratch = await createScratch();
    sshd = await startSshd(scratch);
    await writeFile(scratch.path('known_hosts'), sshd.knownHosts());
    await generateKey(scratch.path('stranger'), 'ed25519');
  });
  afterAll(async () => {
    await sshd?.stop();
    await scratch?.remove();
  });

  test.each(['ed25519', 'ecdsa', 'rsa'] as const)('an %s key in OpenSSH format', async (type) => {
    expect(await logIn({ keyFile: await authorisedKey(`plain-${type}`, type) })).toBe('in');
  });

  test.each(['rsa', 'ecdsa'] as const)('an %s key in PEM format', async (type) => {
    expect(await logIn({ keyFile: await authorisedKey(`pem-${type}`, type, '', ['-m', 'PEM']) })).toBe('in');
  });

  test('an rsa key is used with SHA-2 where the server refuses SHA-1', async () => {
    // OpenSSH 9 refuses ssh-rsa by default; its log names the algorithm that it accepted.
    const keyFile = await authorisedKey('sha2-rsa', 'rsa');
    expect(await logIn({ keyFile })).toBe('in');
    const { stdout } = await run('ssh-keygen', ['-l', '-f', keyFile]);
    const accepted = (line: string) =>
      line.includes('Accepted publickey') && line.includes(stdout.split(' ')[1] ?? '-');
    await eventually(() => expect(sshd.log().split('\n').some(accepted)).toBe(true));
  });

  test('a passphrase from the environment opens the key', async () => {
    const keyFile = await authorisedKey('locked-env', 'ed25519', 'open sesame');
    const env = { ...process.env, SSH_AUTH_SOCK: undefined, KEY_PASSPHRASE: 'open sesame' };
    expect(await logIn({ keyFile, passphrase: { kind: 'environment', variable: 'KEY_PASSPHRASE' } }, { env })).toBe(
      'in',
    );
  });

  test('a passphrase from a file opens the key, without the line end', async () => {
    const keyFile = await authorisedKey('locked-file', 'rsa', 'open sesame');
    await writeFile(scratch.path('passphrase'), 'open sesame\n');
    expect(await logIn({ keyFile, passphrase: { kind: 'file', path: scratch.path('passphrase') } })).toBe('in');
  });

  test('a key with a passphrase that is not configured is named', async () => {
    const keyFile = await authorisedKey('locked', 'ed25519', 'open sesame');
    const error = await expectProblem(logIn({ keyFile }), 'PASSPHRASE_NEEDED');
    expect(error.message).toContain(keyFile);
  });

  test('a wrong passphrase is called wrong', async () => {
    const keyFile = await authorisedKey('locked-wrong', 'ed25519', 'open sesame');
    const env = { ...process.env, SSH_AUTH_SOCK: undefined, KEY_PASSPHRASE: 'open barley' };
    const attempt = logIn({ keyFile, passphrase: { kind: 'environment', variable: 'KEY_PASSPHRASE' } }, { env });
    const error = await expectProblem(attempt, 'PASSPHRASE_NEEDED');
    expect(error.message).toContain('not the right one');
    expect(error.message).not.toContain('barley');
  });

  test('a passphrase whose variable is not set is asked for by the name of the variable', async () => {
    const keyFile = await authorisedKey('locked-unset', 'ed25519', 'open sesame');
    const attempt = logIn({ keyFile, passphrase: { kind: 'environment', variable: 'NOT_SET_HERE' } });
    const error = await expectProblem(attempt, 'PASSPHRASE_NEEDED');
    expect(error.message).toContain('NOT_SET_HERE');
  });

  test('a key that the host does not know fails with what was tried and what the server offers', async () => {
    const error = await expectProblem(logIn({ keyFile: scratch.path('stranger') }), 'AUTHENTICATION_FAILED');
    const { stdout } = await run('ssh-keygen', ['-l', '-f', scratch.path('stranger')]);
    expect(error.message).toContain(scratch.path('stranger'));
    expect(error.message).toContain(stdout.split(' ')[1]);
    expect(error.message).toContain('the server offers publickey');
    expect(error.code).toBe('HOST_UNREACHABLE');
  });

  test('a key file that is missing is named', async () => {
    const error = await expectProblem(logIn({ keyFile: scratch.path('absent') }), 'KEY_FILE_UNREADABLE');
    expect(error.message).toContain(`${scratch.path('absent')}: no such file`);
  });

  test('a key file that holds no key is named', async () => {
    await writeFile(scratch.path('rubbish'), 'rubbish\n', { mode: 0o600 });
    const error = await expectProblem(logIn({ keyFile: scratch.path('rubbish') }), 'KEY_FILE_UNREADABLE');
    expect(error.message).toContain(scratch.path('rubbish'));
  });

  test('one broken key of ssh_config does not keep the next from being tried', async () => {
    await writeFile(scratch.path('broken'), 'rubbish\n', { mode: 0o600 });
    const config = scratch.path('two-keys');
    await writeFile(config, `IdentityFile ${scratch.path('broken')}\nIdentityFile ${scratch.path('user')}\n`);
    expect(await logIn({ keyFile: null }, { sshConfigFile: config })).toBe('in');
  });

  test('a key that others may read is used with a warning that names it, once for all hosts', async () => {
    const keyFile = await authorisedKey('exposed', 'ed25519');
    await chmod(keyFile, 0o644);
    const warnings: object[] = [];
    const log = { ...dependencies(scratch).log, warn: (fields: object) => void warnings.push(fields) };
    const keys = createKeyCache();
    expect(await logIn({ keyFile }, { log, keys })).toBe('in');
    expect(await logIn({ keyFile }, { log, keys })).toBe('in');
    expect(warnings).toEqual([{ file: keyFile, mode: '644' }]);
    await chmod(keyFile, 0o640);
    expect(await logIn({ keyFile }, { log, keys })).toBe('in');
    expect(warnings).toEqual([
      { file: keyFile, mode: '644' },
      { file: keyFile, mode: '640' },
    ]);
  });

  test('a public key that is named by mistake is no private one that others may read', async () => {
    const keyFile = `${await authorisedKey('public', 'ed25519')}.pub`;
    const warnings: object[] = [];
    const log = { ...dependencies(scratch).log, warn: (fields: object) => void warnings.push(fields) };
    await expectProblem(logIn({ keyFile }, { log }), 'KEY_FILE_UNREADABLE');
    expect(warnings).toEqual([]);
  });

  test('a password is not tried where the server does not offer it', async () => {
    const env = { ...process.env, SSH_AUTH_SOCK: undefined, HOST_PASSWORD: 'secret' };
    const attempt = logIn(
      { keyFile: scratch.path('stranger'), password: { kind: 'environment', variable: 'HOST_PASSWORD' } },
      { env },
    );
    const error = await expectProblem(attempt, 'AUTHENTICATION_FAILED');
    expect(error.message).not.toContain('password');
    expect(error.message).not.toContain('secret');
  });

  describe('with an agent', () => {
    let agent: ChildProcess;
    let socket: string;
    let env: Record<string, string | undefined>;

    beforeAll(async () => {
      socket = scratch.path('agent.sock');
      env = { ...process.env, SSH_AUTH_SOCK: socket };
      agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise((resolve) => agent.stdout?.once('data', resolve));
      const inAgent = await authorisedKey('in-agent', 'rsa');
      // Six keys that the host does not know: as many as `MaxAuthTries` allows.
      for (let index = 0; index < 6; index += 1) {
        await generateKey(scratch.path(`crowd-${index}`), 'ed25519');
        await run('ssh-add', ['-q', scratch.path(`crowd-${index}`)], { env });
      }
      await run('ssh-add', ['-q', inAgent], { env });
    });
    afterAll(async () => {
      const exited = new Promise((resolve) => agent.once('exit', resolve));
      agent.kill();
      await exited;
    });

    test('a key of the agent whose file is listed goes before a crowd of others', async () => {
      const config = scratch.path('agent-config');
      // Only the public half is on disk, as with a key that never leaves its token.
      await writeFile(scratch.path('half.pub'), await readFile(scratch.path('in-agent.pub')));
      await writeFile(config, `IdentityFile ${scratch.path('half')}\n`);
      expect(await logIn({ keyFile: null }, { env, sshConfigFile: config })).toBe('in');
    });

    test('a key that is named goes before the agent', async () => {
      expect(await logIn({ keyFile: scratch.path('user') }, { env })).toBe('in');
    });

    test('a key with a passphrase is used through the agent', async () => {
      const keyFile = await authorisedKey('locked-in-agent', 'ed25519', 'open sesame');
      const askpass = scratch.path('askpass');
      await writeFile(askpass, '#!/bin/sh\necho open sesame\n', { mode: 0o700 });
      await run('ssh-add', ['-q', keyFile], {
        env: { ...env, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':0' },
      });
      expect(await logIn({ keyFile }, { env })).toBe('in');
    });

    test('IdentitiesOnly offers no key of the agent that is not listed', async () => {
      const config = scratch.path('only-config');
      await writeFile(config, `IdentitiesOnly yes\nIdentityFile ${scratch.path('stranger')}\n`);
      const error = await expectProblem(
        logIn({ keyFile: null }, { env, sshConfigFile: config }),
        'AUTHENTICATION_FAILED',
      );
      expect(error.message).not.toContain('agent key');
    });

    test('IdentityAgent of ssh_config wins over the environment', async () => {
      const config = scratch.path('agent-path-config');
      await writeFile(config, `IdentityAgent ${socket}\nIdentityFile ${scratch.path('in-agent')}\n`);
      expect(await logIn({ keyFile: null, authMethods: ['agent'] }, { sshConfigFile: config })).toBe('in');
    });

    test('sshauth=privkey leaves the agent alone', async () => {
      const attempt = logIn({ keyFile: scratch.path('stranger'), authMethods: ['privkey'] }, { env });
      const error = await expectProblem(attempt, 'AUTHENTICATION_FAILED');
      expect(error.message).not.toContain('agent');
    });
  });

  test('sshauth=password without a password asks for something to log in with', async () => {
    const error = await expectProblem(logIn({ authMethods: ['password'], password: null }), 'AUTHENTICATION_FAILED');
    expect(error.message).toContain('there was nothing to try');
    expect(error.detail.remedy).toMatch(/something to log in with/);
  });

  test('sshauth=agent without an agent says so', async () => {
    const error = await expectProblem(logIn({ authMethods: ['agent'] }), 'AGENT_UNAVAILABLE');
    expect(error.message).toContain('SSH_AUTH_SOCK is not set');
  });

  test('an agent that is gone is named by its socket', async () => {
    const env = { ...process.env, SSH_AUTH_SOCK: scratch.path('gone.sock') };
    const error = await expectProblem(logIn({ authMethods: ['agent'] }, { env }), 'AGENT_UNAVAILABLE');
    expect(error.message).toContain(scratch.path('gone.sock'));
  });
});
