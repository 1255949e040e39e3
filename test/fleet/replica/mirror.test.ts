import { afterEach, describe, expect, test } from 'vitest';
import { VirtgraphError } from '../../../src/errors.ts';
import type { Fleet } from '../../../src/fleet/types.ts';
import type { Network } from '../../../src/model/network.ts';
import { parseMac } from '../../../src/net/mac.ts';
import { settle } from '../../support/fake-clock.ts';
import { createFakeHost, type FakeHost, uuidOf } from '../fake-host.ts';
import { brief, gather, openChanges, openTestFleet } from '../fleet-under-test.ts';

const { signal } = new AbortController();

let open: Fleet | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

async function watch(host: FakeHost, options: Parameters<typeof openTestFleet>[1] = {}) {
  const { fleet, clock } = await openTestFleet([host], options);
  open = fleet;
  const { items } = gather(
    openChanges(fleet, { snapshot: 'NEVER', filter: { kinds: ['domain', 'network', 'storagePool'] } }),
  );
  return { fleet, clock, told: () => items.filter((item) => item.type !== 'bookmark').map(brief) };
}

/** Holds the calls of one verb until they are let go, one by one or all. */
function holdCalls(host: FakeHost, verb: string) {
  const held: (() => void)[] = [];
  host.gate = (called) => (called === verb ? new Promise<void>((resolve) => void held.push(resolve)) : undefined);
  return {
    get count() {
      return held.length;
    },
    async letGo() {
      held.shift()?.();
      await settle();
    },
    async letAllGo() {
      host.gate = () => {};
      for (const go of held.splice(0)) go();
      await settle();
    },
  };
}

const network = (name: string, part: Partial<Network> = {}): Network => ({
  uuid: uuidOf(0x1000 + name.length),
  name,
  active: true,
  persistent: true,
  autostart: true,
  bridge: 'virbr0',
  macAddress: null,
  forwardMode: 'nat',
  dnsDomain: null,
  addresses: [],
  ...part,
});

