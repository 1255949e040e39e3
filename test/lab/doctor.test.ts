import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HostEntry, type HostEntryOptions, hostEntry, hostStatus, openGateway } from './gateway.ts';
import { publicKey } from './keys.ts';
import { type Lab, openLab } from './lab.ts';
import type { LibvirtHost } from './libvirt-host.ts';
import { hostNamed } from './pick.ts';
import { type RunResult, run } from './run.ts';
import type { SshHost } from './ssh-host.ts';

/** Servers besides the good one on port 22. */
const ports = { restrictedKey: 2201, noForwarding: 2202, noTcp: 2203, readOnlyKey: 2204, nothing: 2299 } as const;
const socket = '/run/libvirt/libvirt-sock';

let lab: Lab;
let h1: LibvirtHost;
let inner: LibvirtHost;
let jump: SshHost;
const file = (name: string) => join(lab.folder, name);

beforeAll(async () => {
  lab = await openLab({ hosts: 1, innerHosts: 1, defaultNetwork: false, purpose: 'doctor.test.ts' });
  h1 = hostNamed(lab, 'h1');
  inner = hostNamed(lab, 'i1');
  if (lab.jump === null) throw new Error('a lab with inner hosts has a jump host');
  jump = lab.jump;
  const restricted = (path: string) =>
    `restrict,port-forwarding,permitopen="[${path}]:*",command="/bin/false" ${publicKey(lab.keys.ed25519)}`;
  await Promise.all([
    h1.startSshd({ port: ports.restrictedKey, authorizedKeys: restricted(socket) }),
    h1.startSshd({ port: ports.noForwarding, streamLocalForwarding: false, extraLines: ['MaxSessions 0'] }),
    h1.startSshd({ port: ports.noTcp, tcpForwarding: false, extraLines: ['MaxSessions 0'] }),
    h1.startSshd({ port: ports.readOnlyKey, authorizedKeys: restricted(`${socket}-ro`) }),
  ]);
  const hosts = [
    onH1('good'),
    onH1('restricted', { port: ports.restrictedKey, params: { socket } }),
    onH1('unknown', { params: { known_hosts: lab.knownHosts.missing } }),
    onH1('changed', { params: { known_hosts: lab.knownHosts.wrong } }),
    onH1('revoked', { params: { known_hosts: lab.knownHosts.revoked } }),
    onH1('auto', { params: { known_hosts: file('recorded'), known_hosts_verify: 'auto' } }),
    onH1('stranger', { params: { keyfile: lab.keys.stranger } }),
    onH1('no-forwarding', { port: ports.noForwarding }),
    onH1('no-tcp', { port: ports.noTcp }),
    onH1('read-only-socket', { port: ports.readOnlyKey, params: { socket: `${socket}-ro` } }),
    onH1('no-socket', { params: { socket: '/run/libvirt/nowhere' } }),
    onH1('no-sshd', { port: ports.nothing }),
    onH1('helper', { params: { proxy: 'native' } }),
    hostEntry(lab, inner, { name: 'inner', jump: `root@${jump.address}` }),
    hostEntry(lab, inner, {
      name: 'unknown-jump',
      jump: `root@${jump.address}`,
      params: { known_hosts: lab.knownHosts.missing },
    }),
  ];
  // JSON is YAML.
  writeFileSync(file('virtgraph.yaml'), JSON.stringify({ hosts }));
});

afterAll(() => lab?.close());

function onH1(name: string, options: HostEntryOptions = {}): HostEntry {
  return hostEntry(lab, h1, { ...options, name });
}

type Stage = {
  readonly stage: string;
  readonly jumpHost: string | null;
  readonly verdict: string;
  readonly message: string;
  readonly remedy: string | null;
  readonly code: string | null;
  readonly durationMs: number | null;
  readonly details: readonly { readonly name: string; readonly value: string }[];
};

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

function doctor(...words: readonly string[]): Promise<RunResult> {
  const env = { HOME: lab.folder, SSH_AUTH_SOCK: '' };
  return run([process.execPath, program, 'doctor', '--config', file('virtgraph.yaml'), ...words], { env });
}

type Report = { readonly host: string; readonly ok: boolean; readonly stages: readonly Stage[] };
type Document = { readonly ok: boolean; readonly hosts: readonly Report[] };

async function examine(...words: readonly string[]): Promise<readonly Report[]> {
  const { stdout, stderr, status } = await doctor('--json', ...words);
  if (stdout === '') throw new Error(`doctor ended with ${status}: ${stderr}`);
  // What virtgraph wrote; the tests look at what is in it.
  const document = JSON.parse(stdout) as Document;
  expect(status).toBe(document.ok ? 0 : 1);
  return document.hosts;
}

