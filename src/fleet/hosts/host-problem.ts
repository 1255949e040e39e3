import { hostProblem, type ProblemCode, problemCodes, VirtgraphError } from '../../errors.ts';
import type { HostProblemView } from '../objects.ts';

export function problemCodeOf(error: unknown): ProblemCode {
  return (error instanceof VirtgraphError ? error.detail.problem : undefined) ?? 'UNEXPECTED';
}

/** What is shown of a failure. The same failure again keeps the `since` of the first. */
export function viewProblem(
  error: unknown,
  before: HostProblemView | null,
  now: number,
  retryInMs: number | null,
): HostProblemView {
  const code = problemCodeOf(error);
  return {
    code,
    stage: problemCodes[code].stage,
    message: error instanceof Error ? error.message : String(error),
    remedy: (error instanceof VirtgraphError && error.detail.remedy) || 'The gateway keeps trying; see its log.',
    since: before?.code === code ? before.since : now,
    nextAttemptAt: retryInMs === null ? null : now + retryInMs,
  };
}

/** When the next try is does not make it another problem. */
export function isSameProblem(a: HostProblemView | null, b: HostProblemView | null): boolean {
  return a === b || (a !== null && b !== null && a.code === b.code && a.message === b.message && a.since === b.since);
}

/** What whoever asks for a host gets that cannot be used now. */
export function unusableHost(hostName: string, problem: HostProblemView | null): VirtgraphError {
  const detail = { host: hostName };
  if (problem === null) return new VirtgraphError('HOST_UNREACHABLE', `${hostName} has not been reached yet.`, detail);
  return hostProblem(problem.code, `${hostName} cannot be used: ${problem.message}`, problem.remedy, detail);
}

export function stoppingHost(hostName: string): VirtgraphError {
  return new VirtgraphError('HOST_UNREACHABLE', 'The gateway is stopping.', { host: hostName });
}

export function removedHost(hostName: string): VirtgraphError {
  return new VirtgraphError('NOT_FOUND', `The host ${JSON.stringify(hostName)} was removed from the fleet.`, {
    host: hostName,
  });
}

export function reconfiguredHost(hostName: string): VirtgraphError {
  return new VirtgraphError('HOST_UNREACHABLE', `${hostName} is reached in another way from now on.`, {
    host: hostName,
  });
}

/** One sentence, wherever a name is looked up. The name may be anything. */
export function noSuchHost(hostName: string, detail: { readonly outcome?: 'NOT_SENT' } = {}): VirtgraphError {
  return new VirtgraphError('NOT_FOUND', `The fleet has no host ${JSON.stringify(hostName.slice(0, 80))}.`, {
    ...detail,
    remedy: 'The query `{ hosts { nodes { name } } }` lists those that are.',
  });
}

export function noSuchDomain(hostName: string, uuidOrName: string): VirtgraphError {
  return new VirtgraphError('NOT_FOUND', `${hostName} has no domain ${JSON.stringify(uuidOrName)}.`, {
    host: hostName,
  });
}
