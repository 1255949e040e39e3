import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type Gateway, hostEntry, openGateway } from './gateway.ts';
import { qemuGuestXml } from './guests.ts';
import { type Lab, openLab } from './lab.ts';
import type { LibvirtHost } from './libvirt-host.ts';
import { hostNamed } from './pick.ts';
import { waitFor } from './wait.ts';

let lab: Lab;
let host: LibvirtHost;
let gateway: Gateway;

beforeAll(async () => {
  lab = await openLab({ hosts: 1, hostKeyTypes: ['ed25519'], purpose: 'tasks.test.ts' });
  host = hostNamed(lab, 'h1');
  // Without a system in it, a guest does not hear that it is asked to shut down.
  for (const name of ['deaf', 'lost']) await host.virshXml(qemuGuestXml({ name }), 'define');
  await host.virsh('start', 'deaf');
  gateway = await openGateway(lab, { hosts: [hostEntry(lab, host)] });
  await gateway.ready('h1');
});

afterAll(async () => {
  await gateway?.close();
  await lab?.close();
});

interface Task {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly cancellable: boolean;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly domain: { readonly name: string; readonly state: string } | null;
}
interface Payload {
  readonly summary: string;
  readonly warnings: readonly string[];
  readonly domain: { readonly state: string } | null;
  readonly task: Task | null;
  readonly diff:
    | readonly { readonly path: string; readonly before: string | null; readonly after: string | null }[]
    | null;
}

const taskFields = 'id kind state cancellable error { code message } domain { name state }';
const on = (name: string) => ({ domain: { path: { host: 'h1', name } } });
const virshState = async (name: string) => (await host.virsh('domstate', name)).trim();

function ask(verb: string, type: string, input: object): Promise<Answer<Record<string, Payload>>> {
  const fields = `summary warnings domain { state } diff { path before after } task { ${taskFields} }`;
  return gateway.ask(`mutation ($input: ${type}!) { ${verb}(input: $input) { ${fields} } }`, { input });
}

async function act(verb: string, type: string, input: object): Promise<Payload> {
  const { data, errors } = await ask(verb, type, input);
  const payload = data?.[verb];
  if (payload === undefined || errors) throw new Error(`${verb}: ${JSON.stringify(errors)}`);
  return payload;
}

async function taskNow(id: string): Promise<Task> {
  const { task } = await gateway.data<{ task: Task }>(`query ($id: ID!) { task(id: $id) { ${taskFields} } }`, { id });
  return task;
}

function taskOf({ task }: Payload): Task {
  if (task === null) throw new Error('There is no task.');
  return task;
}

describe('a guest that does not react', () => {
  const shutDown = async () => taskOf(await act('shutdownDomain', 'ShutdownDomainInput', on('deaf')));

  test('is waited for until nobody waits any more', async () => {
    const task = await shutDown();
    expect(task).toMatchObject({ kind: 'SHUTDOWN_DOMAIN', state: 'RUNNING', cancellable: true });
    const cancel = `mutation ($task: ID!) { cancelTask(input: { task: $task }) { task { state } } }`;
    expect(await gateway.data(cancel, { task: task.id })).toEqual({ cancelTask: { task: { state: 'CANCELLED' } } });
    expect(await virshState('deaf')).toBe('running');
  });

  test('is off when its plug is pulled, which its task says', async () => {
    const { id } = await shutDown();
    const progress = gateway.watch<Task>(`subscription ($id: ID!) { taskProgress(id: $id) { ${taskFields} } }`, { id });
    await progress.next('the present state', ({ state }) => state === 'RUNNING');
    const ended = progress.next('the end', ({ state }) => state !== 'RUNNING');
    const forced = await act('forceOffDomain', 'ForceOffDomainInput', { ...on('deaf'), graceful: true });
    expect(forced.domain?.state).toBe('SHUTOFF');
    expect(await ended).toMatchObject({
      state: 'SUCCEEDED',
      error: null,
      domain: { name: 'deaf', state: 'SHUTOFF' },
    });
    expect(await virshState('deaf')).toBe('shut off');
  });
});

