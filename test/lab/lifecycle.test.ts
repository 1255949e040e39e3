import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type Gateway, hostEntry, hostStatus, openGateway } from './gateway.ts';
import { lxcGuestXml, qemuGuestXml } from './guests.ts';
import { type Lab, openLab } from './lab.ts';
import type { LibvirtHost } from './libvirt-host.ts';
import { hostNamed } from './pick.ts';
import { readPairs, readTable } from './virsh-output.ts';
import { waitFor } from './wait.ts';

let lab: Lab;
let h1: LibvirtHost;
let h2: LibvirtHost;
let gateway: Gateway;

beforeAll(async () => {
  lab = await openLab({ hosts: 2, hostKeyTypes: ['ed25519'], purpose: 'lifecycle.test.ts' });
  h1 = hostNamed(lab, 'h1');
  h2 = hostNamed(lab, 'h2');
  gateway = await openGateway(lab, {
    hosts: [hostEntry(lab, h1), hostEntry(lab, h2), hostEntry(lab, h1, { name: 'lxc', driver: 'lxc' })],
  });
  await gateway.ready('h1', 'h2', 'lxc');
});

afterAll(async () => {
  await gateway?.close();
  await lab?.close();
});

interface Payload {
  readonly domain: {
    readonly id: string;
    readonly uuid: string;
    readonly name: string;
    readonly state: string;
    readonly stateReason: string;
    readonly persistent: boolean;
    readonly autostart: boolean;
    readonly hasManagedSave: boolean;
    readonly version: string;
    readonly interfaces: readonly { readonly macAddress: string }[];
  } | null;
  readonly dryRun: boolean;
  readonly summary: string;
  readonly warnings?: readonly string[];
}

/** Each verb with the type of its input. */
const inputs = {
  startDomain: 'StartDomainInput',
  shutdownDomain: 'ShutdownDomainInput',
  rebootDomain: 'RebootDomainInput',
  resetDomain: 'DomainActionInput',
  forceOffDomain: 'ForceOffDomainInput',
  suspendDomain: 'DomainActionInput',
  resumeDomain: 'DomainActionInput',
  defineDomain: 'DefineDomainInput',
  undefineDomain: 'UndefineDomainInput',
  setDomainAutostart: 'SetDomainAutostartInput',
  attachInterface: 'AttachInterfaceInput',
  detachInterface: 'DetachInterfaceInput',
} as const satisfies Record<string, string>;
type Verb = keyof typeof inputs;

const domainFields =
  'id uuid name state stateReason persistent autostart hasManagedSave version interfaces { macAddress }';

function ask(verb: Verb, input: object): Promise<Answer<Record<string, Payload>>> {
  const warnings = verb === 'undefineDomain' ? '' : 'warnings';
  const query = `mutation ($input: ${inputs[verb]}!) { ${verb}(input: $input) {
    domain { ${domainFields} } dryRun summary ${warnings} } }`;
  return gateway.ask(query, { input });
}

/** The payload of a change that must succeed. */
async function act(verb: Verb, input: object): Promise<Payload> {
  const { data, errors } = await ask(verb, input);
  const payload = data?.[verb];
  if (payload === undefined) throw new Error(`${verb}: ${JSON.stringify(errors)}`);
  return payload;
}

/** The extensions of the error of a change that must fail. */
async function refusal(verb: Verb, input: object): Promise<Readonly<Record<string, unknown>>> {
  const { data, errors } = await ask(verb, input);
  const [error] = errors ?? [];
  if (error === undefined) throw new Error(`${verb} succeeded: ${JSON.stringify(data)}`);
  return error.extensions;
}

const on = (host: string, name: string) => ({ domain: { path: { host, name } } });
const virshState = async (name: string) => (await h1.virsh('domstate', '--reason', name)).trim();

