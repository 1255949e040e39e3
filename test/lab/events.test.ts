import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gateway, hostEntry, hostState, hostStatus, openGateway } from './gateway.ts';
import { lxcGuestXml, qemuGuestXml } from './guests.ts';
import { type Lab, openLab } from './lab.ts';
import type { LibvirtHost } from './libvirt-host.ts';
import { hostNamed } from './pick.ts';
import { waitFor } from './wait.ts';
import type { Watch } from './watch.ts';

let lab: Lab;
let h1: LibvirtHost;
let h2: LibvirtHost;
let gateway: Gateway;

beforeAll(async () => {
  lab = await openLab({ hosts: 2, hostKeyTypes: ['ed25519'], purpose: 'events.test.ts' });
  h1 = hostNamed(lab, 'h1');
  h2 = hostNamed(lab, 'h2');
  gateway = await openGateway(lab, {
    hosts: [
      // Silence is noticed after two seconds or three, so that a test need not wait for thirty.
      hostEntry(lab, h1, { params: { keepalive_interval: '1', keepalive_count: '2' } }),
      hostEntry(lab, h2),
      hostEntry(lab, h2, { name: 'lxc', driver: 'lxc' }),
    ],
  });
  await gateway.ready('h1', 'h2', 'lxc');
});

afterAll(async () => {
  await gateway?.close();
  await lab?.close();
});

interface ChangeMessage {
  readonly __typename: string;
  readonly cursor?: string;
  readonly origin?: string;
  readonly id?: string;
  readonly changedFields?: readonly string[] | null;
  readonly object?: {
    readonly id: string;
    readonly name: string;
    readonly state: string;
    readonly stateReason: string;
  };
  readonly host?: { readonly name: string; readonly status: string };
  readonly reason?: string;
  readonly problem?: { readonly code: string; readonly stage: string };
}

const changesQuery = `subscription ($filter: ChangeFilter, $after: Cursor, $snapshot: SnapshotMode! = IF_NEEDED) {
  changes(filter: $filter, after: $after, snapshot: $snapshot) {
    __typename
    ... on ObjectUpserted { cursor origin changedFields object { id ... on Domain { name state stateReason } ... on Network { name } } }
    ... on ObjectDeleted { cursor origin id }
    ... on SnapshotComplete { cursor }
    ... on Bookmark { cursor }
    ... on ResyncRequired { reason }
    ... on HostInterrupted { cursor host { name status } problem { code stage } }
    ... on HostResumed { cursor host { name status } }
  } }`;

const isSnapshotEnd = (message: ChangeMessage) => message.__typename === 'SnapshotComplete';
const isUpsert =
  (name: string, state: string, origin = 'EVENT') =>
  (message: ChangeMessage) =>
    message.__typename === 'ObjectUpserted' &&
    message.origin === origin &&
    message.object?.name === name &&
    message.object.state === state;
const isDeletion = (id: string | undefined) => (message: ChangeMessage) =>
  message.__typename === 'ObjectDeleted' && message.id === id;

async function watchChanges(variables: object = {}): Promise<Watch<ChangeMessage>> {
  const watch = gateway.watch<ChangeMessage>(changesQuery, variables);
  await watch.next('the end of the snapshot', isSnapshotEnd);
  return watch;
}

