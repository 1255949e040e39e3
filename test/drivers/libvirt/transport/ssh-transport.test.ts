import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { sshTransport } from '../../../../src/drivers/libvirt/transport/ssh-transport.ts';
import type { HostTarget } from '../../../../src/model/target.ts';
import type { SshConnection } from '../../../../src/ssh/connection.ts';

const target = (changes: Partial<HostTarget> = {}): HostTarget => ({
  name: 'h',
  uri: 'qemu+ssh://h/system',
  labels: {},
  readOnly: false,
  driver: 'qemu',
  transport: { kind: 'unix' },
  connectName: 'qemu:///system',
  session: false,
  socket: null,
  mode: 'legacy',
  keepaliveIntervalMs: 5_000,
  keepaliveCount: 5,
  ...changes,
});

/** What was asked of the SSH connection; `output` is what its commands print. */
function recorder(output = '') {
  const asked: unknown[] = [];
  const connection: Pick<SshConnection, 'openSocket' | 'openCommand' | 'close'> = {
    async openSocket(path) {
      asked.push(path);
      return new PassThrough();
    },
    async openCommand(argv) {
      asked.push(argv);
      const stream = new PassThrough();
      stream.end(output);
      return stream;
    },
    close: async () => void asked.push('closed'),
  };
  // Routes and `close` use no more of a connection than this.
  return { asked, connection: connection as SshConnection };
}

const labels = (changes: Partial<HostTarget>, proxy: 'auto' | 'native' | 'netcat') =>
  sshTransport(target(changes), { proxy, netcat: 'nc' }, recorder().connection).routes.map(({ label }) => label);

describe('the routes over SSH', () => {
  test('are sockets forwarded by sshd, then the helper, then netcat', () => {
    expect(labels({ mode: 'auto', driver: 'nobody' }, 'auto')).toEqual([
      '/run/libvirt/libvirt-sock',
      '/var/run/libvirt/libvirt-sock',
      'virt-ssh-helper qemu:///system',
      'nc -U /run/libvirt/libvirt-sock',
      'nc -U /var/run/libvirt/libvirt-sock',
    ]);
  });

  test.each(['legacy', 'direct'] as const)('lead to no other daemon than mode=%s says', (mode) => {
    const name = mode === 'legacy' ? 'libvirt-sock' : 'virtqemud-sock';
    const paths = [`/run/libvirt/${name}`, `/var/run/libvirt/${name}`];
    expect(labels({ mode }, 'auto')).toEqual([...paths, ...paths.map((path) => `nc -U ${path}`)]);
  });

  test('are the helper alone, or netcat alone, where the operator says so', () => {
    expect(labels({ readOnly: true }, 'native')).toEqual(['virt-ssh-helper -r qemu:///system']);
    expect(labels({ socket: '/srv/s' }, 'netcat')).toEqual(['nc -U /srv/s']);
  });

  test('leave out the helper, which looks by itself, when the operator named the socket', () => {
    expect(labels({ socket: '/srv/s' }, 'auto')).toEqual(['/srv/s', 'nc -U /srv/s']);
  });

  test('open what they say, word for word', async () => {
    const { asked, connection } = recorder();
    const transport = sshTransport(
      target({ socket: "/srv/a 'b'; x" }),
      { proxy: 'auto', netcat: '/bin/nc' },
      connection,
    );
    for (const route of transport.routes) await route.open({ signal: new AbortController().signal });
    await transport.close();
    expect(asked).toEqual(["/srv/a 'b'; x", ['/bin/nc', '-U', "/srv/a 'b'; x"], 'closed']);
  });
});

describe('the routes to a session', () => {
  const session = target({ session: true, connectName: 'qemu:///session', mode: 'auto' });
  const directory = '/run/user/1000/libvirt';

  test.each([
    [
      'auto',
      [
        ['virt-ssh-helper', 'qemu:///session'],
        ['id', '-u'],
        `${directory}/virtqemud-sock`,
        `${directory}/libvirt-sock`,
        ['nc', '-U', `${directory}/virtqemud-sock`],
        ['nc', '-U', `${directory}/libvirt-sock`],
      ],
    ],
    [
      'netcat',
      [
        ['id', '-u'],
        ['nc', '-U', `${directory}/virtqemud-sock`],
        ['nc', '-U', `${directory}/libvirt-sock`],
      ],
    ],
  ] as const)(
    'with proxy=%s lead to the directory of the account, for whose number is asked once',
    async (proxy, expected) => {
      const { asked, connection } = recorder('1000\n');
      const { routes } = sshTransport(session, { proxy, netcat: 'nc' }, connection);
      for (const route of routes) await route.open({ signal: new AbortController().signal });
      expect(asked).toEqual(expected);
    },
  );

  test('refuse a number that is none', async () => {
    const { connection } = recorder('command not found; rm -rf /\n');
    const { routes } = sshTransport(target({ session: true }), { proxy: 'netcat', netcat: 'nc' }, connection);
    await expect(routes[0]?.open({ signal: new AbortController().signal })).rejects.toMatchObject({
      detail: { problem: 'PROXY_COMMAND_FAILED' },
    });
  });
});
