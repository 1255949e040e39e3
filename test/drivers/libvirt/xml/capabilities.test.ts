import { describe, expect, it } from 'vitest';
import { parseCapabilitiesXml } from '../../../../src/drivers/libvirt/xml/capabilities.ts';

describe('capabilities', () => {
  it('list each kind of guest with its machines once', () => {
    const xml = `<capabilities><host><uuid>u</uuid><cpu><arch>x86_64</arch><model>Haswell</model></cpu></host>
      <guest><os_type>hvm</os_type><arch name='x86_64'><emulator>/usr/bin/qemu</emulator><machine>pc-q35</machine>
      <machine canonical='pc-q35'>q35</machine><domain type='qemu'/><domain type='kvm'><machine>q35</machine></domain></arch></guest>
      <guest><os_type>exe</os_type><arch name='i686'><domain type='lxc'/></arch></guest></capabilities>`;
    expect(parseCapabilitiesXml(xml)).toEqual({
      hostUuid: 'u',
      cpuArch: 'x86_64',
      cpuModel: 'Haswell',
      guests: [
        {
          osType: 'hvm',
          arch: 'x86_64',
          domainTypes: ['qemu', 'kvm'],
          machines: ['pc-q35', 'q35'],
          emulator: '/usr/bin/qemu',
        },
        { osType: 'exe', arch: 'i686', domainTypes: ['lxc'], machines: [], emulator: null },
      ],
    });
    expect(() => parseCapabilitiesXml('<caps/>')).toThrow(/capabilities/);
  });
});
