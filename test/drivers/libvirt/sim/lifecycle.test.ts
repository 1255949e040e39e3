import { describe, expect, it } from 'vitest';
import type { RawClient } from './raw-client.ts';
import { define, guestXml, nicXml, openTestHost, ref, refusal, start, uuid } from './sim-host.ts';

// Numbers of libvirt: error codes 1 INTERNAL_ERROR, 3 NO_SUPPORT, 8 INVALID_ARG, 42 NO_DOMAIN, 55 OPERATION_INVALID,
// 74 ARGUMENT_UNSUPPORTED; sources 7 RPC, 10 QEMU, 12 TEST, 17 LXC, 19 NETWORK, 20 DOMAIN.

const listen = async (client: RawClient, ...events: number[]) => {
  for (const eventId of events) await client.call('domainEventRegister', { eventId, domain: null });
};
const lifecycle = ({ hints }: RawClient) =>
  hints.flatMap((hint) => {
    if (hint.kind !== 'domain') return [];
    return hint.event === 'lifecycle' ? [`${hint.detail['event']} ${hint.detail['detail']}`] : [hint.event];
  });
const state = (client: RawClient, number: number) => client.call('domainGetState', { domain: ref(number), flags: 0 });

describe('starting and stopping a QEMU guest', () => {
  it('tells what happened in the order in which a real daemon does', async () => {
    const { client, clock } = await openTestHost();
    await listen(client, 0);
    await start(client, 1);
    expect(await state(client, 1)).toEqual({ state: 1, reason: 1 });
    await client.call('domainSuspend', { domain: ref(1) });
    expect(await state(client, 1)).toEqual({ state: 3, reason: 1 });
    await client.call('domainResume', { domain: ref(1) });
    expect(await state(client, 1)).toEqual({ state: 1, reason: 5 });
    await client.call('domainDestroyFlags', { domain: ref(1), flags: 0 });
    expect(await state(client, 1)).toEqual({ state: 5, reason: 2 });
    await client.call('domainUndefineFlags', { domain: ref(1), flags: 0 });
    await clock.advance(0);
    expect(lifecycle(client)).toEqual([
      'defined added',
      'resumed unpaused',
      'started booted',
      'suspended paused',
      'resumed unpaused',
      'shutdown host',
      'stopped destroyed',
      'undefined removed',
    ]);
  });

  it('lets the guest take a moment to power off', async () => {
    const { client, clock } = await openTestHost();
    await start(client, 1);
    await listen(client, 0);
    await client.call('domainShutdownFlags', { domain: ref(1), flags: 0 });
    expect(await state(client, 1)).toEqual({ state: 1, reason: 1 });
    await clock.advance(5000);
    expect(await state(client, 1)).toEqual({ state: 5, reason: 1 });
    expect(lifecycle(client)).toEqual(['shutdown guest', 'stopped shutdown']);
  });

  it('keeps running when its machine has no ACPI to hear it', async () => {
    const { client, clock } = await openTestHost();
    const xml = guestXml(1).replace('<acpi/>', '');
    await client.call('domainDefineXmlFlags', { xml, flags: 0 });
    await client.call('domainCreateWithFlags', { domain: ref(1), flags: 0 });
    await client.call('domainShutdownFlags', { domain: ref(1), flags: 0 });
    await clock.advance(60_000);
    expect(await state(client, 1)).toEqual({ state: 1, reason: 1 });
  });

  it('is told of a reset at once and of a reboot a moment later', async () => {
    const { client, clock } = await openTestHost();
    await start(client, 1);
    await listen(client, 1);
    await client.call('domainReset', { domain: ref(1), flags: 0 });
    await clock.advance(0);
    expect(lifecycle(client)).toEqual(['reboot']);
    await client.call('domainReboot', { domain: ref(1), flags: 0 });
    await clock.advance(5000);
    expect(lifecycle(client)).toEqual(['reboot', 'reboot']);
  });

  it('becomes transient when it is undefined while it runs, and is gone when it stops', async () => {
    const { client } = await openTestHost();
    await start(client, 1);
    await client.call('domainUndefineFlags', { domain: ref(1), flags: 0 });
    expect(await client.call('domainIsPersistent', { domain: ref(1) })).toEqual({ persistent: false });
    await expect(client.call('domainUndefineFlags', { domain: ref(1), flags: 0 })).rejects.toMatchObject(
      refusal(55, 10),
    );
    await expect(client.call('domainSetAutostart', { domain: ref(1), autostart: true })).rejects.toMatchObject(
      refusal(55, 10),
    );
    await client.call('domainDestroyFlags', { domain: ref(1), flags: 0 });
    await expect(client.call('domainLookupByUuid', { uuid: uuid(1) })).rejects.toMatchObject(refusal(42, 10));
  });

  it('goes on from its saved state once, and is not undefined while it has one', async () => {
    const { client, daemon } = await openTestHost();
    await define(client, 1);
    const domain = daemon.host.domains.get(uuid(1));
    if (!domain) throw new Error('It was defined.');
    domain.hasManagedSave = true;
    await expect(client.call('domainUndefineFlags', { domain: ref(1), flags: 0 })).rejects.toMatchObject(
      refusal(55, 10),
    );
    await client.call('domainCreateWithFlags', { domain: ref(1), flags: 0 });
    expect(await state(client, 1)).toEqual({ state: 1, reason: 3 });
    expect(await client.call('domainHasManagedSaveImage', { domain: ref(1), flags: 0 })).toEqual({ result: false });
  });
});

