import { afterEach, beforeEach, expect, test } from 'vitest';
import { defineDomain } from '../../../src/drivers/libvirt/sim/domain-store.ts';
import { beginCopy, beginJob } from '../../../src/drivers/libvirt/sim/job-runs.ts';
import { startDomain } from '../../../src/drivers/libvirt/sim/lifecycle.ts';
import type { HostHint } from '../../../src/model/hints.ts';
import { guestXml, uuid } from './sim/sim-host.ts';
import { openSimDriver, type SimDriver } from './sim-driver.ts';

const options = { signal: new AbortController().signal };
const guest = uuid(9);
const size = { lastsMs: 10_000, totalBytes: 1_000 };

let sim: SimDriver;
let hints: HostHint[];

beforeEach(async () => {
  sim = await openSimDriver({ guests: 0 });
  const devices = `<disk type='file' device='disk'><source file='/vda.raw'/><target dev='vda'/></disk>`;
  const { host } = sim.daemon;
  startDomain(host, defineDomain(host, guestXml(9, { devices }), { validate: false }), {
    paused: false,
    forceBoot: false,
  });
  hints = [];
  const seen = hints;
  void (async () => {
    for await (const hint of sim.driver.hints) seen.push(hint);
  })();
});
afterEach(() => sim.close());

const jobs = () => sim.driver.readJobs(guest, ['vda'], options);
const abort = (jobId: string) => sim.driver.abortJob(guest, jobId, options);
const told = (event: string) =>
  hints.flatMap((hint) => (hint.kind === 'domain' && hint.event === event ? [hint.detail] : []));
const state = async () => {
  const { status } = await sim.driver.readDomain(guest, options);
  return `${status.state} ${status.stateReason}`;
};

test('a dump is seen with its progress, and told of when it has succeeded', async () => {
  beginJob(sim.daemon.host, guest, 'dump', size);
  await sim.clock.advance(2_500);
  expect(await jobs()).toEqual([
    {
      id: 'domain',
      operation: 'dump',
      progress: { percent: 25, processed: 250, remaining: 750, unit: 'BYTES' },
      elapsedMs: 2_500,
      ending: null,
      cancellable: true,
    },
  ]);
  expect(await sim.driver.readLastJob(guest, options)).toBeNull();
  await sim.clock.advance(7_500);
  expect(await jobs()).toEqual([]);
  expect(await sim.driver.readLastJob(guest, options)).toEqual({
    state: 'COMPLETED',
    operation: 'dump',
    elapsedMs: 10_000,
  });
  expect(told('job-completed')).toMatchObject([{ operation: 'dump', time_elapsed: '10000' }]);
});

test('a save that is given up leaves its guest running, and is not the last job that libvirt tells of', async () => {
  beginJob(sim.daemon.host, guest, 'save', size);
  await abort('domain');
  await abort('domain');
  expect(await jobs()).toEqual([
    { id: 'domain', operation: 'save', progress: null, elapsedMs: null, ending: 'CANCELLED', cancellable: true },
  ]);
  await sim.clock.advance(1_000);
  expect(await jobs()).toEqual([]);
  expect(await state()).toBe('RUNNING save canceled');
  expect(await sim.driver.readLastJob(guest, options)).toBeNull();
  expect(told('job-completed')).toEqual([]);
});

test('that a guest comes in is seen, though this host counts nothing of it and does not give it up', async () => {
  beginJob(sim.daemon.host, guest, 'migration in', size);
  expect(await jobs()).toEqual([
    { id: 'domain', operation: 'migration in', progress: null, elapsedMs: null, ending: null, cancellable: false },
  ]);
  await expect(abort('domain')).rejects.toMatchObject({ detail: { libvirt: { codeName: 'OPERATION_TIMEOUT' } } });
  await sim.clock.advance(10_000);
  expect(await jobs()).toEqual([]);
  expect(await state()).toBe('RUNNING migrated');
  expect(told('lifecycle')).toContainEqual({ event: 'resumed', detail: 'migrated' });
});

test('a save that is left alone stops its guest', async () => {
  beginJob(sim.daemon.host, guest, 'save', size);
  await sim.clock.advance(10_000);
  expect(await state()).toBe('SHUTOFF saved');
  expect(told('lifecycle')).toContainEqual({ event: 'stopped', detail: 'saved' });
});

test('a copy of a disk that is given up is told of as cancelled', async () => {
  beginCopy(sim.daemon.host, guest, 'vda', size);
  await sim.clock.advance(1_000);
  expect(await jobs()).toMatchObject([{ id: 'disk vda', operation: 'copy of vda', progress: { percent: 10 } }]);
  await abort('disk vda');
  await expect(abort('disk vda')).rejects.toMatchObject({ code: 'INVALID_STATE', detail: { libvirt: { code: 55 } } });
  await sim.clock.advance(1_000);
  expect(told('block-job-2')).toEqual([{ target: 'vda', type: 'copy', status: 'canceled' }]);
  expect(await jobs()).toEqual([]);
});

test.each([
  ['the domain has no job', 'domain', 55],
  ['the disk has no job', 'disk vda', 8],
  ['the disk is not there', 'disk vdz', 8],
])('what is not there cannot be given up: %s', async (_what, jobId, code) => {
  await expect(abort(jobId)).rejects.toMatchObject({
    code: 'INVALID_STATE',
    detail: { outcome: 'FAILED', host: 'h1', libvirt: { code } },
  });
});

test.each(['lxc', 'test'] as const)('a hypervisor that knows no jobs has none: %s', async (hypervisor) => {
  const other = await openSimDriver({ guests: 1, hypervisor });
  const [only] = other.running;
  expect(await other.driver.readJobs(only ?? guest, ['vda'], options)).toEqual([]);
  await other.close();
});

test('all ends with its guest', async () => {
  beginJob(sim.daemon.host, guest, 'dump', size);
  beginCopy(sim.daemon.host, guest, 'vda', size);
  await sim.driver.destroyDomain(guest, { ...options, graceful: false });
  await sim.clock.advance(20_000);
  expect(await jobs()).toEqual([]);
  expect([...told('job-completed'), ...told('block-job-2')]).toEqual([]);
});
