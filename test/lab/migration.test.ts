import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gateway, hostEntry, openGateway } from './gateway.ts';
import { qemuGuestXml } from './guests.ts';
import { type Lab, openLab } from './lab.ts';
import type { LibvirtHost } from './libvirt-host.ts';
import { hostNamed } from './pick.ts';
import { waitFor } from './wait.ts';

let lab: Lab;
let h1: LibvirtHost;
let h2: LibvirtHost;
let gateway: Gateway;

beforeAll(async () => {
  lab = await openLab({ hosts: 2, hostKeyTypes: ['ed25519'], purpose: 'migration.test.ts' });
  h1 = hostNamed(lab, 'h1');
  h2 = hostNamed(lab, 'h2');
  // Memory that is not zero has to go over, and at a mebibyte a second it takes its time.
  const noise = '/var/lib/libvirt/images/noise';
  for (const { folder } of [h1, h2]) writeFileSync(join(folder, 'lib/images/noise'), randomBytes(32 * 1024 * 1024));
  const loader = `<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
    <qemu:arg value='-device'/><qemu:arg value='loader,file=${noise},addr=0x1000000,force-raw=on'/></qemu:commandline>`;
  const xml = qemuGuestXml({ name: 'mover', memoryMiB: 64, macAddresses: ['52:54:00:00:0a:01'] });
  await h1.virshXml(xml.replace('</domain>', `${loader}</domain>`), 'create');
  gateway = await openGateway(lab, { hosts: [hostEntry(lab, h1), hostEntry(lab, h2)] });
  await gateway.ready('h1', 'h2');
});

afterAll(async () => {
  await gateway?.close();
  await lab?.close();
});

interface Task {
  readonly id: string;
  readonly state: string;
  readonly summary: string;
  readonly cancellable: boolean;
}

interface Mover {
  readonly state: string;
  readonly stateReason: string;
  readonly host: { readonly name: string };
  readonly jobs: readonly Task[];
}

interface Seen {
  readonly movers: readonly Mover[];
  readonly conflicts: readonly { readonly severity: string }[];
}

const taskFields = 'id state summary cancellable';

async function look(): Promise<Seen> {
  const { domains, macConflicts } = await gateway.data<{
    domains: { nodes: readonly Mover[] };
    macConflicts: Seen['conflicts'];
  }>(`{
    domains(orderBy: { field: HOST }) { nodes { state stateReason host { name } jobs { ${taskFields} } } }
    macConflicts { severity }
  }`);
  return { movers: domains.nodes, conflicts: macConflicts };
}

const watch = ({ id }: Task) =>
  gateway.watch<Task>(`subscription ($id: ID!) { taskProgress(id: $id) { ${taskFields} } }`, { id });

const cancel = ({ id }: Task) =>
  gateway.ask<{ cancelTask: { task: Task } }>(
    `mutation ($task: ID!) { cancelTask(input: { task: $task }) { task { ${taskFields} } } }`,
    { task: id },
  );

/** Begins to move the guest, and waits until both sides say so. */
async function begin() {
  const target = `qemu+unix:///system?socket=${h2.socketPath}`;
  const way = ['--migrateuri', `tcp://${h2.address}`, '--bandwidth', '1'];
  const ended = h1.tryVirsh('migrate', '--live', 'mover', target, ...way);
  const [out, into] = await waitFor('a job on both sides', async () => {
    const { movers, conflicts } = await look();
    expect(conflicts.filter(({ severity }) => severity !== 'INFO')).toEqual([]);
    const jobs = movers.flatMap((mover) => mover.jobs);
    return jobs.length === 2 && jobs;
  });
  if (out === undefined || into === undefined) throw new Error('There are no two jobs.');
  return { ended, out, into };
}

const untilOver = (task: Task) =>
  watch(task).next('its end', ({ state }) => state !== 'RUNNING' && state !== 'PENDING');

test('a migration that is given up leaves the guest where it was, and is a task that ended on both sides', async () => {
  const { ended, out, into } = await begin();
  expect(out).toMatchObject({ summary: 'mover on h1: migration out.', cancellable: true });
  expect(into).toMatchObject({ summary: 'mover on h2: migration in.', cancellable: false });
  const ends = Promise.all([untilOver(out), untilOver(into)]);
  const refused = await cancel(into);
  expect(refused.errors).toMatchObject([{ extensions: { code: 'INVALID_STATE', outcome: 'NOT_SENT', host: 'h2' } }]);
  expect((await cancel(out)).errors).toBeUndefined();
  expect(await ends).toMatchObject([{ state: 'CANCELLED' }, { state: 'FAILED' }]);
  expect(await ended).toMatchObject({ status: 1, stderr: expect.stringContaining('canceled by client') });
  await waitFor('the guest to be on one host alone', async () => (await look()).movers.length === 1);
  expect((await look()).movers).toMatchObject([{ state: 'RUNNING', host: { name: 'h1' }, jobs: [] }]);
});

test('a migration moves the guest, is a task that succeeded on both sides, and no collision of addresses', async () => {
  const { ended, out, into } = await begin();
  const ends = Promise.all([untilOver(out), untilOver(into)]);
  await h1.virsh('migrate-setspeed', 'mover', '1000');
  expect(await ends).toMatchObject([{ state: 'SUCCEEDED' }, { state: 'SUCCEEDED' }]);
  expect(await ended).toMatchObject({ status: 0 });
  await waitFor('the guest to be on one host alone', async () => (await look()).movers.length === 1);
  expect(await look()).toMatchObject({
    movers: [{ state: 'RUNNING', stateReason: 'migrated', host: { name: 'h2' }, jobs: [] }],
    conflicts: [],
  });
});
