import { chmod, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noteOf } from '../../src/drivers/probe-ssh-notes.ts';
import type { SshTarget } from '../../src/model/target.ts';
import { openSshConnection, type SshDependencies } from '../../src/ssh/connection.ts';
import type { SshFinding, SshStageEvent } from '../../src/ssh/stages.ts';
import {
  createScratch,
  dependencies,
  generateKey,
  type RealSshd,
  requireOpenSsh,
  type Scratch,
  startSshd,
  targetFor,
} from './real-sshd.ts';

let scratch: Scratch;
let sshd: RealSshd;

beforeAll(async () => {
  await requireOpenSsh();
  scratch = await createScratch();
  sshd = await startSshd(scratch);
  await writeFile(scratch.path('known_hosts'), sshd.knownHosts());
  await writeFile(scratch.path('nobody'), '');
  await generateKey(scratch.path('stranger'), 'ed25519');
});

afterAll(async () => {
  await sshd?.stop();
  await scratch?.remove();
});

/** Connects, or fails to, and returns what was told meanwhile. */
async function watch(changes: Partial<SshTarget> = {}, deps: Partial<SshDependencies> = {}) {
  const events: SshStageEvent[] = [];
  const options = { signal: new AbortController().signal, onStage: (event: SshStageEvent) => void events.push(event) };
  const opening = openSshConnection(targetFor(scratch, sshd.port, changes), dependencies(scratch, deps), options);
  const problem = await opening.then(
    async (connection) => {
      await connection.close();
      return null;
    },
    (error: { detail?: { problem?: string } }) => error.detail?.problem,
  );
  const begun = events.flatMap((event) => (event.type === 'begin' ? [`${event.stage} ${event.hop}`] : []));
  const findings = events.flatMap((event) => (event.type === 'begin' ? [] : [event.finding]));
  const find = <S extends SshFinding['stage']>(stage: S) =>
    findings.find((finding): finding is Extract<SshFinding, { stage: S }> => finding.stage === stage);
  return { problem, begun, find, events };
}

test('the stages of a connection are told in their order, each with what it found', async () => {
  const { problem, begun, find, events } = await watch();
  expect(problem).toBeNull();
  const hop = `127.0.0.1:${sshd.port}`;
  expect(begun).toEqual([
    'config 127.0.0.1',
    ...['resolve', 'connect', 'key-exchange', 'host-key', 'authentication'].map((stage) => `${stage} ${hop}`),
  ]);
  const times = events.map(({ atMs }) => atMs);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(find('resolve')?.addresses).toEqual(['127.0.0.1']);
  expect(find('connect')).toMatchObject({ address: '127.0.0.1', port: sshd.port, via: null });
  expect(find('key-exchange')).toMatchObject({
    serverVersion: expect.stringMatching(/^OpenSSH_/),
    algorithms: { keyExchange: 'curve25519-sha256', hostKey: 'ssh-ed25519', cipher: 'aes128-gcm@openssh.com' },
  });
  expect(find('host-key')?.key).toMatchObject({
    verdict: 'MATCH',
    keyType: 'ssh-ed25519',
    known: [{ place: `${scratch.path('known_hosts')}:1` }],
  });
  expect(find('authentication')).toMatchObject({
    user: userInfo().username,
    login: { tried: [expect.stringContaining(scratch.path('user'))] },
  });
});

test('a key that is refused is told all the same', async () => {
  const { problem, begun, find } = await watch({ knownHostsFile: scratch.path('nobody') });
  expect(problem).toBe('HOST_KEY_UNKNOWN');
  expect(begun.at(-1)).toMatch(/^host-key /);
  expect(find('key-exchange')?.serverVersion).toMatch(/^OpenSSH_/);
  expect(find('host-key')?.key).toMatchObject({
    verdict: 'UNKNOWN',
    fingerprint: expect.stringMatching(/^SHA256:/),
    known: [],
    files: [scratch.path('nobody')],
  });
});

test('a login that is refused tells which keys were tried and what the server offers', async () => {
  const { problem, find } = await watch({ keyFile: scratch.path('stranger'), authMethods: ['privkey'] });
  expect(problem).toBe('AUTHENTICATION_FAILED');
  expect(find('authentication')?.login).toEqual({
    tried: [expect.stringContaining(scratch.path('stranger'))],
    unusable: [],
    exposed: [],
    offered: ['publickey'],
  });
});

test('a probe warns of a private key that others may read', async () => {
  await chmod(scratch.path('user'), 0o640);
  const { problem, find } = await watch();
  await chmod(scratch.path('user'), 0o600);
  expect(problem).toBeNull();
  const finding = find('authentication');
  expect(finding?.login.exposed).toEqual([scratch.path('user')]);
  expect(finding && noteOf(finding, targetFor(scratch, sshd.port, {}))).toMatchObject({
    verdict: 'WARNING',
    remedy: expect.stringContaining(`chmod 600 ${scratch.path('user')}`),
  });
});

test('where new keys are accepted, one who only looks writes none down', async () => {
  const looking = { knownHostsFile: scratch.path('nobody'), knownHostsVerify: 'auto' } as const;
  const { problem, find } = await watch(looking, { recordNewHostKeys: false });
  expect(problem).toBeNull();
  expect(find('host-key')?.key.verdict).toBe('UNKNOWN');
  expect(await readFile(scratch.path('nobody'), 'utf8')).toBe('');
});
