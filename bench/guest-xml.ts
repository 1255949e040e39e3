/** What a QEMU guest of a virtualization host looks like in libvirt's XML: 4 CPUs, a disk, a CD drive, 2 cards. */
export type GuestXml = { readonly index: number; readonly uuid: string; readonly hostName: string };

/** As it runs. */
export function liveGuestXml(guest: GuestXml): string {
  return guestXml(guest, true);
}

/** As it is stored. */
export function storedGuestXml(guest: GuestXml): string {
  return guestXml(guest, false);
}

const rootPorts = 14;

function guestXml({ index, uuid, hostName }: GuestXml, live: boolean): string {
  const alias = (name: string) => (live ? `\n      <alias name='${name}'/>` : '');
  const address = (bus: number, slot = 0, fn = 0) =>
    `<address type='pci' domain='0x0000' bus='0x${hex(bus)}' slot='0x${hex(slot)}' function='0x${fn}'/>`;
  const ports = Array.from({ length: rootPorts }, (_, port) => {
    const fn = port % 8;
    return `    <controller type='pci' index='${port + 1}' model='pcie-root-port'>
      <model name='pcie-root-port'/>
      <target chassis='${port + 1}' port='0x${hex(16 + port)}'/>${alias(`pci.${port + 1}`)}
      <address type='pci' domain='0x0000' bus='0x00' slot='0x${hex(2 + Math.floor(port / 8))}' function='0x${fn}'${fn === 0 ? " multifunction='on'" : ''}/>
    </controller>`;
  }).join('\n');
  const nics = [0, 1]
    .map(
      (nic) => `    <interface type='network'>
      <mac address='52:54:00:${hex((index >> 15) & 255)}:${hex((index >> 7) & 255)}:${hex(((index << 1) & 255) | nic)}'/>
      <source network='${nic === 0 ? 'default' : 'storage'}'${live ? ` portid='${uuid.slice(0, 35)}${nic}' bridge='virbr${nic}'` : ''}/>${live ? `\n      <target dev='vnet${(index % 1000) * 2 + nic}'/>` : ''}
      <model type='virtio'/>${alias(`net${nic}`)}
      ${address(1 + nic)}
    </interface>`,
    )
    .join('\n');
  return `<domain type='kvm'${live ? ` id='${(index % 1000) + 1}'` : ''}>
  <name>guest-${index}.${hostName}</name>
  <uuid>${uuid}</uuid>
  <title>Guest ${index}</title>
  <metadata>
    <libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0">
      <libosinfo:os id="http://debian.org/debian/12"/>
    </libosinfo:libosinfo>
  </metadata>
  <memory unit='KiB'>4194304</memory>
  <currentMemory unit='KiB'>4194304</currentMemory>
  <vcpu placement='static'>4</vcpu>
  ${live ? '<resource>\n    <partition>/machine</partition>\n  </resource>\n  ' : ''}<os>
    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
    <boot dev='hd'/>
  </os>
  <features>
    <acpi/>
    <apic/>
    <vmport state='off'/>
  </features>
  <cpu mode='host-passthrough' check='none' migratable='on'/>
  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup'/>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='hpet' present='no'/>
  </clock>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <pm>
    <suspend-to-mem enabled='no'/>
    <suspend-to-disk enabled='no'/>
  </pm>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' discard='unmap'/>
      <source file='/var/lib/libvirt/images/guest-${index}.${hostName}.qcow2'${live ? " index='2'" : ''}/>${live ? '\n      <backingStore/>' : ''}
      <target dev='vda' bus='virtio'/>${alias('virtio-disk0')}
      ${address(4)}
    </disk>
    <disk type='file' device='cdrom'>
      <driver name='qemu'${live ? '' : " type='raw'"}/>
      <target dev='sda' bus='sata'/>
      <readonly/>${alias('sata0-0-0')}
      <address type='drive' controller='0' bus='0' target='0' unit='0'/>
    </disk>
    <controller type='usb' index='0' model='qemu-xhci' ports='15'>${alias('usb')}
      ${address(3)}
    </controller>
    <controller type='pci' index='0' model='pcie-root'>${alias('pcie.0')}
    </controller>
${ports}
    <controller type='sata' index='0'>${alias('ide')}
      ${address(0, 31, 2)}
    </controller>
    <controller type='virtio-serial' index='0'>${alias('virtio-serial0')}
      ${address(5)}
    </controller>
${nics}
    <serial type='pty'>${live ? `\n      <source path='/dev/pts/${index % 1000}'/>` : ''}
      <target type='isa-serial' port='0'>
        <model name='isa-serial'/>
      </target>${alias('serial0')}
    </serial>
    <console type='pty'${live ? ` tty='/dev/pts/${index % 1000}'` : ''}>${live ? `\n      <source path='/dev/pts/${index % 1000}'/>` : ''}
      <target type='serial' port='0'/>${alias('serial0')}
    </console>
    <channel type='unix'>${live ? `\n      <source mode='bind' path='/var/lib/libvirt/qemu/channel/target/domain-${(index % 1000) + 1}-guest-${index}/org.qemu.guest_agent.0'/>` : ''}
      <target type='virtio' name='org.qemu.guest_agent.0'${live ? " state='connected'" : ''}/>${alias('channel0')}
      <address type='virtio-serial' controller='0' bus='0' port='1'/>
    </channel>
    <input type='tablet' bus='usb'>${alias('input0')}
      <address type='usb' bus='0' port='1'/>
    </input>
    <input type='mouse' bus='ps2'>${alias('input1')}
    </input>
    <input type='keyboard' bus='ps2'>${alias('input2')}
    </input>
    <graphics type='vnc' port='${live ? 5900 + (index % 1000) : -1}' autoport='yes' listen='127.0.0.1'>
      <listen type='address' address='127.0.0.1'/>
    </graphics>
    <audio id='1' type='none'/>
    <video>
      <model type='virtio' heads='1' primary='yes'/>${alias('video0')}
      ${address(0, 1)}
    </video>
    <watchdog model='itco' action='reset'>${alias('watchdog0')}
    </watchdog>
    <memballoon model='virtio'>${alias('balloon0')}
      ${address(6)}
    </memballoon>
    <rng model='virtio'>
      <backend model='random'>/dev/urandom</backend>${alias('rng0')}
      ${address(7)}
    </rng>
  </devices>
${
  live
    ? `  <seclabel type='dynamic' model='apparmor' relabel='yes'>
    <label>libvirt-${uuid}</label>
    <imagelabel>libvirt-${uuid}</imagelabel>
  </seclabel>
  <seclabel type='dynamic' model='dac' relabel='yes'>
    <label>+64055:+64055</label>
    <imagelabel>+64055:+64055</imagelabel>
  </seclabel>
`
    : ''
}</domain>
`;
}

function hex(value: number): string {
  return value.toString(16).padStart(2, '0');
}
