import { execFile } from 'node:child_process';
import { mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts';

type Answer = {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
};

const token = 'a-token-for-these-tests';
const env = { VIRTGRAPH_TOKEN: token };
const head = 'listen: { port: 0 }\n';
const yaml = (hosts: readonly string[], rest = '') =>
  `${head}${rest}hosts: [${hosts.map((name) => `{ name: ${name}, uri: "sim://${name}?domains=2" }`).join(', ')}]\n`;

async function ask(gateway: GatewayProcess, query: string): Promise<Answer> {
  const response = await fetch(`${await gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });
  return (await response.json()) as Answer;
}

/** The data of an answer that has some. Its shape is what was asked for. */
async function dataOf<T>(gateway: GatewayProcess, query: string): Promise<T> {
  const answer = await ask(gateway, query);
  if (answer.errors || !answer.data) throw new Error(JSON.stringify(answer.errors));
  return answer.data as T;
}

type Named = { readonly name: string };

/** Those that are ready, by name. */
const ready = async (gateway: GatewayProcess) => {
  const query = '{ hosts(filter: { statuses: [READY] }) { nodes { name } } }';
  const { hosts } = await dataOf<{ readonly hosts: { readonly nodes: readonly Named[] } }>(gateway, query);
  return hosts.nodes.map(({ name }) => name);
};
const whenReady = (gateway: GatewayProcess) => expect.poll(() => ready(gateway));
const said = (gateway: GatewayProcess) => expect.poll(() => gateway.stderr());

const begin = (text: string) => startGateway({ env, prepare: (dir) => writeFile(join(dir, 'virtgraph.yaml'), text) });

describe('an edit of the configuration', () => {
  test('is in force at once: a host appears, a host disappears with all it had', async () => {
    await using gateway = await begin(yaml(['ash', 'birch']));
    const file = join(gateway.dir, 'virtgraph.yaml');
    await whenReady(gateway).toEqual(['ash', 'birch']);
    const before = await dataOf<{ readonly gateway: { cursor: string }; readonly domains: { totalCount: number } }>(
      gateway,
      '{ gateway { cursor } domains(filter: { hosts: ["ash"] }) { totalCount } }',
    );
    const { totalCount } = before.domains;
    expect(totalCount).toBeGreaterThan(0);

    await writeFile(file, yaml(['birch', 'cedar']));
    await whenReady(gateway).toEqual(['birch', 'cedar']);
    await said(gateway).toContain('configuration applied: +cedar -ash"');
    const { changesSince, host } = await dataOf<{
      readonly changesSince: { readonly changes: readonly { readonly id?: string }[] };
      readonly host: Named | null;
    }>(
      gateway,
      `{ changesSince(after: "${before.gateway.cursor}", first: 500) { changes { ... on ObjectDeleted { id } } }
         host(name: "ash") { name } }`,
    );
    expect(changesSince.changes.filter(({ id }) => id !== undefined).length).toBeGreaterThan(totalCount);
    expect(host).toBeNull();
  });

  test('ends what follows the host that it removes, and spoils nothing of what is read of before', async () => {
    await using gateway = await begin(yaml(['ash', 'birch']));
    await whenReady(gateway).toEqual(['ash', 'birch']);
    const { domains, ...start } = await dataOf<{
      readonly gateway: { readonly cursor: string };
      readonly domains: { readonly nodes: readonly { readonly id: string; readonly host: Named }[] };
    }>(gateway, '{ gateway { cursor } domains(filter: { states: [RUNNING] }) { nodes { id host { name } } } }');
    for (const host of ['ash', 'birch']) {
      const guest = domains.nodes.find((each) => each.host.name === host);
      await dataOf(gateway, `mutation { suspendDomain(input: { domain: { id: "${guest?.id}" } }) { summary } }`);
    }
    const following = fetch(`${await gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, accept: 'text/event-stream' },
      body: JSON.stringify({ query: 'subscription { hostChanged(name: "ash") { name status } }' }),
    }).then((response) => response.text());

    await writeFile(join(gateway.dir, 'virtgraph.yaml'), yaml(['birch']));
    expect(await following).toMatch(/"status":"READY"[^]*event: complete/);
    const page = await dataOf<{ readonly changesSince: { readonly changes: readonly unknown[] } }>(
      gateway,
      `{ changesSince(after: "${start.gateway.cursor}", filter: { kinds: [DOMAIN] }) { changes { __typename
        ... on ObjectUpserted { object { ... on Domain { stale asOf host { name } } } } } } }`,
    );
    const upserted = page.changesSince.changes.filter((change) => JSON.stringify(change).includes('ObjectUpserted'));
    expect(upserted).toEqual([
      expect.objectContaining({ object: expect.objectContaining({ host: { name: 'birch' }, stale: false }) }),
    ]);
  });

  test('is seen when an editor writes aside and renames, and when a link is moved to another directory', async () => {
    await using gateway = await startGateway({
      env,
      async prepare(dir) {
        for (const [name, hosts] of [
          ['one', ['ash']],
          ['two', ['birch']],
        ] as const) {
          await mkdir(join(dir, name));
          await writeFile(join(dir, name, 'virtgraph.yaml'), yaml(hosts));
        }
        await symlink('one', join(dir, 'current'));
        await symlink('current/virtgraph.yaml', join(dir, 'virtgraph.yaml'));
      },
    });
    await whenReady(gateway).toEqual(['ash']);
    await symlink('two', join(gateway.dir, 'next'));
    await rename(join(gateway.dir, 'next'), join(gateway.dir, 'current'));
    await whenReady(gateway).toEqual(['birch']);
    // Where the link leads to now.
    await writeFile(join(gateway.dir, 'two', '.virtgraph.yaml.swp'), yaml(['birch', 'cedar']));
    await rename(join(gateway.dir, 'two', '.virtgraph.yaml.swp'), join(gateway.dir, 'two', 'virtgraph.yaml'));
    await whenReady(gateway).toEqual(['birch', 'cedar']);
    expect(gateway.stderr()).not.toContain('"level":50');
  });

  test('that is wrong changes nothing, and says where and why until it is right', async () => {
    await using gateway = await begin(yaml(['ash']));
    const file = join(gateway.dir, 'virtgraph.yaml');
    await whenReady(gateway).toEqual(['ash']);
    const status = async () => {
      const query = '{ gateway { configuration { problems { line column path message } needsRestart } } }';
      return (await dataOf<{ readonly gateway: { readonly configuration: unknown } }>(gateway, query)).gateway
        .configuration;
    };
    await writeFile(
      file,
      `${head}hosts:\n  - { name: birch, uri: "sim://birch" }\n  - { name: cedar, uri: nonsense }\n`,
    );
    await said(gateway).toContain('virtgraph.yaml:4:');
    expect(await status()).toEqual({
      problems: [expect.objectContaining({ line: 4, path: 'hosts[1].uri' })],
      needsRestart: [],
    });
    expect(await ready(gateway)).toEqual(['ash']);
    const metrics = await fetch(`${await gateway.url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
    expect(await metrics.text()).toMatch(/^virtgraph_config_problems 1$/m);

    await rm(file);
    await said(gateway).toContain('There is no such file.');
    expect(await ready(gateway)).toEqual(['ash']);

    await writeFile(file, yaml(['birch'], 'limits: { queryDepth: 20 }\n'));
    await whenReady(gateway).toEqual(['birch']);
    expect(await status()).toEqual({ problems: [], needsRestart: ['limits'] });
    await said(gateway).toContain('not in force before a restart: limits');
  });

  test('is read at SIGHUP, which ends nothing', async () => {
    await using gateway = await begin(yaml(['ash']));
    await whenReady(gateway).toEqual(['ash']);
    gateway.kill('SIGHUP');
    await said(gateway).toContain('"signal":"SIGHUP"');
    expect(await ready(gateway)).toEqual(['ash']);
    gateway.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
  });

  test('is not waited for where there is no file: SIGHUP says so', async () => {
    await using gateway = await startGateway({ env, args: ['--port', '0'] });
    await gateway.url;
    gateway.kill('SIGHUP');
    await said(gateway).toContain('there is no configuration to read');
    expect((await ask(gateway, '{ __typename }')).data).toEqual({ __typename: 'Query' });
  });
});

describe('a host that is added by the API', () => {
  const rights = 'api: { hosts: { enabled: true, drivers: [sim], transports: [sim], parameters: [domains] } }\n';
  const add = (gateway: GatewayProcess, name: string, uri: string) =>
    ask(
      gateway,
      `mutation { addHost(input: { name: "${name}", uri: "${uri}", labels: [{ key: "site", value: "x" }] }) {
      summary host { name addedByApi labels { key value } } } }`,
    );

  test('survives a restart, is refused what is not allowed, and leaves with removeHost', async () => {
    await using first = await begin(yaml(['ash'], rights));
    expect(await add(first, 'birch', 'sim://birch?domains=1')).toEqual({
      data: {
        addHost: {
          summary: 'birch was added: sim://birch?domains=1.',
          host: { name: 'birch', addedByApi: true, labels: [{ key: 'site', value: 'x' }] },
        },
      },
    });
    await whenReady(first).toEqual(['ash', 'birch']);
    const refused = [
      ['cedar', 'qemu:///system', 'FORBIDDEN'],
      ['cedar', 'sim://cedar?name=test%3A%2F%2F%2Fetc%2Fshadow', 'FORBIDDEN'],
      ['cedar', 'qemu+ssh://h/system?command=/bin/sh', 'FORBIDDEN'],
      ['cedar', 'nonsense', 'BAD_USER_INPUT'],
      ['ASH', 'sim://ash', 'CONFLICT'],
    ] as const;
    for (const [name, uri, code] of refused) {
      expect((await add(first, name, uri)).errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
    }
    first.kill('SIGTERM');
    expect(await first.exited).toBe(0);

    await using second = await startGateway({
      env: { ...env, VIRTGRAPH_STATE_DIR: first.stateDir },
      prepare: (dir) => writeFile(join(dir, 'virtgraph.yaml'), yaml(['ash'], rights)),
    });
    await whenReady(second).toEqual(['ash', 'birch']);
    const update = 'mutation { updateHost(input: { host: "birch", labels: [] }) { host { labels { key } status } } }';
    expect((await ask(second, update)).data).toEqual({ updateHost: { host: { labels: [], status: 'READY' } } });
    const remove = (name: string) =>
      ask(second, `mutation { removeHost(input: { host: "${name}" }) { hostId summary } }`);
    expect((await remove('birch')).data).toMatchObject({ removeHost: { summary: 'birch was removed.' } });
    expect((await remove('ash')).errors?.[0]?.extensions.code).toBe('CONFLICT');
    expect(await ready(second)).toEqual(['ash']);

    const audit = join(first.stateDir, 'audit.jsonl');
    const lines = (await readFile(audit, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const ended = lines.filter(({ result }) => result !== 'BEGUN');
    expect(lines).toHaveLength(2 * ended.length);
    expect(ended.map(({ who, action, result }) => `${who} ${action} ${result}`)).toEqual([
      'token addHost DONE',
      ...refused.map(() => 'token addHost REFUSED'),
      'token updateHost DONE',
      'token removeHost DONE',
      'token removeHost REFUSED',
    ]);
    expect((await stat(audit)).mode & 0o777).toBe(0o600);
  });

  test('gives way to one of the configuration, and leaves when it is no longer allowed', async () => {
    await using gateway = await begin(yaml(['ash'], rights));
    await add(gateway, 'birch', 'sim://birch?domains=1');
    await whenReady(gateway).toEqual(['ash', 'birch']);
    const idle = async () => {
      const query = '{ gateway { configuration { idleHosts { name reason } } } }';
      type Idle = { readonly gateway: { readonly configuration: { readonly idleHosts: unknown } } };
      return (await dataOf<Idle>(gateway, query)).gateway.configuration.idleHosts;
    };
    await writeFile(join(gateway.dir, 'virtgraph.yaml'), yaml(['ash', 'birch'], rights));
    await expect.poll(idle).toEqual([{ name: 'birch', reason: 'the configuration has a host of this name' }]);
    await writeFile(join(gateway.dir, 'virtgraph.yaml'), yaml(['ash']));
    await whenReady(gateway).toEqual(['ash']);
    expect(await idle()).toEqual([{ name: 'birch', reason: 'api.hosts.enabled is false' }]);
  });

  test('is refused by default, and so is trusting a key; trying again is not', async () => {
    await using gateway = await begin(yaml(['ash']));
    await whenReady(gateway).toEqual(['ash']);
    const codes = async (mutation: string) =>
      (await ask(gateway, `mutation { ${mutation} { __typename } }`)).errors?.map(({ extensions }) => extensions.code);
    expect(await codes('addHost(input: { name: "x", uri: "qemu+ssh://h/system" })')).toEqual(['FORBIDDEN']);
    expect(await codes('removeHost(input: { host: "ash" })')).toEqual(['FORBIDDEN']);
    const fingerprint = `SHA256:${'a'.repeat(43)}`;
    expect(await codes(`trustHostKey(input: { host: "ash", fingerprint: "${fingerprint}" })`)).toEqual(['FORBIDDEN']);
    expect(await codes('retryHost(input: { host: "ash" })')).toBeUndefined();
    expect(await codes('retryHost(input: { host: "nobody" })')).toEqual(['NOT_FOUND']);
  });
});

test('an editor that keeps a backup and swaps files is an edit like any other', async () => {
  await using gateway = await begin(yaml(['ash']));
  await whenReady(gateway).toEqual(['ash']);
  // As vim does with `backupcopy=no`, and sed -i.
  await new Promise<void>((resolve, reject) => {
    execFile('sed', ['-i', 's/ash/birch/g', join(gateway.dir, 'virtgraph.yaml')], (error) =>
      error ? reject(error) : resolve(),
    );
  });
  await whenReady(gateway).toEqual(['birch']);
  await expect.poll(() => gateway.stderr()).toContain('configuration applied: +birch -ash"');
});
