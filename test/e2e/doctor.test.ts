import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startGateway } from '../support/gateway-process.ts';

/** Runs `virtgraph doctor` in a directory of its own, with this configuration or none. */
async function doctor(args: readonly string[], config?: object) {
  await using program = await startGateway({
    args: ['doctor', ...args],
    // JSON is YAML.
    ...(config && { prepare: (dir) => writeFile(join(dir, 'virtgraph.yaml'), JSON.stringify(config)) }),
  });
  const status = await program.exited;
  return { status, stdout: program.stdout(), stderr: program.stderr() };
}

test('without a configuration the embedded hosts are examined, one after the other, and are well', async () => {
  const { status, stdout, stderr } = await doctor([]);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^alder {2}[^]*alder is well[^]*\nbirch {2}[^]*birch is well[^]*\ncedar {2}[^]*cedar is well/);
  expect(stdout).toMatch(/\n3 hosts: 3 well\n$/);
  expect(status).toBe(0);
});

test('the hosts that are named are examined, each once', async () => {
  const { stdout } = await doctor(['birch', 'sim://birch', 'birch', '--json']);
  const { ok, hosts } = JSON.parse(stdout) as { ok: boolean; hosts: { host: string; stages: { stage: string }[] }[] };
  expect(ok).toBe(true);
  expect(hosts.map(({ host }) => host)).toEqual(['birch', 'sim://birch']);
  expect(hosts[0]?.stages.map(({ stage }) => stage)).toEqual([
    'config',
    'socket',
    'libvirt-auth',
    'open',
    'permissions',
    'latency',
    'clock',
  ]);
});

test('a daemon of this machine that is not there is a failure: status 1', async () => {
  const { status, stdout } = await doctor(['qemu:///system?socket=/nonexistent/sock']);
  expect(stdout).toMatch(/^ {2}✗ socket .*\n {6}.*\n {6}→ Install and start/m);
  expect(stdout).toContain('cannot be used: socket, SOCKET_NOT_FOUND');
  expect(status).toBe(1);
});

test('a URI is examined whatever the configuration is', async () => {
  const { status, stdout } = await doctor(['sim://birch'], { hosts: 'none' });
  expect(stdout).toContain('sim://birch is well');
  expect(status).toBe(0);
});

test.each([
  ['a host that is not there', ['bich'], undefined, /no host "bich" in the embedded fleet\. Did you mean "birch"\?/],
  ['a URI that is none', ['qemu+tcp://h/system'], undefined, /tcp/],
  ['a password in a URI', ['qemu+ssh://root:hunter2@h/system'], undefined, /password/],
  ['an option that is not there', ['--fix'], undefined, /unknown option '--fix'/],
  ['a configuration that is wrong', [], { hosts: 'none' }, /virtgraph\.yaml:1:/],
  ['a configuration without hosts', [], { hosts: [] }, /virtgraph\.yaml names no hosts/],
])('%s is a mistake: status 2, and nothing is examined', async (_what, args, config, message) => {
  const { status, stdout, stderr } = await doctor(args, config);
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain('hunter2');
});