describe('what QEMU refuses', () => {
  it.each([
    [
      'to start a running guest',
      'running',
      (c: RawClient) => c.call('domainCreateWithFlags', { domain: ref(1), flags: 0 }),
      55,
      10,
    ],
    ['to resume a running guest', 'running', (c: RawClient) => c.call('domainResume', { domain: ref(1) }), 55, 10],
    ['to suspend a guest that is off', 'off', (c: RawClient) => c.call('domainSuspend', { domain: ref(1) }), 55, 20],
    ['to resume a guest that is off', 'off', (c: RawClient) => c.call('domainResume', { domain: ref(1) }), 55, 20],
    [
      'to shut down a guest that is off',
      'off',
      (c: RawClient) => c.call('domainShutdownFlags', { domain: ref(1), flags: 0 }),
      55,
      10,
    ],
    [
      'to reboot a guest that is off',
      'off',
      (c: RawClient) => c.call('domainReboot', { domain: ref(1), flags: 0 }),
      55,
      20,
    ],
    [
      'to reset a guest that is off',
      'off',
      (c: RawClient) => c.call('domainReset', { domain: ref(1), flags: 0 }),
      55,
      20,
    ],
    [
      'to destroy a guest that is off',
      'off',
      (c: RawClient) => c.call('domainDestroyFlags', { domain: ref(1), flags: 0 }),
      55,
      20,
    ],
    [
      'control information of a guest that is off',
      'off',
      (c: RawClient) => c.call('domainGetControlInfo', { domain: ref(1), flags: 0 }),
      55,
      20,
    ],
    ['an unknown UUID', 'off', (c: RawClient) => c.call('domainGetState', { domain: ref(9), flags: 0 }), 42, 10],
    ['an unknown name', 'off', (c: RawClient) => c.call('domainLookupByName', { name: 'nobody' }), 42, 10],
    [
      'the agent of a guest that has none',
      'running',
      (c: RawClient) => c.call('domainShutdownFlags', { domain: ref(1), flags: 2 }),
      74,
      10,
    ],
    [
      'a container’s way to shut down',
      'running',
      (c: RawClient) => c.call('domainShutdownFlags', { domain: ref(1), flags: 4 }),
      8,
      10,
    ],
    [
      'flags that it does not know',
      'off',
      (c: RawClient) => c.call('domainCreateWithFlags', { domain: ref(1), flags: 64 }),
      8,
      10,
    ],
    [
      'list flags that it does not know',
      'off',
      (c: RawClient) => c.call('connectListAllDomains', { needResults: true, flags: 1 << 20 }),
      8,
      10,
    ],
  ] as const)('%s', async (_, before, act, code, source) => {
    const { client } = await openTestHost();
    if (before === 'running') await start(client, 1);
    else await define(client, 1);
    await expect(act(client)).rejects.toMatchObject(refusal(code, source));
  });

  it('to start a guest on a network that is off, or that is not there', async () => {
    const { client } = await openTestHost();
    await define(client, 1, { devices: nicXml(null, "<source network='isolated'/>") });
    const startIt = () => client.call('domainCreateWithFlags', { domain: ref(1), flags: 0 });
    await expect(startIt()).rejects.toMatchObject(refusal(55, 19, /isolated/));
    await define(client, 1, { devices: nicXml(null, "<source network='nowhere'/>") });
    await expect(startIt()).rejects.toMatchObject(refusal(43, 19, /nowhere/));
    expect(await state(client, 1)).toEqual({ state: 5, reason: 0 });
  });
});

