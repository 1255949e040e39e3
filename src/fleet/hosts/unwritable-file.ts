import { VirtgraphError } from '../../errors.ts';

/** A file of the state directory that has to be written before anything may change. */
export function unwritableFile(file: string, cause: unknown): VirtgraphError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new VirtgraphError('RESOURCE_EXHAUSTED', `Nothing was changed: ${file} cannot be written (${reason}).`, {
    outcome: 'NOT_SENT',
    remedy: "Make room on the disk of the gateway's state directory, or make it writable; then ask again.",
    cause,
  });
}
