import { chmod, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SshHop } from '../../../src/model/target.ts';
import { createSharedSshConfig, type SharedSshConfig } from '../../../src/ssh/route/shared-ssh-config.ts';
import { readSshConfig } from '../../../src/ssh/route/ssh-config.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { createScratch, requireOpenSsh, type Scratch } from '../real-sshd.ts';

const { signal } = new AbortController();
const env = { PATH: process.env['PATH'] };
const hop = (host: string, changes: Partial<SshHop> = {}): SshHop => ({ host, port: null, user: null, ...changes });

let scratch: Scratch;
let clock: FakeClock;
let shared: SharedSshConfig;

/** The real `ssh`, behind a script that counts how often it is started. */
let countingSsh: string;
const starts = async () => (await readFile(scratch.path('starts'), 'utf8')).length;

beforeAll(async () => {
  await requireOpenSsh();
  scratch = await createScratch();
  countingSsh = scratch.path('ssh');
  await writeFile(countingSsh, `#!/bin/sh\nprintf . >> '${scratch.path('starts')}'\nexec ssh "$@"\n`);
  await chmod(countingSsh, 0o755);
});
beforeEach(async () => {
  await writeFile(scratch.path('starts'), '');
  clock = createFakeClock();
  shared = createSharedSshConfig(clock);
});
afterAll(() => scratch?.remove());

const reader = () => ({ env, sshConfigFile: scratch.path('ssh_config'), sshBinary: countingSsh });
const read = (where: SshHop) => readSshConfig(where, { ...reader(), shared }, { signal });

const hops = [
  hop('kvm1'),
  hop('KVM2.Example'),
  hop('10.0.0.7', { port: 2200 }),
  hop('::1'),
  hop('kvm3', { user: 'operator' }),
  hop('kvm4', { user: 'operator', port: 22 }),
  hop('web'),
];

describe('an answer that is shared', () => {
  test.each([
    ['nothing', ''],
    ['what holds for all', 'Host *\n  User admin\n  Port 2222\n  IdentityFile ~/.ssh/fleet\n  HashKnownHosts yes\n'],
    ['the same, written otherwise', 'user=admin\n\tPORT = 2222\n# Match all\nControlPath ~/.ssh/%r@%h:%p\n'],
    ['a jump host for all', 'ProxyJump admin@bastion:2200\nIdentitiesOnly yes\nIdentityAgent none\n'],
    ['a host of its own', 'Host web\n  HostName web.internal\n  Port 2201\nHost *\n  User admin\n'],
    ['several names', 'Host * !web\n  User admin\n'],
    ['a Match', 'Match host kvm*\n  User kvm\n'],
    ['another name for each', 'HostName %h.example\n'],
    ['a file for each', 'IdentityFile ~/.ssh/%h\nUserKnownHostsFile ~/.ssh/hosts-%h\n'],
    ['canonical names', 'CanonicalizeHostname yes\nCanonicalDomains invalid\n'],
  ])('is what ssh says of each host, with %s in its configuration', async (_, text) => {
    await writeFile(scratch.path('ssh_config'), text);
    for (const where of [...hops, ...hops]) {
      expect(await read(where)).toEqual(await readSshConfig(where, reader(), { signal }));
    }
  });

  test('is found with one start of ssh for all hosts, also of those that come at once', async () => {
    await writeFile(scratch.path('ssh_config'), 'Host *\n  User admin\n');
    const names = Array.from({ length: 20 }, (_, index) => `host${index}`);
    const found = await Promise.all(names.map((name) => read(hop(name))));
    expect(found.map(({ hostName }) => hostName)).toEqual(names);
    expect(await starts()).toBe(1);
  });

  test('is given up as soon as a file that it came from is another, an included one too', async () => {
    await writeFile(scratch.path('included'), 'User admin\n');
    await writeFile(scratch.path('ssh_config'), `Include ${scratch.path('included')}\n`);
    expect((await read(hop('kvm1'))).user).toBe('admin');
    await writeFile(scratch.path('included'), 'User somebody\n');
    expect((await read(hop('kvm2'))).user).toBe('somebody');
    await writeFile(scratch.path('included'), 'Host kvm3\n  User third\nHost *\n  User other\n');
    expect((await read(hop('kvm3'))).user).toBe('third');
    expect((await read(hop('kvm4'))).user).toBe('other');
  });

  test('is asked for again after a minute, in which an Include may have found another file', async () => {
    await writeFile(scratch.path('ssh_config'), `Include ${scratch.path('more')}-*\n`);
    await read(hop('kvm1'));
    await writeFile(scratch.path('more-1'), 'User admin\n');
    await clock.advance(59_000);
    await read(hop('kvm2'));
    expect(await starts()).toBe(1);
    await clock.advance(1_000);
    expect((await read(hop('kvm2'))).user).toBe('admin');
    expect(await starts()).toBe(2);
  });

  test('is none where ssh does not say what it reads', async () => {
    await writeFile(scratch.path('ssh_config'), 'Host web\n  User admin\n');
    const silent = scratch.path('silent-ssh');
    await writeFile(silent, '#!/bin/sh\nexec ssh "$@" 2>/dev/null\n');
    await chmod(silent, 0o755);
    const ask = (name: string) => readSshConfig(hop(name), { ...reader(), sshBinary: silent, shared }, { signal });
    const { user } = await ask('other');
    expect(user).not.toBe('admin');
    expect((await ask('web')).user).toBe('admin');
  });
});
