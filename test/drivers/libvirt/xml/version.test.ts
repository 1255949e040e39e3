import { describe, expect, it } from 'vitest';
import { configVersion } from '../../../../src/drivers/libvirt/xml/version.ts';

describe('the version of a configuration', () => {
  const version = configVersion("<domain type='kvm' a='1'><name>x</name><devices><disk/></devices></domain>");

  it('is the same for another order of attributes, other white space and comments', () => {
    const other = `<?xml version="1.0"?><!-- c --><domain a="1" type="kvm">
      <name>x</name> <!-- d --> <devices>  <disk></disk>
      </devices></domain>`;
    expect(configVersion(other)).toBe(version);
  });

  it.each([
    "<domain type='kvm' a='1'><name>x </name><devices><disk/></devices></domain>",
    "<domain type='kvm' a='2'><name>x</name><devices><disk/></devices></domain>",
    "<domain type='kvm' a='1'><name>x</name><devices><disk/><disk/></devices></domain>",
    "<domain type='kvm' a='1'><name>x</name><devices/><disk/></domain>",
  ])('is another for %s', (xml) => {
    expect(configVersion(xml)).not.toBe(version);
  });

  it('does not move with the balloon and the id of a running guest, but with the balloon’s wish of one that is not', () => {
    const running = (id: number, now: number) =>
      configVersion(`<domain id='${id}'><currentMemory>${now}</currentMemory></domain>`);
    expect(running(1, 100)).toBe(running(2, 200));
    const shutOff = (now: number) => configVersion(`<domain><currentMemory>${now}</currentMemory></domain>`);
    expect(shutOff(100)).not.toBe(shutOff(200));
  });
});