/** The verdicts in their order, each with its stage; those of a jump host say so. */
const verdicts = ({ stages }: Report) =>
  stages.map(({ stage, verdict, jumpHost }) => `${jumpHost === null ? '' : 'jump '}${stage} ${verdict}`);

const upTo = (last: string, verdict: string) => {
  const all = [
    'config',
    'resolve',
    'connect',
    'key-exchange',
    'host-key',
    'authentication',
    'channel',
    'socket',
  ].concat(['libvirt-auth', 'open', 'permissions', 'latency', 'least-privilege', 'clock']);
  const end = all.indexOf(last);
  return all.map((stage, index) => `${stage} ${index < end ? 'OK' : index === end ? verdict : 'SKIPPED'}`);
};

describe('every host of the configuration', () => {
  let reports: readonly Report[];
  const of = (name: string): Report => {
    const report = reports.find(({ host }) => host === name);
    if (!report) throw new Error(`no report of ${name}`);
    return report;
  };
  const stage = (name: string, wanted: string): Stage => {
    const found = of(name).stages.find((each) => each.stage === wanted && each.jumpHost === null);
    if (!found) throw new Error(`${name} has no stage ${wanted}`);
    return found;
  };

  beforeAll(async () => {
    reports = await examine();
  });

  test('is in the document, in the order of the file, with stages that took time or were skipped', () => {
    expect(reports.map(({ host }) => host).slice(0, 3)).toEqual(['good', 'restricted', 'unknown']);
    const all = reports.flatMap(({ stages }) => stages);
    expect(all.filter(({ verdict, durationMs }) => (verdict === 'SKIPPED') !== (durationMs === null))).toEqual([]);
    expect(all.filter(({ verdict, remedy }) => verdict === 'FAILED' && !remedy)).toEqual([]);
    expect(all.filter(({ message }) => message === '')).toEqual([]);
  });

  test('that is well passes every stage, and is told that its login may do more than it must', () => {
    expect(verdicts(of('good'))).toEqual(upTo('least-privilege', 'WARNING'));
    expect(of('good').ok).toBe(true);
    expect(stage('good', 'key-exchange').message).toMatch(/^OpenSSH_/);
    expect(stage('good', 'host-key').message).toContain('MATCH');
    expect(stage('good', 'host-key').message).toContain(`${lab.knownHosts.right}:`);
    expect(stage('good', 'authentication').message).toContain(lab.keys.ed25519);
    expect(stage('good', 'open').message).toMatch(/^libvirt \d+\.\d+\.\d+, QEMU \d/);
    expect(stage('good', 'permissions').message).toContain('may change them');
    const { message, remedy } = stage('good', 'least-privilege');
    expect(message).toContain('run commands, forward TCP');
    expect(message).toContain(`${socket}-ro`);
    expect(remedy).toContain(`restrict,port-forwarding,permitopen="[${socket}]:*"`);
  });

  test('whose key may open one socket and nothing else passes without a warning', () => {
    expect(verdicts(of('restricted'))).toEqual(upTo('clock', 'SKIPPED'));
    expect(stage('restricted', 'least-privilege').details).toEqual(
      expect.arrayContaining([
        { name: 'commands', value: 'FORCED' },
        { name: 'tcp', value: 'REFUSED' },
        { name: `${socket}-ro`, value: 'NOT_OPENED' },
      ]),
    );
  });

  test.each([
    ['unknown', 'HOST_KEY_UNKNOWN', 'UNKNOWN', 'looked in'],
    ['changed', 'HOST_KEY_CHANGED', 'CHANGED', 'known_hosts.wrong'],
    ['revoked', 'HOST_KEY_REVOKED', 'REVOKED', 'known_hosts.revoked'],
  ])('whose key is %s fails there, with %s and what known_hosts holds', (name, code, verdict, place) => {
    expect(verdicts(of(name))).toEqual(upTo('host-key', 'FAILED'));
    const { details, ...failed } = stage(name, 'host-key');
    expect(failed.code).toBe(code);
    expect(details).toContainEqual({ name: 'verdict', value: verdict });
    expect(details).toContainEqual({ name: 'key', value: expect.stringMatching(/^ssh-ed25519 SHA256:/) });
    expect(details.some((each) => each.name.includes(place))).toBe(true);
  });

  test('whose new key would be accepted warns, and records nothing', () => {
    expect(stage('auto', 'host-key')).toMatchObject({
      verdict: 'WARNING',
      message: expect.stringContaining('UNKNOWN'),
    });
    expect(of('auto').ok).toBe(true);
    expect(existsSync(file('recorded'))).toBe(false);
  });

  test('that knows no key of ours fails at the login, which says what was tried', () => {
    expect(verdicts(of('stranger'))).toEqual(upTo('authentication', 'FAILED'));
    const { code, details } = stage('stranger', 'authentication');
    expect(code).toBe('AUTHENTICATION_FAILED');
    expect(details).toContainEqual({ name: 'tried', value: expect.stringContaining(lab.keys.stranger) });
    expect(details).toContainEqual({ name: 'server offers', value: 'publickey' });
  });

  test.each([
    ['no-forwarding', 'sshd forwards TCP, but', /AllowStreamLocalForwarding/],
    ['no-tcp', 'sshd forwards nothing', /^Set AllowStreamLocalForwarding and AllowTcpForwarding/],
  ])('with %s fails at the socket, and suspects sshd', (name, message, remedy) => {
    expect(stage(name, 'channel')).toMatchObject({ verdict: 'WARNING', message: expect.stringContaining(message) });
    expect(stage(name, 'socket')).toMatchObject({
      verdict: 'FAILED',
      code: 'SOCKET_REFUSED',
      remedy: expect.stringMatching(remedy),
    });
  });

  test('whose socket is not there fails, and acquits sshd, which opens another', () => {
    expect(stage('no-socket', 'channel').verdict).toBe('OK');
    const { verdict, details } = stage('no-socket', 'socket');
    expect(verdict).toBe('FAILED');
    expect(details).toContainEqual({ name: 'tried /run/libvirt/nowhere', value: expect.any(String) });
  });

  test('that gives us a read-only socket warns that no change is possible', () => {
    expect(stage('read-only-socket', 'permissions')).toMatchObject({
      verdict: 'WARNING',
      remedy: expect.stringContaining('readOnly: true'),
    });
  });

  test('without sshd fails at the connection', () => {
    expect(verdicts(of('no-sshd'))).toEqual(upTo('connect', 'FAILED'));
    expect(stage('no-sshd', 'connect').code).toBe('CONNECTION_REFUSED');
  });

  test('that is reached by a command is told that this cannot be restricted', () => {
    expect(stage('helper', 'channel')).toMatchObject({
      verdict: 'OK',
      message: expect.stringContaining('as configured'),
    });
    expect(stage('helper', 'socket').message).toContain('virt-ssh-helper');
    expect(stage('helper', 'least-privilege').verdict).toBe('WARNING');
  });

  test('behind a jump host shows the stages of both', () => {
    const servers = ['connect', 'key-exchange', 'host-key', 'authentication'];
    expect(verdicts(of('inner')).slice(0, 11)).toEqual([
      'config OK',
      'jump resolve OK',
      ...servers.map((name) => `jump ${name} OK`),
      ...servers.map((name) => `${name} OK`),
      'channel OK',
    ]);
    expect(stage('inner', 'connect').message).toBe(`${jump.address} connects to ${inner.address} port 22`);
  });

  test('behind a jump host whose key is unknown fails there', () => {
    const { stages } = of('unknown-jump');
    const failed = stages.filter(({ verdict }) => verdict === 'FAILED');
    expect(failed).toMatchObject([{ stage: 'host-key', jumpHost: jump.address, code: 'HOST_KEY_UNKNOWN' }]);
    expect(stages.at(-1)?.message).toBe('not tried, since host-key failed');
  });
});

