import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../clock.ts';
import { VirtgraphError } from '../../errors.ts';
import { errorFields, type Log } from '../../log.ts';
import { makePrivateDir } from '../../private-dir.ts';

/** One change of the fleet itself that somebody asked for; `configure` is what a file that was written anew has changed. */
export type AuditedAction = {
  readonly action: 'addHost' | 'updateHost' | 'removeHost' | 'trustHostKey' | 'retryHost' | 'configure';
  /** `null`: of several. */
  readonly host: string | null;
  /** Where it is not who uses the API. */
  readonly who?: string;
  /** What was asked for. No secrets. */
  readonly asked?: Readonly<Record<string, unknown>>;
};

export type AuditedOutcome<T> = { readonly value: T; readonly before: unknown; readonly after: unknown };

/** Who did what when, with what result: one JSON line for each try, in a file that only the gateway's account may read. */
export type Audit = {
  /** Where no line can be written, nothing is done. Rejects as `act` does. */
  record<T>(action: AuditedAction, act: () => Promise<AuditedOutcome<T>>): Promise<T>;
  /** That something has been done. Never rejects: where no line can be written, the log says it. */
  note(action: AuditedAction, after: unknown): Promise<void>;
};

export function openAudit(file: string, who: string, clock: Clock, log: Log): Audit {
  /** Of what has happened: where the line cannot be written, the log is the last place that can say so. */
  async function write(action: AuditedAction, result: object, opened: Promise<FileHandle>) {
    const line = { at: new Date(clock.now()).toISOString(), who, ...action, ...result };
    try {
      const handle = await opened;
      // One write in append mode: lines of two actions do not mix.
      await handle.appendFile(`${JSON.stringify(line)}\n`);
      await handle.sync();
    } catch (error) {
      log.error({ audit: line, ...errorFields(error) }, 'an action could not be written to the audit log');
    }
  }

  return {
    async note(action, after) {
      const opened = openFile(file);
      await write(action, { result: 'DONE', after }, opened);
      await opened.then((handle) => handle.close()).catch(alreadyLoggedOrWritten);
    },
    async record(action, act) {
      const opened = openFile(file);
      const handle = await opened;
      try {
        const { value, before, after } = await act();
        await write(action, { result: 'DONE', before, after }, opened);
        return value;
      } catch (error) {
        const code = error instanceof VirtgraphError ? error.code : 'INTERNAL';
        const isUndone = error instanceof VirtgraphError && error.detail.outcome === 'NOT_SENT';
        const reason = error instanceof Error ? error.message : String(error);
        await write(action, { result: isUndone ? 'REFUSED' : 'FAILED', code, reason }, opened);
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

/** That the file cannot be opened was logged; and what cannot be closed had reached the disk before. */
function alreadyLoggedOrWritten() {}
