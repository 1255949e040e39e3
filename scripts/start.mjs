// `npm start [-- OPTIONS]`: sets up what is missing and runs the gateway.
import { join } from 'node:path';
import { runProgram } from './program.mjs';
import { ensureNodeModules, main, root } from './setup.mjs';

await main(async (args) => {
  await ensureNodeModules();
  return await runProgram(join(root, 'src/main.ts'), ['serve', ...args], { NODE_ENV: 'production' });
});
