import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';

/** A file that takes what is written to it as slowly as a tired disk: a pipe that is read bit by bit. */
export interface SlowFile {
  /** From now on it takes all that comes. */
  hurry(): void;
  close(): void;
}

const readBytes = 64 * 1024;
/** With the above: a mebibyte a second. */
const pauseMs = 60;

/**
 * @param path where it is made; whoever writes to it may be of any user
 * @param isStalled it takes nothing at all at first, but for what a pipe holds
 */
export function makeSlowFile(path: string, { isStalled = false } = {}): SlowFile {
  execFileSync('mkfifo', ['-m', '666', path]);
  // For writing too, so that it is neither waited for a writer here, nor for a reader by whoever writes.
  const file = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(readBytes);
  let timer = isStalled ? undefined : setInterval(read, pauseMs);

  function read(): number {
    try {
      return readSync(file, buffer, 0, buffer.length, null);
    } catch (error) {
      // Nothing has been written yet.
      if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0;
      throw error;
    }
  }

  return {
    hurry() {
      clearInterval(timer);
      timer = setInterval(() => {
        while (read() > 0);
      }, 1);
    },
    close() {
      clearInterval(timer);
      closeSync(file);
    },
  };
}