/** A guest that is defined through the API, and so is known at once. */
async function define(name: string, host = 'h1', macAddresses: readonly string[] = []): Promise<Payload> {
  return await act('defineDomain', { host, xml: qemuGuestXml({ name, macAddresses }) });
}

async function run(name: string, host = 'h1', macAddresses: readonly string[] = []): Promise<Payload> {
  await define(name, host, macAddresses);
  return await act('startDomain', on(host, name));
}

describe('a change does what it says, and answers with what virsh then shows', () => {
  test('from definition to removal', async () => {
    const defined = await define('whole');
    expect(defined).toMatchObject({ domain: { state: 'SHUTOFF', persistent: true }, dryRun: false });
    expect((await h1.virsh('domuuid', 'whole')).trim()).toBe(defined.domain?.uuid);

    expect((await act('startDomain', on('h1', 'whole'))).domain).toMatchObject({
      state: 'RUNNING',
      stateReason: 'booted',
    });
    expect(await virshState('whole')).toBe('running (booted)');
    expect((await act('suspendDomain', on('h1', 'whole'))).domain).toMatchObject({
      state: 'PAUSED',
      stateReason: 'user',
    });
    expect(await virshState('whole')).toBe('paused (user)');
    expect((await act('resumeDomain', on('h1', 'whole'))).domain?.state).toBe('RUNNING');
    expect(await virshState('whole')).toBe('running (unpaused)');
    const pid = h1.qemuPid('whole');
    expect((await act('resetDomain', on('h1', 'whole'))).domain?.state).toBe('RUNNING');
    expect((await act('rebootDomain', on('h1', 'whole'))).summary).toMatch(/asked to reboot/);
    expect(h1.qemuPid('whole')).toBe(pid);
    expect((await act('forceOffDomain', on('h1', 'whole'))).domain).toMatchObject({
      state: 'SHUTOFF',
      stateReason: 'destroyed',
    });
    expect(await virshState('whole')).toBe('shut off (destroyed)');
    expect((await act('undefineDomain', on('h1', 'whole'))).domain).toBeNull();
    expect((await h1.tryVirsh('dominfo', 'whole')).status).toBe(1);
  });

  test('a graceful stop leaves it to the guest, which here does not listen', async () => {
    await run('deaf');
    expect((await act('shutdownDomain', on('h1', 'deaf'))).summary).toMatch(/asked to shut down/);
    expect(await virshState('deaf')).toBe('running (booted)');
  });

  test('a start may be paused, and may throw a saved image away or resume from it', async () => {
    await define('kept');
    expect((await act('startDomain', { ...on('h1', 'kept'), paused: true })).domain?.state).toBe('PAUSED');
    await act('resumeDomain', on('h1', 'kept'));
    await h1.virsh('managedsave', 'kept');
    await waitFor('the saved image', async () => (await fresh('kept')).hasManagedSave);
    expect((await act('startDomain', on('h1', 'kept'))).domain).toMatchObject({ stateReason: 'restored' });
    await h1.virsh('managedsave', 'kept');
    const anew = await act('startDomain', { ...on('h1', 'kept'), discardManagedSave: true });
    expect(anew.domain).toMatchObject({ stateReason: 'booted', hasManagedSave: false });
    expect(await virshState('kept')).toBe('running (booted)');
  });

  test('autostart', async () => {
    await define('early');
    const autostart = async () => readPairs(await h1.virsh('dominfo', 'early'))['Autostart'];
    expect((await act('setDomainAutostart', { ...on('h1', 'early'), autostart: true })).domain?.autostart).toBe(true);
    expect(await autostart()).toBe('enable');
    expect((await act('setDomainAutostart', { ...on('h1', 'early'), autostart: false })).domain?.autostart).toBe(false);
    expect(await autostart()).toBe('disable');
  });

  test('undefine leaves a running guest alone, and a saved image only on demand', async () => {
    await run('loose');
    expect((await act('undefineDomain', on('h1', 'loose'))).domain).toMatchObject({
      state: 'RUNNING',
      persistent: false,
    });
    expect(readPairs(await h1.virsh('dominfo', 'loose'))['Persistent']).toBe('no');
    await run('imaged');
    await h1.virsh('managedsave', 'imaged');
    expect(await refusal('undefineDomain', on('h1', 'imaged'))).toMatchObject({
      outcome: 'FAILED',
      libvirt: { code: 55 },
    });
    await act('undefineDomain', { ...on('h1', 'imaged'), removeManagedSave: true });
    expect((await h1.tryVirsh('dominfo', 'imaged')).status).toBe(1);
  });

  test('undefine takes firmware variables along or leaves them, as it is told', async () => {
    const variables = '/var/lib/libvirt/boot/variables.fd';
    const isThere = async () => (await h1.exec(['test', '-e', variables])).status === 0;
    const firmware = `<loader readonly='yes' type='pflash'>${variables}</loader><nvram>${variables}</nvram></os>`;
    const xml = qemuGuestXml({ name: 'flashed' }).replace('</os>', firmware);
    await h1.execOk(['touch', variables]);
    await act('defineDomain', { host: 'h1', xml });
    expect(await refusal('undefineDomain', on('h1', 'flashed'))).toMatchObject({ outcome: 'FAILED' });
    const both = { ...on('h1', 'flashed'), removeNvram: true, keepNvram: true };
    expect(await refusal('undefineDomain', both)).toMatchObject({ code: 'BAD_USER_INPUT', outcome: 'NOT_SENT' });
    await act('undefineDomain', { ...on('h1', 'flashed'), keepNvram: true });
    expect(await isThere()).toBe(true);
    await act('defineDomain', { host: 'h1', xml });
    await act('undefineDomain', { ...on('h1', 'flashed'), removeNvram: true });
    expect(await isThere()).toBe(false);
  });

  test.each([
    ['snapshot', 'removeSnapshotMetadata', '<state>shutoff</state>'],
    ['checkpoint', 'removeCheckpointMetadata', "<disks><disk name='vda' checkpoint='bitmap' bitmap='first'/></disks>"],
  ])('undefine removes the record of a %s only on demand', async (what, remove, parts) => {
    const disk =
      "<disk type='file'><source file='/var/lib/libvirt/images/none.raw'/><target dev='vda'/></disk></devices>";
    const xml = qemuGuestXml({ name: 'recorded' }).replace('</devices>', disk);
    await act('defineDomain', { host: 'h1', xml });
    // Told, not made: the record of one that nobody has to wait for.
    const record = join(h1.folder, 'record.xml');
    const stored = await h1.virsh('dumpxml', '--inactive', 'recorded');
    writeFileSync(
      record,
      `<domain${what}><name>first</name><creationTime>1700000000</creationTime>${parts}${stored}</domain${what}>`,
    );
    await h1.virsh(`${what}-create`, 'recorded', record, '--redefine');
    expect(await refusal('undefineDomain', on('h1', 'recorded'))).toMatchObject({ outcome: 'FAILED' });
    await act('undefineDomain', { ...on('h1', 'recorded'), [remove]: true });
    expect((await h1.tryVirsh('dominfo', 'recorded')).status).toBe(1);
  });

  test('a network card leaves guest and stored configuration, also where it sits in another slot of each', async () => {
    await run('slotted');
    const card = { ...on('h1', 'slotted'), source: { network: 'default' } };
    const [stored, both] = ['52:54:00:11:fe:11', '52:54:00:11:fe:12'];
    await act('attachInterface', { ...card, macAddress: stored, live: false, persistent: true });
    await act('attachInterface', { ...card, macAddress: both });
    const slots = async (...args: readonly string[]) => {
      const xml = await h1.virsh('dumpxml', 'slotted', ...args);
      return /fe:12.*?<address[^>]*slot='(\w+)'/s.exec(xml)?.[1];
    };
    expect(await slots()).not.toBe(await slots('--inactive'));
    await act('detachInterface', { ...on('h1', 'slotted'), macAddress: both });
    const left = readTable(await h1.virsh('domiflist', 'slotted', '--inactive'));
    expect(left.map((row) => row['MAC'])).toEqual([stored]);
  });

  test('network cards, live and stored', async () => {
    await run('wired');
    const cards = async (...args: readonly string[]) =>
      readTable(await h1.virsh('domiflist', 'wired', ...args)).map((row) => row['MAC']);
    const card = { ...on('h1', 'wired'), source: { network: 'default' } };
    const [live, stored, both] = ['52:54:00:11:fe:01', '52:54:00:11:fe:02', '52:54:00:11:fe:03'];
    await act('attachInterface', { ...card, macAddress: live, live: true, persistent: false });
    await act('attachInterface', { ...card, macAddress: stored, live: false, persistent: true });
    const payload = await act('attachInterface', { ...card, source: { bridge: 'virbr0' }, macAddress: both });
    expect(payload.domain?.interfaces.map(({ macAddress }) => macAddress)).toEqual([live, both]);
    expect(await cards()).toEqual([live, both]);
    expect(await cards('--inactive')).toEqual([stored, both]);

    await act('detachInterface', { ...on('h1', 'wired'), macAddress: stored });
    expect(await cards('--inactive')).toEqual([both]);
    // Without an operating system the guest never lets go of a card.
    const pending = await act('detachInterface', { ...on('h1', 'wired'), macAddress: live });
    expect(pending.warnings).toContainEqual(expect.stringMatching(/not let go/));
    await act('detachInterface', { ...on('h1', 'wired'), macAddress: both, live: false, persistent: true });
    expect(await cards('--inactive')).toEqual([]);
    expect(await refusal('detachInterface', { ...on('h1', 'wired'), macAddress: stored })).toMatchObject({
      code: 'NOT_FOUND',
      outcome: 'NOT_SENT',
    });
  });

  test('containers', async () => {
    const state = async () => (await h1.virsh('-c', 'lxc:///', 'domstate', 'vessel')).trim();
    await act('defineDomain', { host: 'lxc', xml: lxcGuestXml({ name: 'vessel' }) });
    expect((await act('startDomain', on('lxc', 'vessel'))).domain?.state).toBe('RUNNING');
    expect(await state()).toBe('running');
    expect((await act('suspendDomain', on('lxc', 'vessel'))).domain?.state).toBe('PAUSED');
    expect((await act('resumeDomain', on('lxc', 'vessel'))).domain?.state).toBe('RUNNING');
    expect(await refusal('resetDomain', on('lxc', 'vessel'))).toMatchObject({ code: 'UNSUPPORTED' });
    expect((await act('forceOffDomain', on('lxc', 'vessel'))).domain?.state).toBe('SHUTOFF');
    expect((await act('undefineDomain', on('lxc', 'vessel'))).domain).toBeNull();
  });
});

