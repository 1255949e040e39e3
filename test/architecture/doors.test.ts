import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Doors, doorViolations, type Languages, unusedDoors } from './doors.ts';
import { importsOf, importsUnder, root } from './imports.ts';

const doors: Doors = {
  '@apollo/server': ['src/server/apollo.ts'],
  '@graphql-yoga/render-graphiql': ['src/server/ide/ide.ts'],
  commander: ['src/commands/command-line.ts'],
  dataloader: ['src/resolvers/loaders.ts'],
  fastify: ['src/server/http.ts'],
  'graphql-ws': ['src/server/subscriptions/socket-protocol.ts'],
  pino: ['src/log.ts'],
  'prom-client': ['src/server/metrics/metrics.ts'],
  saxes: ['src/drivers/libvirt/xml/tree.ts'],
  ssh2: ['src/ssh/ssh2-client.ts', 'src/ssh/ssh2-credentials.ts'],
  ws: ['src/server/subscriptions/sockets.ts'],
  yaml: ['src/config/yaml-source.ts'],
  zod: ['src/config/schema.ts'],
};

const languages: Languages = { graphql: ['src/resolvers', 'src/server'] };

test('each package is imported by its door alone', () => {
  expect(doorViolations(importsUnder('src'), doors, languages)).toEqual([]);
});

test('each door is in use', () => {
  expect(unusedDoors(importsUnder('src'), doors)).toEqual([]);
});

test('each dependency of package.json has a door', () => {
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  expect(Object.keys(dependencies).sort()).toEqual([...Object.keys(doors), ...Object.keys(languages)].sort());
});

describe('the judge', () => {
  const judge = (file: string, source: string) =>
    doorViolations(
      importsOf(file, source),
      { ssh2: ['src/ssh/a.ts'], '@apollo/server': ['src/server/a.ts'] },
      languages,
    );

  test('lets a package through its door, by whatever path within it', () => {
    expect(judge('src/ssh/a.ts', "import ssh2 from 'ssh2';\nimport type { X } from 'ssh2';")).toEqual([]);
    expect(judge('src/server/a.ts', "import { x } from '@apollo/server/plugin/disabled';")).toEqual([]);
  });

  test('refuses it elsewhere, types and dynamic imports too', () => {
    expect(judge('src/ssh/b.ts', "import type { X } from 'ssh2';")).toEqual([
      'src/ssh/b.ts imports ssh2, whose door is src/ssh/a.ts',
    ]);
    expect(judge('src/ssh/b.ts', "const x = await import('ssh2');")).toHaveLength(1);
    expect(judge('src/fleet/b.ts', "export * from '@apollo/server/standalone';")).toHaveLength(1);
  });

  test('refuses a package that nobody has given a door', () => {
    expect(judge('src/ssh/a.ts', "import { x } from 'left-pad';")).toEqual([
      'src/ssh/a.ts imports left-pad, which has no door: list it in the doors',
    ]);
  });

  test('keeps GraphQL in resolvers and server', () => {
    expect(judge('src/resolvers/a.ts', "import { parse } from 'graphql';")).toEqual([]);
    expect(judge('src/fleet/a.ts', "import { parse } from 'graphql';")).toEqual([
      'src/fleet/a.ts imports graphql, spoken in src/resolvers and src/server',
    ]);
  });

  test('finds a door that leads nowhere', () => {
    expect(unusedDoors(importsOf('src/a.ts', "import 'ws';"), { ws: ['src/a.ts', 'src/b.ts'] })).toEqual([
      'src/b.ts does not import ws',
    ]);
  });
});
