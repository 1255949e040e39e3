/** The Debian packages that each part of the tests, and each kind of peer of the bench, needs besides Node. */
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
  python: ['libvirt-clients', 'python3-libvirt'],
  go: ['golang-go', 'golang-github-digitalocean-go-libvirt-dev'],
  // @unraid/libvirt is an addon that is built where it is installed.
  'npm-peers': ['g++', 'libvirt-dev', 'make', 'python3'],
  cc: ['gcc', 'libc6-dev'],
  exporter: ['prometheus-libvirt-exporter'],
};
