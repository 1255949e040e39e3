// `npm run check`: everything about the sources that can be judged without running them.
import { spawn } from 'node:child_process';
import { ensureNodeModules, main, root, toolEnvironment } from './setup.mjs';

const checks = [
  { name: 'types', argv: ['tsc', '-p', '.'] },
  { name: 'lint', argv: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'format', argv: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'generated resolvers', argv: ['graphql-codegen', '--check'] },
  { name: 'generated configuration schema', argv: ['node', 'scripts/gen-config-schema.ts', '--check'] },
  { name: 'layers, doors, cycles', argv: ['vitest', 'run', '--project', 'unit', 'test/architecture'] },
  { name: 'dead exports', argv: ['knip', '--no-progress'] },
];

await main(async () => {
  await ensureNodeModules();
  const queue = [...checks];
  let failed = 0;
  const worker = async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      const started = performance.now();
      const { status, output } = await run(check.argv);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      if (status === 0) console.log(`ok      ${check.name} (${seconds} s)`);
      else {
        failed++;
        console.log(`FAILED  ${check.name} (${seconds} s): ${check.argv.join(' ')}\n${output}`);
      }
    }
  };
  await Promise.all([worker(), worker()]);
  console.log(`${checks.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});

function run([command, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env: toolEnvironment, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}
