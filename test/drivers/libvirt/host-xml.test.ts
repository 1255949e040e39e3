import { expect, test } from 'vitest';
import { readHostXml } from '../../../src/drivers/libvirt/host-xml.ts';
import { parseDomainConfig } from '../../../src/drivers/libvirt/xml/domain.ts';

test('XML of the host that is none is not the fault of the one who asked', () => {
  expect(() => readHostXml(parseDomainConfig, '<nonsense')).toThrow(
    expect.objectContaining({ code: 'LIBVIRT_ERROR', message: expect.stringContaining('cannot be read') }),
  );
});
