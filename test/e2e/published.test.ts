import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
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
    .poll(() => ask(url, token, '{ hosts(filter: { statuses: [READY] }) { totalCount } }'))
    .toEqual({ hosts: { totalCount: 3 } });
  expect(await (await fetch(`${url}/`)).text()).toContain('graphiql');
  gateway.kill('SIGTERM');
  expect(await gateway.exited).toBe(0);
  expect(existsSync(join(gateway.stateDir, 'compile-cache'))).toBe(true);
});

test('dials over SSH, and keeps its journal, for which it starts a thread', async () => {
  const hosts = [{ name: 'closed', uri: 'qemu+ssh://nobody@127.0.0.1:1/system?sshauth=agent' }];
  const prepare = (dir: string) =>
    writeFile(join(dir, 'virtgraph.yaml'), JSON.stringify({ listen: { port: 0 }, hosts }));
  await using gateway = await startGateway({ program, prepare });
  const url = await gateway.url;
  const token = await gateway.token();
  await expect
    .poll(() => ask(url, token, '{ hosts { nodes { statusReason { code } } } }'))
    .toEqual({ hosts: { nodes: [{ statusReason: { code: 'CONNECTION_REFUSED' } }] } });
  expect(await ask(url, token, '{ gateway { journalPersistence } }')).toEqual({
    gateway: { journalPersistence: 'SQLITE' },
  });
  gateway.kill('SIGTERM');
  expect(await gateway.exited).toBe(0);
  expect(gateway.stderr()).not.toContain('"level":50');
});

test('reads TLS when there is a certificate, and not before', async () => {
  const prepare = async (dir: string) => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', join(dir, 'key.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    await promisify(execFile)('openssl', ['req', '-x509', ...key, '-out', join(dir, 'cert.pem'), ...subject]);
    const tls = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') };
    await writeFile(join(dir, 'virtgraph.yaml'), JSON.stringify({ listen: { port: 0, tls } }));
  };
  await using gateway = await startGateway({ program, prepare });
  const url = await gateway.url;
  expect(url).toMatch('https://');
  const ca = await readFile(join(gateway.dir, 'cert.pem'), 'utf8');
  const [response] = await once(get(`${url}/healthz`, { ca, agent: false }), 'response');
  response.resume();
  expect(response.statusCode).toBe(200);
});

test('names the packages whose code is in it, with their licences', async () => {
  const text = await readFile(join(dist, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  for (const name of ['fastify', 'graphql', 'zod', 'yaml', '@apollo/server']) expect(text).toMatch(`${name} `);
  expect(text).toContain('Permission is hereby granted, free of charge');
  // Hashes are Node's own.
  expect(text).not.toContain('sha.js');
});
