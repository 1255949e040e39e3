import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import {
  type ConfigOverrides,
  type ConfigProblem,
  defaultConfig,
  formatProblems,
  parseConfig,
} from '../../src/config/parse-config.ts';

const file = '/etc/virtgraph/virtgraph.yaml';
const homeDir = '/home/op';

function configOf(text: string, overrides: ConfigOverrides = {}): Config {
  const result = parseConfig(text, file, { homeDir, overrides });
  if (!result.ok) throw new Error(formatProblems(result.problems));
  return result.config;
}

function problemsOf(text: string, overrides: ConfigOverrides = {}): readonly ConfigProblem[] {
  const result = parseConfig(text, file, { homeDir, overrides });
  return result.ok ? [] : result.problems;
}

/** Of each problem the place and the message. */
function brief(text: string): readonly string[] {
  return problemsOf(text).map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
}

const whole = `
fleetId: berlin
listen:
  host: 0.0.0.0
  port: 4443
  tls: { cert: tls/cert.pem, key: /keys/key.pem }
auth: { mode: token, tokenFile: ~/token }
origins: [ "https://dash.example" ]
hosts:
  - name: kvm1
    uri: qemu+ssh://root@kvm1.example/system
    labels: { site: berlin }
    jump: admin@bastion.example:2222
    passphrase: { env: KEY_PASSPHRASE }
  - name: kvm2
    uri: qemu+ssh://kvm2/system?known_hosts_verify=ignore
    readOnly: true
    jump: [ first, { host: "2001:db8::1", port: 22, user: me } ]
    password: { file: secrets/kvm2 }
  - { name: here, uri: "qemu:///system" }
net:
  segments:
    office:
      - { bridge: br0 }
      - { host: kvm2, network: lan }
      - { host: here, device: eth0 }
limits: { journalEntries: 500 }
timing: { pollSeconds: 3 }
log: { level: debug }
`;

