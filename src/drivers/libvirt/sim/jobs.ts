import type { Clock } from '../../../clock.ts';
import { jobOperations } from '../rpc/event-names.ts';
import type { ReplyOf } from '../rpc/procedures.ts';
import type { TypedParam } from '../rpc/typed-params.ts';

/** `virDomainJobType`, those that a simulated job can have. */
export const jobTypes = { NONE: 0, UNBOUNDED: 2, COMPLETED: 3, CANCELLED: 5 } as const;

export type SimOperation = Extract<(typeof jobOperations)[number], 'save' | 'dump' | 'migration in'>;

/** What the daemon does with a domain by itself. */
export type SimJob = {
  readonly beganAtMs: number;
  readonly lastsMs: number;
  readonly totalBytes: number;
  /** The daemon was asked to give it up, and has not yet. */
  isAborting: boolean;
  /** Takes back its end. */
  cancelEnd: () => void;
};

/** All of a domain's. */
export type SimJobs = {
  /** At most one of the domain as a whole. */
  whole: (SimJob & { readonly operation: SimOperation }) | null;
  /** Copies of its disks, by target. */
  readonly copies: Map<string, SimJob>;
  /** The last one of the domain that succeeded, as libvirt tells of it. */
  lastParams: readonly TypedParam[] | null;
};

export const noJobs = (): SimJobs => ({ whole: null, copies: new Map(), lastParams: null });

/** The guest is gone, and with it all that was done with it. */
export function dropJobs(jobs: SimJobs): void {
  for (const job of [jobs.whole, ...jobs.copies.values()]) job?.cancelEnd();
  jobs.whole = null;
  jobs.copies.clear();
}

export function jobType(job: SimJob | null): number {
  if (job === null) return jobTypes.NONE;
  return job.isAborting ? jobTypes.CANCELLED : jobTypes.UNBOUNDED;
}

export function processedBytes(job: SimJob, clock: Clock): number {
  return Math.min(job.totalBytes, Math.floor((job.totalBytes * elapsedMs(job, clock)) / job.lastsMs));
}

/** Of one that is being given up, QEMU counts nothing any more, and libvirt tells that as nothing. */
function elapsedMs({ beganAtMs, isAborting }: SimJob, clock: Clock): number {
  return isAborting ? 0 : clock.monotonic() - beganAtMs;
}

export function jobParams(job: SimJob & { readonly operation: SimOperation }, clock: Clock): TypedParam[] {
  const processed = processedBytes(job, clock);
  const number = (field: string, value: number): TypedParam => ({
    field,
    value: { type: 'ULLONG', value: BigInt(Math.floor(value)) },
  });
  return [
    { field: 'operation', value: { type: 'INT', value: jobOperations.indexOf(job.operation) } },
    number('time_elapsed', elapsedMs(job, clock)),
    number('data_total', job.totalBytes),
    number('data_processed', processed),
    number('data_remaining', job.totalBytes - processed),
  ];
}

/** The same in the form of libvirt before 1.0.3. */
export function jobInfo(job: SimJob | null, clock: Clock): ReplyOf<'domainGetJobInfo'> {
  const total = job?.totalBytes ?? 0;
  const processed = job === null ? 0 : processedBytes(job, clock);
  return {
    type: jobType(job),
    timeElapsedMs: job === null ? 0n : BigInt(Math.floor(elapsedMs(job, clock))),
    timeRemainingMs: 0n,
    dataTotal: BigInt(total),
    dataProcessed: BigInt(processed),
    dataRemaining: BigInt(total - processed),
    memoryTotal: 0n,
    memoryProcessed: 0n,
    memoryRemaining: 0n,
    fileTotal: 0n,
    fileProcessed: 0n,
    fileRemaining: 0n,
  };
}
