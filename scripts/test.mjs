// `npm test [-- [--without lab] [--without browser] VITEST-ARGUMENTS]`: sets up what is missing and runs every test.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPackages } from './debian-packages.mjs';
import { ensureDebianPackages, ensureNodeModules, main, root, SetupError, toolEnvironment } from './setup.mjs';
import { summarise } from './test-summary.mjs';

/** The projects of vitest.config.ts in their order; null: never left out. */
const partOfProject = {
  unit: null,
  contract: null,
  e2e: null,
  lab: 'lab',
  chaos: 'lab',
  soak: null,
  browser: 'browser',
};

await main(async (args) => {
  const { without, vitestArguments } = parseArguments(args);
  await ensureNodeModules();
  const parts = Object.keys(debianPackages).filter((part) => !without.includes(part));
  await ensureDebianPackages(parts.flatMap((part) => debianPackages[part]));

  const folder = mkdtempSync(join(tmpdir(), 'virtgraph-test-'));
  const report = join(folder, 'report.json');
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const started = performance.now();
  const status = await vitest([
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...projectsWithout(without).map((name) => `--project=${name}`),
    ...vitestArguments,
  ]);
  const { lines, failed, passed, skipped } = summarise(readReport(report), root, status);
  for (const line of lines) console.log(line);
  for (const part of without) console.log(`left out on request: ${part}`);
  console.log(`took ${Math.round((performance.now() - started) / 1000)} s`);
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed === 0 ? 0 : 1;
});

function projectsWithout(parts) {
  return Object.keys(partOfProject).filter((name) => !parts.includes(partOfProject[name]));
}

function parseArguments(args) {
  const without = [];
  const vitestArguments = [];
  for (let index = 0; index < args.length; index++) {
    if (args[index] !== '--without') {
      vitestArguments.push(args[index]);
      continue;
    }
    const part = args[++index];
    if (!Object.hasOwn(debianPackages, part ?? '')) {
      const known = Object.keys(debianPackages).join(' or ');
      throw new SetupError(`--without takes ${known}, not ${part === undefined ? 'nothing' : `"${part}"`}`);
    }
    without.push(part);
  }
  return { without, vitestArguments };
}

function vitest(args) {
  const child = spawn('vitest', args, { cwd: root, env: toolEnvironment, stdio: ['ignore', 'inherit', 'inherit'] });
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.removeAllListeners(signal);
    process.on(signal, () => child.kill(signal)); // vitest ends the running tests, and they close their labs
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null; // vitest ended before it could write one
  }
}