describe('a good configuration', () => {
  test('is read whole, with absolute paths', () => {
    const config = configOf(whole);
    expect(config).toMatchObject({
      file,
      fleetId: 'berlin',
      listen: {
        host: '0.0.0.0',
        port: 4443,
        tls: { certFile: '/etc/virtgraph/tls/cert.pem', keyFile: '/keys/key.pem' },
      },
      auth: { mode: 'token', tokenFile: '/home/op/token' },
      origins: ['https://dash.example'],
      log: { level: 'debug' },
    });
    expect(config.limits).toMatchObject({
      journalEntries: 500,
      bodyBytes: 262_144,
      handshakesPerFirstHop: 6,
      handshakesTotal: 16,
    });
    expect(config.timing).toMatchObject({ pollSeconds: 3, reconcileSeconds: 300 });
  });

  test('makes a target of each host', () => {
    const [kvm1, kvm2, here] = configOf(whole).hosts;
    expect(kvm1).toMatchObject({
      name: 'kvm1',
      uri: 'qemu+ssh://root@kvm1.example/system',
      labels: { site: 'berlin' },
      readOnly: false,
      driver: 'qemu',
      connectName: 'qemu:///system',
      transport: {
        kind: 'ssh',
        ssh: {
          hop: { host: 'kvm1.example', user: 'root', port: null },
          jump: [{ host: 'bastion.example', user: 'admin', port: 2222 }],
          passphrase: { kind: 'environment', variable: 'KEY_PASSPHRASE' },
          password: null,
        },
      },
    });
    expect(kvm2).toMatchObject({
      readOnly: true,
      transport: {
        ssh: {
          jump: [
            { host: 'first', user: null, port: null },
            { host: '2001:db8::1', user: 'me', port: 22 },
          ],
          knownHostsVerify: 'ignore',
          password: { kind: 'file', path: '/etc/virtgraph/secrets/kvm2' },
        },
      },
    });
    expect(here).toMatchObject({ name: 'here', labels: {}, transport: { kind: 'unix' } });
  });

  test('lets a segment name a host that the API may add', () => {
    const text = 'api: { hosts: { enabled: true } }\nnet: { segments: { lan: [ { host: later, bridge: br0 } ] } }\n';
    expect(configOf(text).segments).toMatchObject([{ name: 'lan' }]);
  });

  test('makes segments of bridges, networks and devices', () => {
    expect(configOf(whole).segments).toEqual([
      {
        name: 'office',
        members: [
          { host: '*', kind: 'bridge', name: 'br0' },
          { host: 'kvm2', kind: 'network', name: 'lan' },
          { host: 'here', kind: 'device', name: 'eth0' },
        ],
      },
    ]);
  });

  test('warns, naming the host, of what is allowed but dangerous', () => {
    expect(configOf(whole).warnings).toEqual([expect.stringMatching(/^host kvm2: .*not verified/)]);
  });

  test('writes origins as browsers send them', () => {
    expect(configOf('origins: [ "https://Dash.Example:443", "http://10.0.0.1:8080" ]').origins).toEqual([
      'https://dash.example',
      'http://10.0.0.1:8080',
    ]);
  });

  test('has safe defaults', () => {
    expect(configOf('hosts: [{ name: a, uri: "qemu:///system" }]')).toMatchObject({
      listen: { host: '127.0.0.1', port: 4000, tls: null },
      auth: { mode: 'token', tokenFile: null },
      origins: [],
      segments: [],
      warnings: [],
      log: { level: 'info' },
    });
  });

  test('warns when it has no hosts, and when tokens would cross the network in the clear', () => {
    expect(configOf('listen: { host: 0.0.0.0 }').warnings).toEqual([
      expect.stringContaining('No hosts'),
      expect.stringContaining('without TLS'),
    ]);
  });

  test('warns of what allows nothing', () => {
    const rights = 'api: { hosts: { drivers: [ qemuu, qemu ], parameters: [ keyfil, mode ] } }';
    expect(configOf(`${rights}\nhosts: [ { name: a, uri: "qemu:///system" } ]`).warnings).toEqual([
      'api.hosts.drivers: no URI has the driver "qemuu" yet. Did you mean "qemu"?',
      'api.hosts.parameters: no URI has the parameter "keyfil" yet. Did you mean "keyfile"?',
    ]);
  });

  test('may use anchors, aliases and merge keys', () => {
    const text = `
hosts:
  - &base { name: a, uri: "qemu+ssh://a/system", jump: &way [ b1, b2 ] }
  - { <<: *base, name: b }
  - { name: c, uri: "qemu+ssh://c/system", jump: *way }
`;
    expect(configOf(text).hosts.map(({ name, uri }) => [name, uri])).toEqual([
      ['a', 'qemu+ssh://a/system'],
      ['b', 'qemu+ssh://a/system'],
      ['c', 'qemu+ssh://c/system'],
    ]);
  });

  test('may share one anchor among thousands of hosts', () => {
    const hosts = Array.from(
      { length: 2_000 },
      (_, index) => `  - { name: h${index}, uri: "qemu+ssh://h${index}/system", jump: *way }`,
    );
    const text = `hosts:\n  - { name: first, uri: "qemu+ssh://first/system", jump: &way [ bastion ] }\n${hosts.join('\n')}\n`;
    expect(configOf(text).hosts).toHaveLength(2_001);
  });

  test.each(['127.0.0.1', '127.8.8.8', 'localhost', '"::1"', '"[::1]"'])('may let everybody in on %s', (host) => {
    expect(configOf(`{ auth: { mode: none }, listen: { host: ${host} } }`).auth).toEqual({ mode: 'none' });
  });

  test('takes host and port from the command line over its own', () => {
    expect(configOf('listen: { host: 127.0.0.2, port: 1 }', { port: 2 }).listen).toMatchObject({
      host: '127.0.0.2',
      port: 2,
    });
    expect(configOf('{}', { host: '127.0.0.3' }).listen).toMatchObject({ host: '127.0.0.3', port: 4000 });
  });
});

test('without a file everything is default, and nothing is warned of', () => {
  const result = defaultConfig({ homeDir });
  expect(result).toMatchObject({ ok: true, config: { file: null, hosts: [], warnings: [] } });
});

