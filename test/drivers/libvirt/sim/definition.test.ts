import { beforeEach, describe, expect, it } from 'vitest';
import { parseDomainConfig } from '../../../../src/drivers/libvirt/xml/domain.ts';
import { define, guestXml, nicXml, openTestHost, ref, refusal, start, type TestHost, uuid } from './sim-host.ts';

// 1 INTERNAL_ERROR, 9 OPERATION_FAILED, 20 NO_TARGET, 21 NO_NAME, 27 XML_ERROR, 35 XML_DETAIL, 67 CONFIG_UNSUPPORTED,
// 92 XML_INVALID_SCHEMA; sources 5 XML, 10 QEMU, 20 DOMAIN.

let host: TestHost;
beforeEach(async () => {
  host = await openTestHost();
});

const xmlOf = async (number: number, flags = 0) =>
  (await host.client.call('domainGetXmlDesc', { domain: ref(number), flags })).xml;
const nics = async (number: number, flags = 0) => parseDomainConfig(await xmlOf(number, flags)).interfaces;

describe('a definition is refused', () => {
  const os = '<os><type>hvm</type></os>';
  it.each<[string, string, number, number]>([
    ['that is not XML', 'nonsense', 35, 20],
    ['of something else', '<network/>', 27, 5],
    ['without a type', '<domain><name>a</name></domain>', 1, 20],
    ['without a name', `<domain type='qemu'><memory>1</memory>${os}</domain>`, 21, 20],
    ['without memory', `<domain type='qemu'><name>a</name>${os}</domain>`, 27, 20],
    ['without an operating system', "<domain type='qemu'><name>a</name><memory>1</memory></domain>", 27, 20],
    ['of a type that nobody knows', guestXml(1, { type: 'zebra' }), 67, 20],
    ['of another driver’s type', guestXml(1, { type: 'xen' }), 67, 10],
    ['with a UUID that is none', guestXml(1).replace(uuid(1), 'xyz'), 1, 20],
    ['with a slash in its name', guestXml(1, { name: 'a/b' }), 27, 20],
    ['with an address that is none', guestXml(1, { devices: nicXml('zz') }), 27, 20],
    ['with an address in dashes', guestXml(1, { devices: nicXml('52-54-00-00-00-01') }), 27, 20],
    ['with a multicast address', guestXml(1, { devices: nicXml('01:00:5e:00:00:01') }), 27, 20],
    ['with the broadcast address', guestXml(1, { devices: nicXml('ff:ff:ff:ff:ff:ff') }), 27, 20],
    ['with a network card on nothing', guestXml(1, { devices: nicXml(null, '') }), 27, 20],
    ['with a network card of no known kind', guestXml(1, { devices: "<interface type='fish'/>" }), 27, 5],
    ['with a disk without a target', guestXml(1, { devices: "<disk type='file'/>" }), 20, 20],
  ])('%s', async (_, xml, code, source) => {
    await expect(host.client.call('domainDefineXmlFlags', { xml, flags: 0 })).rejects.toMatchObject(
      refusal(code, source),
    );
    expect(host.daemon.host.domains.size).toBe(0);
  });

  it('for what it does not know only when it is to be validated', async () => {
    const xml = guestXml(1, { devices: '<fish/>' });
    await expect(host.client.call('domainDefineXmlFlags', { xml, flags: 1 })).rejects.toMatchObject(refusal(92, 5));
    await host.client.call('domainDefineXmlFlags', { xml, flags: 0 });
    expect(await xmlOf(1)).not.toContain('fish');
  });

  it('when its name or its UUID is another domain’s', async () => {
    await define(host.client, 1);
    await expect(define(host.client, 2, { name: 'guest-1' })).rejects.toMatchObject(refusal(9, 20, /already exists/));
    await expect(define(host.client, 1, { name: 'other' })).rejects.toMatchObject(refusal(9, 20, /already defined/));
  });
});

