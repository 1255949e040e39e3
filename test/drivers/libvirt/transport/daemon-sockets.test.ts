import { describe, expect, test } from 'vitest';
import {
  daemonSockets,
  type SocketWish,
  sessionSocketDir,
  sshHelperCommand,
  systemSocketDirs,
} from '../../../../src/drivers/libvirt/transport/daemon-sockets.ts';

const wish = (changes: Partial<SocketWish> = {}): SocketWish => ({
  driver: 'qemu',
  mode: 'auto',
  socket: null,
  readOnly: false,
  session: false,
  ...changes,
});

describe('the sockets to try', () => {
  test.each<[string, Partial<SocketWish>, readonly string[]]>([
    ['the driver’s own daemon, then libvirtd', {}, ['virtqemud-sock', 'libvirt-sock']],
    ['the read-only twins of a read-only host', { readOnly: true }, ['virtqemud-sock-ro', 'libvirt-sock-ro']],
    ['the modular daemon alone in direct mode', { mode: 'direct' }, ['virtqemud-sock']],
    ['libvirtd alone in legacy mode', { mode: 'legacy' }, ['libvirt-sock']],
    ['libvirtd for a driver without a daemon', { driver: 'test' }, ['libvirt-sock']],
    ['libvirtd for a driver that we do not know', { driver: 'constructor' }, ['libvirt-sock']],
  ])('are %s', (_what, changes, names) => {
    expect(daemonSockets(wish(changes), ['/run/libvirt'])).toEqual(names.map((name) => `/run/libvirt/${name}`));
  });

  test.each([
    ['lxc', 'virtlxcd'],
    ['xen', 'virtxend'],
    ['vbox', 'virtvboxd'],
    ['bhyve', 'virtbhyved'],
    ['vz', 'virtvzd'],
    ['ch', 'virtchd'],
  ])('of %s begin with %s', (driver, daemon) => {
    expect(daemonSockets(wish({ driver }), ['/run/libvirt'])[0]).toBe(`/run/libvirt/${daemon}-sock`);
  });

  test('are looked for where Linux and the BSDs have them', () => {
    expect(daemonSockets(wish({ mode: 'legacy' }), systemSocketDirs)).toEqual([
      '/run/libvirt/libvirt-sock',
      '/var/run/libvirt/libvirt-sock',
    ]);
  });

  test('are only the one that the operator named', () => {
    expect(daemonSockets(wish({ socket: '/srv/s', mode: 'direct' }), systemSocketDirs)).toEqual(['/srv/s']);
  });

  test('of a session have no read-only twin', () => {
    const directory = sessionSocketDir({ runtimeDir: undefined, uid: 1000 });
    expect(daemonSockets(wish({ session: true, readOnly: true }), [directory])).toEqual([
      '/run/user/1000/libvirt/virtqemud-sock',
      '/run/user/1000/libvirt/libvirt-sock',
    ]);
  });

  test('do not exist for direct mode without a modular daemon, and the error says what to do', () => {
    expect(() => daemonSockets(wish({ driver: 'esx', mode: 'direct' }), systemSocketDirs)).toThrow(
      /no daemon of its own/,
    );
  });
});

test('a session’s directory is what the environment says, where it says one', () => {
  expect(sessionSocketDir({ runtimeDir: '/tmp/xdg', uid: 1 })).toBe('/tmp/xdg/libvirt');
});

test('the helper is told the name to open, and whether only to read', () => {
  expect(sshHelperCommand({ connectName: 'qemu:///system', readOnly: false })).toEqual([
    'virt-ssh-helper',
    'qemu:///system',
  ]);
  expect(sshHelperCommand({ connectName: 'qemu:///session', readOnly: true })).toEqual([
    'virt-ssh-helper',
    '-r',
    'qemu:///session',
  ]);
});