describe('following a host that tells of events', () => {
  test('a hint makes the replica read, and tells what changed by the names of the schema', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('web');
    const { fleet, told } = await watch(host);
    host.change(domain.uuid, { state: 'RUNNING', libvirtId: 1 });
    await settle();
    expect(told()).toEqual(['EVENT web=RUNNING (state)']);
    host.change(domain.uuid, { memoryBytes: 2048 });
    await settle();
    expect(told().at(-1)).toBe('EVENT web=RUNNING (memory,maxMemory,xml,version)');
    expect(fleet.link('alpha')?.lastEventAt).not.toBeNull();
  });

  test('a new state is told before the rest of the domain has come', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('web', { state: 'RUNNING', libvirtId: 1 });
    const { told } = await watch(host);
    const reads = holdCalls(host, 'read');
    host.change(domain.uuid, { state: 'PAUSED', memoryBytes: 2048 });
    await settle();
    expect(told()).toEqual(['EVENT web=PAUSED (state)']);
    await reads.letAllGo();
    expect(told().slice(1)).toEqual(['EVENT web=PAUSED (memory,maxMemory,xml,version)']);
  });

  test('a domain that was started or stopped is told whole, never with the network cards of before', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('web', { state: 'RUNNING', libvirtId: 1 });
    const { told } = await watch(host);
    const reads = holdCalls(host, 'read');
    host.change(domain.uuid, { state: 'SHUTOFF', libvirtId: null });
    await settle();
    expect(told()).toEqual([]);
    await reads.letAllGo();
    expect(told()).toEqual(['EVENT web=SHUTOFF (state)']);
  });

  test('an event after which nothing is different tells nothing, and keeps the record', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('web');
    const { fleet, told } = await watch(host);
    const before = fleet.domain('alpha', domain.uuid);
    host.change(domain.uuid, {});
    await settle();
    expect(told()).toEqual([]);
    expect(fleet.domain('alpha', domain.uuid)).toBe(before);
  });

  test('a new number of libvirt after a restart is kept without telling anybody', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('web', { state: 'RUNNING', libvirtId: 1 });
    const { fleet, told } = await watch(host);
    host.change(domain.uuid, { libvirtId: 2 });
    await settle();
    expect(told()).toEqual([]);
    expect(fleet.domain('alpha', domain.uuid)?.libvirtId).toBe(2);
    const page = fleet.listDomains({ filter: {}, orderBy: { field: 'NAME', direction: 'ASC' }, first: 5, after: null });
    expect(page.edges.map(({ node }) => node.libvirtId)).toEqual([2]);
  });

  test('hints that come while their domain is read lead to exactly one more read', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('web');
    const { fleet } = await watch(host);
    host.calls.length = 0;
    const reads = holdCalls(host, 'read');
    for (let memoryBytes = 1; memoryBytes <= 20; memoryBytes++) host.change(domain.uuid, { memoryBytes });
    await settle();
    expect(host.calls).toHaveLength(1);
    await reads.letAllGo();
    expect(host.calls).toHaveLength(2);
    expect(fleet.domain('alpha', domain.uuid)?.config.memoryBytes).toBe(20);
  });

  test('a transient domain that stops is gone, and told as deleted once', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('job', { state: 'RUNNING', libvirtId: 1, persistent: false });
    const { fleet, told } = await watch(host);
    host.remove(domain.uuid);
    host.hint({ kind: 'domain', uuid: domain.uuid, name: 'job', event: 'lifecycle', detail: {} });
    await settle();
    expect(told()).toEqual(['EVENT -domain']);
    expect(fleet.domain('alpha', domain.uuid)).toBeNull();
    expect(fleet.domainByName('alpha', 'job')).toBeNull();
  });

  test('a reboot that looks like stop and start is told as it was seen', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('web', { state: 'RUNNING', libvirtId: 1 });
    const { told } = await watch(host);
    host.change(domain.uuid, { state: 'SHUTOFF', libvirtId: null });
    await settle();
    host.change(domain.uuid, { state: 'RUNNING', libvirtId: 2 });
    await settle();
    expect(told()).toEqual(['EVENT web=SHUTOFF (state)', 'EVENT web=RUNNING (state)']);
  });

  test('a renamed domain is found by its new name alone', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('old');
    const { fleet } = await watch(host);
    host.change(domain.uuid, { name: 'new' });
    await settle();
    expect(fleet.domainByName('alpha', 'old')).toBeNull();
    expect(fleet.domainByName('alpha', 'new')?.uuid).toBe(domain.uuid);
  });

  test('a read that fails is tried again by itself', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('web');
    const { fleet, clock } = await watch(host);
    let failures = 2;
    host.gate = (verb) => {
      if (verb === 'read' && failures-- > 0) throw new VirtgraphError('TIMEOUT', 'no answer in time');
    };
    host.change(domain.uuid, { memoryBytes: 2048 });
    await settle();
    expect(fleet.domain('alpha', domain.uuid)?.config.memoryBytes).toBe(1024);
    await clock.advance(5_000);
    expect(fleet.domain('alpha', domain.uuid)?.config.memoryBytes).toBe(2048);
  });

  test('a domain that could not be read while the host was busy is there when the host is ready', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('web', { state: 'RUNNING', libvirtId: 1 });
    let failures = 1;
    host.gate = (verb) => {
      if (verb === 'read' && failures-- > 0) throw new VirtgraphError('TIMEOUT', 'no answer in time');
    };
    const { fleet } = await watch(host);
    expect(fleet.host('alpha')?.status).toBe('READY');
    expect(fleet.domain('alpha', domain.uuid)?.state).toBe('RUNNING');
    expect(fleet.link('alpha')?.unreadDomains).toBe(0);
  });

  test('a domain that cannot be read keeps its host from nothing, and the host says that one is missing', async () => {
    const host = createFakeHost('alpha');
    const [broken, fine] = [host.add('broken'), host.add('fine')];
    let isBroken = true;
    host.gate = (verb, subject) => {
      if (verb === 'read' && subject === broken.uuid && isBroken) throw new VirtgraphError('TIMEOUT', 'no answer');
    };
    const { fleet, clock } = await watch(host);
    expect(fleet.host('alpha')?.status).toBe('READY');
    expect(fleet.domain('alpha', fine.uuid)).not.toBeNull();
    expect(fleet.domain('alpha', broken.uuid)).toBeNull();
    expect(fleet.link('alpha')?.unreadDomains).toBe(1);
    isBroken = false;
    await clock.advance(5_000);
    expect(fleet.domain('alpha', broken.uuid)).not.toBeNull();
    expect(fleet.link('alpha')?.unreadDomains).toBe(0);
  });

  test('of two that could not be read, one that has gone since is not missing', async () => {
    const host = createFakeHost('alpha');
    const [broken, leaving] = [host.add('broken'), host.add('leaving')];
    host.gate = (verb) => {
      if (verb === 'read') throw new VirtgraphError('TIMEOUT', 'no answer');
    };
    const { fleet } = await watch(host);
    expect(fleet.link('alpha')?.unreadDomains).toBe(2);
    host.gate = (verb, subject) => {
      if (verb === 'read' && subject === broken.uuid) throw new VirtgraphError('TIMEOUT', 'no answer');
    };
    host.remove(leaving.uuid);
    await settle();
    expect(fleet.link('alpha')?.unreadDomains).toBe(1);
  });

  test('networks and storage pools are followed too', async () => {
    const host = createFakeHost('alpha');
    const lan = network('lan');
    host.networks.set(lan.uuid, lan);
    const { fleet, told } = await watch(host);
    expect(fleet.networks('alpha').map(({ name }) => name)).toEqual(['lan']);
    host.networks.set(lan.uuid, { ...lan, active: false });
    host.hint({ kind: 'network', uuid: lan.uuid, name: 'lan', event: 'stopped' });
    await settle();
    host.networks.delete(lan.uuid);
    host.hint({ kind: 'network', uuid: lan.uuid, name: 'lan', event: 'undefined' });
    await settle();
    expect(told()).toEqual(['EVENT lan (active)', 'EVENT -network']);
  });

  test.each(['networks', 'network'])('a call for %s that fails is made again by itself', async (failing) => {
    const host = createFakeHost('alpha');
    const lan = network('lan');
    host.networks.set(lan.uuid, lan);
    let failures = 2;
    host.gate = (verb) => {
      if (verb === failing && failures-- > 0) throw new VirtgraphError('TIMEOUT', 'no answer in time');
    };
    const { fleet, clock } = await watch(host);
    host.networks.set(lan.uuid, { ...lan, active: false });
    if (failing === 'network') host.hint({ kind: 'network', uuid: lan.uuid, name: 'lan', event: 'stopped' });
    await settle();
    expect(fleet.networks('alpha').map(({ active }) => active)).toEqual(failing === 'network' ? [true] : []);
    await clock.advance(5_000);
    expect(fleet.networks('alpha').map(({ active }) => active)).toEqual([false]);
  });

  test('a host whose networks cannot be listed is ready without them', async () => {
    const host = createFakeHost('alpha');
    host.gate = (verb) => {
      if (verb === 'networks') throw new VirtgraphError('UNSUPPORTED', 'not on this host');
    };
    const { fleet } = await watch(host);
    expect(fleet.host('alpha')?.status).toBe('READY');
    expect(fleet.networks('alpha')).toEqual([]);
  });
});

