import { describe, expect, it } from 'vitest';
import { parseStoragePoolXml } from '../../../../src/drivers/libvirt/xml/storage-pool.ts';

describe('a storage pool', () => {
  it('says its kind, place and sizes', () => {
    const xml = `<pool type='dir'><name>images</name><uuid>5f7d1a52-0000-4000-8000-000000000002</uuid>
      <capacity unit='bytes'>1000</capacity><allocation>250</allocation><available unit='KiB'>1</available>
      <target><path>/srv/images</path></target></pool>`;
    expect(parseStoragePoolXml(xml)).toEqual({
      name: 'images',
      uuid: '5f7d1a52-0000-4000-8000-000000000002',
      type: 'dir',
      path: '/srv/images',
      capacityBytes: 1000,
      allocationBytes: 250,
      availableBytes: 1024,
    });
    expect(() => parseStoragePoolXml('<volume/>')).toThrow(/storage pool/);
  });
});
