import { type FSWatcher, watch } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../clock.ts';
import { detach, errorFields, type Log } from '../log.ts';

/** A file that looks the same at two moments so far apart is not being written any more. */
const settleMs = 250;

/**
 * Calls `onChange` when the file is another than before and has been left alone for a moment. Its directory is what is
 * watched, because editors write aside and rename; and that of what a link leads to, because whole directories are
 * replaced by moving a link. Network file systems tell of nothing.
 */
export async function watchFile(
  file: string,
  onChange: () => void,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<{ close(): void }> {
  let known = await look(file);
  /** As it looked a moment ago. */
  let seen = known;
  let cancel: (() => void) | null = null;
  let watchers: readonly FSWatcher[] = [];
  let closed = false;

  function closeWatchers() {
    for (const watcher of watchers) watcher.close();
    watchers = [];
  }

  function lookSoon() {
    if (closed) return;
    cancel ??= clock.after(settleMs, () => {
      cancel = null;
      detach(log, 'looking at the configuration', compare());
    });
  }

  async function compare() {
    const now = await look(file);
    if (now === known && now === seen) return;
    if (now !== seen) {
      seen = now;
      lookSoon();
      return;
    }
    known = now;
    await watchDirectories();
    if (closed) return;
    // What was written before the new watch, and was not told by the old one any more.
    lookSoon();
    onChange();
  }

  async function watchDirectories() {
    const real = await realpath(file).catch(() => file);
    closeWatchers();
    if (closed) return;
    watchers = [...new Set([dirname(file), dirname(real)])].flatMap((directory) => {
      try {
        const watcher = watch(directory, { persistent: false }, lookSoon);
        watcher.on('error', (error) => log.warn({ directory, ...errorFields(error) }, notWatched));
        return [watcher];
      } catch (error) {
        log.warn({ directory, ...errorFields(error) }, notWatched);
        return [];
      }
    });
  }

  await watchDirectories();
  return {
    close() {
      closed = true;
      cancel?.();
      closeWatchers();
    },
  };
}

const notWatched = 'the configuration is not watched: after an edit, send SIGHUP';

/** What tells one state of a file from another; empty while there is none. */
async function look(file: string): Promise<string> {
  try {
    const { ino, dev, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join();
  } catch {
    return '';
  }
}
