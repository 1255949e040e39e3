import { closeSync, openSync } from 'node:fs';
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
  const hadTerminal = hasTerminal();
  // Also where there is nothing to read: it would end the process otherwise.
  const onHangUp = () => {
    // The same signal says that the terminal was closed in which the gateway was started by hand. That is the end, as
    // for any program; nothing can be said any more, because the log went there.
    if (hadTerminal && !hasTerminal()) {
      process.off('SIGHUP', onHangUp);
      process.kill(process.pid, 'SIGHUP');
      return;
    }
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

/** Opening it fails without a controlling terminal, and when that has gone away. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
