// Starts a long-running program in the foreground and stands in for it: signals go to it, its end is ours.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { node, root, toolEnvironment } from './setup.mjs';

const setpriv = '/usr/bin/setpriv';

/**
 * Runs a TypeScript file of this repository and returns the exit status to end with.
 *
 * A Ctrl-C reaches every process of the terminal, and npm sends it on as well; a program that takes the second signal
 * as "at once" would never stop gracefully. So the program stands outside the terminal's process group, and what comes
 * twice within a moment is sent once. Should we be killed, the kernel sends the program SIGTERM, where setpriv can ask for it.
 */
export function runProgram(file, args, environment = {}) {
  const command = [node, file, ...args];
  const argv = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'TERM', '--', ...command] : command;
  const child = spawn(argv[0], argv.slice(1), {
    cwd: process.cwd(),
    stdio: 'inherit',
    detached: true,
    env: { ...toolEnvironment, NODE_COMPILE_CACHE: `${root}/node_modules/.cache/compile`, ...environment },
  });
  const lastSentAt = new Map();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.removeAllListeners(signal);
    process.on(signal, () => {
      const now = performance.now();
      if (now - (lastSentAt.get(signal) ?? -Infinity) < 300) return;
      lastSentAt.set(signal, now);
      child.kill(signal);
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (status, signal) => resolve(status ?? 128 + constants.signals[signal]));
  });
}
