import { VirtgraphError, withDetail } from '../../errors.ts';
import type { Tasks } from '../tasks/tasks.ts';
import type { ActionRequest, ChangePlan } from './action.ts';

/**
 * Sends a change to its host, once. Where nobody knows afterwards what became of it, a task finds out, and the error
 * names it. Where it was never sent the error says so: it is safe to ask again.
 */
export type SendChange = <T>(
  request: Pick<ActionRequest, 'sending'>,
  plan: ChangePlan,
  call: () => Promise<T>,
) => Promise<T>;

export function createSendChange(tasks: Pick<Tasks, 'begin'>): SendChange {
  return async ({ sending }, plan, call) => {
    sending?.(plan);
    try {
      return await call();
    } catch (error) {
      throw explainFailure(error, plan, tasks);
    }
  };
}

function explainFailure(error: unknown, plan: ChangePlan, tasks: Pick<Tasks, 'begin'>): unknown {
  if (!(error instanceof VirtgraphError)) return error;
  const { outcome } = error.detail;
  if (outcome === 'UNKNOWN') {
    const task = resolveOutcome(tasks, plan);
    return task === null ? error : withDetail(error, { task: { id: task.id, state: task.state } });
  }
  // Whatever is sent says what became of it; a question that comes before it, such as a look-up, does not.
  if (outcome === 'FAILED') return error;
  if (!error.retryable) return withDetail(error, { outcome: 'NOT_SENT' });
  const remedy = [error.detail.remedy, 'Nothing was sent: it is safe to ask again.'].filter(Boolean).join(' ');
  return withDetail(error, { outcome: 'NOT_SENT', remedy });
}

/** A task that finds out whether the change took effect, when the host can be asked. */
export function resolveOutcome(tasks: Pick<Tasks, 'begin'>, plan: ChangePlan) {
  return tasks.begin({
    ...plan,
    taskKind: 'RESOLVE_OUTCOME',
    // Until the host can be asked.
    state: 'PENDING',
    cancellable: true,
    deadlineAt: null,
  });
}
