/** Schemes of libvirt 9.0; others pass too, with a warning, for there will be more. */
export const knownDrivers = [
  'qemu',
  'xen',
  'lxc',
  'bhyve',
  'vz',
  'vbox',
  'esx',
  'vpx',
  'gsx',
  'vmwareplayer',
  'vmwarews',
  'vmwarefusion',
  'hyperv',
  'openvz',
  'ch',
  'test',
  'sim',
  'remote',
  'parallels',
  'phyp',
];

/** These name another machine in their URI, so that a daemon can open them only by a whole name. */
export const driversWithServer = ['esx', 'vpx', 'gsx', 'hyperv', 'phyp'];
