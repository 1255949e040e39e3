import { execFile, spawn } from 'node:child_process';
import { mkdtempDisposable, stat, writeFile } from 'node:fs/promises';
import { type ClientRequest, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createClient } from 'graphql-ws';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startGateway } from '../support/gateway-process.ts';

type Body = {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
};

async function post(
  url: string,
  token: string,
  query: string,
): Promise<{ readonly status: number; readonly body: Body }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

describe('the embedded fleet', () => {
  test('is served without any configuration, and is true to what was done to it', async () => {
    await using gateway = await startGateway({ args: ['--port', '0'] });
    const url = await gateway.url;
    const token = await gateway.token();
    const ask = async (query: string) => (await post(url, token, query)).body;

    await expect
      .poll(async () => (await ask('{ hosts(filter: { statuses: [READY] }) { totalCount } }')).data)
      .toEqual({ hosts: { totalCount: 3 } });
    const { data } = await ask('{ domains { totalCount nodes { state } } }');
    const { totalCount, nodes } = (data ?? {})['domains'] as {
      readonly totalCount: number;
      readonly nodes: { readonly state: string }[];
    };
    expect(totalCount).toBeGreaterThan(15);
    expect(new Set(nodes.map((node) => node.state)).size).toBeGreaterThan(3);

    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
    });
    const watched = client.iterate<{ domainChanged: { name: string; state: string } }>({
      query: 'subscription { domainChanged(filter: { hosts: ["birch"], nameContains: "web-e2e" }) { name state } }',
    });
    const next = async () => (await watched.next()).value?.data?.domainChanged;
    const first = next();
    const xml =
      "<domain type='kvm'><name>web-e2e</name><memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os></domain>";
    const defined = await ask(
      `mutation { defineDomain(input: { host: "birch", xml: ${JSON.stringify(xml)} }) { summary domain { id state persistent } } }`,
    );
    expect(defined).toMatchObject({ data: { defineDomain: { domain: { state: 'SHUTOFF', persistent: true } } } });
    expect(await first).toEqual({ name: 'web-e2e', state: 'SHUTOFF' });

    const path = 'domain: { path: { host: "birch", name: "web-e2e" } }';
    expect(await ask(`mutation { startDomain(input: { ${path} }) { domain { state } } }`)).toEqual({
      data: { startDomain: { domain: { state: 'RUNNING' } } },
    });
    expect(await next()).toEqual({ name: 'web-e2e', state: 'RUNNING' });
    expect(await ask(`mutation { startDomain(input: { ${path} }) { domain { state } } }`)).toMatchObject({
      errors: [{ extensions: { code: 'INVALID_STATE', host: 'birch', outcome: 'FAILED', libvirt: { code: 55 } } }],
    });

    const attached = await ask(
      `mutation { attachInterface(input: { ${path}, source: { network: "default" } }) { macAddress interface { macAddress tapMacAddress } } }`,
    );
    const card = attached.data?.['attachInterface'] as {
      readonly macAddress: string;
      readonly interface: { readonly tapMacAddress: string };
    };
    expect(card.macAddress).toMatch(/^52:54:00:/);
    expect(card.interface.tapMacAddress).toBe(`fe${card.macAddress.slice(2)}`);
    await client.dispose();
  });

  test('prints at the first start a token that works, and never again; its commands name no secret', async () => {
    await using first = await startGateway({ args: ['--port', '0'] });
    const url = await first.url;
    const token = await first.token();
    expect((await stat(join(first.stateDir, 'token'))).mode & 0o777).toBe(0o600);
    expect(first.stdout()).toContain(`  ${token}\n`);
    expect(first.stdout()).toContain(`${url}/#token=${token}`);
    expect(
      first
        .stdout()
        .split('\n')
        .filter((line) => line.includes('curl') && line.includes(token)),
    ).toEqual([]);
    first.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    expect(first.stderr()).not.toContain(token);

    await using second = await startGateway({ args: ['--port', '0'], env: { VIRTGRAPH_STATE_DIR: first.stateDir } });
    expect((await post(await second.url, token, '{ hosts { totalCount } }')).status).toBe(200);
    expect(second.stdout()).not.toContain(token);
  });

  test('prints commands that work as they stand', async () => {
    await using gateway = await startGateway({ args: ['--port', '0'] });
    await gateway.url;
    const [ask = '', watch = ''] = gateway
      .stdout()
      .split('\n')
      .filter((line) => line.startsWith('  curl'));
    expect(await shell(ask)).toContain('"data":{"domains"');
    const first = 'event: next\ndata: {"data":{"domainChanged"';
    expect(await untilSaid(watch.trim(), first)).toContain(first);
  });
});

