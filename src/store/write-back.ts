import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';
import { errorFields, type Log } from '../log.ts';
import type { Database } from './sqlite.ts';

/**
 * Has the store's log written back by a thread of its own. That waits for the disk, for as long as a disk under load takes
 * (tens of milliseconds were measured, and hundreds), and nothing else in the gateway does.
 */
export type WriteBackThread = {
  /** Something was written: within a moment it will be on the disk, so that it also survives the end of the machine. */
  wrote(): void;
  /** Returns when the thread has let go of the file. May be called twice. */
  close(): void;
  /** The same, for who has no time to wait: settles when it has, or after some seconds all the same. */
  letGo(): Promise<void>;
};

/** What it is told, and what it answers. */
export type WriteBackRequest = 'write back' | 'close';
export type WriteBackAnswer = { readonly problem: string | null };
/** `closed`: one number, 1 when the file is closed. */
export type WriteBackData = { readonly file: string; readonly closed: Int32Array };

export type WriteBackOptions = {
  readonly file: string;
  readonly database: () => Pick<Database, 'writeBackHere'>;
  /** Called each time that the disk refuses. Nothing is lost by that but what a power failure would take. */
  readonly refused: () => void;
  readonly clock: Clock;
  readonly log: Log;
};

/** Between a write and its way to the disk, with all that is written meanwhile. */
const delayMs = 250;
/** After the disk has refused. */
const patientDelayMs = 30_000;
const closeTimeoutMs = 10_000;

/** The thread begins with the first thing there is to do. */
export function createWriteBackThread({ file, database, refused, clock, log }: WriteBackOptions): WriteBackThread {
  let worker: Worker | null = null;
  let state: 'idle' | 'waiting' | 'busy' | 'over' = 'idle';
  let isMoreToDo = false;
  let hasProblem = false;
  let cancelWait = () => {};
  const closed = new Int32Array(new SharedArrayBuffer(4));

  function wait(forMs: number) {
    state = 'waiting';
    isMoreToDo = false;
    cancelWait = clock.after(forMs, () => {
      state = 'busy';
      worker ??= start();
      worker.postMessage('write back' satisfies WriteBackRequest);
    });
  }

  function start(): Worker {
    // Beside this file, as it was built or as it stands in the source.
    const program = new URL(`write-back-worker${extname(import.meta.url)}`, import.meta.url);
    const started = new Worker(program, { workerData: { file, closed } satisfies WriteBackData, execArgv: [] });
    started.unref();
    started.on('message', answered);
    started.on('error', (error) => giveUp(error));
    return started;
  }

  function answered({ problem }: WriteBackAnswer) {
    if (state !== 'busy') return;
    if (problem === null && hasProblem) log.info({ file }, 'The store is written to the disk again');
    if (problem !== null && !hasProblem) {
      log.error(
        { file, reason: problem },
        'The store cannot be written to the disk: what it keeps would not survive a power failure',
      );
    }
    hasProblem = problem !== null;
    if (hasProblem) refused();
    state = 'idle';
    if (hasProblem) wait(patientDelayMs);
    else if (isMoreToDo) wait(delayMs);
  }

  /** Without the thread all is kept as before, and whoever writes waits for the disk now and then. */
  function giveUp(error: unknown) {
    if (state === 'over') return;
    state = 'over';
    worker = null;
    log.error({ file, ...errorFields(error) }, 'The thread that writes the store back has ended');
    database().writeBackHere();
  }

  /** The thread, which has heard nothing of its end yet. */
  function end(): Worker | null {
    cancelWait();
    state = 'over';
    const ended = worker;
    worker = null;
    ended?.postMessage('close' satisfies WriteBackRequest);
    return ended;
  }

  return {
    wrote() {
      if (state === 'idle') wait(delayMs);
      else isMoreToDo = true;
    },
    close() {
      if (end() === null) return;
      // The gateway is stopping: nobody else waits. The next one may open the file as soon as this one has ended.
      Atomics.wait(closed, 0, 0, closeTimeoutMs);
    },
    letGo() {
      const ended = end();
      if (ended === null) return Promise.resolve();
      return new Promise((resolve) => {
        const cancel = clock.after(closeTimeoutMs, resolve);
        ended.once('exit', () => {
          cancel();
          resolve();
        });
      });
    },
  };
}
