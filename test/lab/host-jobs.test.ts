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
let host: LibvirtHost;
let gateway: Gateway;

const start = () =>
  openGateway(lab, {
    hosts: [hostEntry(lab, host)],
    // The next run of the gateway has what the one before it kept.
    env: { VIRTGRAPH_STATE_DIR: join(lab.folder, 'kept-state') },
  });

beforeAll(async () => {
  lab = await openLab({ hosts: 1, hostKeyTypes: ['ed25519'], purpose: 'host-jobs.test.ts' });
  host = hostNamed(lab, 'h1');
  const image = join(host.folder, 'lib/images/disk.raw');
  // Nothing of it is zero: a copy would skip what is.
  writeFileSync(image, randomBytes(diskMiB * 1024 * 1024));
  const disk = `<disk type='file' device='disk'><driver name='qemu' type='raw'/>
    <source file='/var/lib/libvirt/images/disk.raw'/><target dev='vda' bus='virtio'/></disk>`;
  await host.virshXml(qemuGuestXml({ name: 'busy' }).replace('<console', `${disk}<console`), 'define');
  await host.virsh('start', 'busy');
  gateway = await start();
  await gateway.ready('h1');
});

afterAll(async () => {
  await gateway?.close();
  await lab?.close();
});

/** At a mebibyte a second it takes as many seconds: time to look at it. */
const diskMiB = 64;

interface Task {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly summary: string;
  readonly cancellable: boolean;
  readonly progress: { readonly percent: number | null } | null;
  readonly error: { readonly code: string } | null;
}

const fields = 'id kind state summary cancellable progress { percent } error { code }';

async function beginCopy(name: string): Promise<Task> {
  const target = `/var/lib/libvirt/images/${name}.raw`;
  // QEMU fills its buffer at once and then waits until its rate has caught up: by default for a quarter of a minute.
  const pace = ['--bandwidth', '1', '--buf-size', '262144'];
  await host.virsh('blockcopy', 'busy', 'vda', target, '--format', 'raw', '--transient-job', ...pace);
  const { domain } = await gateway.data<{ domain: { jobs: readonly Task[] } }>(
    `{ domain(by: { path: { host: "h1", name: "busy" } }) { jobs { ${fields} } } }`,
  );
  const [task, ...others] = domain.jobs;
  if (task === undefined) throw new Error('The copy is not seen.');
  expect(others).toEqual([]);
  expect(task).toMatchObject({ kind: 'HOST_JOB', state: 'RUNNING', summary: 'busy on h1: copy of vda.', error: null });
  return task;
}

const watch = ({ id }: Task) =>
  gateway.watch<Task>(`subscription ($id: ID!) { taskProgress(id: $id) { ${fields} } }`, { id });

async function taskNow({ id }: Task): Promise<Task> {
  const { task } = await gateway.data<{ task: Task }>(`query ($id: ID!) { task(id: $id) { ${fields} } }`, { id });
  return task;
}

const percentOf = ({ progress }: Task) => progress?.percent ?? 0;

test('a copy of a disk is told of as it goes on, and as cancelled when somebody aborts it', async () => {
  const task = await beginCopy('aborted');
  const { tasks } = await gateway.data<{ tasks: { nodes: readonly Task[] } }>(`{ tasks { nodes { ${fields} } } }`);
  expect(tasks.nodes).toContainEqual(expect.objectContaining({ id: task.id }));
  const progress = watch(task);
  const first = await progress.next('some progress', (now) => percentOf(now) > 0);
  await progress.next('more progress', (now) => percentOf(now) > percentOf(first));
  const ended = progress.next('the end', ({ state }) => state !== 'RUNNING');
  await host.virsh('blockjob', 'busy', 'vda', '--abort');
  expect(await ended).toMatchObject({ state: 'CANCELLED', error: null });
});

test('a copy goes on as the same task in the next run of the gateway, and succeeds', async () => {
  const task = await beginCopy('pivoted');
  process.kill(gateway.pid, 'SIGKILL');
  await gateway.close();
  gateway = await start();
  await gateway.ready('h1');
  await waitFor('the task to be found again', async () => {
    const now = await taskNow(task);
    return now.state === 'RUNNING' && percentOf(now) > percentOf(task);
  });
  const ended = watch(task).next('the end', ({ state }) => state !== 'RUNNING', 60_000);
  await host.virsh('blockjob', 'busy', 'vda', '--bandwidth', '0');
  await waitFor('the copy to have caught up', () =>
    host.tryVirsh('blockjob', 'busy', 'vda', '--pivot').then((r) => r.status === 0),
  );
  expect(await ended).toMatchObject({ state: 'SUCCEEDED', error: null });
});