describe('reading everything', () => {
  test('states are known before configurations, and a domain shows up once its configuration is read', async () => {
    const host = createFakeHost('alpha');
    const known = host.add('known');
    const { fleet, clock } = await watch(host);
    const reads = holdCalls(host, 'read');
    host.eventful = false;
    host.change(known.uuid, { state: 'RUNNING', libvirtId: 1 });
    const added = host.add('added');
    host.drop();
    await clock.advance(1_000);
    expect(fleet.host('alpha')?.status).toBe('SYNCING');
    expect(fleet.domain('alpha', known.uuid)?.state).toBe('RUNNING');
    expect(fleet.domain('alpha', added.uuid)).toBeNull();
    await reads.letAllGo();
    expect(fleet.host('alpha')?.status).toBe('READY');
    expect(fleet.domain('alpha', added.uuid)?.name).toBe('added');
  });

  test('no more than eight configurations are being read at once', async () => {
    const host = createFakeHost('alpha');
    for (let number = 0; number < 50; number++) host.add(`guest-${number}`);
    host.gate = (verb) => (verb === 'read' ? new Promise((resolve) => void setImmediate(resolve)) : undefined);
    const { fleet } = await watch(host);
    while (fleet.host('alpha')?.status !== 'READY') await settle();
    expect(host.reads.most).toBe(8);
    expect([...host.domains.keys()].every((uuid) => fleet.domain('alpha', uuid) !== null)).toBe(true);
  });

  test('what happens between the registration of events and the list is neither lost nor doubled', async () => {
    const host = createFakeHost('alpha');
    const stopped = host.add('stopped', { state: 'RUNNING', libvirtId: 1 });
    const removed = host.add('removed');
    const lists = holdCalls(host, 'list');
    const { fleet, told } = await watch(host);
    // The list has been read on the host, and is on its way; it says the opposite of all that follows.
    expect(lists.count).toBe(1);
    host.change(stopped.uuid, { state: 'SHUTOFF', libvirtId: null });
    host.remove(removed.uuid);
    const added = host.add('added');
    await settle();
    await lists.letAllGo();
    expect(fleet.host('alpha')?.status).toBe('READY');
    expect(fleet.domain('alpha', stopped.uuid)?.state).toBe('SHUTOFF');
    expect(fleet.domain('alpha', removed.uuid)).toBeNull();
    expect(fleet.domain('alpha', added.uuid)?.name).toBe('added');
    expect(told().toSorted()).toEqual(['EVENT added=SHUTOFF', 'EVENT stopped=SHUTOFF']);
  });

  test('a list that is older than a read does not undo it', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('web');
    const { fleet, clock, told } = await watch(host);
    const lists = holdCalls(host, 'list');
    await clock.advance(300_000);
    expect(lists.count).toBe(1);
    host.change(domain.uuid, { state: 'RUNNING', libvirtId: 1 });
    await settle();
    await lists.letAllGo();
    expect(fleet.domain('alpha', domain.uuid)?.state).toBe('RUNNING');
    expect(told()).toEqual(['EVENT web=RUNNING (state)']);
  });

  test('what no event told of is found by the periodic reconcile', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('web');
    const { fleet, clock, told } = await watch(host);
    host.eventful = false;
    host.change(domain.uuid, { memoryBytes: 4096 });
    await clock.advance(299_000);
    expect(told()).toEqual([]);
    await clock.advance(2_000);
    expect(told()).toEqual(['RECONCILE web=SHUTOFF (memory,maxMemory,xml,version)']);
    expect(fleet.link('alpha')?.lastReconcileAt).toBe(clock.now() - 1_000);
  });

  test('too many events at once are answered by reading everything', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('web');
    const { told } = await watch(host);
    host.eventful = false;
    host.change(domain.uuid, { memoryBytes: 4096 });
    host.hint({ kind: 'overflow' });
    await settle();
    expect(told()).toEqual(['RECONCILE web=SHUTOFF (memory,maxMemory,xml,version)']);
  });

  test('a domain that cannot be read does not keep its host from being ready', async () => {
    const host = createFakeHost('alpha');
    const stuck = host.add('stuck');
    host.add('well');
    let isStuck = true;
    host.gate = (verb, subject) => {
      if (verb === 'read' && subject === stuck.uuid && isStuck)
        throw new VirtgraphError('TIMEOUT', 'no answer in time');
    };
    const { fleet, clock } = await watch(host);
    expect(fleet.host('alpha')?.status).toBe('READY');
    expect(fleet.domain('alpha', stuck.uuid)).toBeNull();
    isStuck = false;
    await clock.advance(5_000);
    expect(fleet.domain('alpha', stuck.uuid)?.name).toBe('stuck');
  });

  test('whoever refreshes a ready host gets what is true after he asked', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('web');
    const { fleet } = await watch(host);
    host.eventful = false;
    host.change(domain.uuid, { memoryBytes: 4096 });
    await fleet.refreshHost('alpha', signal);
    expect(fleet.domain('alpha', domain.uuid)?.config.memoryBytes).toBe(4096);
  });

  test('a fresh read of one domain begins after it was asked for, even while another is under way', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('web');
    const { fleet } = await watch(host);
    const reads = holdCalls(host, 'read');
    const first = fleet.refreshDomain('alpha', domain.uuid, signal);
    await settle();
    host.eventful = false;
    host.change(domain.uuid, { memoryBytes: 4096 });
    const second = fleet.refreshDomain('alpha', domain.uuid, signal);
    await settle();
    await reads.letGo();
    expect((await first).config.memoryBytes).toBe(1024);
    await reads.letGo();
    expect((await second).config.memoryBytes).toBe(4096);
  });

  test('a wait for a fresh read ends with its signal', async () => {
    const host = createFakeHost('alpha');
    const domain = host.add('web');
    const { fleet } = await watch(host);
    holdCalls(host, 'read');
    const caller = new AbortController();
    const waiting = fleet.refreshDomain('alpha', domain.uuid, caller.signal);
    caller.abort(new VirtgraphError('TIMEOUT', 'enough'));
    await expect(waiting).rejects.toMatchObject({ code: 'TIMEOUT', message: 'enough' });
  });

  test('a domain that the replica does not know yet is found by its name', async () => {
    const host = createFakeHost('alpha');
    const { fleet } = await watch(host);
    host.eventful = false;
    const domain = host.add('late');
    const found = await fleet.refreshDomainByName('alpha', 'late', signal);
    expect(found.uuid).toBe(domain.uuid);
    await expect(fleet.refreshDomainByName('alpha', 'none', signal)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      detail: { host: 'alpha' },
    });
  });
});

