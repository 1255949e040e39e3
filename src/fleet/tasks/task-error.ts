import { VirtgraphError } from '../../errors.ts';
import { errorFields, type Log } from '../../log.ts';
import type { TaskRecord } from '../../model/task.ts';

/** Why a task failed, as it is shown. What was not foreseen stands in the log alone. */
export function taskError(error: unknown, log: Log): NonNullable<TaskRecord['error']> {
  if (error instanceof VirtgraphError) return { code: error.code, message: error.message };
  log.error(errorFields(error), 'A task failed in a way that was not foreseen');
  return { code: 'INTERNAL', message: 'Something went wrong inside the gateway. See its log.' };
}