describe('a change that cannot be is refused by a code that says why', () => {
  describe('in the wrong state', () => {
    beforeAll(async () => {
      await run('running');
      await define('resting');
    });

    test.each<[Verb, string]>([
      ['startDomain', 'running'],
      ['resumeDomain', 'running'],
      ['shutdownDomain', 'resting'],
      ['rebootDomain', 'resting'],
      ['resetDomain', 'resting'],
      ['forceOffDomain', 'resting'],
      ['suspendDomain', 'resting'],
      ['resumeDomain', 'resting'],
    ])('%s of one that is %s', async (verb, name) => {
      expect(await refusal(verb, on('h1', name))).toMatchObject({
        code: 'INVALID_STATE',
        host: 'h1',
        outcome: 'FAILED',
        retryable: false,
        libvirt: { code: 55, codeName: 'OPERATION_INVALID' },
      });
    });
  });

  test('of a domain that is not there, or not any more', async () => {
    expect(await refusal('startDomain', on('h1', 'nobody'))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refusal('startDomain', { domain: { uuid: randomUUID() } })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refusal('startDomain', on('nowhere', 'nobody'))).toMatchObject({ code: 'NOT_FOUND' });
    const { domain } = await define('leaving');
    await h1.virsh('undefine', 'leaving');
    expect(await refusal('startDomain', { domain: { id: domain?.id } })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refusal('startDomain', { domain: { id: 'forged' } })).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test.each(['no XML', '<network/>', '<!DOCTYPE x><domain/>', "<domain type='qemu'><name>x</name></domain>"])(
    'of a definition that is none: %s',
    async (xml) => {
      expect(await refusal('defineDomain', { host: 'h1', xml })).toMatchObject({ code: 'BAD_USER_INPUT' });
    },
  );

  test('of a definition that libvirt does not take', async () => {
    const invalid = qemuGuestXml({ name: 'invalid' }).replace('</domain>', '<nonsense/></domain>');
    expect(await refusal('defineDomain', { host: 'h1', xml: invalid, validate: true })).toMatchObject({
      code: 'BAD_USER_INPUT',
      libvirt: { code: 92 },
    });
    await define('namesake');
    const twin = qemuGuestXml({ name: 'namesake', uuid: randomUUID() });
    expect(await refusal('defineDomain', { host: 'h1', xml: twin })).toMatchObject({
      outcome: 'FAILED',
      libvirt: { code: 9 },
    });
  });

  test('of a network that is not there', async () => {
    await run('unplugged');
    const input = { ...on('h1', 'unplugged'), source: { network: 'nowhere' } };
    expect(await refusal('attachInterface', input)).toMatchObject({ code: 'NOT_FOUND', libvirt: { code: 43 } });
    expect(readTable(await h1.virsh('domiflist', 'unplugged'))).toEqual([]);
  });

  test('of a domain that was changed meanwhile by somebody else', async () => {
    const { domain } = await define('guarded');
    const stale = { ...on('h1', 'guarded'), expectedVersion: domain?.version };
    await h1.virsh('desc', 'guarded', '--config', '--title', '--new-desc', 'Changed');
    for (const verb of ['startDomain', 'undefineDomain'] as const) {
      expect(await refusal(verb, stale)).toMatchObject({ code: 'CONFLICT', outcome: 'NOT_SENT', host: 'h1' });
    }
    expect(await virshState('guarded')).toBe('shut off (unknown)');
    const { version } = await fresh('guarded');
    await act('startDomain', { ...on('h1', 'guarded'), expectedVersion: version });
    // Running changes the XML that is in use, and not what is stored.
    expect((await fresh('guarded')).version).toBe(version);
  });
});

describe('a dry run', () => {
  const card = '52:54:00:11:fe:09';
  let before: readonly string[];
  const present = () =>
    Promise.all([
      h1.virsh('list', '--all'),
      h1.virsh('dumpxml', 'watched'),
      h1.virsh('dumpxml', '--inactive', 'watched'),
      h1.virsh('dominfo', 'asleep'),
    ]);

  beforeAll(async () => {
    await run('watched', 'h1', [card]);
    await define('asleep');
    before = await present();
  });

  test.each<[Verb, object]>([
    ['startDomain', on('h1', 'asleep')],
    ['undefineDomain', on('h1', 'asleep')],
    ['setDomainAutostart', { ...on('h1', 'asleep'), autostart: true }],
    ['shutdownDomain', on('h1', 'watched')],
    ['rebootDomain', on('h1', 'watched')],
    ['resetDomain', on('h1', 'watched')],
    ['forceOffDomain', on('h1', 'watched')],
    ['suspendDomain', on('h1', 'watched')],
    ['attachInterface', { ...on('h1', 'watched'), source: { network: 'default' } }],
    ['detachInterface', { ...on('h1', 'watched'), macAddress: card }],
    ['defineDomain', { host: 'h1', xml: qemuGuestXml({ name: 'imagined' }) }],
  ])('of %s says what would be', async (verb, input) => {
    const payload = await act(verb, { ...input, dryRun: true });
    expect(payload.dryRun).toBe(true);
    expect(payload.summary).toMatch(/ would /);
  });

  test('of what cannot be says so', async () => {
    expect(await refusal('startDomain', { ...on('h1', 'watched'), dryRun: true })).toMatchObject({
      code: 'INVALID_STATE',
      outcome: 'NOT_SENT',
    });
  });

  test('has done nothing, all this time', async () => {
    expect(await present()).toEqual(before);
  });
});

describe('a connection that is lost', () => {
  test('while a change is under way leaves its outcome unknown, and nobody repeats it', async () => {
    await define('limbo', 'h2');
    // The lane for changes is open from now on.
    await act('startDomain', on('h2', 'limbo'));
    await act('forceOffDomain', on('h2', 'limbo'));
    h2.signalLibvirtd('SIGSTOP');
    let started: Promise<Readonly<Record<string, unknown>>>;
    try {
      started = refusal('startDomain', on('h2', 'limbo'));
      await waitFor('the host to be asked', async () => (await callsInFlight('h2', 'work')) > 0);
      await h2.stopSshd();
      h2.cutSshSessions();
      expect(await started).toMatchObject({
        code: 'OUTCOME_UNKNOWN',
        outcome: 'UNKNOWN',
        host: 'h2',
        retryable: false,
      });
    } finally {
      h2.signalLibvirtd('SIGCONT');
    }
    expect(await refusal('startDomain', on('h2', 'limbo'))).toMatchObject({
      code: 'HOST_UNREACHABLE',
      outcome: 'NOT_SENT',
      host: 'h2',
      retryable: true,
    });
    // The daemon had read the call, and goes on with it although nobody waits any more.
    await waitFor('the guest to run', async () => (await h2.virsh('domstate', 'limbo')).trim() === 'running');
    await h2.virsh('destroy', 'limbo');
    await h2.startSshd();
    await hostStatus(gateway, 'h2', 'READY');
    expect(await fresh('limbo', 'h2')).toMatchObject({ state: 'SHUTOFF', stateReason: 'destroyed' });
  });

  test('of a daemon that is killed while it works too', async () => {
    await act('startDomain', on('h2', 'limbo'));
    h2.signalLibvirtd('SIGSTOP');
    const paused = refusal('suspendDomain', on('h2', 'limbo'));
    await waitFor('the host to be asked', async () => (await callsInFlight('h2', 'work')) > 0);
    await h2.stopLibvirtd('SIGKILL');
    expect(await paused).toMatchObject({ code: 'OUTCOME_UNKNOWN', outcome: 'UNKNOWN' });
    await h2.startLibvirtd();
    await hostStatus(gateway, 'h2', 'READY');
    // Killed before it read the call: this time nothing came of it, which only reading can tell.
    expect(await fresh('limbo', 'h2')).toMatchObject({ state: 'RUNNING' });
  });
});

async function fresh(name: string, host = 'h1'): Promise<NonNullable<Payload['domain']>> {
  const query = `query ($by: DomainRef!) { domain(by: $by, fresh: true) { ${domainFields} } }`;
  const { domain } = await gateway.data<Pick<Payload, 'domain'>>(query, { by: on(host, name).domain });
  if (domain === null) throw new Error(`${host} has no ${name}`);
  return domain;
}

async function callsInFlight(host: string, lane: string): Promise<number> {
  const query = 'query ($host: String!) { host(name: $host) { link { lanes { name callsInFlight } } } }';
  type Link = { host: { link: { lanes: { name: string; callsInFlight: number }[] } | null } };
  const { link } = (await gateway.data<Link>(query, { host })).host;
  return link?.lanes.find(({ name }) => name === lane)?.callsInFlight ?? 0;
}
