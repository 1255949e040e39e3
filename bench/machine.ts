import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

const root = new URL('../', import.meta.url);

const debianPackages = [
  'libvirt-daemon',
  'qemu-system-x86',
  'openssh-server',
  'python3-libvirt',
  'golang-go',
  'golang-github-digitalocean-go-libvirt-dev',
  'prometheus-libvirt-exporter',
  'gcc',
];

const ownPackages = ['@apollo/server', 'graphql', 'graphql-ws', 'ws', 'ssh2', 'fastify'];

/** One line: what the figures were measured on. */
export function describeMachine(): string {
  const [cpu] = cpus();
  const model = cpu?.model.replaceAll(/\s+/g, ' ').trim() ?? 'an unknown processor';
  return `${cpus().length} cores of ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`;
}

/** Of everything that takes part and is installed here. */
export function readVersions(): Readonly<Record<string, string>> {
  const manifest = readJson('package-lock.json').packages;
  const own = ownPackages.map((name) => [name, manifest[`node_modules/${name}`].version]);
  const peers = readJson('bench/peers/npm/package.json');
  return {
    node: process.versions.node,
    ...Object.fromEntries(own),
    ...peers.dependencies,
    ...peers.optionalDependencies,
    ...installedDebianPackages(),
  };
}

function installedDebianPackages(): Record<string, string> {
  const format = ['--show', '--showformat', '${Package} ${Version}\n'];
  const { stdout } = spawnSync('dpkg-query', [...format, ...debianPackages], { encoding: 'utf8' });
  const lines = (stdout ?? '').split('\n').map((line) => line.split(' '));
  return Object.fromEntries(lines.flatMap(([name = '', version = '']) => (version === '' ? [] : [[name, version]])));
}

// Files of this repository, whose form is known.
const readJson = (path: string) => JSON.parse(readFileSync(new URL(path, root), 'utf8'));
