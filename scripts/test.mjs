// `npm test [-- [--without lab] [--without browser] [--second-look] VITEST-ARGUMENTS]`: sets up what is missing and runs
// every test.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { debianPackages } from './debian-packages.mjs';
import { ensureDebianPackages, ensureNodeModules, main, root, SetupError, toolEnvironment } from './setup.mjs';
import { filesToRunAgain, summarise, withSecondLook } from './test-summary.mjs';

/**
 * The projects of vitest.config.ts in their order. `part`: what leaves it out. `beside`: it mostly waits, and on a machine
 * of few cores vitest runs one file at a time: so it gets a vitest of its own, beside that of the others. `only`: its one
 * file, which finds faults at random; to run it once more would say nothing of what it found.
 */
const projects = [
  { name: 'unit' },
  { name: 'contract' },
  { name: 'e2e' },
  { name: 'lab', part: 'lab' },
  { name: 'chaos', part: 'lab', only: 'test/chaos/chaos.test.ts' },
  { name: 'soak', beside: true, only: 'test/soak/soak.test.ts' },
  { name: 'browser', part: 'browser' },
];

await main(async (args) => {
  const { without, isSecondLookWanted, vitestArguments } = parseArguments(args);
  await ensureNodeModules();
  const parts = Object.keys(debianPackages).filter((part) => !without.includes(part));
  await ensureDebianPackages(parts.flatMap((part) => debianPackages[part]));

  const folder = mkdtempSync(join(tmpdir(), 'virtgraph-test-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const started = performance.now();
  const runs = await runAll(
    projects.filter(({ part }) => !without.includes(part)),
    vitestArguments,
    folder,
  );
  if (isSecondLookWanted) await lookAgain(runs, folder);
  const { lines, failed, passed, skipped } = summarise(runs, root);
  for (const line of lines) console.log(line);
  for (const part of without) console.log(`left out on request: ${part}`);
  console.log(`took ${Math.round((performance.now() - started) / 1000)} s`);
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed === 0 ? 0 : 1;
});

/**
 * On a machine with noisy neighbours: what failed among the many runs once more, alone. What then passes is told by name,
 * for somebody to look into, and does not fail the run. What finds faults at random has no second chance.
 */
async function lookAgain(runs, folder) {
  const [first] = runs;
  const atRandom = projects.filter(({ only }) => only !== undefined);
  const files = filesToRunAgain(
    first,
    atRandom.map(({ only }) => join(root, only)),
  );
  if (files.length === 0) return;
  console.log(`\nonce more, alone: ${files.map((file) => relative(root, file)).join(', ')}`);
  const names = first.names.filter((name) => !atRandom.some((project) => project.name === name));
  const { run, unsteady } = withSecondLook(first, await runVitest(names, files, join(folder, 'report-again.json')));
  runs[0] = { ...first, ...run };
  for (const { name, tests } of unsteady) {
    console.log(`unsteady, failed among the others and passed alone: ${[relative(root, name), ...tests].join('\n  ')}`);
  }
}

/** What the first vitest prints is seen as it comes; what another one printed, when all are over. */
async function runAll(wanted, vitestArguments, folder) {
  // Whoever asks for something of his own gets one vitest, which knows whether there is such a test.
  const isBeside = ({ beside = false }) => beside && vitestArguments.length === 0;
  const groups = [wanted.filter((project) => !isBeside(project)), ...wanted.filter(isBeside).map((each) => [each])];
  for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal); // the children's end is awaited
  const runs = await Promise.all(
    groups.map(async (group, index) => {
      const names = group.map(({ name }) => name);
      return await runVitest(names, vitestArguments, join(folder, `report-${index}.json`), { isQuiet: index > 0 });
    }),
  );
  for (const { names, output } of runs.slice(1)) {
    process.stdout.write(`\n${names.join(', ')}, which ran beside the others:\n${output}`);
  }
  return runs;
}

async function runVitest(names, vitestArguments, path, { isQuiet = false } = {}) {
  const outsidePath = `${path}.outside`;
  const reporters = ['default', 'json', join(root, 'scripts/outside-errors.mjs')].map((each) => `--reporter=${each}`);
  const argv = ['run', ...reporters, `--outputFile.json=${path}`, ...names.map((name) => `--project=${name}`)];
  const { status, output } = await vitest([...argv, ...vitestArguments], {
    isQuiet,
    env: { OUTSIDE_ERRORS_FILE: outsidePath },
  });
  return { names, status, output, report: readJson(path), outside: readJson(outsidePath) ?? [] };
}

function parseArguments(args) {
  const without = [];
  const vitestArguments = [];
  let isSecondLookWanted = false;
  for (let index = 0; index < args.length; index++) {
    if (args[index] === '--second-look') {
      isSecondLookWanted = true;
      continue;
    }
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
  return { without, isSecondLookWanted, vitestArguments };
}

function vitest(args, { isQuiet, env }) {
  const stdio = isQuiet ? 'pipe' : 'inherit';
  const options = { cwd: root, env: { ...toolEnvironment, ...env }, stdio: ['ignore', stdio, stdio] };
  const child = spawn('vitest', args, options);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  // vitest ends the running tests, and they close their labs
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null; // vitest ended before it could write one
  }
}