describe('a host without events', () => {
  function silentHost() {
    const host = createFakeHost('alpha');
    host.capabilities.domainEvents = false;
    host.eventful = false;
    return host;
  }

  test('is polled for its list and states, and read only where something has moved', async () => {
    const host = silentHost();
    const domain = host.add('web');
    host.add('idle');
    const { clock, told } = await watch(host);
    host.calls.length = 0;
    host.change(domain.uuid, { state: 'RUNNING', libvirtId: 1 });
    const added = host.add('added');
    host.remove(host.add('short-lived').uuid);
    await clock.advance(10_000);
    expect(told()).toEqual(['POLL web=RUNNING (state)', 'POLL added=SHUTOFF']);
    expect(host.calls).toEqual(['list', `read ${domain.uuid}`, `read ${added.uuid}`]);
    host.remove(domain.uuid);
    await clock.advance(10_000);
    expect(told().at(-1)).toBe('POLL -domain');
  });

  test('was last known to be true when it was last polled', async () => {
    const host = silentHost();
    const { fleet, clock } = await watch(host);
    const begun = clock.now();
    await clock.advance(9_000);
    expect(fleet.host('alpha')?.asOf).toBe(begun);
    await clock.advance(1_500);
    expect(fleet.host('alpha')?.asOf).toBe(begun + 10_000);
  });

  test('a poll that fails is no more than a line in the log', async () => {
    const host = silentHost();
    const domain = host.add('web');
    const { fleet, clock } = await watch(host);
    let isBusy = true;
    host.gate = (verb) => {
      if (verb === 'list' && isBusy) throw new VirtgraphError('TIMEOUT', 'no answer in time');
    };
    await clock.advance(10_000);
    isBusy = false;
    host.change(domain.uuid, { state: 'RUNNING', libvirtId: 1 });
    await clock.advance(10_000);
    expect(fleet.host('alpha')?.status).toBe('READY');
    expect(fleet.domain('alpha', domain.uuid)?.state).toBe('RUNNING');
  });
});

