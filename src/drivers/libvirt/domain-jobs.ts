/** What libvirt is doing with a domain by itself: saves, dumps and migrations, and copies of its disks. */
import type { Uuid } from '../../model/brands.ts';
import type { TaskProgress } from '../../model/task.ts';
import type { CallOptions, DomainJob, Driver } from '../driver.ts';
import type { DomainRefs } from './domain-refs.ts';
import { isLibvirtError } from './errors.ts';
import { procedures } from './rpc/procedures.ts';
import { jobStatsFlags } from './rpc/procedures-domain.ts';
import type { TypedParam } from './rpc/typed-params.ts';

type JobVerbs = Pick<Driver, 'readJobs' | 'readLastJob'>;

/** `virDomainJobType`. */
const jobTypes = ['NONE', 'BOUNDED', 'UNBOUNDED', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;
type JobType = (typeof jobTypes)[number];

/** `virDomainJobOperation`. */
const operations = [
  'job',
  'start',
  'save',
  'restore',
  'migration in',
  'migration out',
  'snapshot',
  'snapshot revert',
  'dump',
  'backup',
  'snapshot delete',
] as const;

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
      const { type } = await refs.call(procedures.domainGetJobStats, uuid, { flags }, options);
      const name = jobTypes[type];
      return name === 'COMPLETED' || name === 'FAILED' || name === 'CANCELLED' ? name : null;
    },
  };

  async function readDomainJob(uuid: Uuid, options: CallOptions): Promise<DomainJob | null> {
    try {
      const { type, params } = await refs.call(procedures.domainGetJobStats, uuid, { flags: 0 }, options);
      if (!isUnderWay(jobTypes[type])) return null;
      const number = (name: string) => numberOf(params, name);
      const operation = operations[number('operation') ?? 0] ?? 'job';
      const total = number('data_total');
      return { id: 'domain', operation, progress: bytes(number('data_processed'), number('data_remaining'), total) };
    } catch (error) {
      if (!isLibvirtError(error, 'NO_SUPPORT')) throw error;
    }
    // Drivers that are older than the typed form of the question.
    const job = await refs.call(procedures.domainGetJobInfo, uuid, {}, options);
    if (!isUnderWay(jobTypes[job.type])) return null;
    const progress = bytes(Number(job.dataProcessed), Number(job.dataRemaining), Number(job.dataTotal));
    return { id: 'domain', operation: 'job', progress };
  }

  async function readBlockJob(uuid: Uuid, disk: string, options: CallOptions): Promise<DomainJob | null> {
    const { found, type, done, end } = await refs.call(
      procedures.domainGetBlockJobInfo,
      uuid,
      { path: disk, flags: 0 },
      options,
    );
    if (!found) return null;
    const [processed, total] = [Number(done), Number(end)];
    return {
      id: `disk ${disk}`,
      operation: `${blockOperations[type] ?? 'block job'} of ${disk}`,
      progress: {
        percent: percentOf(processed, total),
        processed,
        remaining: Math.max(0, total - processed),
        unit: 'STEPS',
      },
    };
  }
}

function isUnderWay(type: JobType | undefined): boolean {
  return type === 'BOUNDED' || type === 'UNBOUNDED';
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
