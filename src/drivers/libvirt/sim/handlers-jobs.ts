import { blockJobTypes } from '../rpc/event-names.ts';
import type { DomainRef } from '../rpc/objects.ts';
import { blockJobAbortFlags, jobStatsFlags } from '../rpc/procedures-domain.ts';
import type { Handler } from './call-context.ts';
import { findDomain } from './domain-store.ts';
import { checkFlags, failure } from './failure.ts';
import { unsupported } from './handlers-connect.ts';
import type { SimDomain, SimHost } from './host.ts';
import { abortCopy, abortJob, requireDisk } from './job-runs.ts';
import { jobInfo, jobParams, jobType, jobTypes, processedBytes } from './jobs.ts';
import { requireActive } from './lifecycle.ts';
import { useMonitor } from './monitor.ts';

type JobName =
  | 'domainGetJobInfo'
  | 'domainGetJobStats'
  | 'domainGetBlockJobInfo'
  | 'domainAbortJob'
  | 'domainBlockJobAbort';

/** @throws Failure of a guest that comes in: the daemon that it comes from counts. */
function countedJob({ jobs }: SimDomain, { personality }: SimHost): SimDomain['jobs']['whole'] {
  if (jobs.whole?.operation !== 'migration in') return jobs.whole;
  const message = 'migration statistics are available only on the source host';
  throw failure('OPERATION_UNSUPPORTED', personality.source, message);
}

function requireJobs(host: SimHost, ref: DomainRef, apiName: string, { mayBeOff = false } = {}): SimDomain {
  if (host.personality.hypervisor !== 'qemu') throw unsupported(apiName);
  const domain = findDomain(host, ref);
  if (!mayBeOff) requireActive(domain);
  return domain;
}

export const jobHandlers: { readonly [N in JobName]: Handler<N> } = {
  domainGetJobInfo: ({ host }, { domain }) =>
    jobInfo(countedJob(requireJobs(host, domain, 'virDomainGetJobInfo'), host), host.clock),
  domainGetJobStats({ host }, { domain: ref, flags }) {
    const isAboutLast = (flags & jobStatsFlags.COMPLETED) !== 0;
    const domain = requireJobs(host, ref, 'virDomainGetJobStats', { mayBeOff: isAboutLast });
    const { lastParams } = domain.jobs;
    const whole = isAboutLast ? domain.jobs.whole : countedJob(domain, host);
    if (!isAboutLast) return { type: jobType(whole), params: whole === null ? [] : jobParams(whole, host.clock) };
    // Of the one before nothing is told while another goes on.
    if (lastParams === null || whole !== null) return { type: jobTypes.NONE, params: [] };
    return { type: jobTypes.COMPLETED, params: [...lastParams] };
  },
  domainGetBlockJobInfo({ host }, { domain: ref, path }) {
    const domain = requireJobs(host, ref, 'virDomainGetBlockJobInfo');
    const job = domain.jobs.copies.get(requireDisk(host, domain, path));
    if (job === undefined) return { found: false, type: 0, bandwidth: 0n, done: 0n, end: 0n };
    const type = blockJobTypes.indexOf('copy');
    const done = BigInt(processedBytes(job, host.clock));
    return { found: true, type, bandwidth: 0n, done, end: BigInt(job.totalBytes) };
  },
  async domainAbortJob({ host, procedure }, { domain: ref }) {
    const domain = requireJobs(host, ref, 'virDomainAbortJob');
    await useMonitor(domain, procedure);
    abortJob(host, domain);
    return null;
  },
  async domainBlockJobAbort({ host, procedure }, { domain: ref, path, flags }) {
    const domain = requireJobs(host, ref, 'virDomainBlockJobAbort', { mayBeOff: true });
    // A call without it would be answered when the job is over, as nobody asks for here.
    checkFlags(flags, blockJobAbortFlags.ASYNC, 'qemuDomainBlockJobAbort', host.personality.source);
    requireActive(domain);
    await useMonitor(domain, procedure);
    abortCopy(host, domain, path);
    return null;
  },
};
