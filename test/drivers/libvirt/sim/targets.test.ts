import { afterEach, describe, expect, it } from 'vitest';
import { personalities } from '../../../../src/drivers/libvirt/sim/personality.ts';
import { simDaemon, simTargets, simTransport, stopSimDaemons } from '../../../../src/drivers/libvirt/sim/targets.ts';
import { parseDomainConfig } from '../../../../src/drivers/libvirt/xml/domain.ts';
import type { HostTarget } from '../../../../src/model/target.ts';
import { createFakeClock } from '../../../support/fake-clock.ts';
import { openRawClient } from './raw-client.ts';

afterEach(stopSimDaemons);

const target = (daemonName: string, options: Record<string, string> = {}, driver = 'qemu') => ({
  driver,
  readOnly: false,
  transport: { kind: 'sim', daemonName, options } satisfies HostTarget['transport'],
});

async function openStream(of: Parameters<typeof simTransport>[0]) {
  const stream = await simTransport(of).routes[0]?.open({ signal: new AbortController().signal });
  if (!stream) throw new Error('There is one way to an embedded host.');
  return stream;
}

describe('the embedded fleet', () => {
  it('has three hosts and about twenty guests in every state', async () => {
    const targets = simTargets();
    expect(targets).toHaveLength(3);
    const found = new Map<number, number>();
    for (const one of targets) {
      const client = await openRawClient(await openStream(one), one.connectName);
      const { domains } = await client.call('connectListAllDomains', { needResults: true, flags: 0 });
      for (const domain of domains) {
        const { state } = await client.call('domainGetState', { domain, flags: 0 });
        found.set(state, (found.get(state) ?? 0) + 1);
      }
    }
    const total = [...found.values()].reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThanOrEqual(20);
    // RUNNING, PAUSED, SHUTOFF, CRASHED, PMSUSPENDED
    expect([...found.keys()].sort((a, b) => a - b)).toEqual([1, 3, 5, 6, 7]);
  });

  it('has something to show to who looks for conflicts of addresses', async () => {
    const guests = new Map<string, string>();
    for (const one of simTargets()) {
      const client = await openRawClient(await openStream(one), one.connectName);
      const { domains } = await client.call('connectListAllDomains', { needResults: true, flags: 0 });
      for (const domain of domains) {
        const { xml } = await client.call('domainGetXmlDesc', { domain, flags: 0 });
        guests.set(domain.name, parseDomainConfig(xml).interfaces[0]?.macAddress ?? '');
      }
    }
    expect(guests.get('web-1-copy')).toBe(guests.get('web-1'));
    expect(guests.get('legacy-erp')).toMatch(/^fe:54:00/);
    expect(guests.get('mail')).toBe(guests.get('db-2')?.replace(/^../, 'fe'));
  });

  it('changes by itself as time passes, and is quiet after it was stopped', async () => {
    const clock = createFakeClock();
    const daemon = simDaemon(target('alder'), clock);
    const client = await openRawClient(daemon.connect(), personalities.qemu.uri);
    await client.call('domainEventRegister', { eventId: 0, domain: null });
    await clock.advance(10 * 60_000);
    const happened = new Set(client.hints.map((hint) => (hint.kind === 'domain' ? hint.detail['event'] : hint.kind)));
    expect([...happened]).toEqual(expect.arrayContaining(['started', 'stopped', 'suspended', 'defined', 'undefined']));
    const touched = new Set(client.hints.map((hint) => (hint.kind === 'domain' ? hint.name : hint.kind)));
    expect([...touched].filter((name) => !/^(ci-runner-|job-)/.test(name))).toEqual([]);
    stopSimDaemons();
    await client.closed;
    expect(clock.pending).toBe(0);
  });
});

describe('a host of any name', () => {
  it('is the same daemon for everybody in this process, until it is stopped', () => {
    const first = simDaemon(target('h'));
    expect(simDaemon(target('h'))).toBe(first);
    stopSimDaemons();
    expect(simDaemon(target('h'))).not.toBe(first);
  });

  it('has as many guests as it is told to, and lists them quickly', async () => {
    const of = target('big', { domains: '5000', seed: '7' });
    const client = await openRawClient(await openStream(of), personalities.qemu.uri);
    const { domains, count } = await client.call('connectListAllDomains', { needResults: true, flags: 0 });
    expect(count).toBe(5000);
    expect(new Set(domains.map(({ uuid }) => uuid)).size).toBe(5000);
    const [, second] = domains;
    if (!second) throw new Error('There are 5000.');
    const { xml } = await client.call('domainGetXmlDesc', { domain: second, flags: 0 });
    expect(parseDomainConfig(xml)).toMatchObject({
      name: 'guest-0001',
      uuid: second.uuid,
      interfaces: [{ macAddress: '52:54:00:00:00:01' }],
    });
    const { records } = await client.call('connectGetAllDomainStats', { domains: [], stats: 1, flags: 0 });
    expect(records).toHaveLength(5000);
  });

  it('is made of the same numbers for the same seed', () => {
    const uuids = (name: string, seed: string) => [
      ...simDaemon(target(name, { domains: '3', seed })).host.domains.keys(),
    ];
    expect(uuids('a', '1')).toEqual(uuids('b', '1'));
    expect(uuids('c', '2')).not.toEqual(uuids('d', '1'));
  });

  it('can be another hypervisor', async () => {
    const of = target('c', {}, 'lxc');
    const client = await openRawClient(await openStream(of), personalities.lxc.uri);
    expect(await client.call('connectGetType', null)).toEqual({ type: 'LXC' });
  });

  it.each([
    [target('x', {}, 'xen'), /"xen".*qemu, lxc, test/],
    [target('x', { domains: 'many' }), /"domains".*number/],
    [target('x', { domains: '99999' }), /16384/],
    [target('x', { activity: 'maybe' }), /on or off/],
    [target('x', { colour: 'red' }), /no option "colour"/],
  ])('is refused where it means nothing: %#', async (of, message) => {
    await expect(openStream(of)).rejects.toThrow(message);
  });
});
