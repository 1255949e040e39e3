import { beforeEach, describe, expect, it } from 'vitest';
import { parseDomainConfig } from '../../../../src/drivers/libvirt/xml/domain.ts';
import { settle } from '../../../support/fake-clock.ts';
import { define, nicXml, openTestHost, ref, refusal, start, type TestHost } from './sim-host.ts';

const live = 1;
const config = 2;
let host: TestHost;
beforeEach(async () => {
  host = await openTestHost();
});

const attach = (xml: string, flags: number) =>
  host.client.call('domainAttachDeviceFlags', { domain: ref(1), xml, flags });
const detach = (xml: string, flags: number) =>
  host.client.call('domainDetachDeviceFlags', { domain: ref(1), xml, flags });
const addresses = async (flags: number) => {
  const { xml } = await host.client.call('domainGetXmlDesc', { domain: ref(1), flags });
  return parseDomainConfig(xml).interfaces.map((nic) => `${nic.macAddress} ${nic.target}`);
};

describe('attaching and detaching', () => {
  it('changes the running guest, the stored one, or both, as was asked', async () => {
    await start(host.client, 1);
    await attach(nicXml('52:54:00:00:00:01'), live);
    await attach(nicXml('52:54:00:00:00:02'), config);
    await attach(nicXml('52:54:00:00:00:03'), live | config);
    expect(await addresses(0)).toEqual(['52:54:00:00:00:01 vnet0', '52:54:00:00:00:03 vnet1']);
    expect(await addresses(2)).toEqual(['52:54:00:00:00:02 null', '52:54:00:00:00:03 null']);
    await detach(nicXml('52:54:00:00:00:03'), live | config);
    expect(await addresses(0)).toEqual(['52:54:00:00:00:01 vnet0']);
    expect(await addresses(2)).toEqual(['52:54:00:00:00:02 null']);
  });

  it('without a word of which means what is there now', async () => {
    await define(host.client, 1);
    await attach(nicXml('52:54:00:00:00:01'), 0);
    expect(await addresses(2)).toEqual(['52:54:00:00:00:01 null']);
  });

  it('is told, to who asked for it, with the device’s alias', async () => {
    await start(host.client, 1);
    await host.client.call('domainEventRegister', { eventId: 19, domain: null });
    await host.client.call('domainEventRegister', { eventId: 15, domain: null });
    await host.client.call('nodeDeviceEventRegister', { eventId: 0, device: null });
    await attach(nicXml('fe:54:00:00:00:01'), live);
    await detach(nicXml('fe:54:00:00:00:01'), live);
    await settle();
    expect(host.client.hints).toMatchObject([
      { kind: 'nodeDevice', name: 'net_vnet0_fa_54_00_00_00_01', event: 'created' },
      { event: 'device-added', detail: { alias: 'net0' } },
      { kind: 'nodeDevice', name: 'net_vnet0_fa_54_00_00_00_01', event: 'deleted' },
      { event: 'device-removed', detail: { alias: 'net0' } },
    ]);
  });

  it('changes nothing when one of the two cannot be changed', async () => {
    await start(host.client, 1);
    await attach(nicXml('52:54:00:00:00:01'), config);
    await expect(detach(nicXml('52:54:00:00:00:01'), live | config)).rejects.toMatchObject(refusal(99, 20));
    expect(await addresses(2)).toHaveLength(1);
  });

  it('takes a disk, and refuses a second one of that name', async () => {
    await start(host.client, 1);
    const disk = "<disk type='file' device='disk'><source file='/a'/><target dev='vdb'/></disk>";
    await attach(disk, live);
    await expect(attach(disk, live)).rejects.toMatchObject(refusal(9, 20));
    await detach(disk, live);
    await expect(detach(disk, live)).rejects.toMatchObject(refusal(99, 20));
  });

  it.each<[string, string, number, number, number]>([
    ['a multicast address', nicXml('01:54:00:00:00:02'), live, 27, 20],
    ['a network that is not there', nicXml(null, "<source network='nowhere'/>"), live, 43, 19],
    ['a bridge that is not there', "<interface type='bridge'><source bridge='nobr'/></interface>", live, 38, 0],
    ['what is no device', '<fish/>', live, 67, 20],
    ['what is not XML', '<', live, 35, 20],
    ['flags that there are not', nicXml(null), 64, 8, 10],
  ])('is refused for %s', async (_, xml, flags, code, source) => {
    await start(host.client, 1);
    await expect(attach(xml, flags)).rejects.toMatchObject(refusal(code, source));
    expect(await addresses(0)).toEqual([]);
  });

  it('is refused where there is no running guest, or no stored one', async () => {
    await define(host.client, 1);
    await expect(attach(nicXml(null), live)).rejects.toMatchObject(refusal(55, 20));
    await host.client.call('domainCreateWithFlags', { domain: ref(1), flags: 0 });
    await host.client.call('domainUndefineFlags', { domain: ref(1), flags: 0 });
    await expect(attach(nicXml(null), config)).rejects.toMatchObject(refusal(55, 20));
  });

  it('does not guess between two cards of one address, unless it is told which', async () => {
    await start(host.client, 1, { devices: nicXml('52:54:00:00:00:01') + nicXml('52:54:00:00:00:01') });
    await expect(detach(nicXml('52:54:00:00:00:01'), live)).rejects.toMatchObject(refusal(9, 20, /multiple/));
    await expect(detach(nicXml('52:54:00:00:00:09'), live)).rejects.toMatchObject(refusal(99, 20));
    const named = nicXml('52:54:00:00:00:01').replace('</interface>', "<alias name='net1'/></interface>");
    await detach(named, live);
    expect(await addresses(0)).toEqual(['52:54:00:00:00:01 vnet0']);
  });
});