describe('a mistake', () => {
  test('is told with file, line, column, key and what was expected', () => {
    const problems = problemsOf('listen:\n  port: nine\n');
    expect(formatProblems(problems)).toBe(`${file}:2:9: listen.port: expected a number, saw "nine"`);
  });

  test('is told once, also where two rules see it', () => {
    expect(brief('origins: [ "no origin", "http://a:b:c" ]\n')).toEqual([
      expect.stringMatching(/^1:12 origins\[0\]: expected an origin without a path, .*saw "no origin"$/),
      expect.stringMatching(/^1:25 origins\[1\]: expected an origin without a path/),
    ]);
  });

  test('does not hide the others: all are told, in the order of the file', () => {
    const text = `listne: {}
listen: { host: 0.0.0.0, tls: { cert: a } }
auth: { mode: none }
hosts:
  - name: Kvm 1
    uri: qemu+tls://h/system
    jmp: x
  - name: kvm2
    uri: qemu+ssh://h/sytem?mod=auto
    jump: "a:b:c"
    password: hunter2
  - name: KVM2
    labels: { a: 1 }
net: { segments: { lan: [ { host: kvm9, bridge: br0 }, { bridge: br0, network: x } ] } }
limits: { bodyBytes: 1 }
`;
    expect(brief(text)).toEqual([
      '1:1 listne: Unknown key. Did you mean "listen"?',
      '2:31 listen.tls.key: required, but not given',
      expect.stringMatching(/^3:15 auth\.mode: "none" lets everybody in who can reach 0\.0\.0\.0/),
      expect.stringMatching(/^5:11 hosts\[0\]\.name: expected a name of letters, .*saw "Kvm 1"$/),
      expect.stringMatching(/^6:10 hosts\[0\]\.uri: The transport "tls" is refused/),
      '7:5 hosts[0].jmp: Unknown key. Did you mean "jump"?',
      expect.stringMatching(/^9:10 hosts\[1\]\.uri: Unknown parameter "mod"\. Did you mean "mode"\?/),
      expect.stringMatching(/^9:10 hosts\[1\]\.uri: Expected the path \/system or \/session/),
      expect.stringMatching(/^10:11 hosts\[1\]\.jump: Expected \[user@\]host\[:port\]/),
      expect.stringMatching(/^11:15 hosts\[1\]\.password: a password is never written here/),
      '12:5 hosts[2].uri: required, but not given',
      '12:11 hosts[2].name: "KVM2" is the name of hosts[1] already',
      '13:18 hosts[2].labels.a: expected a text, saw 1',
      '14:35 net.segments.lan[0].host: no host has the name "kvm9"; use * for every host',
      '14:56 net.segments.lan[1]: expected one of bridge, network, device',
      '15:22 limits.bodyBytes: expected 1024 or more, saw 1',
    ]);
  });

  test('says of an empty uri once what was expected', () => {
    expect(brief('hosts: [{ name: a, uri: "" }]')).toEqual([
      expect.stringMatching(/^1:25 hosts\[0\]\.uri: Expected driver\[\+transport\]:.* Saw ""\.$/),
    ]);
  });

  test.each([
    ['', /an empty file/],
    ['# nothing but a comment\n', /an empty file/],
    ['- a list\n', /something else/],
    ['just text', /something else/],
    ['hosts:\n', /expected a list, saw nothing/],
    ['hosts: {}', /expected a list, saw a mapping/],
    ['listen: 4000', /expected a mapping, saw a number/],
    ['listen: { port: 70000 }', /65535 or less, saw 70000/],
    ['listen: { port: 80.5 }', /whole number/],
    ['listen: { host: "" }', /some text/],
    ['auth: { mode: basic }', /one of token, none, saw "basic"/],
    [
      'hosts: [ { name: a, uri: "qemu+ssh://h/system", password: { env: hunter-2 } } ]',
      /expected the name of an environment variable$/i,
    ],
    ['auth: { token: abc123 }', /secrets are never written here/],
    ['auth: { mode: none, tokenFile: x }', /means nothing/],
    ['origins: [ "dash.example" ]', /such as https:/],
    ['origins: [ "https://a:b" ]', /such as https:/],
    ['origins: [ "https://*.example" ]', /a whole origin/],
    ['listen: { host: "0.0.0.0:4000" }', /the port is listen\.port/],
    ['listen: { host: "http://localhost" }', /an address or a name/],
    ['api: { hosts: { addresses: [ 10.0.0.0/8 ] } }', /such as \*\.example/],
    ['log: { level: loud }', /one of debug, info, warn, error, silent/],
    ['hosts: [ { name: a, uri: "qemu:///system", jump: b } ]', /mean nothing for the unix transport/],
    ['hosts: [ { name: a, uri: "qemu:///system", password: { env: A } } ]', /mean nothing for the unix transport/],
    ['hosts: [ { name: a, uri: "qemu+ssh://h/system", passphrase: {} } ]', /one of file and env/],
    ['hosts: [ { name: a, uri: "qemu+ssh://h/system", passphrase: { file: a, env: B } } ]', /one of file and env/],
    [
      'hosts: [ { name: a, uri: "qemu+ssh://h/system", passphrase: { env: "a b" } } ]',
      /name of an environment variable/,
    ],
    ['hosts: [ { name: a, uri: "qemu+ssh://h/system", jump: [ { port: 99999 } ] } ]', /jump\[0\]\.host: required/],
    [
      'hosts: [ { name: a, uri: "qemu+ssh://h/system", jump: [ { host: b, port: 99999 } ] } ]',
      /jump\[0\]\.port.*65535 or less/,
    ],
    ['hosts: [ { name: a, uri: "qemu+ssh://h/system", jump: 7 } ]', /expected \[user@\]host/],
    ['hosts: [ { name: a, uri: "qemu+ssh://h/system", jump: "-x" } ]', /not beginning with a dash/],
    ['hosts: [ { name: a, uri: "qemu+ssh://h/system", jump: { host: "a b" } } ]', /expected a host name/i],
    ['hosts: [ { name: a, uri: "qemu+ssh://h/system", jump: { host: "[::1]:2222" } } ]', /a port has a key of its own/],
    ['hosts: [ { name: a, uri: "qemu+ssh://h/system", jump: { host: "a,b" } } ]', /one host name/],
    ['net: { segments: { lan: [ { bridge: br0 } ], wan: [ { bridge: br0 } ] } }', /in the segment "lan" already/],
    ['net: { segments: { "a b": [ { bridge: br0 } ] } }', /as a key: expected a name/],
    ['listen: { port: 1 }\nlisten: { port: 2 }', /unique/i],
    ['listen: [', /flow/i],
    ['a: *nowhere', /alias/i],
    ['a: !thing x', /tag/i],
    ['--- {}\n--- {}', /document/],
    ['\tlisten: {}', /tab/i],
  ])('in %j is told', (text, expected) => {
    expect(formatProblems(problemsOf(text))).toMatch(expected);
  });

  test('of YAML stands where the parser found it', () => {
    expect(problemsOf('listen: {}\nlisten: {}\n')).toMatchObject([{ line: 2, column: 1, path: '' }]);
    expect(problemsOf('hosts: []\n---\nhosts: []\n')).toMatchObject([
      { line: 2, column: 1, message: expect.stringMatching(/^A second YAML document begins here/) },
    ]);
  });

  test('in what an alias brought stands where it was written', () => {
    const text = 'x: &bad { port: nine }\nlisten: *bad\n';
    expect(brief(text)).toContainEqual(expect.stringMatching(/^1:17 listen\.port: expected a number/));
  });

  test('that comes from the command line is told too', () => {
    expect(formatProblems(problemsOf('auth: { mode: none }', { host: '0.0.0.0' }))).toMatch(/can reach 0\.0\.0\.0/);
  });

  test.each([
    'hosts: [ { name: a, uri: "qemu+ssh://root:hunter2@h/system" } ]',
    'hosts: [ { name: a, uri: "qemu+ssh://h/system", password: hunter2 } ]',
    'hosts: [ { name: a, uri: "qemu+ssh://h/system", passphrase: [ hunter2 ] } ]',
    'hosts: [ { name: a, uri: "qemu+ssh://h/system", jump: "root:hunter2@b" } ]',
    'auth: { token: hunter2 }',
    'auth: hunter2',
    'auth: { token: *hunter2 }',
    'auth: { token: !hunter2 x }',
  ])('never repeats the secret in %j', (text) => {
    const problems = problemsOf(text);
    expect(problems).not.toEqual([]);
    expect(formatProblems(problems)).not.toContain('hunter2');
  });
});

