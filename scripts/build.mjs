// `npm run build`: the JavaScript that is published, in dist/. It mirrors src/, so that a path relative to a module, such
// as that of schema.graphql, means the same file in both.
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureNodeModules, main, root, SetupError, toolEnvironment } from './setup.mjs';

await main(async () => {
  await ensureNodeModules();
  const dist = join(root, 'dist');
  rmSync(dist, { recursive: true, force: true });
  const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], {
    cwd: root,
    env: toolEnvironment,
    stdio: 'inherit',
  });
  if (status !== 0) return 1;
  const program = join(dist, 'main.js');
  if (!readFileSync(program, 'utf8').startsWith('#!')) throw new SetupError('dist/main.js does not begin with #!');
  chmodSync(program, 0o755);
  return 0;
});
