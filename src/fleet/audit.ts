import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../clock.ts';
import { VirtgraphError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import { makePrivateDir } from '../private-dir.ts';

/** One change of the fleet itself that somebody asked for. */
export type AuditedAction = {
  readonly action: 'addHost' | 'updateHost' | 'removeHost' | 'trustHostKey';
  readonly host: string;
  /** What was asked for. No secrets. */
  readonly asked?: Readonly<Record<string, unknown>>;
};

export type AuditedOutcome<T> = { readonly value: T; readonly before: unknown; readonly after: unknown };

/** Who did what when, with what result: one JSON line for each try, in a file that only the gateway's account may read. */
export type Audit = {
  /** Where no line can be written, nothing is done. Rejects as `act` does. */
  record<T>(action: AuditedAction, act: () => Promise<AuditedOutcome<T>>): Promise<T>;
};

export function openAudit(file: string, who: string, clock: Clock, log: Log): Audit {
  return {
    async record(action, act) {
      const handle = await openFile(file);
      const write = async (result: object) => {
        const line = { at: new Date(clock.now()).toISOString(), who, ...action, ...result };
        try {
          // One write in append mode: lines of two actions do not mix.
          await handle.appendFile(`${JSON.stringify(line)}\n`);
          await handle.sync();
        } catch (error) {
          // It has happened. The log is the last place that can say so.
          log.error({ audit: line, ...errorFields(error) }, 'an action could not be written to the audit log');
        }
      };
      try {
        const { value, before, after } = await act();
        await write({ result: 'DONE', before, after });
        return value;
      } catch (error) {
        const code = error instanceof VirtgraphError ? error.code : 'INTERNAL';
        const isUndone = error instanceof VirtgraphError && error.detail.outcome === 'NOT_SENT';
        await write({
          result: isUndone ? 'REFUSED' : 'FAILED',
          code,
          reason: error instanceof Error ? error.message : String(error),
        });
        throw error;
      } finally {
        await handle.close();
      }
    },
  };
}

async function openFile(file: string) {
  try {
    makePrivateDir(dirname(file));
    return await open(file, 'a', 0o600);
  } catch (cause) {
    throw new VirtgraphError('INTERNAL', `The audit log ${file} cannot be written.`, { outcome: 'NOT_SENT', cause });
  }
}
