// Puts in place what the other scripts need: the packages of package-lock.json, and for the tests Debian's.
// Runs before anything is installed, on Node 20 or newer: plain JavaScript and nothing but Node itself.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The Node of devDependencies, which runs the sources as they are. */
export const node = join(root, 'node_modules/node/bin/node');

/** What a script needs to find the tools of node_modules first, Node 24 among them. */
export const toolEnvironment = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` };

/** A mistake whose message is all that the user needs to see. */
export class SetupError extends Error {}

/** Makes node_modules hold what package-lock.json says; when it does already, this costs a few milliseconds. */
export async function ensureNodeModules() {
  const difference = nodeModulesDifference();
  if (difference === null) return;
  const packages = Object.values(readJson('package-lock.json').packages).filter(({ optional }) => !optional).length;
  // npm's own path, where npm started us, so that it is the same npm.
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  // Node 24 is a development dependency, and a user may have NODE_ENV=production.
  await step(`installing ${packages} packages (${difference})`, [
    ...npm,
    'ci',
    '--include=dev',
    '--no-progress',
    '--loglevel=error',
  ]);
  const still = nodeModulesDifference();
  if (still !== null) throw new SetupError(`npm ci did not install everything: ${still}`);
}

/** Why node_modules is not what package-lock.json says, or null. npm notes in a lock file of its own what it installed. */
function nodeModulesDifference() {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return 'first start';
  const wanted = readJson('package-lock.json').packages;
  const found = readJson('node_modules/.package-lock.json').packages;
  for (const [path, { version, integrity, optional, peer }] of Object.entries(wanted)) {
    if (path === '' || (found[path] === undefined && (optional || peer))) continue;
    const same = found[path]?.version === version && found[path]?.integrity === integrity;
    if (!same) return `${path.replace(/^.*node_modules\//, '')} ${version} is not there yet`;
  }
  return existsSync(node) ? null : 'Node 24 is not there yet';
}

/** Installs the Debian packages that are missing. Needs root; without it, fails with the command to run. */
export async function ensureDebianPackages(names) {
  if (spawnSync('dpkg-query', ['--version']).error) return; // not Debian: the tests themselves say what they miss
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', ...missing];
  if (process.getuid() !== 0) {
    throw new SetupError(
      `Debian packages are missing. Install them, then run this again:\n  sudo ${install.join(' ')}`,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const argv = [...install, '-o', 'DPkg::Lock::Timeout=300', '-o', 'APT::Color=0'];
  await withoutServiceStarts(async () => {
    try {
      await step(`installing Debian packages: ${missing.join(' ')}`, argv, env);
    } catch {
      // A fresh machine has no package lists, and old lists name files that the mirror no longer has.
      await step('fetching the lists of Debian packages', ['apt-get', 'update'], env);
      await step(`installing Debian packages: ${missing.join(' ')}`, argv, env);
    }
  });
}

function isInstalled(name) {
  const { stdout } = spawnSync('dpkg-query', ['--show', '--showformat', '${Status}', name], { encoding: 'utf8' });
  return stdout.endsWith(' installed');
}

/** The lab starts its own sshd and libvirtd; those of the machine are not to start because of a test run. */
async function withoutServiceStarts(work) {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return await work();
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const remove = () => rmSync(policy, { force: true });
  process.once('exit', remove);
  try {
    return await work();
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** Runs one command of the set-up, says what it is and how long it takes, and shows its output only when it fails. */
function step(what, [command, ...args], env = process.env) {
  const started = performance.now();
  const seconds = () => `${Math.round((performance.now() - started) / 1000)} s`;
  console.error(`set-up: ${what} …`);
  const ticking = setInterval(() => console.error(`set-up: … ${seconds()}`), 5000);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => reject(new SetupError(`cannot run ${command}: ${error.message}`)));
    child.on('close', (status) => {
      if (status !== 0) return reject(new SetupError(`${command} ${args.join(' ')} failed:\n${output.trimEnd()}`));
      console.error(`set-up: done in ${seconds()}`);
      resolve();
    });
  }).finally(() => clearInterval(ticking));
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

/** Runs a script's body: a SetupError is shown as its message alone, and anything but success ends with status 1. */
export async function main(body) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  try {
    const { node: version } = process.versions;
    if (Number(version.split('.')[0]) < 20)
      throw new SetupError(`Node 20 or newer is needed; this is Node ${version}.`);
    process.exitCode = await body(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  }
}
