import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HostUri, parseHostUri } from '../../../src/config/uri/host-uri.ts';
import { redactUri } from '../../../src/config/uri/redact-uri.ts';
import { VirtgraphError } from '../../../src/errors.ts';
import type { SshTarget } from '../../../src/model/target.ts';

function sshOf(uri: HostUri): SshTarget {
  if (uri.transport.kind !== 'ssh') throw new Error(`${uri.transport.kind} is not ssh`);
  return uri.transport.ssh;
}

function outcome(text: string): string {
  try {
    return /\p{Cc}/u.test(parseHostUri(text).connectName) ? 'a control character in the name' : 'a URI';
  } catch (error) {
    return error instanceof VirtgraphError ? error.code : String(error);
  }
}

function mistake(text: string): string {
  try {
    parseHostUri(text);
  } catch (error) {
    if (error instanceof VirtgraphError && error.code === 'BAD_USER_INPUT') return error.message;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

describe('an ssh URI', () => {
  test('names user, host, port and what the daemon is asked to open', () => {
    const uri = parseHostUri('qemu+ssh://root@kvm1.example:2222/system');
    expect(sshOf(uri).hop).toEqual({ user: 'root', host: 'kvm1.example', port: 2222 });
    expect(uri).toMatchObject({
      driver: 'qemu',
      connectName: 'qemu:///system',
      session: false,
      socket: null,
      mode: 'auto',
    });
    expect(uri.warnings).toEqual([]);
  });

  test('leaves to ssh_config what it does not say', () => {
    const uri = parseHostUri('qemu+ssh://kvm1/system');
    expect(uri.transport).toEqual({
      kind: 'ssh',
      ssh: {
        hop: { user: null, host: 'kvm1', port: null },
        jump: [],
        keyFile: null,
        knownHostsFile: null,
        knownHostsVerify: 'normal',
        authMethods: null,
        passphrase: null,
        password: null,
      },
      proxy: 'auto',
      command: null,
      netcat: 'nc',
    });
    expect(uri).toMatchObject({ keepaliveIntervalMs: 5_000, keepaliveCount: 5 });
  });

  test.each(['ssh', 'libssh', 'libssh2', 'SSH', 'LibSSH2'])('is meant by the transport %s', (transport) => {
    expect(parseHostUri(`qemu+${transport}://h/system`).transport.kind).toBe('ssh');
  });

  test.each([
    ['qemu+ssh://h/session', 'qemu:///session', true],
    ['xen+ssh://h/system', 'xen:///system', false],
    ['xen+ssh://h', 'xen://', false],
    ['xen+ssh://h/', 'xen:///', false],
    ['lxc+ssh://h/system', 'lxc:///system', false],
    ['test+ssh://h/default', 'test:///default', false],
    ['test+ssh://h/path%20with/space.xml', 'test:///path%20with/space.xml', false],
    ['bhyve+ssh://h/system', 'bhyve:///system', false],
    ['vbox+ssh://h/session', 'vbox:///session', true],
    ['sim+ssh://h/system', 'sim:///system', false],
    ['remote+ssh://h/', '', false],
    ['QEMU+ssh://h/system', 'qemu:///system', false],
    ['qemu+ssh://h/system?name=test:///default', 'test:///default', false],
    ['qemu+ssh://h/system?mode=legacy&keyfile=/k', 'qemu:///system', false],
    ['esx+ssh://h/?name=esx%3A%2F%2Fesx1%2F%3Fno_verify%3D1', 'esx://esx1/?no_verify=1', false],
  ])('%s asks the daemon for %j', (text, connectName, session) => {
    expect(parseHostUri(text)).toMatchObject({ connectName, session });
  });

  test('takes an IPv6 address in brackets, and a zone', () => {
    expect(sshOf(parseHostUri('qemu+ssh://me@[2001:db8::1]:22/system')).hop).toEqual({
      user: 'me',
      host: '2001:db8::1',
      port: 22,
    });
    expect(sshOf(parseHostUri('qemu+ssh://[fe80::1%25eth0]/system')).hop.host).toBe('fe80::1%eth0');
  });

  test('decodes what is percent-encoded', () => {
    expect(sshOf(parseHostUri('qemu+ssh://dom%2Buser@h/system?keyfile=/my%20key')).hop.user).toBe('dom+user');
    expect(sshOf(parseHostUri('qemu+ssh://u@h/system?keyfile=/my%20key')).keyFile).toBe('/my key');
  });

  test("takes every parameter of libvirt's for it", () => {
    const uri = parseHostUri(
      'qemu+ssh://h/system?socket=/run/s&mode=direct&proxy=netcat&netcat=/opt/nc&command=/opt/ssh&keyfile=/k&known_hosts=/kh' +
        '&known_hosts_verify=auto&sshauth=privkey,agent&no_tty=1&keepalive_interval=30&keepalive_count=3',
    );
    expect(uri).toMatchObject({
      socket: '/run/s',
      mode: 'direct',
      keepaliveIntervalMs: 30_000,
      keepaliveCount: 3,
      transport: {
        proxy: 'netcat',
        netcat: '/opt/nc',
        command: '/opt/ssh',
        ssh: {
          keyFile: '/k',
          knownHostsFile: '/kh',
          knownHostsVerify: 'auto',
          authMethods: ['privkey', 'agent'],
        },
      },
    });
  });

  test('takes names of parameters in any case, as libvirt does', () => {
    expect(parseHostUri('qemu+ssh://h/system?MODE=legacy&Socket=/s')).toMatchObject({ mode: 'legacy', socket: '/s' });
  });

  test('takes semicolons between parameters where no ampersand follows, as libvirt does', () => {
    expect(parseHostUri('qemu+ssh://h/system?mode=legacy;socket=/s')).toMatchObject({ mode: 'legacy', socket: '/s' });
    expect(parseHostUri('qemu+ssh://h/system?socket=/a;b&mode=legacy')).toMatchObject({
      mode: 'legacy',
      socket: '/a;b',
    });
  });

  test('turns keepalive off with 0 or -1', () => {
    expect(parseHostUri('qemu+ssh://h/system?keepalive_interval=0').keepaliveIntervalMs).toBe(0);
    expect(parseHostUri('qemu+ssh://h/system?keepalive_interval=-1').keepaliveIntervalMs).toBe(0);
  });

  test('reads ~/ as the home directory of whoever runs the gateway', () => {
    const context = { jump: [], passphrase: null, password: null, homeDir: '/home/op' };
    expect(sshOf(parseHostUri('qemu+ssh://h/system?known_hosts=~/kh', context)).knownHostsFile).toBe('/home/op/kh');
  });

  test("warns when the host's key is not verified", () => {
    const uri = parseHostUri('qemu+ssh://h/system?known_hosts_verify=ignore');
    expect(sshOf(uri).knownHostsVerify).toBe('ignore');
    expect(uri.warnings).toEqual([expect.stringContaining('not verified')]);
  });

  test('takes no_verify as libvirt documents it: new keys are accepted, changed ones are not, and warns', () => {
    const uri = parseHostUri('qemu+ssh://h/system?no_verify=1');
    expect(sshOf(uri).knownHostsVerify).toBe('auto');
    expect(uri.warnings).toEqual([expect.stringContaining('no_verify')]);
    expect(sshOf(parseHostUri('qemu+ssh://h/system?no_verify=0')).knownHostsVerify).toBe('normal');
    expect(parseHostUri('qemu+ssh://h/system?no_verify=0').warnings).toEqual([]);
  });

  test('lets an unknown driver through with a warning that guesses what was meant', () => {
    expect(parseHostUri('qmeu+ssh://h/system')).toMatchObject({
      driver: 'qmeu',
      warnings: [expect.stringContaining('Did you mean "qemu"?')],
    });
  });
});

describe('a URI of this machine', () => {
  test.each(['qemu:///system', 'qemu+unix:///system'])('%s is the local socket', (text) => {
    expect(parseHostUri(text)).toMatchObject({
      transport: { kind: 'unix' },
      connectName: 'qemu:///system',
      socket: null,
    });
  });

  test('may name the socket', () => {
    expect(parseHostUri('qemu+unix:///system?socket=/opt/libvirt-sock&mode=direct')).toMatchObject({
      socket: '/opt/libvirt-sock',
      mode: 'direct',
    });
  });
});

describe('a URI of an embedded host', () => {
  test('has a name, a flavour and options', () => {
    expect(parseHostUri('sim://demo1?domains=20&seed=7')).toMatchObject({
      driver: 'qemu',
      connectName: 'qemu:///system',
      transport: { kind: 'sim', daemonName: 'demo1', options: { domains: '20', seed: '7' } },
    });
  });

  test.each([
    ['lxc+sim://demo2', 'lxc', 'lxc:///system'],
    ['test+sim://demo3', 'test', 'test:///default'],
    ['qemu+sim://demo4/session', 'qemu', 'qemu:///session'],
  ])('%s plays %s', (text, driver, connectName) => {
    expect(parseHostUri(text)).toMatchObject({ driver, connectName, transport: { kind: 'sim', options: {} } });
  });

  test('behind ssh is a host like any other', () => {
    expect(parseHostUri('sim+ssh://h:2200/system')).toMatchObject({ driver: 'sim', transport: { kind: 'ssh' } });
  });
});

describe('a mistake in a URI is told', () => {
  test.each([
    ['', /Expected driver\[\+transport\]:/],
    ['kvm1', /such as qemu\+ssh:/],
    ['qemu:/system', /Expected driver/],
    ['qemu+ssh://h/system#x', /fragment/],
    ['qemu+ssh://h/sys tem', /white space/],
    ['qemu+ssh://h/sys%zztem', /percent-encoding/],
    ['qemu+tls://h/system', /"tls" is refused.*Try qemu\+ssh:/],
    ['qemu+tcp://h/system', /"tcp" is refused.*neither encrypted/],
    ['qemu+ext://h/system', /"ext" is refused/],
    ['qemu+shs://h/system', /Unknown transport "shs".*Did you mean "ssh"/],
    ['qemu+constructor://h/system', /Unknown transport "constructor"/],
    ['qemu+ssh://h/system?constructor=x', /Unknown parameter "constructor"/],
    ['qemu+ssh://h/system?name=esx://root:p%2Fw@e/', /password must not stand/],
    ['qemu://h/system', /without a transport means libvirt's tls.*Try qemu\+ssh:/],
    ['esx://h/', /esx\+ssh:\/\/DAEMON/],
    ['ssh://h/system', /"ssh" is a transport.*qemu\+ssh:/],
    ['tcp://h/system', /"tcp" is a transport/],
    ['qemu+ssh:///system', /Expected a host name/],
    ['qemu+ssh://root@/system', /Expected a host name/],
    ['qemu+ssh://@h/system', /user name/],
    ['qemu+ssh://-oProxyCommand=x/system', /not beginning with a dash/],
    ['qemu+ssh://-l@h/system', /not beginning with a dash/],
    ['qemu+ssh://h%00/system', /host name/],
    ['qemu+ssh://h:0/system', /port from 1 to 65535/],
    ['qemu+ssh://h:65536/system', /port from 1 to 65535/],
    ['qemu+ssh://h:/system', /port from 1 to 65535/],
    ['qemu+ssh://h:ssh/system', /port from 1 to 65535/],
    ['qemu+ssh://2001:db8::1/system', /brackets/],
    ['qemu+ssh://[2001:zz]/system', /IPv6/],
    ['qemu+ssh://[::1/system', /brackets/],
    ['qemu+ssh://h', /path \/system or \/session/],
    ['qemu+ssh://h/sytem', /path \/system or \/session/],
    ['esx+ssh://h/', /name=URI/],
    ['qemu+unix://h/system', /this machine only/],
    ['qemu+unix://me@/system', /user or port means nothing/],
    ['sim://', /name for the embedded host/],
    ['qemu+ssh://h/system?nme=x', /Unknown parameter "nme". Did you mean "name"/],
    ['qemu+ssh://h/system?known_host=/x', /Did you mean "known_hosts"/],
    ['qemu+ssh://h/system?transport=http', /driver belongs into name=/],
    ['qemu+ssh://h/system?pkipath=/x', /"pkipath" of libvirt's is refused/],
    ['qemu+ssh://h/system?tls_priority=x', /refused/],
    ['qemu+ssh://h/system?auth=sasl', /SASL/],
    ['qemu+ssh://h/system?authfile=/x', /refused/],
    ['qemu+ssh://h/system?no_sanity=1', /refused/],
    ['qemu+ssh://h/system?mode=auto&mode=direct', /more than once/],
    ['qemu+ssh://h/system?mode=modular', /one of auto, direct, legacy.*saw "modular"/],
    ['qemu+ssh://h/system?proxy=socat', /one of auto, native, netcat/],
    ['qemu+ssh://h/system?proxy=native&netcat=nc', /"netcat" means nothing/],
    ['qemu+ssh://h/system?proxy=native&socket=/s', /"socket" cannot be used/],
    ['qemu+ssh://h/system?proxy=native&mode=direct', /"mode" cannot be used/],
    ['qemu+ssh://h/system?known_hosts_verify=no', /one of normal, auto, ignore/],
    ['qemu+ssh://h/system?no_verify=yes', /a number/],
    ['qemu+ssh://h/system?no_tty=yes', /a number/],
    ['qemu+ssh://h/system?no_verify=1&known_hosts_verify=auto', /not both/],
    ['qemu+ssh://h/system?sshauth=agent,kerberos', /agent, privkey, password, keyboard-interactive/],
    ['qemu+ssh://h/system?socket=libvirt-sock', /absolute path/],
    ['qemu+ssh://h/system?keyfile=id_rsa', /absolute path/],
    ['qemu+ssh://h/system?netcat=-e', /name or path of a command/],
    ['qemu+ssh://h/system?netcat=nc%20-v', /name or path of a command/],
    ['qemu+ssh://h/system?keepalive_interval=fast', /from -1 to 86400/],
    ['qemu+ssh://h/system?keepalive_count=0', /from 1 to 1000/],
    ['qemu+ssh://h/system?=x', /name=value/],
    ['qemu+ssh://h/system?name=', /some text/],
    ['qemu+unix:///system?keyfile=/k', /means nothing for the unix transport/],
    [`qemu+ssh://h/${'x'.repeat(5000)}`, /at most 4096 characters/],
  ])('%s', (text, expected) => {
    expect(mistake(text)).toMatch(expected);
  });

  test('together with all the others', () => {
    const message = mistake('qemu+ssh://h/sytem?mode=x&nme=y&proxy=z');
    for (const part of ['/system or /session', '"mode"', '"nme"', '"proxy"']) expect(message).toContain(part);
  });

  test.each([
    'qemu+ssh://root:hunter2@h/system',
    'qemu+ssh://root:hunter2@h:22/system?nme=1',
    'qemu+ssh://root:hun/ter2@h/system',
    'qemu+ssh://root:p@hunter2@h/system',
    'qemu+ssh://root:hunter2',
    'qemu+ssh://h/system?name=esx://root:hunter2@e/',
    'qemu+ssh://h/system?name=esx%3A%2F%2Froot%3Ahunter2%40e%2F',
  ])('without repeating the password in %s', (text) => {
    expect(mistake(text)).not.toMatch(/hunter2|ter2/);
  });

  test('with the way out, for a password', () => {
    expect(mistake('qemu+ssh://root:hunter2@h/system')).toMatch(/password: \{ file: … \}/);
  });
});

test('redactUri hides what somebody took for the parameter of a password', () => {
  for (const name of ['password', 'sshPass', 'x_token', 'client-secret']) {
    expect(redactUri(`qemu+ssh://h/system?mode=auto&${name}=hunter2&socket=/s`)).toBe(
      `qemu+ssh://h/system?mode=auto&${name}=***&socket=/s`,
    );
  }
});

test('redactUri leaves alone what holds no password', () => {
  for (const text of [
    'qemu+ssh://me@h:22/system?mode=auto',
    'qemu+ssh://[::1]:22/system',
    'qemu:///system',
    'nonsense: 1',
  ]) {
    expect(redactUri(text)).toBe(text);
  }
});

describe('parseHostUri', () => {
  const mostly = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc
      .record({
        driver: fc.constantFrom('qemu', 'xen', 'sim', 'test', 'esx', '', 'remote'),
        transport: fc.constantFrom('', '+ssh', '+libssh2', '+unix', '+sim', '+tls', '+'),
        authority: fc.oneof(fc.string(), fc.constantFrom('', 'h', 'u@h', 'u:p@h:1', '[::1]', '[::1]:x', '%', '@@')),
        path: fc.oneof(fc.string(), fc.constantFrom('', '/', '/system', '/session', '/%')),
        query: fc.oneof(
          fc.string(),
          fc
            .array(
              fc.tuple(fc.constantFrom('mode', 'name', 'proxy', 'no_verify', 'sshauth', 'socket', '%'), fc.string()),
            )
            .map((pairs) => pairs.map((pair) => pair.join('=')).join('&')),
        ),
      })
      .map(({ driver, transport, authority, path, query }) => `${driver}${transport}://${authority}${path}?${query}`),
  );

  test('never fails with anything but BAD_USER_INPUT, whatever the text', () => {
    fc.assert(
      fc.property(mostly, (text) => {
        expect(outcome(text)).toMatch(/^(a URI|BAD_USER_INPUT)$/);
      }),
      { numRuns: 2_000 },
    );
  });

  test('reads back the user, host and port of every URI made of good ones', () => {
    const user = fc.stringMatching(/^[a-z_][a-z0-9_.+@-]{0,8}$/);
    const hostName = fc.stringMatching(/^[a-z0-9_][a-z0-9_.-]{0,20}$/);
    fc.assert(
      fc.property(fc.option(user), hostName, fc.option(fc.integer({ min: 1, max: 65_535 })), (user, host, port) => {
        fc.pre(user === null || !user.includes('@'));
        const authority = `${user === null ? '' : `${encodeURIComponent(user)}@`}${host}${port === null ? '' : `:${port}`}`;
        expect(sshOf(parseHostUri(`qemu+ssh://${authority}/system`)).hop).toEqual({ user, host, port });
      }),
    );
  });
});
