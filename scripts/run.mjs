// `node scripts/run.mjs FILE [ARGUMENT]…`: sets up what is missing and runs a TypeScript file of this repository.
import { join } from 'node:path';
import { runProgram } from './program.mjs';
import { ensureNodeModules, main, root } from './setup.mjs';

await main(async ([file, ...args]) => {
  await ensureNodeModules();
  return await runProgram(join(root, file), args);
});
