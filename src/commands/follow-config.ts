import type { Clock } from '../clock.ts';
import { detach, type Log } from '../log.ts';
import type { LiveConfig } from './live-config.ts';
import { watchFile } from './watch-file.ts';

/** Reads the configuration again when its file is written, and at SIGHUP, until `close`. */
export async function followConfig(
  file: string | null,
  live: LiveConfig,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<{ close(): void }> {
  const reload = () => detach(log, 'reading the configuration again', live.reload());
  // Also where there is nothing to read: it would end the process otherwise.
  const onHangUp = () => {
    log.info({ signal: 'SIGHUP' }, file === null ? 'there is no configuration to read' : 'reading the configuration');
    if (file !== null) reload();
  };
  process.on('SIGHUP', onHangUp);
  const watcher = file === null ? null : await watchFile(file, reload, { clock, log });
  // What was written since the start, before anybody watched.
  if (file !== null) reload();
  return {
    close() {
      process.off('SIGHUP', onHangUp);
      watcher?.close();
    },
  };
}