test('the cards of a stored configuration that a running guest does not have are held too', async () => {
  const host = createFakeHost('alpha');
  const [live, stored] = [parseMac('52:54:00:00:00:01'), parseMac('52:54:00:00:00:02')];
  const running = { state: 'RUNNING', libvirtId: 1, macs: [live] } as const;
  const domain = host.add('web', { ...running, macs: [live], storedMacs: [live, stored] });
  const transient = host.add('job', { ...running, macs: [live], persistent: false });
  const { fleet } = await watch(host);
  const macsOf = (cards: readonly { readonly macAddress: string }[] | undefined) =>
    cards?.map((card) => card.macAddress);
  expect(macsOf(fleet.domain('alpha', domain.uuid)?.storedInterfaces)).toEqual([live, stored]);
  expect(macsOf(fleet.domain('alpha', transient.uuid)?.storedInterfaces)).toEqual([]);
});

describe('asking the hosts now', () => {
  test('finds what no event told of, and reads what is new', async () => {
    const host = createFakeHost('alpha');
    const web = host.add('web');
    const { fleet, told } = await watch(host);
    // Changed in silence: as when an event was lost.
    web.state = 'RUNNING';
    web.libvirtId = 1;
    await fleet.refreshDomains(null, signal);
    expect(fleet.domain('alpha', web.uuid)?.state).toBe('RUNNING');
    expect(told()).toEqual(['RECONCILE web=RUNNING (state)']);
  });

  test('waits for a list that was begun after the question', async () => {
    const host = createFakeHost('alpha');
    const web = host.add('web');
    const { fleet } = await watch(host);
    const lists = holdCalls(host, 'list');
    const first = fleet.refreshDomains(['alpha'], signal);
    await settle();
    const second = fleet.refreshDomains(['alpha'], signal);
    await settle();
    expect(lists.count).toBe(1);
    // After the first list was made, and before the second can be.
    web.state = 'PAUSED';
    await lists.letGo();
    await first;
    await lists.letAllGo();
    await second;
    expect(fleet.domain('alpha', web.uuid)?.state).toBe('PAUSED');
  });

  test('leaves a host that is gone as it was, and fails only for a name that is not configured', async () => {
    const host = createFakeHost('alpha');
    const web = host.add('web');
    const { fleet } = await watch(host);
    host.drop();
    await settle();
    await fleet.refreshDomains(null, signal);
    expect(fleet.domain('alpha', web.uuid)?.name).toBe('web');
    await expect(fleet.refreshDomains(['nowhere'], signal)).rejects.toThrow(/nowhere/);
  });
});