describe('the other hypervisors', () => {
  it('are refused what they do not have', async () => {
    const lxc = await openTestHost('lxc');
    await start(lxc.client, 1, { type: 'lxc' });
    await expect(lxc.client.call('domainReset', { domain: ref(1), flags: 0 })).rejects.toMatchObject(refusal(3, 20));
    await expect(lxc.client.call('domainGetControlInfo', { domain: ref(1), flags: 0 })).rejects.toMatchObject(
      refusal(3, 20),
    );
    await expect(lxc.client.call('domainCreateWithFlags', { domain: ref(1), flags: 1 })).rejects.toMatchObject(
      refusal(8, 17),
    );
    await expect(
      lxc.client.call('connectGetAllDomainStats', { domains: [], stats: 1, flags: 0 }),
    ).rejects.toMatchObject(refusal(3, 20, 'virConnectGetAllDomainStats'));
  });

  it('tell less of a container’s devices, and number it by its process', async () => {
    const { client, clock } = await openTestHost('lxc');
    await listen(client, 0, 15, 19);
    await define(client, 1, { type: 'lxc' });
    const { domain } = await client.call('domainCreateWithFlags', { domain: ref(1), flags: 0 });
    expect(domain.id).toBe(-1);
    expect((await client.call('domainLookupByUuid', { uuid: uuid(1) })).domain.id).toBeGreaterThan(1);
    const xml = nicXml('52:54:00:00:00:01');
    await client.call('domainAttachDeviceFlags', { domain: ref(1), xml, flags: 1 });
    await client.call('domainDetachDeviceFlags', { domain: ref(1), xml, flags: 1 });
    await clock.advance(0);
    expect(lifecycle(client)).toEqual(['defined added', 'started booted']);
    const { stats } = await client.call('domainMemoryStats', { domain: ref(1), maxStats: 20, flags: 0 });
    expect(stats.map(({ tag }) => tag)).toEqual([6, 0, 7]);
  });

  it('have their own words for the wrong state', async () => {
    const { client } = await openTestHost('test');
    await start(client, 1, { type: 'test' });
    await expect(client.call('domainCreateWithFlags', { domain: ref(1), flags: 0 })).rejects.toMatchObject(
      refusal(1, 12),
    );
    await expect(client.call('domainResume', { domain: ref(1) })).rejects.toMatchObject(refusal(1, 12));
    await client.call('domainShutdownFlags', { domain: ref(1), flags: 0 });
    expect(await state(client, 1)).toEqual({ state: 5, reason: 1 });
    await expect(client.call('domainShutdownFlags', { domain: ref(1), flags: 0 })).rejects.toMatchObject(
      refusal(1, 12),
    );
  });
});
