import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ApiRights } from '../../../src/config/config.ts';
import type { ManagedHost } from '../../../src/config/managed-host.ts';
import { parseConfig } from '../../../src/config/parse-config.ts';
import { hostProblem, VirtgraphError } from '../../../src/errors.ts';
import { openAudit } from '../../../src/fleet/hosts/audit.ts';
import { createHostAdmin, type HostAdmin, hostsOf } from '../../../src/fleet/hosts/host-admin.ts';
import { openManagedHosts } from '../../../src/fleet/hosts/managed-hosts.ts';
import type { Fleet } from '../../../src/fleet/types.ts';
import { silentLog } from '../../../src/log.ts';
import type { HostTarget } from '../../../src/model/target.ts';
import { eventually } from '../../support/eventually.ts';
import { settle } from '../../support/fake-clock.ts';
import { createFakeHost, keyChanged, targetOf } from '../fake-host.ts';
import { openTestFleet } from '../fleet-under-test.ts';

const { signal } = new AbortController();
const wait = { withinMs: null, signal };
const fingerprint = `SHA256:${'a'.repeat(43)}`;
let dir: string;
let fleet: Fleet | null = null;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'virtgraph-admin-'));
});
afterEach(async () => {
  await fleet?.close();
  fleet = null;
  await rm(dir, { recursive: true, force: true });
});

function rightsOf(yaml: string): ApiRights {
  const result = parseConfig(`hosts: []\n${yaml}`, '/etc/virtgraph.yaml', { homeDir: '/home/me' });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config.api;
}
const allowed = rightsOf('api: { trustHostKeys: true, hosts: { enabled: true, most: 2 } }\n');
const nothing = rightsOf('');

const host = (name: string, part: Partial<ManagedHost> = {}): ManagedHost => ({
  name,
  uri: `qemu+ssh://root@${name}.example/system`,
  labels: {},
  jump: [],
  readOnly: false,
  ...part,
});

type Setup = {
  readonly rights?: ApiRights;
  readonly configured?: readonly HostTarget[];
  /** While hosts are being kept. */
  readonly onSave?: (admin: HostAdmin) => void;
  /** When a key has been recorded. */
  readonly onTrust?: (admin: HostAdmin) => void;
};

/** As a start of the gateway puts it together, over what earlier ones have kept. */
async function open({ rights = allowed, configured = [targetOf('alpha')], onSave, onTrust }: Setup = {}) {
  await fleet?.close();
  const hosts = ['alpha', 'beta', 'gamma', 'delta'].map((name) => createFakeHost(name));
  const managed = await openManagedHosts(join(dir, 'hosts.json'), silentLog);
  const sources = { configured, rights };
  const made = await openTestFleet(hosts, { targets: hostsOf(sources, managed.all, '/home/me').targets });
  fleet = made.fleet;
  const trusted: HostTarget[] = [];
  const admin = createHostAdmin({
    fleet,
    sources,
    managed: {
      get all() {
        return managed.all;
      },
      async save(kept) {
        onSave?.(admin);
        await managed.save(kept);
      },
    },
    audit: openAudit(join(dir, 'audit.jsonl'), 'token', made.clock, silentLog),
    homeDir: '/home/me',
    async trustKey(target, request) {
      if (request.fingerprint !== fingerprint) {
        throw new VirtgraphError('CONFLICT', 'It presents another key.', { outcome: 'NOT_SENT' });
      }
      trusted.push(target);
      onTrust?.(admin);
      const found = { name: target.name, keyType: 'ssh-ed25519', fingerprint, file: '/known_hosts' };
      return { ...found, before: 'UNKNOWN', replaced: [] };
    },
  });
  return { ...made, admin, trusted, fakes: new Map(hosts.map((fake) => [fake.name, fake])) };
}