describe('what virsh does is seen by a subscriber', () => {
  test('from define to undefine, in order, with libvirt’s reasons', async () => {
    const watch = await watchChanges({ filter: { domains: { nameContains: 'lived' } } });
    await h1.virshXml(qemuGuestXml({ name: 'lived' }), 'define');
    const defined = await watch.next('the definition', isUpsert('lived', 'SHUTOFF'));
    expect(defined.changedFields).toBeNull();
    await h1.virsh('start', 'lived');
    const started = await watch.next('the start', isUpsert('lived', 'RUNNING'));
    expect(started.object?.stateReason).toBe('booted');
    expect(started.changedFields).toContain('state');
    await h1.virsh('suspend', 'lived');
    expect((await watch.next('the pause', isUpsert('lived', 'PAUSED'))).object?.stateReason).toBe('user');
    await h1.virsh('resume', 'lived');
    expect((await watch.next('the end of it', isUpsert('lived', 'RUNNING'))).object?.stateReason).toBe('unpaused');
    await h1.virsh('destroy', 'lived');
    expect((await watch.next('the stop', isUpsert('lived', 'SHUTOFF'))).object?.stateReason).toBe('destroyed');
    await h1.virsh('desc', 'lived', '--config', '--title', '--new-desc', 'Renewed');
    const retitled = await watch.next(
      'the new title',
      ({ changedFields }) => changedFields?.includes('title') ?? false,
    );
    expect(retitled.object).toMatchObject({ name: 'lived', state: 'SHUTOFF' });
    await h1.virsh('undefine', 'lived');
    await watch.next('the end', isDeletion(defined.object?.id));
    expect(watch.seen.filter(({ __typename }) => __typename === 'Lagged' || __typename === 'ResyncRequired')).toEqual(
      [],
    );
  });

  test('over server-sent events too', async () => {
    const watch = gateway.watchEventStream<ChangeMessage>(changesQuery, { filter: { hosts: ['h2'] } });
    await watch.next('the end of the snapshot', isSnapshotEnd);
    await h2.virshXml(qemuGuestXml({ name: 'streamed' }), 'create');
    const created = await watch.next('the guest', isUpsert('streamed', 'RUNNING'));
    await h2.virsh('destroy', 'streamed');
    expect(await watch.next('its end', isDeletion(created.object?.id))).toMatchObject({ origin: 'EVENT' });
  });

  test('by domainChanged, whose present state comes first', async () => {
    await h2.virshXml(qemuGuestXml({ name: 'before' }), 'define');
    await waitForDomain('h2', 'before', 'SHUTOFF');
    const query = `subscription { domainChanged(filter: { nameContains: "before" }) { name state host { name } } }`;
    const watch = gateway.watch<{ name: string; state: string }>(query);
    await watch.next('the present state', ({ state }) => state === 'SHUTOFF');
    await h2.virsh('start', 'before');
    const started = await watch.next('the start', ({ state }) => state === 'RUNNING');
    expect(started).toEqual({ name: 'before', state: 'RUNNING', host: { name: 'h2' } });
  });

  test('of containers', async () => {
    const watch = await watchChanges({ filter: { hosts: ['lxc'], kinds: ['DOMAIN'] } });
    await h2.virshXml(lxcGuestXml({ name: 'contained' }), '-c', 'lxc:///', 'define');
    await watch.next('the definition', isUpsert('contained', 'SHUTOFF'));
    await h2.virsh('-c', 'lxc:///', 'start', 'contained');
    await watch.next('the start', isUpsert('contained', 'RUNNING'));
    await h2.virsh('-c', 'lxc:///', 'destroy', 'contained');
    const stopped = await watch.next('the stop', isUpsert('contained', 'SHUTOFF'));
    expect(stopped.object?.stateReason).toBe('destroyed');
  });

  test('of networks', async () => {
    const query = `subscription { changes(filter: { hosts: ["h1"], kinds: [NETWORK] }) { __typename
      ... on ObjectUpserted { origin object { ... on Network { name active } } } } }`;
    type Message = {
      readonly __typename: string;
      readonly object?: { readonly name: string; readonly active: boolean };
    };
    const watch = gateway.watch<Message>(query);
    await watch.next('the end of the snapshot', ({ __typename }) => __typename === 'SnapshotComplete');
    await h1.virshXml("<network><name>new</name><bridge name='virbr8'/></network>", 'net-define');
    await watch.next('the network', ({ object }) => object?.name === 'new' && !object.active);
    await h1.virsh('net-start', 'new');
    const started = await watch.next('its start', ({ object }) => object?.name === 'new' && object.active);
    expect(started).toMatchObject({ origin: 'EVENT' });
  });
});