describe('a definition is completed', () => {
  it('with what every domain has', async () => {
    const xml =
      "<domain type='qemu'><name>a</name><memory unit='MiB'>64</memory><os><type machine='q35'>hvm</type></os></domain>";
    const { domain } = await host.client.call('domainDefineXmlFlags', { xml, flags: 0 });
    const config = parseDomainConfig((await host.client.call('domainGetXmlDesc', { domain, flags: 0 })).xml);
    expect(config).toMatchObject({
      uuid: domain.uuid,
      machine: 'pc-q35-7.2',
      arch: 'x86_64',
      vcpus: 1,
      bootDevices: ['hd'],
      memoryBytes: 64 * 1024 * 1024,
    });
  });

  it('with a network card’s address, in QEMU’s range', async () => {
    await define(host.client, 1, { devices: nicXml(null) + nicXml(null) });
    const [first, second] = await nics(1);
    expect(first?.macAddress).toMatch(/^52:54:00:/);
    expect(second?.macAddress).not.toBe(first?.macAddress);
    expect(first?.model).toBe('rtl8139');
  });

  it('by writing addresses as libvirt does, short bytes and capitals included; all zeros is let through', async () => {
    await define(host.client, 1, { devices: nicXml('0:1:2:A:b:C') + nicXml('00:00:00:00:00:00') });
    expect((await nics(1)).map((nic) => nic.macAddress)).toEqual(['00:01:02:0a:0b:0c', '00:00:00:00:00:00']);
  });

  it('and is not changed by being defined again from its own XML', async () => {
    await define(host.client, 1, {
      devices: `${nicXml(null)}<disk type='file'><target dev='vda'/></disk><console type='pty'/>`,
    });
    const xml = await xmlOf(1, 2);
    await host.client.call('domainDefineXmlFlags', { xml, flags: 0 });
    expect(await xmlOf(1, 2)).toBe(xml);
  });
});

describe('while a guest runs', () => {
  it('its XML has the id, the devices on the host and the bridge; the stored one has not', async () => {
    await start(host.client, 1, { devices: `${nicXml('52:54:00:00:00:01')}<graphics type='vnc' port='-1'/>` });
    expect(await xmlOf(1)).toContain('id="1"');
    const [live] = await nics(1);
    expect(live).toMatchObject({ target: 'vnet0', bridge: 'virbr0', alias: 'net0', source: 'default' });
    const [stored] = await nics(1, 2);
    expect(stored).toMatchObject({ target: null, bridge: null, alias: null, source: 'default' });
    expect(parseDomainConfig(await xmlOf(1)).graphics[0]?.port).toBe(5900);
  });

  it('and whose definition was taken away, what it would start with is still without what is of this run only', async () => {
    const devices = `${nicXml('52:54:00:00:00:01')}<console type='pty'/><graphics type='vnc' port='-1'/>`;
    await start(host.client, 1, { devices });
    const stored = await xmlOf(1, 2);
    await host.client.call('domainUndefineFlags', { domain: ref(1), flags: 0 });
    expect(await xmlOf(1)).toContain('vnet0');
    expect(await xmlOf(1, 2)).toBe(stored);
    expect(stored).not.toMatch(/vnet|alias|portid|127\.0\.0\.1/);
  });

  it('another definition holds from the next start on', async () => {
    await start(host.client, 1);
    const larger = guestXml(1).replace("'MiB'>64", "'MiB'>128");
    await host.client.call('domainDefineXmlFlags', { xml: larger, flags: 0 });
    const memory = async (flags: number) => parseDomainConfig(await xmlOf(1, flags)).maxMemoryBytes / 1024 / 1024;
    expect([await memory(0), await memory(2)]).toEqual([64, 128]);
    await host.client.call('domainDestroyFlags', { domain: ref(1), flags: 0 });
    expect(await memory(0)).toBe(128);
  });

  it('its tap has the guest’s address with FE in front, or FA where that is taken by the guest', async () => {
    await start(host.client, 1, { devices: nicXml('52:54:00:00:00:01') + nicXml('fe:54:00:00:00:02') });
    const { devices } = await host.client.call('connectListAllNodeDevices', { needResults: true, flags: 16 });
    expect(devices.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['net_vnet0_fe_54_00_00_00_01', 'net_vnet1_fa_54_00_00_00_02']),
    );
  });
});
