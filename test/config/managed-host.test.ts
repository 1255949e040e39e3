import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeManagedHost, type ManagedHost, type ManagedHostRules } from '../../src/config/managed-host.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { refusedParameters, supportedParameters } from '../../src/config/uri/uri-parameters.ts';

const defaults = rulesOf('hosts: []\n');

function rulesOf(yaml: string): ManagedHostRules {
  const result = parseConfig(yaml, '/etc/virtgraph.yaml', { homeDir: '/home/me' });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config.api.hosts;
}

const judge = (host: Partial<ManagedHost>, rules: Partial<ManagedHostRules> = {}) =>
  judgeManagedHost(
    { name: 'kvm9', uri: 'qemu+ssh://root@kvm9.example/system', labels: {}, jump: [], readOnly: false, ...host },
    { ...defaults, ...rules },
    '/home/me',
  );

describe('a host that the API adds', () => {
  test('is off unless the configuration says otherwise', () => {
    expect(defaults.enabled).toBe(false);
  });

  test('becomes a target as one of the configuration would', () => {
    expect(judge({ jump: ['ops@bastion.example:2222'], labels: { site: 'berlin' }, readOnly: true })).toMatchObject({
      kind: 'right',
      target: {
        name: 'kvm9',
        labels: { site: 'berlin' },
        readOnly: true,
        connectName: 'qemu:///system',
        transport: {
          kind: 'ssh',
          ssh: {
            hop: { host: 'kvm9.example', user: 'root', port: null },
            jump: [{ host: 'bastion.example', port: 2222, user: 'ops' }],
            knownHostsVerify: 'normal',
            keyFile: null,
            password: null,
          },
        },
      },
    });
  });

  test.each([
    ['qemu+ssh://h/system?mode=auto&keepalive_interval=9', 'right'],
    ['xen+ssh://h/', 'right'],
    ['qemu+libssh2://h/session', 'right'],
    // Onwards from the daemon, with whatever credentials it has.
    ['qemu+ssh://h/system?name=esx%3A%2F%2Fvcenter%2F', 'forbidden'],
    ['qemu+ssh://h/system?NAME=test%3A%2F%2F%2Fetc%2Fshadow', 'forbidden'],
    // Any socket of the host, such as Docker's.
    ['qemu+ssh://h/system?socket=/var/run/docker.sock', 'forbidden'],
    // A command on the host.
    ['qemu+ssh://h/system?netcat=/tmp/x', 'forbidden'],
    ['qemu+ssh://h/system?command=/tmp/x', 'forbidden'],
    // Files of the gateway.
    ['qemu+ssh://h/system?keyfile=/etc/shadow', 'forbidden'],
    ['qemu+ssh://h/system?known_hosts=/tmp/mine', 'forbidden'],
    // The check that protects all else.
    ['qemu+ssh://h/system?no_verify=1', 'forbidden'],
    ['qemu+ssh://h/system?known_hosts_verify=ignore', 'forbidden'],
    // Behind the last "&", ";" separates too.
    ['qemu+ssh://h/system?mode=auto;socket=/x', 'forbidden'],
    ['test+ssh://h/etc/shadow', 'forbidden'],
    ['xen+ssh://h/etc/shadow', 'forbidden'],
    ['remote+ssh://h/', 'forbidden'],
    ['qemu:///system', 'forbidden'],
    ['qemu+unix:///system', 'forbidden'],
    ['sim://big?domains=1000000', 'forbidden'],
    ['qemu+sim://big', 'forbidden'],
    ['qemu+ssh://$(id)@h/system', 'forbidden'],
    ['qemu+ssh://%60id%60@h/system', 'forbidden'],
    ['qemu+ssh://-oProxyCommand=x/system', 'wrong'],
    ['qemu+ssh://root:secret@h/system', 'wrong'],
    ['qemu+tcp://h/system', 'wrong'],
    ['nonsense', 'wrong'],
  ])('%s is %s', (uri, kind) => {
    expect(judge({ uri }).kind).toBe(kind);
  });

  test('is held to the addresses that are allowed, and so are the jump hosts before it', () => {
    const rules = { addresses: ['*.example', '10.0.0.*'] };
    expect(judge({ uri: 'qemu+ssh://KVM9.EXAMPLE/system', jump: ['10.0.0.7'] }, rules).kind).toBe('right');
    expect(judge({ uri: 'qemu+ssh://kvm9.example.evil/system' }, rules)).toEqual({
      kind: 'forbidden',
      reasons: ['the address kvm9.example.evil is not in api.hosts.addresses'],
    });
    expect(judge({ jump: ['bastion.evil'] }, rules).kind).toBe('forbidden');
    expect(judge({ uri: 'qemu+ssh://10x0.0.1/system' }, rules).kind).toBe('forbidden');
  });

  test('may have what the configuration lists', () => {
    const rules = { drivers: ['sim'], transports: ['sim' as const], parameters: ['domains'] };
    expect(judge({ uri: 'sim://demo?domains=3' }, rules).kind).toBe('right');
    expect(judge({ uri: 'sim://demo?domains=3&vms=3' }, rules).kind).toBe('forbidden');
  });

  test('has a name, labels and jump hosts as the configuration would take them', () => {
    expect(judge({ name: 'a b' })).toMatchObject({ kind: 'wrong', mistakes: [expect.stringContaining('name: ')] });
    expect(judge({ labels: { '': 'x' } }).kind).toBe('wrong');
    expect(judge({ jump: ['-oProxyCommand=x'] }).kind).toBe('wrong');
    expect(judge({ jump: Array.from({ length: 9 }, () => 'h') }).kind).toBe('wrong');
  });

  test('never has a parameter that is not listed, wherever in the URI it stands', () => {
    const names = [...Object.keys(supportedParameters), ...refusedParameters.keys(), 'other'];
    const allowed = new Set<string>(defaults.parameters);
    const pair = fc.tuple(fc.constantFrom(...names), fc.constantFrom('/x', '1', 'auto', 'a%26socket%3D/x'));
    const law = fc.property(
      fc.array(pair, { minLength: 1, maxLength: 4 }),
      fc.constantFrom('&', ';'),
      (pairs, separator) => {
        const uri = `qemu+ssh://h/system?${pairs.map(([name, value]) => `${name}=${value}`).join(separator)}`;
        const isRight = judge({ uri }).kind === 'right';
        return !isRight || pairs.every(([name]) => allowed.has(name));
      },
    );
    expect(fc.check(law).failed).toBe(false);
  });
});
