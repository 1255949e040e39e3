// `node scripts/run.mjs [--needs lab] FILE [ARGUMENT]…`: sets up what is missing and runs a TypeScript file of this
// repository; `--needs` a part of the tests installs that part's Debian packages first.
import { join } from 'node:path';
import { debianPackages } from './debian-packages.mjs';
import { runProgram } from './program.mjs';
import { ensureDebianPackages, ensureNodeModules, main, root } from './setup.mjs';

await main(async (args) => {
  const part = args[0] === '--needs' ? args.splice(0, 2)[1] : null;
  const [file, ...rest] = args;
  await ensureNodeModules();
  if (part !== null) await ensureDebianPackages(debianPackages[part]);
  return await runProgram(join(root, file), rest);
});
