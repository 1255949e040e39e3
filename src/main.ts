#!/usr/bin/env node
import { useKeptCode } from './commands/compile-cache.ts';
import { nodeVersionProblem } from './commands/node-version.ts';
import { stateDir } from './config/state-dir.ts';

// An older Node cannot even read the rest; and what is read before the kept code is in use is compiled anew each time.
const problem = nodeVersionProblem(process.versions.node);
if (problem === null) {
  useKeptCode(stateDir(process.env));
  const { runCommandLine } = await import('./commands/command-line.ts');
  await runCommandLine();
} else {
  process.stderr.write(`virtgraph: ${problem}\n`);
  process.exitCode = 1;
}
