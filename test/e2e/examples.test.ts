import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { root } from '../architecture/imports.ts';
import { blocksOf, readPage } from '../docs/markdown.ts';
import { type ChaosAddress, openChaosProxy } from '../support/chaos-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts';

/** The examples, each as a person runs it, against a gateway on the embedded fleet. */

const token = 'a-token-for-the-examples';
let folder: string;
let gateway: GatewayProcess;
let gatewayUrl: string;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'virtgraph-examples-'));
  gateway = await startAnother();
  gatewayUrl = await gateway.url;
  await eventually(requireReadyHosts);
});
afterEach(() => {
  for (const child of running) child.kill();
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** With the same state, so of the same fleet. */
function startAnother(): Promise<GatewayProcess> {
  return startGateway({
    args: ['--port', '0'],
    env: { VIRTGRAPH_TOKEN: token, VIRTGRAPH_STATE_DIR: folder },
  });
}

async function ask(query: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${gatewayUrl}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });
  // The shape is GraphQL's.
  const { data, errors } = (await response.json()) as { data: Record<string, unknown>; errors?: unknown };
  expect(errors).toBeUndefined();
  return data;
}

async function requireReadyHosts(): Promise<void> {
  const { hosts } = await ask('{ hosts(filter: { statuses: [READY] }) { totalCount } }');
  // As the query selects.
  const { totalCount } = hosts as { totalCount: number };
  if (totalCount < 3) throw new Error(`${totalCount} of 3 hosts are ready.`);
}

async function changeDomain(verb: string, host: string, name: string): Promise<void> {
  await ask(`mutation { ${verb}(input: { domain: { path: { host: "${host}", name: "${name}" } } }) { summary } }`);
}

async function stateOf(host: string, name: string): Promise<unknown> {
  const { domain } = await ask(`{ domain(by: { path: { host: "${host}", name: "${name}" } }) { state } }`);
  return domain;
}

type Example = {
  /** So far. */
  stdout(): string;
  stderr(): string;
  /** As `head` does when it has read enough. */
  closeStdout(): void;
  readonly status: Promise<number | null>;
};

