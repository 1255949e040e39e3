import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gateway, hostEntry, openGateway } from './gateway.ts';
import { qemuGuestXml } from './guests.ts';
import { type Lab, openLab } from './lab.ts';
import type { LibvirtHost } from './libvirt-host.ts';
import { hostNamed } from './pick.ts';
import { makeSlowFile, type SlowFile } from './slow-file.ts';
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
  // Nothing of it is zero: a copy would skip what is.
  writeFileSync(outside('disk.raw'), randomBytes(diskMiB * 1024 * 1024));
  const disk = `<disk type='file' device='disk'><driver name='qemu' type='raw'/>
    <source file='${inside('disk.raw')}'/><target dev='vda' bus='virtio'/></disk>`;
  const devices = qemuGuestXml({ name: 'busy', memoryMiB: 64 }).replace('<console', `${disk}<console`);
  // What its memory holds is written out by a save or a dump; memory that is zero takes no time.
  const noise = `<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
    <qemu:arg value='-device'/><qemu:arg value='loader,file=${inside('noise')},addr=0x1000000,force-raw=on'/>
    </qemu:commandline>`;
  writeFileSync(outside('noise'), randomBytes(noiseMiB * 1024 * 1024));
  await host.virshXml(devices.replace('</domain>', `${noise}</domain>`), 'define');
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
const noiseMiB = 32;

/** A file as the host knows it, and as we do. */
const inside = (name: string) => `/var/lib/libvirt/images/${name}`;
const outside = (name: string) => join(host.folder, 'lib/images', name);

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
  const target = inside(`${name}.raw`);
  // QEMU fills its buffer at once and then waits until its rate has caught up: by default for a quarter of a minute.
  const pace = ['--bandwidth', '1', '--buf-size', '262144'];
  await host.virsh('blockcopy', 'busy', 'vda', target, '--format', 'raw', '--transient-job', ...pace);
  return await onlyJob('copy of vda');
}

async function jobsNow(name = 'busy'): Promise<readonly Task[]> {
  const { domain } = await gateway.data<{ domain: { jobs: readonly Task[] } | null }>(
    `query ($name: String!) { domain(by: { path: { host: "h1", name: $name } }) { jobs { ${fields} } } }`,
    { name },
  );
  return domain?.jobs ?? [];
}

async function onlyJob(operation: string, name = 'busy'): Promise<Task> {
  const [task, ...others] = await waitFor('the job to be seen', async () => {
    const jobs = await jobsNow(name);
    return jobs.length > 0 && jobs;
  });
  if (task === undefined) throw new Error('The job is not seen.');
  expect(others).toEqual([]);
  const summary = `${name} on h1: ${operation}.`;
  expect(task).toMatchObject({ kind: 'HOST_JOB', state: 'RUNNING', summary, cancellable: true, error: null });
  begun.push(task.id);
  return task;
}

/** The id of each job that was begun here. */
const begun: string[] = [];

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
  const ended = watch(task).next('the end', ({ state }) => state !== 'RUNNING');
  await host.virsh('blockjob', 'busy', 'vda', '--bandwidth', '0');
  await waitFor('the copy to have caught up', () =>
    host.tryVirsh('blockjob', 'busy', 'vda', '--pivot').then((r) => r.status === 0),
  );
  expect(await ended).toMatchObject({ state: 'SUCCEEDED', error: null });
});

const cancel = ({ id }: Task) =>
  gateway.ask<{ cancelTask: { task: Task } }>(
    `mutation ($task: ID!) { cancelTask(input: { task: $task }) { task { ${fields} } } }`,
    { task: id },
  );
const stateOf = (domain: string) => host.virsh('domstate', domain, '--reason').then((text) => text.trim());

test('a copy is cancelled through the API, which virsh then sees no more', async () => {
  const task = await beginCopy('cancelled');
  const ended = watch(task).next('the end', ({ state }) => state !== 'RUNNING');
  const { data, errors } = await cancel(task);
  expect(errors).toBeUndefined();
  expect(data?.cancelTask.task.id).toBe(task.id);
  expect(await ended).toMatchObject({ state: 'CANCELLED', error: null, cancellable: false });
  expect(await host.virsh('blockjob', 'busy', 'vda')).toContain('No current block job');
  expect((await cancel(task)).data?.cancelTask.task.state).toBe('CANCELLED');
});

test('a backup that others are to read lasts until it is ended, which is its success', async () => {
  const file = (name: string) => inside(`backup.${name}`);
  const xml = `<domainbackup mode='pull'><server transport='unix' socket='${file('sock')}'/>
    <disks><disk name='vda' type='file'><scratch file='${file('raw')}'/></disk></disks></domainbackup>`;
  writeFileSync(outside('backup.xml'), xml);
  await host.virsh('backup-begin', 'busy', outside('backup.xml'));
  const jobs = await jobsNow();
  begun.push(...jobs.map(({ id }) => id));
  const [whole, ofDisk] = jobs;
  expect(jobs.map(({ summary }) => summary)).toEqual(['busy on h1: backup.', 'busy on h1: backup of vda.']);
  if (whole === undefined || ofDisk === undefined) throw new Error('There are no two jobs.');
  const ends = [whole, ofDisk].map((task) => watch(task).next('its end', ({ state }) => state !== 'RUNNING'));
  expect((await cancel(whole)).errors).toBeUndefined();
  expect(await Promise.all(ends)).toMatchObject([{ state: 'SUCCEEDED' }, { state: 'CANCELLED' }]);
});

