import { describe, expect, it } from 'vitest';
import { settle } from '../../../support/fake-clock.ts';
import type { RawClient } from './raw-client.ts';
import { openTestHost, ref, refusal, start, uuid } from './sim-host.ts';

const noWait = 0x2000_0000;
const stats = (client: RawClient, groups: number, flags = 0) =>
  client.call('connectGetAllDomainStats', { domains: [], stats: groups, flags });

async function withStuckGuest() {
  const host = await openTestHost();
  await start(host.client, 1);
  await start(host.client, 2);
  host.daemon.stick(uuid(1));
  const other = await host.connect();
  return { ...host, other };
}

/** What became of a promise so far. */
function watch<T>(promise: Promise<T>) {
  const seen: { value?: T; error?: unknown; settled: boolean } = { settled: false };
  promise.then(
    (value) => Object.assign(seen, { value, settled: true }),
    (error: unknown) => Object.assign(seen, { error, settled: true }),
  );
  return seen;
}

describe('a guest whose monitor does not answer', () => {
  it('holds the first who asks, NOWAIT or not; with NOWAIT the next gets the others’ readings', async () => {
    const { client, clock, other } = await withStuckGuest();
    const first = watch(stats(client, 1 | 2 | 4, noWait));
    await clock.advance(120_000);
    expect(first.settled).toBe(false);

    const { records } = await stats(other, 1 | 4, noWait);
    const fields = records.map(({ params }) => params.map(({ field }) => field));
    expect(fields[0]).toEqual(['state.state', 'state.reason', 'balloon.current', 'balloon.maximum']);
    expect(fields[1]).toContain('balloon.rss');
  });

  it('does not hold who asks only for what the daemon knows by itself', async () => {
    const { other } = await withStuckGuest();
    expect((await stats(other, 1 | 16)).records).toHaveLength(2);
    expect(await other.call('domainGetState', { domain: ref(1), flags: 0 })).toEqual({ state: 1, reason: 1 });
    expect((await other.call('domainGetXmlDesc', { domain: ref(1), flags: 0 })).xml).toContain('guest-1');
    expect(await other.call('domainGetInfo', { domain: ref(1) })).toMatchObject({ state: 1 });
  });

  it('is seen by its control information as soon as somebody is in its monitor', async () => {
    const { client, clock, other } = await withStuckGuest();
    const control = () => other.call('domainGetControlInfo', { domain: ref(1), flags: 0 });
    expect(await control()).toEqual({ state: 0, details: 0, stateTimeMs: 0n });
    watch(client.call('domainSuspend', { domain: ref(1) }));
    await clock.advance(4000);
    expect(await control()).toEqual({ state: 2, details: 0, stateTimeMs: 4000n });
  });

  it('costs everybody after the first 30 seconds and error 68', async () => {
    const { client, clock, other } = await withStuckGuest();
    watch(client.call('domainSuspend', { domain: ref(1) }));
    await settle();
    const second = watch(other.call('domainReset', { domain: ref(1), flags: 0 }));
    await clock.advance(29_999);
    expect(second.settled).toBe(false);
    await clock.advance(1);
    expect(second.error).toMatchObject(refusal(68, 0, /held by monitor=remoteDispatchDomainSuspend/));
  });

  it('lets everybody go on when it answers again', async () => {
    const { client, daemon, other } = await withStuckGuest();
    const suspended = client.call('domainSuspend', { domain: ref(1) });
    await settle();
    const readings = stats(other, 4);
    daemon.unstick(uuid(1));
    await suspended;
    expect((await readings).records).toHaveLength(2);
    expect(await client.call('domainGetState', { domain: ref(1), flags: 0 })).toEqual({ state: 3, reason: 1 });
  });

  it('is killed by force after twelve seconds, which frees everybody', async () => {
    const { client, clock, other } = await withStuckGuest();
    const first = watch(client.call('domainSuspend', { domain: ref(1) }));
    await settle();
    const second = watch(client.call('domainReset', { domain: ref(1), flags: 0 }));
    const destroyed = watch(other.call('domainDestroyFlags', { domain: ref(1), flags: 0 }));
    await clock.advance(11_999);
    expect(destroyed.settled).toBe(false);
    await clock.advance(1);
    expect(destroyed.value).toBeNull();
    expect(first.error).toMatchObject(refusal(38, 10, /monitor/));
    expect(second.error).toMatchObject(refusal(55, 20));
    expect(await other.call('domainGetState', { domain: ref(1), flags: 0 })).toEqual({ state: 5, reason: 2 });
  });

  it('costs who waits without NOWAIT 30 seconds, and the readings that need its monitor', async () => {
    const { client, clock, other } = await withStuckGuest();
    watch(client.call('domainSuspend', { domain: ref(1) }));
    await settle();
    const waiting = watch(stats(other, 4));
    await clock.advance(29_999);
    expect(waiting.settled).toBe(false);
    await clock.advance(1);
    const [stuck, healthy] = waiting.value?.records ?? [];
    expect(stuck?.params.map(({ field }) => field)).toEqual(['balloon.current', 'balloon.maximum']);
    expect(healthy?.params.length).toBeGreaterThan(2);
  });

  it('is not killed when it should be done gracefully', async () => {
    const { client, clock, other } = await withStuckGuest();
    watch(client.call('domainSuspend', { domain: ref(1) }));
    const destroyed = watch(other.call('domainDestroyFlags', { domain: ref(1), flags: 1 }));
    await clock.advance(44_000);
    expect(destroyed.settled).toBe(false);
    await clock.advance(1000);
    expect(destroyed.error).toMatchObject(refusal(68, 0, /remoteDispatchDomainSuspend/));
    expect(await other.call('domainGetState', { domain: ref(1), flags: 0 })).toEqual({ state: 1, reason: 1 });
  });
});