describe('a subscriber is told of a gap, and of all that happened in it', () => {
  test('when libvirtd is restarted', async () => {
    await h1.virshXml(qemuGuestXml({ name: 'survivor' }), 'define');
    await h1.virshXml(qemuGuestXml({ name: 'victim' }), 'create');
    const victim = await waitForDomain('h1', 'victim', 'RUNNING');
    await waitForDomain('h1', 'survivor', 'SHUTOFF');
    const watch = await watchChanges({ filter: { hosts: ['h1'], kinds: ['DOMAIN'] } });

    await h1.stopLibvirtd();
    const interrupted = await watch.next('the interruption', ({ __typename }) => __typename === 'HostInterrupted');
    expect(interrupted).toMatchObject({
      host: { name: 'h1', status: 'LOST' },
      problem: { code: 'CONNECTION_LOST', stage: 'running' },
    });
    expect(await readDomain('h1', 'victim')).toMatchObject({ state: 'RUNNING', stale: true });
    const interruptedAt = watch.seen.indexOf(interrupted);

    // Kept out until all has happened, so that nothing of it can be told by an event.
    await h1.stopSshd();
    await h1.startLibvirtd();
    await h1.virsh('start', 'survivor');
    await h1.virsh('destroy', 'victim');
    await h1.startSshd();

    const resumed = await watch.next('the resumption', ({ __typename }) => __typename === 'HostResumed');
    const missed = watch.seen.slice(interruptedAt + 1, watch.seen.indexOf(resumed));
    expect(missed.find(isDeletion(victim.id))).toMatchObject({ origin: 'RECONCILE' });
    expect(missed.some(isUpsert('survivor', 'RUNNING', 'RECONCILE'))).toBe(true);
    expect(missed.filter(({ origin }) => origin !== undefined && origin !== 'RECONCILE')).toEqual([]);
    await gateway.ready('h1');
    expect(await readDomain('h1', 'survivor')).toMatchObject({ state: 'RUNNING', stale: false });
    await h1.virsh('destroy', 'survivor');
    await watch.next('what happens after', isUpsert('survivor', 'SHUTOFF'));
  });

  test('when its ssh connections are cut', async () => {
    await h2.virshXml(qemuGuestXml({ name: 'cut' }), 'create');
    const { id } = await waitForDomain('h2', 'cut', 'RUNNING');
    const watch = await watchChanges({ filter: { hosts: ['h2'] } });
    await h2.stopSshd();
    expect(h2.cutSshSessions()).toBeGreaterThan(0);
    await watch.next('the interruption', ({ __typename }) => __typename === 'HostInterrupted');
    await h2.virsh('destroy', 'cut');
    await h2.startSshd();
    const gone = await watch.next('what was missed', isDeletion(id));
    expect(gone.origin).toBe('RECONCILE');
    await watch.next('the resumption', ({ __typename }) => __typename === 'HostResumed');
  });

  test('goes on from its cursor with exactly what it missed', async () => {
    const before = await watchChanges({ filter: { hosts: ['h2'], kinds: ['DOMAIN'] } });
    await h2.virshXml(qemuGuestXml({ name: 'first' }), 'define');
    const { cursor } = await before.next('the first', isUpsert('first', 'SHUTOFF'));
    await before.close();
    await h2.virshXml(qemuGuestXml({ name: 'second' }), 'define');
    await h2.virsh('start', 'second');
    await waitForDomain('h2', 'second', 'RUNNING');

    const after = gateway.watch<ChangeMessage>(changesQuery, {
      filter: { hosts: ['h2'], kinds: ['DOMAIN'] },
      after: cursor,
    });
    await after.next('the start that was missed', isUpsert('second', 'RUNNING'));
    const names = after.seen.flatMap(({ object }) => object?.name ?? []);
    expect(new Set(names)).toEqual(new Set(['second']));
    expect(after.seen.map(({ __typename }) => __typename)).not.toContain('ResyncRequired');
    expect(after.seen.some(isSnapshotEnd)).toBe(false);
    const states = after.seen.flatMap(({ object }) => object?.state ?? []);
    expect(states[0]).toBe('SHUTOFF');
  });

  test('starts over with a cursor of another gateway', async () => {
    const other = await openGateway(lab, { hosts: [] });
    const { gateway: foreign } = await other.data<{ gateway: { cursor: string } }>('{ gateway { cursor } }');
    await other.close();
    const watch = gateway.watch<ChangeMessage>(changesQuery, { after: foreign.cursor });
    const refusal = await watch.next('the refusal of the cursor', ({ __typename }) => __typename === 'ResyncRequired');
    expect(refusal.reason).toBe('EPOCH_CHANGED');
    await watch.next('the end of the snapshot', isSnapshotEnd);
  });
});

