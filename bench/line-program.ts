import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { cpuOfProcess } from './cpu.ts';
import type { Contender } from './rounds.ts';

/**
 * A peer in another language, over one libvirt connection that stays open. It prints `ready`; then for each line, the name
 * of an operation, it does it and prints the seconds that took and what came of it, a number. It measures itself, so that
 * the pipe costs it nothing.
 */
export async function openLineProgram(
  name: string,
  [program = '', ...args]: readonly string[],
): Promise<{ contender(operation: string): Contender; close(): Promise<void> }> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('exit', () => resolve());
    child.once('error', reject);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${name} ended; what it said stands above`);
    return value;
  };
  await Promise.race([nextLine(), ended]);
  const cpu = cpuOfProcess(child.pid ?? 0);
  return {
    contender: (operation) => ({
      name,
      cpu,
      async run() {
        child.stdin.write(`${operation}\n`);
        const [seconds, answer] = (await nextLine()).split(' ').map(Number);
        return { answer, ms: (seconds ?? Number.NaN) * 1_000 };
      },
    }),
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
