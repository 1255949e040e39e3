import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A program of ours in a process of its own, which prints a line of JSON at its start and one for each line it reads. */
export type JsonProgram = {
  readonly pid: number;
  readonly first: unknown;
  ask(line: string): Promise<unknown>;
  /** Ends it by the end of its input. */
  close(): Promise<void>;
};

/** @param argv of Node, the file among them */
export async function openJsonProgram(argv: readonly string[]): Promise<JsonProgram> {
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${argv.join(' ')} ended; what it said stands above`);
    return JSON.parse(value);
  };
  const first = await next();
  return {
    pid: child.pid ?? 0,
    first,
    ask(line) {
      child.stdin.write(`${line}\n`);
      return next();
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
