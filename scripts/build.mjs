// `npm run build [-- DIRECTORY]`: the JavaScript that is published, in dist/. Everything that the gateway needs to start
// is in a few files: to find and read the thousand files of the packages took most of the time of a start.
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { bundledOtherwise } from './bundled-otherwise.mjs';
import { ensureNodeModules, main, root, SetupError } from './setup.mjs';

/** Stay packages of their own: one may have a native part, the other is the IDE's page, 9 MB that few ever ask for. */
const external = [/^ssh2$/, /^@graphql-yoga\/render-graphiql/];

/**
 * What several parts of the program have in common would be in as many files as there are ways to have it in common, each
 * of which takes a third of a millisecond to find.
 */
const groups = [
  // Before the compiled code that is kept is in use: as little as can be.
  { name: 'start', test: /\/src\/(?:commands\/(?:compile-cache|node-version)|config\/state-dir|private-dir)\.ts$/ },
  { name: 'common', test: /\/src\/(?:[^/]+|commands\/.*)\.ts$/, minShareCount: 2 },
  // Without its tracing, which nobody turns on.
  {
    name: 'graphql',
    test: /\/(?:graphql|@apollo\/utils\.[^/]+|@apollo\/server\/dist\/esm)\/(?!plugin\/)/,
    minShareCount: 2,
  },
];

await main(async ([target = 'dist']) => {
  await ensureNodeModules();
  const dist = resolve(root, target);
  rmSync(dist, { recursive: true, force: true });
  // Not before: node_modules may have been missing until now.
  const { rolldown } = await import('rolldown');
  const { parse } = await import('graphql');
  const source = (file) => join(root, 'src', file);
  // The program, and what it runs in a thread: found by its name, beside whatever file of ours starts it.
  const input = { main: source('main.ts'), 'write-back-worker': source('store/write-back-worker.ts') };
  const bundle = await rolldown({ input, platform: 'node', external, plugins: [bundledOtherwise()] });
  // Names are kept for those who read a stack trace.
  const { output } = await bundle.write({
    dir: dist,
    format: 'esm',
    minify: true,
    keepNames: true,
    codeSplitting: { groups },
  });
  const program = join(dist, 'main.js');
  if (!readFileSync(program, 'utf8').startsWith('#!')) throw new SetupError('dist/main.js does not begin with #!');
  chmodSync(program, 0o755);
  // Reading this takes a sixth of the time that parsing the text takes.
  const sdl = readFileSync(join(root, 'schema.graphql'), 'utf8');
  writeFileSync(join(dist, 'schema.json'), JSON.stringify(parse(sdl, { noLocation: true })));
  writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), licensesOf(output.flatMap(({ moduleIds = [] }) => moduleIds)));
  return 0;
});

/** Their licences ask for it: the texts that come with the packages whose code is in ours. */
function licensesOf(moduleIds) {
  const dirs = new Set(moduleIds.flatMap((id) => packageDirOf(id) ?? []));
  const texts = [...dirs]
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((dir) => {
      const { name, version, license } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
      const file = readdirSync(dir).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file === undefined ? `License: ${license}` : readFileSync(join(dir, file), 'utf8').trim();
      return `${name} ${version}\n\n${text}\n`;
    });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

function packageDirOf(id) {
  const path = id.replace(/^\0/, '').split('?')[0];
  if (!path.includes('/node_modules/')) return null;
  for (let dir = dirname(path); !dir.endsWith('/node_modules'); dir = dirname(dir)) {
    const manifest = join(dir, 'package.json');
    // Some packages have files of that name, without a name in them, in their folders.
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name) return dir;
  }
  return null;
}