describe('stopping', () => {
  test('ends with 0 on SIGTERM while somebody watches', async () => {
    await using gateway = await startGateway({ args: ['--port', '0'] });
    const url = await gateway.url;
    const stream = await fetch(`${url}/graphql?query=${encodeURIComponent('subscription { hostChanged { name } }')}`, {
      headers: { accept: 'text/event-stream', authorization: `Bearer ${await gateway.token()}` },
    });
    const reader = stream.body?.getReader();
    await reader?.read();
    gateway.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
  });

  test('waits for the second signal no longer than it takes to see it', async () => {
    await using gateway = await startGateway({ args: ['--port', '0'] });
    const url = await gateway.url;
    const begun = await beginRequest(url, await gateway.token());
    gateway.kill('SIGTERM');
    await expect.poll(() => gateway.stderr()).toContain('a second signal ends the gateway at once');
    gateway.kill('SIGTERM');
    expect(await gateway.exited).toBe(128 + 15);
    begun.destroy();
  });

  test('follows a mistake that nobody caught: it is logged whole, and the exit code says so', async () => {
    // Thrown when the gateway has said that it is ready.
    const mistake = `
      const { write } = process.stdout;
      process.stdout.write = function (text, ...rest) {
        if (String(text).includes('is ready')) setImmediate(() => { throw new Error('boom'); });
        return write.call(this, text, ...rest);
      };`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(mistake)}` };
    await using gateway = await startGateway({ args: ['--port', '0'], env, mayFail: true });
    expect(await gateway.exited).toBe(1);
    expect(gateway.stderr()).toMatch(/"reason":"boom","stack":"Error: boom/);
    expect(gateway.stderr()).toContain('the gateway has stopped');
  });
});

describe('what is said and cannot be heard', () => {
  /** With the shell's redirections, in a state directory of its own. */
  async function run(script: string): Promise<{ readonly status: number; readonly stderr: string }> {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'virtgraph-unheard-'));
    const env = {
      ...process.env,
      VIRTGRAPH_STATE_DIR: dir.path,
      VIRTGRAPH: `${process.execPath} ${resolve('src/main.ts')}`,
    };
    return await new Promise((settled) => {
      execFile('bash', ['-o', 'pipefail', '-c', script], { cwd: dir.path, env }, (error, _stdout, stderr) => {
        settled({ status: typeof error?.code === 'number' ? error.code : 0, stderr });
      });
    });
  }

  test('a reader that has read enough is no mistake', async () => {
    expect(await run('$VIRTGRAPH schema | head -1 >/dev/null')).toEqual({ status: 0, stderr: '' });
  });

  test.each([
    ['its log', '$VIRTGRAPH --port 0 2>/dev/full >said & p=$!; until grep -q ready said; do sleep 0.05; done'],
    ['its welcome', '$VIRTGRAPH --port 0 2>said & p=$!; until grep -q "is ready" said; do sleep 0.05; done'],
  ])('the gateway serves all the same, and stops when it is asked to: %s', async (_what, begin) => {
    const script = `{ ${begin}; sleep 0.5; kill $p; wait $p; echo $? >status; } | true; exit $(cat status)`;
    expect((await run(script)).status).toBe(0);
  });
});

describe('what is wrong is said in a line or two', () => {
  test('a port that is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address ? String(address.port) : '';
    await using gateway = await startGateway({ args: ['--port', port] });
    expect(await gateway.exited).toBe(1);
    expect(gateway.stderr()).toContain(`virtgraph: Port ${port} of 127.0.0.1 is taken`);
    expect(gateway.stderr()).not.toMatch(/^\s+at /m);
    await new Promise((resolve) => other.close(resolve));
  });

  test('a configuration with several mistakes, with the place of each', async () => {
    const yaml = 'listen:\n  port: many\nhosts:\n  - name: a b\n    uri: qemu+ssh://x/system\ncolour: red\n';
    const prepare = (dir: string) => writeFile(join(dir, 'virtgraph.yaml'), yaml);
    for (const args of [['check-config'], ['serve']]) {
      await using gateway = await startGateway({ args, prepare });
      expect(await gateway.exited).toBe(1);
      const places = gateway.stderr().match(/virtgraph\.yaml:\d+:\d+: /g) ?? [];
      expect(places).toHaveLength(3);
    }
  });

  test('a certificate that cannot be read', async () => {
    const yaml = 'listen:\n  port: 0\n  tls: { cert: nowhere.pem, key: nowhere.key }\n';
    const prepare = (dir: string) => writeFile(join(dir, 'virtgraph.yaml'), yaml);
    await using gateway = await startGateway({ prepare });
    expect(await gateway.exited).toBe(1);
    expect(gateway.stderr()).toMatch(/^virtgraph: .*nowhere\.pem.*$/m);
    await using check = await startGateway({ args: ['check-config'], prepare });
    expect(await check.exited).toBe(1);
    expect(check.stderr()).toMatch(/virtgraph\.yaml:1:1: listen\.tls: .*nowhere\.pem/);
    expect(gateway.stderr()).not.toMatch(/^\s+at /m);
  });

  test('a token that is too short to be one', async () => {
    await using gateway = await startGateway({ env: { VIRTGRAPH_TOKEN: 'secret' } });
    expect(await gateway.exited).toBe(1);
    expect(gateway.stderr()).toContain('VIRTGRAPH_TOKEN must have at least 16');
    expect(gateway.stderr()).not.toContain('secret');
  });
});

describe('without a token', () => {
  test('the gateway answers under its own name only', async () => {
    const yaml = 'listen: { port: 0 }\nauth: { mode: none }\n';
    await using gateway = await startGateway({ prepare: (dir) => writeFile(join(dir, 'virtgraph.yaml'), yaml) });
    const url = await gateway.url;
    const ask = (host: string) =>
      shell(
        `curl -s ${url}/graphql -H 'Host: ${host}' -H 'Content-Type: application/json' -d '{"query":"{ __typename }"}'`,
      );
    expect(await ask('localhost')).toBe('{"data":{"__typename":"Query"}}\n');
    expect(await ask('evil.example')).toContain('UNAUTHENTICATED');
  });
});

/** One that the gateway has begun to read, and that never ends: it is waited for, for ten seconds. */
function beginRequest(url: string, token: string): Promise<ClientRequest> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': 100,
    expect: '100-continue',
  };
  const begun = request(`${url}/graphql`, { method: 'POST', headers, agent: false });
  begun.flushHeaders();
  return new Promise((resolve, reject) => {
    begun.on('continue', () => resolve(begun));
    begun.on('error', reject);
  });
}

function shell(command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('sh', ['-c', command], (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });
}

/** What a command that goes on by itself has said when it has said `text`. */
async function untilSaid(command: string, text: string): Promise<string> {
  const child = spawn('sh', ['-c', `exec ${command}`], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  for await (const piece of child.stdout.setEncoding('utf8')) {
    said += piece;
    if (said.includes(text)) break;
  }
  child.kill();
  return said;
}
