/** How jobs begin and end: as with virsh at a real host, nobody asks for them through the API. */
import type { Uuid } from '../../../model/brands.ts';
import { blockJobStatuses, blockJobTypes } from '../rpc/event-names.ts';
import { lookupUuid } from './domain-store.ts';
import { failure } from './failure.ts';
import { presentConfig, refOf, type SimDomain, type SimHost } from './host.ts';
import { jobParams, type SimJob, type SimOperation } from './jobs.ts';
import { goOnAfterJob, pauseForJob, requireActive, stopSaved } from './lifecycle.ts';

export type JobSize = { readonly lastsMs: number; readonly totalBytes: number };

/** How long QEMU takes to let go of a job that is given up. */
const abortMs = 200;
/** `virDomainPausedReason` and `virDomainRunningReason`. */
const pausedFor = { save: 3, dump: 4, 'migration in': 2 } as const satisfies Record<SimOperation, number>;
const running = { MIGRATED: 2, UNPAUSED: 5, SAVE_CANCELED: 7 } as const;

/** A save or a dump to a file, or the guest's coming in from another host. It does nothing meanwhile. */
export function beginJob(host: SimHost, uuid: Uuid, operation: SimOperation, size: JobSize): void {
  const domain = lookupUuid(host, uuid);
  requireActive(domain);
  const end = () => {
    const params = jobParams(job, host.clock);
    domain.jobs.whole = null;
    domain.jobs.lastParams = params;
    if (operation === 'migration in') {
      goOnAfterJob(host, domain, running.MIGRATED);
      return;
    }
    host.events.domain('job-completed', refOf(domain), { params });
    if (operation === 'save') stopSaved(host, domain);
    else goOnAfterJob(host, domain, running.UNPAUSED);
  };
  const job = { ...newJob(host, size, end), operation };
  domain.jobs.whole = job;
  pauseForJob(host, domain, pausedFor[operation]);
}

/** A copy of a disk, to which the guest does not go over: it ends when all is copied. */
export function beginCopy(host: SimHost, uuid: Uuid, target: string, size: JobSize): void {
  const domain = lookupUuid(host, uuid);
  requireActive(domain);
  requireDisk(host, domain, target);
  domain.jobs.copies.set(
    target,
    newJob(host, size, () => endCopy(host, domain, target, 'completed')),
  );
}

/** @throws Failure when there is none. */
export function abortJob(host: SimHost, domain: SimDomain): void {
  const { whole: job } = domain.jobs;
  if (job === null) throw failure('OPERATION_INVALID', host.personality.source, 'no job is active on the domain');
  if (job.operation === 'migration in') {
    throw failure('OPERATION_TIMEOUT', host.personality.source, 'cannot acquire state change lock');
  }
  // Asked again, it is still being given up.
  if (job.isAborting) return;
  giveUp(host, job, () => {
    domain.jobs.whole = null;
    goOnAfterJob(host, domain, job.operation === 'save' ? running.SAVE_CANCELED : running.UNPAUSED);
  });
}

/** @throws Failure when there is none, or one that is being given up. */
export function abortCopy(host: SimHost, domain: SimDomain, path: string): void {
  const { source } = host.personality;
  const target = requireDisk(host, domain, path);
  const job = domain.jobs.copies.get(target);
  if (job === undefined) throw failure('INVALID_ARG', source, `disk ${path} does not have an active block job`);
  if (job.isAborting) throw failure('OPERATION_INVALID', source, `block job on disk '${path}' is still being ended`);
  giveUp(host, job, () => endCopy(host, domain, target, 'canceled'));
}

/** The target of the disk of that target or source. @throws Failure when there is none. */
export function requireDisk(host: SimHost, domain: SimDomain, path: string): string {
  const disk = presentConfig(domain).disks.find(({ target, source }) => target === path || source === path);
  if (disk) return disk.target;
  throw failure('INVALID_ARG', host.personality.source, `disk '${path}' not found in domain`);
}

function newJob({ clock }: SimHost, size: JobSize, end: () => void): SimJob {
  return { ...size, beganAtMs: clock.monotonic(), isAborting: false, cancelEnd: clock.after(size.lastsMs, end) };
}

function giveUp({ clock }: SimHost, job: SimJob, end: () => void): void {
  job.cancelEnd();
  job.isAborting = true;
  job.cancelEnd = clock.after(abortMs, end);
}

function endCopy(host: SimHost, domain: SimDomain, target: string, status: (typeof blockJobStatuses)[number]): void {
  domain.jobs.copies.delete(target);
  host.events.domain('block-job-2', refOf(domain), {
    target,
    type: blockJobTypes.indexOf('copy'),
    status: blockJobStatuses.indexOf(status),
  });
}
