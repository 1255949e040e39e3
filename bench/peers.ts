import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PeerName } from './row.ts';

const sources = new URL('peers/', import.meta.url).pathname;

/** What is installed and built for comparison; deleting it costs the next run a minute. */
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'virtgraph', 'bench');

/** A peer that cannot be had on this machine, with the reason: a contender for `notAvailable`, not a broken row. */
export class PeerNotAvailable extends Error {}

export async function findPeer(peer: PeerName): Promise<string> {
  const slash = peer.indexOf('/');
  const [kind, name] = [peer.slice(0, slash), peer.slice(slash + 1)];
  if (kind === 'npm') return npmPeer(name);
  return kind === 'go' ? builtFrom(`go/${name}`, goBuild) : builtFrom(`c/${name}.c`, cBuild);
}

/** The file to import. */
async function npmPeer(name: string): Promise<string> {
  const manifest = readFileSync(join(sources, 'npm/package.json'));
  // A native addon is built for one version of Node's interface.
  const folder = madeOnce(`npm-${hashOf([manifest])}-${process.versions.modules}`, (making) => {
    writeFileSync(join(making, 'package.json'), manifest);
    command(['npm', 'install', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'], making);
    // Which file a package is imported by depends on where it is imported from.
    writeFileSync(join(making, 'resolve.mjs'), 'export const resolve = (name) => import.meta.resolve(name);\n');
  });
  // An optional dependency that cannot be built is left out.
  if (!existsSync(join(folder, 'node_modules', name))) {
    throw new PeerNotAvailable(`npm cannot build it here; to see why: cd ${folder} && npm install ${name}`);
  }
  const { resolve } = await import(join(folder, 'resolve.mjs'));
  return fileURLToPath(resolve(name));
}

const goBuild = (source: string, program: string) =>
  // Debian's Go libraries are a GOPATH; nothing is fetched.
  command(['go', 'build', '-o', program, '.'], source, {
    GO111MODULE: 'off',
    GOPATH: '/usr/share/gocode',
    GOFLAGS: '',
    GOCACHE: join(cache, 'go-build'),
  });

const cBuild = (source: string, program: string) =>
  command(['cc', '-O2', '-Wall', '-Wextra', '-Werror', '-o', program, source, '-lpthread'], sources);

function builtFrom(path: string, build: (source: string, program: string) => void): string {
  const source = join(sources, path);
  const files = path.endsWith('.c') ? [source] : readdirSync(source).map((name) => join(source, name));
  const content = files.map((file) => readFileSync(file));
  const folder = madeOnce(`${path.replaceAll(/[/.]/g, '-')}-${hashOf(content)}`, (making) =>
    build(source, join(making, 'program')),
  );
  return join(folder, 'program');
}

/** A folder of the cache, made aside and renamed, so that one half made is never taken for whole. */
function madeOnce(name: string, make: (folder: string) => void): string {
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  const making = `${folder}.${process.pid}`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  make(making);
  if (existsSync(folder)) rmSync(making, { recursive: true });
  else renameSync(making, folder);
  return folder;
}

function command([program = '', ...args]: readonly string[], cwd: string, env: Record<string, string> = {}): void {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (error) throw new Error(`cannot run ${program}: ${error.message}`);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

const hashOf = (content: readonly Buffer[]) =>
  content
    .reduce((hash, part) => hash.update(part), createHash('sha256'))
    .digest('hex')
    .slice(0, 12);