describe('a host that hangs', () => {
  test('is LOST after the keepalive, keeps nobody else waiting, and comes back with all that was', async () => {
    await h1.virshXml(qemuGuestXml({ name: 'frozen' }), 'create');
    await waitForDomain('h1', 'frozen', 'RUNNING');
    const watch = await watchChanges({ filter: { hosts: ['h1'] } });
    h1.signalLibvirtd('SIGSTOP');
    try {
      const interrupted = await watch.next('the loss', ({ __typename }) => __typename === 'HostInterrupted');
      expect(interrupted.problem).toEqual({ code: 'KEEPALIVE_TIMED_OUT', stage: 'running' });
      expect(await readDomain('h1', 'frozen')).toMatchObject({ state: 'RUNNING', stale: true });
      // With every host asked for something that only the host itself can say.
      const [alive, dead] = await Promise.all([
        gateway.ask('{ domain(by: { path: { host: "h2", name: "before" } }, fresh: true) { state } }'),
        gateway.ask('{ domain(by: { path: { host: "h1", name: "frozen" } }, fresh: true) { state } }'),
      ]);
      expect(alive.data).toEqual({ domain: { state: 'RUNNING' } });
      expect(dead.errors?.[0]?.extensions).toMatchObject({ code: 'HOST_UNREACHABLE', host: 'h1', retryable: true });
    } finally {
      h1.signalLibvirtd('SIGCONT');
    }
    await watch.next('the resumption', ({ __typename }) => __typename === 'HostResumed');
    await hostStatus(gateway, 'h1', 'READY');
    expect(await readDomain('h1', 'frozen')).toMatchObject({ state: 'RUNNING', stale: false });
  });

  test('delays no answer while nobody knows yet that it hangs', async () => {
    h2.signalLibvirtd('SIGSTOP');
    try {
      const answers = await gateway.data<{ hosts: { nodes: { name: string }[] }; domain: { state: string } }>(
        `{ hosts { nodes { name status } } domains { totalCount }
           domain(by: { path: { host: "h1", name: "frozen" } }, fresh: true) { state } }`,
      );
      expect(answers.domain.state).toBe('RUNNING');
      // Its keepalive takes 30 seconds, so it still counts as being there.
      expect((await hostState(gateway, 'h2')).status).toBe('READY');
    } finally {
      h2.signalLibvirtd('SIGCONT');
    }
  });
});

