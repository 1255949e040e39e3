/** The Debian packages that each part of the tests needs besides Node. */
export const debianPackages = {
  lab: [
    'dnsmasq-base',
    'iproute2',
    'iptables',
    'libvirt-clients',
    'libvirt-daemon-driver-lxc',
    'libvirt-daemon-driver-qemu',
    'libvirt-daemon-system',
    'netcat-openbsd',
    'openssh-client',
    'openssh-server',
    'qemu-system-x86',
    'qemu-utils',
    'udev',
  ],
  browser: ['chromium'],
};