test('a card that a guest does not let go of is waited for until it is off', async () => {
  const macAddress = '52:54:00:aa:00:07';
  await host.virshXml(qemuGuestXml({ name: 'holding', macAddresses: [macAddress] }), 'define');
  await host.virsh('start', 'holding');
  await waitFor('the guest to be known', async () => {
    const { domain } = await gateway.data<{ domain: { state: string } | null }>(
      '{ domain(by: { path: { host: "h1", name: "holding" } }) { state } }',
    );
    return domain?.state === 'RUNNING';
  });
  const detached = await act('detachInterface', 'DetachInterfaceInput', { ...on('holding'), macAddress });
  const task = taskOf(detached);
  expect(task).toMatchObject({ kind: 'DETACH_INTERFACE', state: 'RUNNING', cancellable: true });
  expect(await host.virsh('domiflist', 'holding')).toContain(macAddress);
  await host.virsh('destroy', 'holding');
  const ended = await waitFor('the end of the task', async () => {
    const now = await taskNow(task.id);
    return now.state === 'RUNNING' ? null : now;
  });
  expect(ended).toMatchObject({ state: 'SUCCEEDED', error: null });
  expect(await host.virsh('domiflist', 'holding')).not.toContain(macAddress);
});

describe('a dry run of a definition', () => {
  const define = (xml: string) => ask('defineDomain', 'DefineDomainInput', { host: 'h1', xml, dryRun: true });

  test.each([
    ['a machine that QEMU does not have', "machine='pc'", "machine='pc-i440fx-99.9'", /pc-i440fx-99\.9/],
    ['an emulator that is not there', '/usr/bin/qemu-system-x86_64', '/usr/bin/no-such-emulator', /no-such-emulator/],
  ])('hears from the host what is wrong with %s', async (_, right, wrong, words) => {
    const { errors } = await define(qemuGuestXml({ name: 'wrong' }).replace(right, wrong));
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', host: 'h1', outcome: 'NOT_SENT' } }]);
    expect(errors?.[0]?.message).toMatch(words);
    expect((await host.tryVirsh('dominfo', 'wrong')).status).toBe(1);
  });

  test('shows what would change of what virsh shows, and changes nothing', async () => {
    const stored = await host.virsh('dumpxml', '--inactive', 'lost');
    const xml = stored.replace('<on_reboot>restart</on_reboot>', '<on_reboot>destroy</on_reboot>');
    expect(xml).not.toBe(stored);
    const { data, errors } = await define(xml);
    expect(errors).toBeUndefined();
    expect(data?.['defineDomain']).toMatchObject({
      diff: [{ path: 'on_reboot', before: 'restart', after: 'destroy' }],
      warnings: [],
    });
    expect(await host.virsh('dumpxml', '--inactive', 'lost')).toBe(stored);
  });
});

test('a change whose answer was lost is found out about when the host is back, and not asked again by its key', async () => {
  const before = await gateway.data<{ domain: { state: string } }>(
    '{ domain(by: { path: { host: "h1", name: "lost" } }) { state } }',
  );
  expect(before.domain.state).toBe('SHUTOFF');
  // So that the lane that it goes by is open when the daemon does not answer any more.
  await act('setDomainAutostart', 'SetDomainAutostartInput', { ...on('lost'), autostart: false });
  host.signalLibvirtd('SIGSTOP');
  const input = { ...on('lost'), idempotencyKey: randomUUID() };
  const start = ask('startDomain', 'StartDomainInput', input);
  await waitFor('the change to be sent', async () => {
    const { host: said } = await gateway.data<{ host: { link: { lanes: { name: string; callsInFlight: number }[] } } }>(
      '{ host(name: "h1") { link { lanes { name callsInFlight } } } }',
    );
    return said.link.lanes.some(({ name, callsInFlight }) => name === 'work' && callsInFlight > 0);
  });
  host.cutSshSessions();
  const [error] = (await start).errors ?? [];
  expect(error?.extensions).toMatchObject({
    code: 'OUTCOME_UNKNOWN',
    outcome: 'UNKNOWN',
    host: 'h1',
    retryable: false,
    task: expect.any(String),
  });
  const id = String(error?.extensions['task']);
  expect(await taskNow(id)).toMatchObject({ kind: 'RESOLVE_OUTCOME', state: 'PENDING' });

  host.signalLibvirtd('SIGCONT');
  const task = await waitFor(
    'the truth',
    async () => {
      const now = await taskNow(id);
      return ['PENDING', 'RUNNING'].includes(now.state) ? null : now;
    },
    90_000,
  );
  // A daemon that reads what was sent before it notices that nobody is there any more, does it; either way we are told.
  const isRunning = (await virshState('lost')) === 'running';
  expect(task.state).toBe(isRunning ? 'SUCCEEDED' : 'FAILED');
  const [again] = (await ask('startDomain', 'StartDomainInput', input)).errors ?? [];
  expect(again?.extensions).toMatchObject({ code: 'OUTCOME_UNKNOWN', task: id, taskState: task.state });
  expect(await virshState('lost')).toBe(isRunning ? 'running' : 'shut off');
});
