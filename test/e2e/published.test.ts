import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway } from '../support/gateway-process.ts';

/** What `npm run build` makes, and not the sources: a few files that hold everything but two packages. */
const root = fileURLToPath(new URL('../..', import.meta.url));
// Within the repository, where those two packages and package.json are found from, as from dist/.
const dist = join(root, 'node_modules/.cache/published-test');
const program = join(dist, 'main.js');

beforeAll(async () => {
  await promisify(execFile)(process.execPath, [join(root, 'scripts/build.mjs'), dist], { cwd: root });
});
afterAll(() => rm(dist, { recursive: true, force: true }));

type Answer = { readonly data: unknown };

async function ask(url: string, token: string, query: string): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });
  return ((await response.json()) as Answer).data;
}

test('starts, reads the embedded hosts, shows the IDE, and keeps its compiled code', async () => {
  await using gateway = await startGateway({ program, args: ['--port', '0'] });
  const url = await gateway.url;
  const token = await gateway.token();
  await expect
    .poll(() => ask(url, token, '{ hosts(filter: { statuses: [READY] }) { totalCount } }'), { timeout: 30_000 })
    .toEqual({ hosts: { totalCount: 3 } });
  expect(await (await fetch(`${url}/`)).text()).toContain('graphiql');
  gateway.kill('SIGTERM');
  expect(await gateway.exited).toBe(0);
  expect(existsSync(join(gateway.stateDir, 'compile-cache'))).toBe(true);
});

test('has its thread that writes the store back', async () => {
  const hosts = [{ name: 'here', uri: 'qemu+sim://here/system' }];
  const prepare = (dir: string) =>
    writeFile(
      join(dir, 'virtgraph.yaml'),
      JSON.stringify({ listen: { port: 0 }, hosts, journal: { persist: 'sqlite' } }),
    );
  await using gateway = await startGateway({ program, prepare });
  await gateway.url;
  // Of the store's file, not of its log: SQLite itself would leave so little there until the end.
  const stored = async () => (await readFile(join(gateway.stateDir, 'store.sqlite'))).includes('guest-0004');
  await expect.poll(stored, { timeout: 30_000 }).toBe(true);
});

test('dials over SSH', async () => {
  const hosts = [{ name: 'closed', uri: 'qemu+ssh://nobody@127.0.0.1:1/system?sshauth=agent' }];
  const prepare = (dir: string) =>
    writeFile(join(dir, 'virtgraph.yaml'), JSON.stringify({ listen: { port: 0 }, hosts }));
  await using gateway = await startGateway({ program, prepare });
  const url = await gateway.url;
  const token = await gateway.token();
  await expect
    .poll(() => ask(url, token, '{ hosts { nodes { statusReason { code } } } }'), { timeout: 30_000 })
    .toEqual({ hosts: { nodes: [{ statusReason: { code: 'CONNECTION_REFUSED' } }] } });
});

test('names the packages whose code is in it, with their licences', async () => {
  const text = await readFile(join(dist, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  for (const name of ['fastify', 'graphql', 'zod', 'yaml', '@apollo/server']) expect(text).toMatch(`${name} `);
  expect(text).toContain('Permission is hereby granted, free of charge');
});
