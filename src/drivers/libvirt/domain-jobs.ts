/** What libvirt is doing with a domain by itself: saves, dumps and migrations, and copies of its disks. */
import { VirtgraphError } from '../../errors.ts';
import type { Uuid } from '../../model/brands.ts';
import type { TaskProgress } from '../../model/task.ts';
import type { CallOptions, DomainJob, Driver } from '../driver.ts';
import type { DomainRefs } from './domain-refs.ts';
import { isLibvirtError } from './errors.ts';
import { jobOperations, nameOf } from './rpc/event-names.ts';
import { procedures } from './rpc/procedures.ts';
import { blockJobAbortFlags, jobStatsFlags } from './rpc/procedures-domain.ts';
import type { TypedParam } from './rpc/typed-params.ts';

type JobVerbs = Pick<Driver, 'readJobs' | 'readLastJob' | 'abortJob'>;

/** `DomainJob.id`: what a domain does as a whole, or what is done with one of its disks. */
const domainJobId = 'domain';
const diskJobPrefix = 'disk ';

/** `virDomainJobType`. */
const jobTypes = ['NONE', 'BOUNDED', 'UNBOUNDED', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;
type JobType = (typeof jobTypes)[number];

/** `virDomainBlockJobType`. */
const blockOperations = ['block job', 'pull', 'copy', 'commit', 'active commit', 'backup'] as const;

export function jobVerbs(refs: DomainRefs): JobVerbs {
  return {
    async readJobs(uuid, disks, options) {
      try {
        const job = await readDomainJob(uuid, options);
        const blockJobs = await Promise.all(disks.map((disk) => readBlockJob(uuid, disk, options)));
        return [job, ...blockJobs].filter((each) => each !== null);
      } catch (error) {
        // Off, or just gone off: then libvirt does nothing with it.
        if (isLibvirtError(error, 'OPERATION_INVALID')) return [];
        throw error;
      }
    },
    async readLastJob(uuid, options) {
      // Kept for whoever asks next: to ask is otherwise to make it forgotten.
      const flags = jobStatsFlags.COMPLETED | jobStatsFlags.KEEP_COMPLETED;
      const { type, params } = await refs.call(procedures.domainGetJobStats, uuid, { flags }, options);
      const state = jobTypes[type];
      return state === 'COMPLETED' || state === 'FAILED' || state === 'CANCELLED' ? { state, ...about(params) } : null;
    },
    async abortJob(uuid, jobId, options) {
      if (jobId === domainJobId) {
        await refs.call(procedures.domainAbortJob, uuid, {}, options);
        return;
      }
      const path = jobId.slice(diskJobPrefix.length);
      try {
        // Else the daemon would hold the call until QEMU has let go of the job, which an event tells as well.
        const flags: number = blockJobAbortFlags.ASYNC;
        await refs.call(procedures.domainBlockJobAbort, uuid, { path, flags }, options);
      } catch (error) {
        // What is wrong with the argument is that the disk has no job, or is there no more: our caller named a job alone.
        if (!isLibvirtError(error, 'INVALID_ARG') || !(error instanceof VirtgraphError)) throw error;
        throw new VirtgraphError('INVALID_STATE', error.message, { ...error.detail, cause: error });
      }
    },
  };

  async function readDomainJob(uuid: Uuid, options: CallOptions): Promise<DomainJob | null> {
    try {
      const { type, params } = await refs.call(procedures.domainGetJobStats, uuid, { flags: 0 }, options);
      return domainJob(jobTypes[type], { progress: progressOf(params), ...about(params) });
    } catch (error) {
      if (isLibvirtError(error, 'OPERATION_UNSUPPORTED')) return incomingMigration;
      if (!isLibvirtError(error, 'NO_SUPPORT')) throw error;
    }
    // Drivers that are older than the typed form of the question.
    const job = await unlessUnsupported(refs.call(procedures.domainGetJobInfo, uuid, {}, options));
    if (job === null) return null;
    const progress = bytes(Number(job.dataProcessed), Number(job.dataRemaining), Number(job.dataTotal));
    return domainJob(jobTypes[job.type], { operation: 'job', progress, elapsedMs: Number(job.timeElapsedMs) });
  }

  async function readBlockJob(uuid: Uuid, disk: string, options: CallOptions): Promise<DomainJob | null> {
    const answer = await unlessUnsupported(
      refs.call(procedures.domainGetBlockJobInfo, uuid, { path: disk, flags: 0 }, options),
    );
    if (answer === null || !answer.found) return null;
    const { type, done, end } = answer;
    const [processed, total] = [Number(done), Number(end)];
    return {
      id: `${diskJobPrefix}${disk}`,
      operation: `${blockOperations[type] ?? 'block job'} of ${disk}`,
      progress: {
        percent: percentOf(processed, total),
        processed,
        remaining: Math.max(0, total - processed),
        unit: 'STEPS',
      },
      elapsedMs: null,
      ending: null,
      cancellable: true,
    };
  }
}

/** A hypervisor whose driver knows no jobs, such as LXC, has none. */
async function unlessUnsupported<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (isLibvirtError(error, 'NO_SUPPORT')) return null;
    throw error;
  }
}

/**
 * Of a guest that comes in, libvirt says nothing but that the other host would know; and to be asked to give it up, it
 * waits for its lock until it is over.
 */
const incomingMigration: DomainJob = {
  id: domainJobId,
  operation: 'migration in',
  progress: null,
  elapsedMs: null,
  ending: null,
  cancellable: false,
};

/**
 * A job is there until libvirt has let go of it: a save or a dump is `COMPLETED` as soon as QEMU has handed over its last
 * byte, and goes on until all of them are written; one that is `CANCELLED` waits until QEMU has heard of it. The figures
 * of either stand still, or are back at nothing.
 */
function domainJob(
  type: JobType | undefined,
  { operation, progress, elapsedMs }: Pick<DomainJob, 'operation' | 'progress' | 'elapsedMs'>,
): DomainJob | null {
  if (type === undefined || type === 'NONE') return null;
  const job = { id: domainJobId, operation, cancellable: true };
  if (type === 'BOUNDED' || type === 'UNBOUNDED') return { ...job, progress, elapsedMs, ending: null };
  return { ...job, progress: null, elapsedMs: null, ending: type };
}

function about(params: readonly TypedParam[]): Pick<DomainJob, 'operation' | 'elapsedMs'> {
  const operation = nameOf(jobOperations, numberOf(params, 'operation') ?? 0);
  return { operation, elapsedMs: numberOf(params, 'time_elapsed') };
}

/** Most jobs count all data together; a dump of the memory alone counts that, and a backup what it reads of the disks. */
function progressOf(params: readonly TypedParam[]): TaskProgress | null {
  for (const what of ['data', 'memory', 'disk']) {
    const number = (name: string) => numberOf(params, `${what}_${name}`);
    const progress = bytes(number('processed'), number('remaining'), number('total'));
    if (progress !== null) return progress;
  }
  return null;
}

function numberOf(params: readonly TypedParam[], name: string): number | null {
  const value = params.find(({ field }) => field === name)?.value;
  return value === undefined || value.type === 'STRING' || value.type === 'BOOLEAN' ? null : Number(value.value);
}

function bytes(processed: number | null, remaining: number | null, total: number | null): TaskProgress | null {
  if (processed === null) return null;
  return { percent: percentOf(processed, total ?? 0), processed, remaining, unit: 'BYTES' };
}

/** `null`: libvirt has not begun to count. */
function percentOf(processed: number, total: number): number | null {
  return total > 0 ? Math.min(100, (100 * processed) / total) : null;
}