const names = () => fleet?.hosts().map(({ name }) => name);
const auditLines = async () =>
  (await readFile(join(dir, 'audit.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof VirtgraphError ? error.code : error),
  );
const add = (admin: HostAdmin, ...args: Parameters<typeof host>) => admin.add(host(...args), { dryRun: false });

describe('a host that is added by the API', () => {
  test('is part of the fleet at once, and after a restart', async () => {
    const { admin } = await open();
    expect(await add(admin, 'beta', { labels: { site: 'berlin' } })).toMatchObject({ host: { name: 'beta' } });
    expect(admin.isManaged('beta')).toBe(true);
    expect(admin.isManaged('alpha')).toBe(false);
    await settle();
    expect(fleet?.host('beta')?.status).toBe('READY');
    expect((await stat(join(dir, 'hosts.json'))).mode & 0o777).toBe(0o600);

    await open();
    expect(names()).toEqual(['alpha', 'beta']);
    expect(fleet?.host('beta')?.labels).toEqual({ site: 'berlin' });
  });

  test('never takes the name of another, of the configuration or of the API, in any case', async () => {
    const { admin } = await open();
    await add(admin, 'beta');
    for (const name of ['alpha', 'ALPHA', 'beta', 'Beta']) expect(await codeOf(add(admin, name))).toBe('CONFLICT');
    expect(names()).toEqual(['alpha', 'beta']);
  });

  test('is refused where the configuration does not allow it, and nothing is kept', async () => {
    const off = await open({ rights: nothing });
    expect(await codeOf(add(off.admin, 'beta'))).toBe('FORBIDDEN');
    const { admin } = await open();
    expect(await codeOf(add(admin, 'beta', { uri: 'qemu+ssh://h/system?socket=/run/docker.sock' }))).toBe('FORBIDDEN');
    expect(await codeOf(add(admin, 'beta', { uri: 'nonsense' }))).toBe('BAD_USER_INPUT');
    expect(names()).toEqual(['alpha']);
    expect(await readdir(dir)).toEqual(['audit.jsonl']);
  });

  test('is one of so many at most', async () => {
    const { admin } = await open();
    await add(admin, 'beta');
    await add(admin, 'gamma');
    expect(await codeOf(add(admin, 'delta'))).toBe('LIMIT_EXCEEDED');
  });

  test('is changed in what is named alone, and removed', async () => {
    const { admin, fakes } = await open();
    await add(admin, 'beta', { labels: { site: 'berlin' } });
    await settle();
    await admin.update('beta', { labels: { site: 'rome' } }, { dryRun: false });
    await settle();
    expect(fleet?.host('beta')).toMatchObject({ labels: { site: 'rome' }, uri: host('beta').uri, status: 'READY' });
    expect(fakes.get('beta')?.opens).toBe(1);
    const again = await admin.update('beta', { labels: { site: 'rome' } }, { dryRun: false });
    expect(again.summary).toBe(`beta is as asked already: ${host('beta').uri}.`);
    await admin.remove('beta', { dryRun: false });
    expect(names()).toEqual(['alpha']);
    await open();
    expect(names()).toEqual(['alpha']);
  });

  test('is neither added, changed nor removed by a dry run', async () => {
    const { admin } = await open();
    expect(await admin.add(host('beta'), { dryRun: true })).toMatchObject({ host: null });
    expect(await codeOf(admin.add(host('alpha'), { dryRun: true }))).toBe('CONFLICT');
    await add(admin, 'beta');
    await admin.update('beta', { readOnly: true }, { dryRun: true });
    await admin.remove('beta', { dryRun: true });
    expect(fleet?.host('beta')?.readOnly).toBe(false);
    expect((await auditLines()).map(({ result }) => result)).toEqual(['BEGUN', 'DONE']);
  });

  test.each([
    ['no longer allowed', nothing, [targetOf('alpha')], undefined, 'api.hosts.enabled is false'],
    [
      'shadowed by one of the configuration',
      allowed,
      [targetOf('alpha'), targetOf('beta')],
      targetOf('beta').uri,
      'the configuration has a host of this name',
    ],
  ])('and %s by the time it is kept, is kept only', async (_, rights, configured, uri, reason) => {
    const { admin } = await open({ onSave: (present) => present.configure({ configured, rights }) });
    const idle = { name: 'beta', reason };
    const { host: added, warnings } = await add(admin, 'beta');
    expect({ added, warnings, idle: admin.idle }).toEqual({
      added: null,
      warnings: [`beta is not part of the fleet as it was added: ${reason}.`],
      idle: [idle],
    });
    expect(fleet?.host('beta')?.uri).toBe(uri);
  });

  test('twice at the same moment is added once', async () => {
    const { admin } = await open();
    const codes = await Promise.all([codeOf(add(admin, 'beta')), codeOf(add(admin, 'beta'))]);
    expect(codes).toEqual(['done', 'CONFLICT']);
  });
});

describe('a host of the configuration', () => {
  test('is changed in the configuration alone', async () => {
    const { admin } = await open();
    expect(await codeOf(admin.update('alpha', { readOnly: true }, { dryRun: false }))).toBe('CONFLICT');
    expect(await codeOf(admin.remove('alpha', { dryRun: false }))).toBe('CONFLICT');
    expect(await codeOf(admin.remove('nobody', { dryRun: false }))).toBe('NOT_FOUND');
  });

  test('wins over one of the API, which comes back when the name is free again', async () => {
    const { admin } = await open();
    await add(admin, 'beta');
    await admin.configure({ configured: [targetOf('alpha'), targetOf('beta')], rights: allowed }).audited;
    expect(fleet?.host('beta')?.uri).toBe(targetOf('beta').uri);
    expect(admin.idle).toEqual([{ name: 'beta', reason: 'the configuration has a host of this name' }]);
    await admin.configure({ configured: [targetOf('alpha')], rights: allowed }).audited;
    expect(fleet?.host('beta')?.uri).toBe(host('beta').uri);
    expect(admin.idle).toEqual([]);
  });
});

describe('when the configuration allows less than before', () => {
  test('hosts of the API leave the fleet and are kept', async () => {
    const { admin } = await open();
    await add(admin, 'beta');
    expect(admin.configure({ configured: [targetOf('alpha')], rights: nothing }).diff).toMatchObject({
      removed: ['beta'],
    });
    expect(names()).toEqual(['alpha']);
    await open({ rights: rightsOf('api: { hosts: { enabled: true, drivers: [xen] } }\n') });
    expect(names()).toEqual(['alpha']);
    await open();
    expect(names()).toEqual(['alpha', 'beta']);
  });
});

describe('the file of hosts', () => {
  test.each(['', '{"version":1,"ho', '[]', '{"version":2,"hosts":[]}', '{"version":1,"hosts":[{}]}'])(
    'costs these hosts and not the start when it is %j, and is put aside',
    async (text) => {
      await writeFile(join(dir, 'hosts.json'), text);
      const { admin } = await open();
      expect(names()).toEqual(['alpha']);
      expect(await readFile(join(dir, 'hosts.json.broken'), 'utf8')).toBe(text);
      await add(admin, 'beta');
      expect(JSON.parse(await readFile(join(dir, 'hosts.json'), 'utf8')).hosts).toHaveLength(1);
    },
  );

  test('is held to the rules at the start: what somebody wrote into it is not trusted', async () => {
    const hosts = [host('beta', { uri: 'qemu+ssh://h/system?command=/tmp/x' })];
    await writeFile(join(dir, 'hosts.json'), JSON.stringify({ version: 1, hosts }));
    const { admin } = await open();
    expect(names()).toEqual(['alpha']);
    expect(admin.idle[0]?.reason).toContain('"command"');
  });
});

describe('trusting a host key', () => {
  const trust = (admin: HostAdmin, given = fingerprint) =>
    admin.trust('alpha', { fingerprint: given, replace: false }, wait);

  test('connects to the host that waited for it', async () => {
    const { admin, fakes } = await open();
    const fake = fakes.get('alpha');
    if (!fake) throw new Error('There is no alpha.');
    fake.refuse = keyChanged();
    fake.drop();
    await settle();
    fleet?.setHosts([targetOf('alpha', { connectName: 'test:///default' })]);
    await settle();
    expect(fleet?.host('alpha')?.status).toBe('BLOCKED');
    fake.refuse = null;
    expect(await trust(admin)).toMatchObject({ host: { status: 'READY' }, key: { file: '/known_hosts' } });
  });

  test('goes on as a task while the host is connected to, and answers with the key when it is recorded', async () => {
    const { admin, fakes, clock } = await open();
    const fake = fakes.get('alpha');
    if (!fake || !fleet) throw new Error('There is no alpha.');
    fake.refuse = keyChanged();
    fake.drop();
    await clock.advance(60_000);
    fake.refuse = null;
    const { promise: connected, resolve: connect } = Promise.withResolvers<void>();
    fake.gate = (verb) => (verb === 'open' ? connected : undefined);
    const asked = admin.trust('alpha', { fingerprint, replace: false }, { withinMs: 0, signal });
    // It is recorded on the disk.
    const {
      key,
      task,
      host: meanwhile,
    } = await eventually(async () => {
      await clock.advance(1);
      return await Promise.race([asked, Promise.reject(new Error('not yet'))]);
    });
    expect(key).toMatchObject({ fingerprint, file: '/known_hosts' });
    expect(meanwhile.status).toBe('BLOCKED');
    expect(task).toMatchObject({
      taskKind: 'TRUST_HOST_KEY',
      state: 'RUNNING',
      cancellable: false,
      progress: { processed: 1, remaining: 2, step: 'connect' },
    });
    if (task === null) throw new Error('There is no task.');
    await expect(fleet.tasks.cancel(task.id, signal)).rejects.toMatchObject({ code: 'INVALID_STATE' });
    connect();
    await settle();
    expect(fleet.tasks.find(task.id)).toMatchObject({ state: 'SUCCEEDED', error: null });
  });

  test('of a host that is taken out of the fleet meanwhile does not say that nothing was recorded', async () => {
    const { admin, trusted } = await open({
      onTrust: (present) => present.configure({ configured: [], rights: allowed }),
    });
    await expect(trust(admin)).rejects.toMatchObject({ code: 'NOT_FOUND', detail: { host: 'alpha' } });
    expect(trusted).toHaveLength(1);
  });

  test('is refused unless the configuration allows it', async () => {
    const { admin, trusted } = await open({ rights: nothing });
    expect(await codeOf(trust(admin))).toBe('FORBIDDEN');
    expect(trusted).toEqual([]);
  });

  test('takes a fingerprint as ssh-keygen shows it, and nothing else', async () => {
    const { admin } = await open();
    expect(await codeOf(trust(admin, `${fingerprint}=`))).toBe('done');
    for (const text of ['', 'MD5:aa:bb', fingerprint.slice(0, -1), `${fingerprint}\nx`]) {
      expect(await codeOf(trust(admin, text))).toBe('BAD_USER_INPUT');
    }
  });
});

describe('trying again', () => {
  test('leaves a host alone that is ready, and dials one that is not', async () => {
    const { admin, fakes } = await open();
    expect(await admin.retry('alpha', wait)).toMatchObject({ host: { status: 'READY' }, task: null });
    expect(fakes.get('alpha')?.opens).toBe(1);
    const fake = fakes.get('beta');
    if (fake) fake.refuse = hostProblem('HOST_KEY_UNKNOWN', 'Who is it?', 'Look.');
    await add(admin, 'beta');
    await settle();
    expect((await admin.retry('beta', wait)).host.status).toBe('BLOCKED');
    if (fake) fake.refuse = null;
    expect((await admin.retry('beta', wait)).host.status).toBe('READY');
    expect(await codeOf(admin.retry('nobody', wait))).toBe('NOT_FOUND');
  });
});

describe('the audit log', () => {
  test('has who had a host tried again, also where he did not wait for what came of it', async () => {
    const { admin, fakes } = await open();
    await settle();
    const fake = fakes.get('alpha');
    if (fake) fake.refuse = keyChanged();
    fake?.drop();
    await settle();
    const caller = new AbortController();
    if (fake) fake.gate = (verb) => (verb === 'open' ? new Promise(() => {}) : undefined);
    const asked = admin.retry('alpha', { withinMs: null, signal: caller.signal });
    caller.abort(new Error('gone'));
    await expect(asked).rejects.toThrow('gone');
    expect(await auditLines()).toMatchObject([{ action: 'retryHost', host: 'alpha', who: 'token' }]);
  });

  test('has who, what, when, before, after and result of each try, for its owner alone', async () => {
    const { admin, clock } = await open();
    await add(admin, 'beta');
    await admin.update('beta', { readOnly: true }, { dryRun: false });
    await codeOf(add(admin, 'beta'));
    await admin.trust('alpha', { fingerprint, replace: true }, wait);
    await admin.remove('beta', { dryRun: false });
    const at = new Date(clock.now()).toISOString();
    const readOnly = host('beta', { readOnly: true });
    const { name: _, ...asked } = host('beta');
    const lines = await auditLines();
    const ended = lines.filter(({ result }) => result !== 'BEGUN');
    expect(lines.filter(({ result }) => result === 'BEGUN')).toEqual(
      ended.map(({ after: _after, before: _before, code: _code, reason: _reason, ...line }) => ({
        ...line,
        result: 'BEGUN',
      })),
    );
    expect(ended).toEqual([
      { at, who: 'token', action: 'addHost', host: 'beta', asked, result: 'DONE', before: null, after: host('beta') },
      {
        at,
        who: 'token',
        action: 'updateHost',
        host: 'beta',
        asked: { readOnly: true },
        result: 'DONE',
        before: host('beta'),
        after: readOnly,
      },
      {
        at,
        who: 'token',
        action: 'addHost',
        host: 'beta',
        asked,
        result: 'REFUSED',
        code: 'CONFLICT',
        reason: expect.any(String),
      },
      {
        at,
        who: 'token',
        action: 'trustHostKey',
        host: 'alpha',
        asked: { fingerprint, replace: true },
        result: 'DONE',
        before: { verdict: 'UNKNOWN', trusted: [] },
        after: { name: 'alpha', keyType: 'ssh-ed25519', fingerprint, file: '/known_hosts' },
      },
      { at, who: 'token', action: 'removeHost', host: 'beta', result: 'DONE', before: readOnly, after: null },
    ]);
    expect((await stat(join(dir, 'audit.jsonl'))).mode & 0o777).toBe(0o600);
  });

  test('has what the configuration has changed, and who had a host tried again', async () => {
    const { admin, fakes } = await open();
    const one = { configured: [targetOf('alpha')], rights: allowed };
    await admin.configure(one).audited;
    await admin.configure({ ...one, configured: [targetOf('alpha'), targetOf('beta')] }).audited;
    await admin.configure({ ...one, rights: nothing }).audited;
    await admin.retry('alpha', wait);
    const fake = fakes.get('beta');
    if (fake) fake.refuse = hostProblem('HOST_KEY_UNKNOWN', 'Who is it?', 'Look.');
    await admin.configure({ configured: [targetOf('alpha'), targetOf('beta')], rights: nothing }).audited;
    await settle();
    await admin.retry('beta', wait);
    const who = 'the configuration';
    expect(await auditLines()).toMatchObject([
      { who, action: 'configure', host: null, result: 'DONE', after: { added: ['beta'], removed: [] } },
      { who, action: 'configure', after: { added: [], removed: ['beta'], rights: nothing } },
      { who, action: 'configure', after: { added: ['beta'], removed: [] } },
      { who: 'token', action: 'retryHost', host: 'beta', result: 'DONE', after: { status: 'BLOCKED' } },
    ]);
  });

  test('has no password, also where one was asked for by mistake', async () => {
    const { admin } = await open();
    const secrets = { uri: 'qemu+ssh://root:hunter2@h/system', jump: ['ops:hunter2@h'] };
    expect(await codeOf(add(admin, 'beta', secrets))).toBe('BAD_USER_INPUT');
    expect(JSON.stringify(await auditLines())).not.toContain('hunter2');
  });

  test('that cannot be written lets nothing be done', async () => {
    const { admin } = await open();
    await rm(dir, { recursive: true });
    await writeFile(dir, 'a file where the directory was');
    expect(await codeOf(add(admin, 'beta'))).toBe('RESOURCE_EXHAUSTED');
    expect(names()).toEqual(['alpha']);
  });

  test('that can be opened and takes no line, as on a full disk, lets nothing be done', async () => {
    const { admin, trusted } = await open();
    await symlink('/dev/full', join(dir, 'audit.jsonl'));
    expect(await codeOf(add(admin, 'beta'))).toBe('RESOURCE_EXHAUSTED');
    expect(await codeOf(admin.trust('alpha', { fingerprint, replace: true }, wait))).toBe('RESOURCE_EXHAUSTED');
    expect(names()).toEqual(['alpha']);
    expect(trusted).toEqual([]);
  });

  test('begins a new line after one that a full disk has torn', async () => {
    const { admin } = await open();
    const torn = '{"at":"2026-';
    await writeFile(join(dir, 'audit.jsonl'), torn);
    await add(admin, 'beta');
    const [first, ...lines] = (await readFile(join(dir, 'audit.jsonl'), 'utf8')).trim().split('\n');
    expect(first).toBe(torn);
    expect(lines.map((line) => JSON.parse(line).result)).toEqual(['BEGUN', 'DONE']);
  });
});
