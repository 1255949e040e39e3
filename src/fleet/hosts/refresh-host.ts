import { hostProblem } from '../../errors.ts';
import type { TaskProgress, TaskRecord } from '../../model/task.ts';
import type { HostView } from '../objects.ts';
import type { Fleet } from '../types.ts';
import type { HostWorks } from './host-work.ts';

type Session = {
  readonly view: () => HostView;
  readonly refresh: (signal: AbortSignal) => Promise<HostView>;
};

/** Connects to a host again where need be and reads everything, as a task. Who cancels it stops the waiting alone. */
export function createRefreshHost(
  hostTasks: HostWorks,
  session: (hostName: string) => Session,
): Fleet['refreshAsTask'] {
  return async (hostName, wait, taskKind) => {
    const { view, refresh } = session(hostName);
    const summary = taskKind === 'RETRY_HOST' ? `${hostName} is reached again.` : `${hostName} is read anew.`;
    const about = { taskKind, hostName, summary, cancellable: true, progress: () => progressOf(view()), failure };
    const { value, task } = await hostTasks.wait(
      hostTasks.begin(about, ({ signal }) => refresh(signal)),
      wait,
    );
    return { host: value ?? view(), task };
  };
}

/** Of reaching and reading a host: which of the two is under way. */
export function progressOf({ status }: HostView): TaskProgress {
  return status === 'READY' || status === 'SYNCING'
    ? { percent: 50, processed: 1, remaining: 1, unit: 'STEPS', step: 'read' }
    : { percent: 0, processed: 0, remaining: 2, unit: 'STEPS', step: 'connect' };
}

/** A host that is not READY afterwards says itself why. */
function failure({ status, problem }: HostView): TaskRecord['error'] {
  if (status === 'READY') return null;
  if (problem === null) return { code: 'HOST_UNREACHABLE', message: 'It has not been reached yet.' };
  const { code, message } = hostProblem(problem.code, problem.message, problem.remedy);
  return { code, message };
}
