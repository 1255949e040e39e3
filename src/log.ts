import { pino } from 'pino';
import { VirtgraphError } from './errors.ts';

/** What the rest of the house needs of a logger. Fields first, then a sentence. */
export type Log = {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
};

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const redactedPaths = ['token', '*.token', 'authorization', '*.authorization', 'passphrase', '*.passphrase'];

/** JSON lines on standard error, so that standard output stays free for what a command was asked for. */
export function openLog(level: LogLevel): Log {
  const destination = pino.destination({ fd: 2, sync: true });
  // A disk that is full, a reader that has gone: what cannot be said is lost, and nothing stops for it.
  destination.on('error', () => {});
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: redactedPaths, censor: '[redacted]' },
    },
    destination,
  );
}

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};

/** The one place where a promise nobody awaits may go: its failure is logged under `name`. */
export function detach(log: Log, name: string, work: Promise<unknown>): void {
  work.catch((error: unknown) => log.error({ task: name, ...errorFields(error) }, `${name} failed`));
}

/** An error as fields of a log line. */
export function errorFields(error: unknown): object {
  if (error instanceof VirtgraphError) {
    const { cause, ...detail } = error.detail;
    const causeText = cause instanceof Error ? cause.message : undefined;
    return { code: error.code, reason: error.message, ...detail, ...(causeText && { cause: causeText }) };
  }
  if (error instanceof Error) return { reason: error.message, stack: error.stack };
  return { reason: String(error) };
}
