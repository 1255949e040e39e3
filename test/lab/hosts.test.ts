import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gateway, hostEntry, hostStatus, openGateway } from './gateway.ts';
import { createKey } from './keys.ts';
import { type Lab, openLab } from './lab.ts';
import type { LibvirtHost } from './libvirt-host.ts';
import { runOk } from './run.ts';

let lab: Lab;
let host: LibvirtHost;
let gateway: Gateway;
let knownHosts: string;

beforeAll(async () => {
  lab = await openLab({ hosts: 1, hostKeyTypes: ['ed25519'], defaultNetwork: false });
  [host] = lab.hosts as [LibvirtHost];
  knownHosts = join(lab.folder, 'known_hosts.of-the-gateway');
  writeFileSync(knownHosts, `elsewhere.example ${keyIn(lab.keys.stranger)}\n`, { mode: 0o600 });
  gateway = await openGateway(lab, {
    hosts: [hostEntry(lab, host, { params: { known_hosts: knownHosts } })],
    config: { api: { trustHostKeys: true } },
  });
});
afterAll(async () => {
  await gateway?.close();
  await lab?.close();
});

/** Type and key, as known_hosts has them. */
function keyIn(path: string): string {
  return readFileSync(`${path}.pub`, 'utf8').trim().split(' ').slice(0, 2).join(' ');
}

/** What an operator reads on the console of the host. */
async function fingerprintOnConsole(keyFile: string): Promise<string> {
  const shown = await host.execOk(['ssh-keygen', '-l', '-f', `${keyFile}.pub`]);
  return shown.split(' ')[1] ?? '';
}

/** What OpenSSH finds in the gateway's file for the host, whose name it may hold hashed (Debian's HashKnownHosts). */
async function knownKeys(): Promise<readonly string[]> {
  const found = await runOk(['ssh-keygen', '-F', host.address, '-f', knownHosts]);
  const lines = found.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => line.split(' ').slice(1, 3).join(' '));
}

const ask = (fingerprint: string, replace = false) =>
  gateway.ask<{ trustHostKey: { recordedIn: string; replaced: readonly string[]; host: { status: string } } }>(
    `mutation ($input: TrustHostKeyInput!) {
      trustHostKey(input: $input) { recordedIn replaced host { status } } }`,
    { input: { host: host.name, fingerprint, replace } },
  );
const codes = ({ errors }: Awaited<ReturnType<typeof ask>>) => errors?.map(({ extensions }) => extensions.code);

describe('the key of a real sshd', () => {
  test('that nobody knows blocks the host until the right fingerprint is named', async () => {
    const [keyFile = ''] = host.hostKeys;
    const fingerprint = await fingerprintOnConsole(keyFile);
    const { statusReason } = await hostStatus(gateway, host.name, 'BLOCKED');
    expect(statusReason).toMatchObject({ code: 'HOST_KEY_UNKNOWN', nextAttemptAt: null });
    expect(statusReason?.message).toContain(fingerprint);

    const [wrong = ''] = (await runOk(['ssh-keygen', '-l', '-f', `${lab.keys.stranger}.pub`])).split(' ').slice(1);
    const before = readFileSync(knownHosts, 'utf8');
    expect(codes(await ask(wrong))).toEqual(['CONFLICT']);
    expect(readFileSync(knownHosts, 'utf8')).toBe(before);
    await hostStatus(gateway, host.name, 'BLOCKED');

    const { data } = await ask(fingerprint);
    expect(data?.trustHostKey).toMatchObject({ recordedIn: knownHosts, replaced: [] });
    await gateway.ready(host.name);
    expect(readFileSync(knownHosts, 'utf8').startsWith(before)).toBe(true);
    expect(await knownKeys()).toEqual([keyIn(keyFile)]);
  });

  test('that has changed blocks the host until the old one is replaced, which is trusted no more', async () => {
    const [oldKey = ''] = host.hostKeys;
    const newKey = await createKey(join(host.folder, 'ssh_host_new_key'), 'ed25519');
    const fingerprint = await fingerprintOnConsole(newKey);
    await host.stopSshd();
    await host.startSshd({ hostKeys: [newKey] });
    host.cutSshSessions();
    const { statusReason } = await hostStatus(gateway, host.name, 'BLOCKED');
    expect(statusReason?.code).toBe('HOST_KEY_CHANGED');

    expect(codes(await ask(fingerprint))).toEqual(['CONFLICT']);
    expect(codes(await ask(await fingerprintOnConsole(oldKey), true))).toEqual(['CONFLICT']);
    const { data } = await ask(fingerprint, true);
    expect(data?.trustHostKey.replaced).toEqual([await fingerprintOnConsole(oldKey)]);
    await gateway.ready(host.name);
    expect(await knownKeys()).toEqual([keyIn(newKey)]);
    expect(readFileSync(knownHosts, 'utf8')).toContain('elsewhere.example');
  });

  test('that is revoked stays refused, whatever is asked for', async () => {
    const newKey = join(host.folder, 'ssh_host_new_key');
    appendFileSync(knownHosts, `@revoked * ${keyIn(newKey)}\n`);
    host.cutSshSessions();
    const { statusReason } = await hostStatus(gateway, host.name, 'BLOCKED');
    expect(statusReason?.code).toBe('HOST_KEY_REVOKED');
    const before = readFileSync(knownHosts, 'utf8');
    expect(codes(await ask(await fingerprintOnConsole(newKey), true))).toEqual(['HOST_BLOCKED']);
    expect(readFileSync(knownHosts, 'utf8')).toBe(before);
  });
});