test('lines are for people: marks, what to do, and what was not tried', async () => {
  const { stdout, stderr, status } = await doctor('good', 'changed', '--clock');
  expect(stderr).toBe('');
  expect(status).toBe(1);
  expect(stdout).toMatch(/^good {2}qemu\+ssh:\/\//);
  expect(stdout).toMatch(/^ {2}✓ clock +\d+ ms {2}agrees with this machine's/m);
  expect(stdout).toMatch(/^ {2}! least-privilege .*\n {6}→ Put before its key in authorized_keys: /m);
  expect(stdout).toMatch(/^ {2}✗ host-key .* is known by other keys/m);
  expect(stdout).toMatch(/^ {2}– not tried: authentication, channel, .*clock$/m);
  expect(stdout).toMatch(/2 hosts: 0 well, 1 with warnings \(good\), 1 not usable \(changed\)\n$/);
});

test('a URI needs no configuration', async () => {
  const { uri } = onH1('any', { port: ports.restrictedKey, params: { socket } });
  const { stdout, status } = await doctor(uri);
  expect(stdout).toContain(`${uri} is well`);
  expect(status).toBe(0);
});

test('a running gateway probes its hosts beside their sessions, whatever those are', async () => {
  const unknown = onH1('unknown', { params: { known_hosts: lab.knownHosts.missing } });
  const gateway = await openGateway(lab, { hosts: [onH1('good'), unknown] });
  await gateway.ready('good');
  await hostStatus(gateway, 'unknown', 'BLOCKED');
  const link = async () => await gateway.data<object>('{ host(name: "good") { link { connectedAt } } }');
  const before = await link();
  const query = `mutation ($host: String!) { probeHost(input: { host: $host }) {
    ok host { status } stages { stage verdict code } } }`;
  type Answer = {
    probeHost: { ok: boolean; host: { status: string }; stages: Pick<Stage, 'stage' | 'verdict' | 'code'>[] };
  };
  const [good, blocked] = await Promise.all(
    ['good', 'unknown'].map(async (host) => (await gateway.data<Answer>(query, { host })).probeHost),
  );
  expect(good).toMatchObject({ ok: true, host: { status: 'READY' } });
  expect(good?.stages.map(({ stage, verdict }) => `${stage} ${verdict}`)).toEqual(upTo('least-privilege', 'WARNING'));
  expect(blocked).toMatchObject({ ok: false, host: { status: 'BLOCKED' } });
  expect(blocked?.stages.find(({ verdict }) => verdict === 'FAILED')).toEqual({
    stage: 'host-key',
    verdict: 'FAILED',
    code: 'HOST_KEY_UNKNOWN',
  });
  expect(await link()).toEqual(before);
  await gateway.close();
});

test('a probe that takes its time is a task that tells of its stages, and is ended by cancelTask', async () => {
  const gateway = await openGateway(lab, { hosts: [onH1('good')] });
  await gateway.ready('good');
  h1.signalLibvirtd('SIGSTOP');
  try {
    const begin = `mutation { probeHost(input: { host: "good", answerWithinSeconds: 0 }) { ok task { id kind state } } }`;
    type Begun = { probeHost: { ok: boolean; task: { id: string; kind: string; state: string } } };
    const { ok, task } = (await gateway.data<Begun>(begin)).probeHost;
    expect({ ok, ...task }).toMatchObject({ ok: true, kind: 'PROBE_HOST', state: 'RUNNING' });
    type Progress = {
      state: string;
      cancellable: boolean;
      progress: { step: string; processed: number; remaining: number } | null;
      probe: { stages: Pick<Stage, 'stage' | 'verdict'>[] };
    };
    const fields = 'state cancellable progress { step processed remaining } probe { stages { stage verdict } }';
    const watched = gateway.watch<Progress>(`subscription ($id: ID!) { taskProgress(id: $id) { ${fields} } }`, task);
    // The daemon takes the connection, and says nothing.
    const { progress, probe: found } = await watched.next('all of ssh', ({ probe: { stages } }) =>
      stages.some(({ stage }) => stage === 'authentication'),
    );
    const ofSsh = ['config', 'resolve', 'connect', 'key-exchange', 'host-key', 'authentication'];
    expect(found.stages.map(({ stage }) => stage)).toEqual(ofSsh);
    expect(progress?.remaining).toBeGreaterThan(1);
    const end = watched.next('the end', ({ state }) => state !== 'RUNNING');
    const cancel = 'mutation ($id: ID!) { cancelTask(input: { task: $id }) { task { state error { code } } } }';
    expect(await gateway.data(cancel, task)).toEqual({ cancelTask: { task: { state: 'CANCELLED', error: null } } });
    expect(await end).toMatchObject({ state: 'CANCELLED', cancellable: false });
  } finally {
    h1.signalLibvirtd('SIGCONT');
  }
  await gateway.close();
});

test('a host whose libvirtd is stopped fails at the socket, which is told from the loss of sshd', async () => {
  await inner.stopLibvirtd();
  const [report] = await examine('inner');
  const failed = report?.stages.find(({ verdict }) => verdict === 'FAILED');
  expect(failed).toMatchObject({ stage: 'socket', jumpHost: null, code: 'SOCKET_REFUSED' });
  expect(failed?.remedy).toMatch(/Start the daemon/);
  await inner.startLibvirtd();
});