describe('a job of the whole guest, begun with virsh', () => {
  const files: SlowFile[] = [];
  afterAll(() => {
    for (const file of files) file.close();
  });

  /** `ended`: what became of it by virsh's own word. */
  async function begin(verb: 'dump' | 'save' | 'managedsave', ...options: readonly string[]) {
    const name = `${verb}-${files.length}`;
    const isManaged = verb === 'managedsave';
    const file = makeSlowFile(isManaged ? join(host.folder, 'lib/qemu/save/busy.save') : outside(name));
    files.push(file);
    const ended = host.tryVirsh(verb, 'busy', ...(isManaged ? [] : [inside(name)]), ...options);
    const task = await onlyJob(verb === 'dump' ? 'dump' : 'save');
    return { file, ended, task };
  }

  test('a dump is seen with its progress, and succeeds', async () => {
    const { file, ended, task } = await begin('dump');
    const progress = watch(task);
    const first = await progress.next('some progress', (now) => percentOf(now) > 0);
    await progress.next('more progress', (now) => percentOf(now) > percentOf(first));
    const end = progress.next('the end', ({ state }) => state !== 'RUNNING');
    file.hurry();
    expect(await end).toMatchObject({ state: 'SUCCEEDED', error: null });
    expect(await ended).toMatchObject({ status: 0 });
  });

  // After one that has succeeded, of which libvirt goes on to tell as the last one.
  test.each(['dump', 'save', 'managedsave'] as const)(
    'a %s is cancelled through the API, and its guest runs on',
    async (verb) => {
      const { ended, task } = await begin(verb);
      const end = watch(task).next('the end', ({ state }) => state !== 'RUNNING');
      const { data, errors } = await cancel(task);
      expect(errors).toBeUndefined();
      expect(['RUNNING', 'CANCELLED']).toContain(data?.cancelTask.task.state);
      expect(await end).toMatchObject({ state: 'CANCELLED', error: null });
      expect(await ended).toMatchObject({ status: 1, stderr: expect.stringContaining('canceled by client') });
      expect(await stateOf('busy')).toMatch(/^running/);
      expect(await jobsNow()).toEqual([]);
    },
  );

  test('a dump that somebody else aborts after one that succeeded is not said to have succeeded', async () => {
    const { ended, task } = await begin('dump');
    const end = watch(task).next('the end', ({ state }) => state !== 'RUNNING');
    await host.virsh('domjobabort', 'busy');
    const { state } = await end;
    // Libvirt says so only while it lets go of it.
    expect(['CANCELLED', 'UNKNOWN']).toContain(state);
    expect(await ended).toMatchObject({ status: 1 });
  });

  test('a dump that libvirt does not give up is refused in its words, and goes on', async () => {
    const { file, ended, task } = await begin('dump', '--memory-only');
    const { errors } = await cancel(task);
    expect(errors).toMatchObject([
      { message: expect.stringContaining('cannot abort memory-only dump'), extensions: { code: 'INVALID_STATE' } },
    ]);
    expect((await taskNow(task)).state).toBe('RUNNING');
    await waitFor('some progress', async () => percentOf(await taskNow(task)) > 0);
    file.hurry();
    expect(await ended).toMatchObject({ status: 0 });
    const { errors: late } = await waitFor('its end', async () => {
      const now = await taskNow(task);
      return now.state !== 'RUNNING' && (await cancel(task));
    });
    expect(late).toMatchObject([{ extensions: { code: 'INVALID_STATE', outcome: 'NOT_SENT', host: 'h1' } }]);
  });

  test('a save that is left alone stops the guest, and succeeds', async () => {
    const { file, ended, task } = await begin('save');
    const end = watch(task).next('the end', ({ state }) => state !== 'RUNNING');
    file.hurry();
    expect(await end).toMatchObject({ state: 'SUCCEEDED', error: null });
    expect(await ended).toMatchObject({ status: 0 });
    expect(await stateOf('busy')).toBe('shut off (saved)');
  });

  test('a save goes on while the last of it is written, and succeeds though nothing of a transient guest is left', async () => {
    await host.virshXml(qemuGuestXml({ name: 'passing' }), 'create');
    const file = makeSlowFile(outside('passing'), { isStalled: true });
    files.push(file);
    const ended = host.tryVirsh('save', 'passing', inside('passing'));
    // Its memory is nearly empty: what is on the way to the file holds all of it.
    await waitFor('QEMU to be done with it', async () => {
      const { stdout } = await host.tryVirsh('domjobinfo', 'passing');
      return /^Job type: +Completed/m.test(stdout);
    });
    const task = await onlyJob('save', 'passing');
    const end = watch(task).next('the end', ({ state }) => state !== 'RUNNING');
    file.hurry();
    expect(await end).toMatchObject({ state: 'SUCCEEDED', error: null });
    expect(await ended).toMatchObject({ status: 0 });
    expect((await host.tryVirsh('dominfo', 'passing')).status).toBe(1);
  });
});

test('each of these jobs was one task, none of them twice', async () => {
  const { tasks } = await gateway.data<{ tasks: { nodes: readonly Task[] } }>(`{ tasks { nodes { ${fields} } } }`);
  expect(tasks.nodes.map(({ id }) => id).toSorted()).toEqual([...begun].toSorted());
});