describe('readings', () => {
  interface Tick {
    readonly samples: readonly Sample[];
    readonly missing: readonly { readonly host: { readonly name: string }; readonly reason: string }[];
  }
  interface Sample {
    readonly domain: { readonly name: string; readonly host: { readonly name: string } };
    readonly stats: {
      readonly cpu: { readonly timeSeconds: number; readonly usage: number | null };
      readonly memory: { readonly current: number; readonly rss: number | null } | null;
      readonly interfaces:
        | readonly { readonly name: string; readonly rxBytes: string; readonly txBytes: string }[]
        | null;
    };
  }
  const query = `subscription ($filter: DomainFilter) { domainStats(filter: $filter, intervalSeconds: 0.5) {
    samples { domain { name host { name } } stats {
      cpu { timeSeconds usage } memory { current rss } interfaces { name rxBytes txBytes } } }
    missing { host { name } reason } } }`;
  const sampleOf = (tick: Tick, name: string) => tick.samples.find(({ domain }) => domain.name === name)?.stats;

  /** What virsh reads, as numbers, by its own names. */
  async function domstats(name: string): Promise<Readonly<Record<string, bigint>>> {
    const lines = (await h1.virsh('domstats', name)).matchAll(/^ {2}([\w.]+)=(\d+)$/gm);
    return Object.fromEntries([...lines].map(([, key, value]) => [key ?? '', BigInt(value ?? 0)]));
  }

  test('move, and lie between what virsh reads before and after', async () => {
    await h1.virshXml(qemuGuestXml({ name: 'busy', macAddresses: ['52:54:00:b0:51:01'] }), 'create');
    await waitForDomain('h1', 'busy', 'RUNNING');
    const watch = gateway.watch<Tick>(query, { filter: { nameContains: 'busy' } });
    await watch.next('a first tick', (tick) => sampleOf(tick, 'busy') !== undefined);

    const before = await domstats('busy');
    // Nobody has this address, so the bridge asks every guest for it.
    await h1.exec(['bash', '-c', 'for last in 7 8 9; do echo >/dev/udp/192.168.122.$last/9; done']);
    const seen = watch.seen.length;
    const moved = await watch.next('a tick in which all has grown', (tick) => {
      const stats = sampleOf(tick, 'busy');
      if (stats === undefined || watch.seen.indexOf(tick) < seen) return false;
      const isBusier = BigInt(Math.round(stats.cpu.timeSeconds * 1e9)) > (before['cpu.time'] ?? 0n);
      return isBusier && BigInt(stats.interfaces?.[0]?.rxBytes ?? 0) > (before['net.0.rx.bytes'] ?? 0n);
    });
    const after = await domstats('busy');
    const stats = sampleOf(moved, 'busy');
    if (stats === undefined) throw new Error('the tick was chosen for it');
    expect(stats.cpu.timeSeconds).toBeLessThanOrEqual(Number(after['cpu.time']) / 1e9);
    expect(stats.cpu.usage).toBeGreaterThan(0);
    expect(BigInt(stats.interfaces?.[0]?.rxBytes ?? 0)).toBeLessThanOrEqual(after['net.0.rx.bytes'] ?? 0n);
    expect(stats.interfaces?.[0]?.txBytes).toBe(String(after['net.0.tx.bytes']));
    expect(stats.memory).toMatchObject({ current: Number(after['balloon.current']) * 1024 });
    expect(stats.interfaces?.[0]?.name).toMatch(/^vnet\d+$/);

    const times = watch.seen.flatMap((tick) => sampleOf(tick, 'busy')?.cpu.timeSeconds ?? []);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('of a container come without a bulk call', async () => {
    await h2.virsh('-c', 'lxc:///', 'start', 'contained');
    await waitForDomain('lxc', 'contained', 'RUNNING');
    const cpuTime = async () => {
      const text = await h2.virsh('-c', 'lxc:///', 'cpu-stats', '--total', 'contained');
      return Number(/cpu_time\s+([\d.]+) seconds/.exec(text)?.[1]);
    };
    const before = await cpuTime();
    const watch = gateway.watch<Tick>(query, { filter: { hosts: ['lxc'] } });
    const tick = await watch.next('a tick', (each) => sampleOf(each, 'contained') !== undefined);
    const seconds = sampleOf(tick, 'contained')?.cpu.timeSeconds;
    expect(seconds).toBeGreaterThanOrEqual(before);
    expect(seconds).toBeLessThanOrEqual(await cpuTime());
  });

  test('name the host that cannot give any, and have those of the others', async () => {
    const watch = gateway.watch<Tick>(query, {});
    await watch.next('a tick of all', (tick) => sampleOf(tick, 'busy') !== undefined && tick.missing.length === 0);
    await h2.stopLibvirtd();
    const partial = await watch.next('a tick without h2', ({ missing }) => missing.length > 0);
    expect(partial.missing.map(({ host }) => host.name)).toContain('h2');
    expect(sampleOf(partial, 'busy')).toBeDefined();
    await h2.startLibvirtd();
    await watch.next('a tick of all again', ({ missing }) => missing.length === 0);
  });
});

interface DomainState {
  readonly id: string;
  readonly state: string;
  readonly stale: boolean;
}

async function readDomain(host: string, name: string): Promise<DomainState | null> {
  const query = `query ($host: String!, $name: String!) {
    domain(by: { path: { host: $host, name: $name } }) { id state stale } }`;
  return (await gateway.data<{ domain: DomainState | null }>(query, { host, name })).domain;
}

function waitForDomain(host: string, name: string, state: string): Promise<DomainState> {
  return waitFor(`${name} on ${host} to be ${state}`, async () => {
    const domain = await readDomain(host, name);
    return domain?.state === state && domain;
  });
}