/** A script of examples/, with the gateway's address and token in its environment. */
function start(script: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Example {
  const path = join(root, 'examples', script);
  const argv = script.endsWith('.mjs') ? [process.execPath, path] : [path];
  const [command = '', ...rest] = [...argv, ...args];
  const child = spawn(command, rest, {
    env: { ...process.env, VIRTGRAPH_URL: gatewayUrl, VIRTGRAPH_TOKEN: token, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const status = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return { stdout: () => stdout, stderr: () => stderr, closeStdout: () => child.stdout.destroy(), status };
}

async function run(script: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const example = start(script, args, env);
  const status = await example.status;
  return { status, stdout: example.stdout(), stderr: example.stderr() };
}

function addressOf(url: string): ChaosAddress {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

function urlOf(address: ChaosAddress): string {
  if ('path' in address) throw new Error('The proxy listens on a unix socket.');
  return `http://${address.host}:${address.port}`;
}

test('list-domains.sh lists every domain, and goes on after a cursor', async () => {
  const first = await run('list-domains.sh');
  expect(first).toMatchObject({ status: 0, stderr: '' });
  const { domains } = JSON.parse(first.stdout).data;
  expect(domains.nodes.length).toBeGreaterThan(15);
  expect(domains.nodes).toContainEqual({ host: { name: 'alder' }, name: 'db-1', state: 'RUNNING', stale: false });
  const rest = await run('list-domains.sh', [domains.pageInfo.endCursor]);
  expect(JSON.parse(rest.stdout).data.domains.nodes).toEqual([]);
});

test('list-domains.sh takes the token of the state directory, and fails with the wrong one', async () => {
  await writeFile(join(folder, 'token'), `${token}\n`);
  expect(await run('list-domains.sh', [], { VIRTGRAPH_TOKEN: '', VIRTGRAPH_STATE_DIR: folder })).toMatchObject({
    status: 0,
  });
  const refused = await run('list-domains.sh', [], { VIRTGRAPH_TOKEN: 'not-the-token-at-all' });
  expect(refused.status).not.toBe(0);
  expect(refused.stdout).toContain('UNAUTHENTICATED');
});

test('watch.sh shows the present state, then changes', async () => {
  const watching = start('watch.sh', ['60']);
  await eventually(() => expect(watching.stdout()).toContain('"name":"ct-cron","state":"PAUSED"'));
  await changeDomain('resumeDomain', 'cedar', 'ct-cron');
  await eventually(() => expect(watching.stdout()).toContain('"name":"ct-cron","state":"RUNNING"'));
});

test('watch.sh ends when its time is over', async () => {
  expect((await run('watch.sh', ['1'])).status).toBe(0);
});

test('watch.mjs ends without a complaint when nobody reads it any more', async () => {
  const watching = start('watch.mjs', []);
  watching.closeStdout();
  expect(await watching.status).toBe(0);
  expect(watching.stderr()).toBe('');
});

test('watch.mjs misses nothing when its connection is cut, and starts over when the gateway was restarted', async () => {
  const proxy = await openChaosProxy({ target: addressOf(gatewayUrl), random: Math.random });
  await using second = await startAnother();
  try {
    const watching = start('watch.mjs', ['alder'], { VIRTGRAPH_URL: urlOf(proxy.address) });
    const lines = (pattern: RegExp) =>
      watching
        .stdout()
        .split('\n')
        .filter((line) => pattern.test(line));
    await eventually(() => expect(lines(/that is all there is now/)).toHaveLength(1));

    proxy.setFaults({ refuse: true });
    proxy.cut('RST');
    await eventually(() => expect(lines(/the connection is gone/)).not.toEqual([]));
    await changeDomain('suspendDomain', 'alder', 'db-1');
    await changeDomain('resumeDomain', 'alder', 'db-1');
    proxy.setFaults({});
    await eventually(() => expect(lines(/alder\/db-1 RUNNING .*\(state/)).toHaveLength(1));
    expect(lines(/alder\/db-1 PAUSED/)).toHaveLength(1);
    // From where it was: no second snapshot.
    expect(lines(/starting over|that is all there is now/)).toHaveLength(1);

    proxy.retarget(addressOf(await second.url));
    proxy.cut('FIN');
    await eventually(() => expect(lines(/that is all there is now/)).toHaveLength(2));
    expect(lines(/starting over: EPOCH_CHANGED/)).toHaveLength(1);
  } finally {
    await proxy.close();
  }
});

test('watch.mjs ends when the token is wrong', async () => {
  const refused = await run('watch.mjs', [], { VIRTGRAPH_TOKEN: 'not-the-token-at-all' });
  expect(refused).toMatchObject({ status: 2, stderr: 'The gateway does not take this token.\n' });
});

test('stop-gracefully.mjs waits until the guest is off', async () => {
  const stopped = await run('stop-gracefully.mjs', ['alder', 'web-2', '40']);
  expect(stopped).toMatchObject({ status: 0, stderr: '' });
  expect(stopped.stdout).toContain('web-2 is off.');
  expect(await stateOf('alder', 'web-2')).toEqual({ state: 'SHUTOFF' });
  expect((await run('stop-gracefully.mjs', ['alder', 'web-2'])).stdout).toBe('web-2 is off already.\n');
});

test('stop-gracefully.mjs forces nothing when the time is over, and says what it could not do', async () => {
  const late = await run('stop-gracefully.mjs', ['birch', 'db-2', '0']);
  expect(late.status).toBe(1);
  expect(late.stdout).toContain('db-2 is still on after 0 s. Nothing was forced.');
  const unknown = await run('stop-gracefully.mjs', ['alder', 'nobody']);
  expect(unknown).toMatchObject({ status: 2, stderr: 'There is no domain nobody on alder.\n' });
});

test('mac-audit.mjs shows the addresses that collide, and says by its status whether there are any', async () => {
  const all = await run('mac-audit.mjs');
  expect(all).toMatchObject({ status: 1, stderr: '' });
  expect(all.stdout).toMatch(/^WARNING +DUPLICATE_MAC +52:54:00:1a:00:01 .*alder\/web-1-copy \(off\)/m);
  expect(all.stdout).toMatch(/ SHADOWED_BY_TAP +fe:54:00:1b:00:01 .*birch\/mail/);
  expect(await run('mac-audit.mjs', ['cedar'])).toEqual({ status: 0, stdout: 'No addresses collide.\n', stderr: '' });
});

test('poll-changes.mjs tells what changed since the last time, and lists everything when that is too long ago', async () => {
  const file = join(folder, 'cursor');
  const first = await run('poll-changes.mjs', [file]);
  expect(first).toMatchObject({ status: 0, stderr: '' });
  expect(first.stdout).toContain('birch/monitoring RUNNING\n');

  await changeDomain('suspendDomain', 'birch', 'monitoring');
  await eventually(async () => expect(await stateOf('birch', 'monitoring')).toEqual({ state: 'PAUSED' }));
  const second = await run('poll-changes.mjs', [file]);
  expect(second.stdout).toMatch(/^\S+Z birch\/monitoring PAUSED \(changed: state/m);
  expect(second.stdout).not.toContain('birch/monitoring RUNNING');

  await using other = await startAnother();
  const elsewhere = await run('poll-changes.mjs', [file], { VIRTGRAPH_URL: await other.url });
  expect(elsewhere).toMatchObject({ status: 0, stderr: '' });
  expect(elsewhere.stdout).toContain('-- too long ago: here is everything\n');
});

test('poll-changes.mjs leaves the file alone when it fails', async () => {
  const file = join(folder, 'no-cursor');
  await writeFile(file, 'nonsense\n');
  const failed = await run('poll-changes.mjs', [file]);
  expect(failed.status).toBe(2);
  expect(failed.stderr).toMatch(/^BAD_USER_INPUT: /);
  expect(await readFile(file, 'utf8')).toBe('nonsense\n');
});

test('virtgraph.yaml is a configuration without a mistake, and without a warning', async () => {
  const argv = ['src/main.ts', 'check-config', '--config', 'examples/virtgraph.yaml'];
  const child = spawn(process.execPath, argv, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
  expect(stdout).toContain('virtgraph.yaml is right.');
  expect(stdout).not.toContain('warning');
});

test('the questions of README.md are answered without an error, its streams begin', async () => {
  const [questions, streams] = [false, true].map((isStream) =>
    blocksOf(readPage('README.md'), 'graphql').filter((text) => text.startsWith('subscription') === isStream),
  );
  for (const question of questions ?? []) expect(Object.keys(await ask(question))).not.toEqual([]);
  for (const query of streams ?? []) {
    const response = await fetch(`${gatewayUrl}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ query }),
    });
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes('event: next')) break;
    }
    expect(text).toContain('event: next\ndata: {"data":{');
  }
});
