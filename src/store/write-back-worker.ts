import { parentPort, workerData } from 'node:worker_threads';
import { openWriteBack, type WriteBack } from './sqlite.ts';
import type { WriteBackAnswer, WriteBackData, WriteBackRequest } from './write-back.ts';

/** The other end of write-back.ts, in a thread of its own. */
const { file, closed }: WriteBackData = workerData;
let opened: WriteBack | null = null;

parentPort?.on('message', (request: WriteBackRequest) => {
  if (request === 'write back') parentPort?.postMessage({ problem: writeBack() } satisfies WriteBackAnswer);
  else close();
});

function writeBack(): string | null {
  try {
    opened ??= openWriteBack(file);
    opened.run();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function close() {
  try {
    opened?.close();
  } finally {
    Atomics.store(closed, 0, 1);
    Atomics.notify(closed, 0);
    parentPort?.close();
  }
}
