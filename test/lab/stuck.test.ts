import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gateway, hostEntry, openGateway } from './gateway.ts';
import { qemuGuestXml } from './guests.ts';
import { type Lab, openLab } from './lab.ts';
import type { LibvirtHost } from './libvirt-host.ts';
import { hostNamed } from './pick.ts';
import { waitFor } from './wait.ts';

let lab: Lab;
let host: LibvirtHost;
let gateway: Gateway;

beforeAll(async () => {
  lab = await openLab({ hosts: 1, hostKeyTypes: ['ed25519'], purpose: 'stuck.test.ts' });
  host = hostNamed(lab, 'h1');
  for (const name of ['stuck', 'spare', 'idle']) await host.virshXml(qemuGuestXml({ name }), 'define');
  await host.virsh('start', 'stuck');
  await host.virsh('start', 'spare');
  gateway = await openGateway(lab, { hosts: [hostEntry(lab, host)] });
  await gateway.ready('h1');
});

afterAll(async () => {
  await gateway?.close();
  await lab?.close();
});

const domainOf = (name: string) => ({ domain: { path: { host: 'h1', name } } });
const mutate = (verb: string, input: string, name: string) =>
  gateway.ask<Record<string, { domain: { state: string } }>>(
    `mutation ($input: ${input}!) { ${verb}(input: $input) { domain { state } } }`,
    { input: domainOf(name) },
  );
const callsInFlight = async () => {
  const query = '{ host(name: "h1") { link { lanes { callsInFlight } } } }';
  type Link = { host: { link: { lanes: { callsInFlight: number }[] } } };
  const { host: said } = await gateway.data<Link>(query);
  return said.link.lanes.reduce((total, lane) => total + lane.callsInFlight, 0);
};

test('one guest that hangs keeps no other waiting, and can be forced off', async () => {
  const pid = host.qemuPid('stuck');
  if (pid === null) throw new Error('the guest is not running');
  process.kill(pid, 'SIGSTOP');

  // Each enters the guest's monitor, which does not answer; and they are more than a connection has places for.
  const resets = Array.from({ length: 6 }, () => mutate('resetDomain', 'DomainActionInput', 'stuck'));
  let answered = 0;
  for (const reset of resets) void reset.then(() => answered++);
  await waitFor('the host to be asked', async () => (await callsInFlight()) > 0);

  const fresh = await gateway.data<{ domain: { state: string } }>(
    '{ domain(by: { path: { host: "h1", name: "spare" } }, fresh: true) { state } }',
  );
  expect(fresh.domain.state).toBe('RUNNING');
  const list = await gateway.data<{ domains: { totalCount: number } }>('{ domains { totalCount } }');
  expect(list.domains.totalCount).toBe(3);
  expect((await mutate('startDomain', 'StartDomainInput', 'idle')).data?.['startDomain']?.domain.state).toBe('RUNNING');
  expect((await mutate('forceOffDomain', 'ForceOffDomainInput', 'spare')).data?.['forceOffDomain']?.domain.state).toBe(
    'SHUTOFF',
  );
  // All of that while it still hangs: otherwise nothing was shown.
  expect(answered).toBe(0);

  const forced = await mutate('forceOffDomain', 'ForceOffDomainInput', 'stuck');
  expect(forced.data?.['forceOffDomain']?.domain.state).toBe('SHUTOFF');
  for (const { errors } of await Promise.all(resets)) expect(errors).toHaveLength(1);
  expect((await host.virsh('domstate', 'stuck')).trim()).toBe('shut off');
  expect(host.qemuPid('stuck')).toBeNull();
});
