import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../clock.ts';
import { VirtgraphError } from '../../errors.ts';
import { errorFields, type Log } from '../../log.ts';
import { makePrivateDir } from '../../private-dir.ts';
import { unwritableFile } from './unwritable-file.ts';

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

/** Who did what when, with what result: JSON lines in a file that only the gateway's account may read. */
export type Audit = {
  /** A line before it is done and one after. Where the first cannot be written, nothing is done. Rejects as `act` does. */
  record<T>(action: AuditedAction, act: () => Promise<AuditedOutcome<T>>): Promise<T>;
  /** That something has been done. Never rejects: where no line can be written, the log says it. */
  note(action: AuditedAction, after: unknown): Promise<void>;
};

export function openAudit(file: string, who: string, clock: Clock, log: Log): Audit {
  const lineOf = (action: AuditedAction, result: object) =>
    JSON.stringify({ at: new Date(clock.now()).toISOString(), who, ...action, ...result });

  /** Of what has happened: where the line cannot be written, the log is the last place that can say so. */
  async function tell(handle: FileHandle, line: string) {
    await append(handle, line).catch((error: unknown) => logUnwritten(line, error));
  }

  function logUnwritten(line: string, error: unknown) {
    log.error({ audit: JSON.parse(line), ...errorFields(error) }, 'an action could not be written to the audit log');
  }

  /** That something is about to be done, where that can be kept. */
  async function begin(action: AuditedAction): Promise<FileHandle> {
    let handle: FileHandle | null = null;
    try {
      handle = await openFile(file);
      await append(handle, lineOf(action, { result: 'BEGUN' }));
      return handle;
    } catch (cause) {
      await handle?.close();
      throw unwritableFile(file, cause);
    }
  }

  return {
    async note(action, after) {
      const line = lineOf(action, { result: 'DONE', after });
      try {
        await using handle = await openFile(file);
        await append(handle, line);
      } catch (error) {
        logUnwritten(line, error);
      }
    },
    async record(action, act) {
      await using handle = await begin(action);
      try {
        const { value, before, after } = await act();
        await tell(handle, lineOf(action, { result: 'DONE', before, after }));
        return value;
      } catch (error) {
        const code = error instanceof VirtgraphError ? error.code : 'INTERNAL';
        const isUndone = error instanceof VirtgraphError && error.detail.outcome === 'NOT_SENT';
        const reason = error instanceof Error ? error.message : String(error);
        await tell(handle, lineOf(action, { result: isUndone ? 'REFUSED' : 'FAILED', code, reason }));
        throw error;
      }
    },
  };
}

async function openFile(file: string): Promise<FileHandle> {
  makePrivateDir(dirname(file));
  return await open(file, 'a+', 0o600);
}

/** One write in append mode: lines of two actions do not mix. What a full disk has torn does not swallow the next line. */
async function append(handle: FileHandle, line: string): Promise<void> {
  const { size } = await handle.stat();
  const { buffer } = await handle.read({ buffer: Buffer.alloc(1), position: Math.max(0, size - 1) });
  const isTorn = size > 0 && buffer.toString() !== '\n';
  await handle.appendFile(`${isTorn ? '\n' : ''}${line}\n`);
  await handle.sync();
}