describe('a hostile file', () => {
  test('of aliases that multiply is refused quickly', () => {
    const levels = Array.from(
      { length: 20 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(', ')}]`,
    );
    const problems = problemsOf(`l0: &l0 [x]\n${levels.join('\n')}\n`);
    expect(formatProblems(problems)).toMatch(/aliases in this file multiply/);
  });

  test('of endless nesting is refused', () => {
    const problems = problemsOf(`a: ${'['.repeat(20_000)}`);
    expect(formatProblems(problems)).toMatch(/nested too deeply/);
    expect(problems.length).toBeLessThanOrEqual(20);
  });

  test('cannot reach the prototype', () => {
    expect(formatProblems(problemsOf('__proto__: { polluted: 1 }'))).toContain('Unknown key');
    expect('polluted' in {}).toBe(false);
  });

  test('never makes the parser fail, whatever it holds', () => {
    const yaml = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc
        .array(
          fc.constantFrom(
            'hosts:',
            ' - ',
            '\n',
            'uri: ',
            '{',
            '}',
            '[',
            ']',
            '&a ',
            '*a',
            '<<: ',
            'x',
            '"',
            '|',
            '? ',
            ': ',
            '!t ',
          ),
        )
        .map((parts) => parts.join('')),
      fc.json().map((json) => `hosts: ${json}`),
      fc.json().map((json) => `net: { segments: ${json} }`),
    );
    fc.assert(
      fc.property(yaml, (text) => {
        for (const { line, column, message } of problemsOf(text)) {
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
          expect(message).not.toBe('');
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
