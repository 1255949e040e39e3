import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts';
import { waitFor } from './wait.ts';

/** A gateway over embedded hosts, with its state on a disk of its own that can be filled: a few megabytes of memory. */
async function gatewayOnSmallDisk({ domains = 8, megabytes = 8 } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'virtgraph-store-'));
  const disk = join(dir, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'virtgraph-test', disk]);
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', disk]);
    rmSync(dir, { recursive: true, force: true });
  });
  const config = join(dir, 'virtgraph.yaml');
  writeFileSync(
    config,
    JSON.stringify({ listen: { port: 0 }, hosts: [{ name: 'one', uri: `sim://one?domains=${domains}` }] }),
  );
  const stateDir = join(disk, 'state');
  const start = async () => {
    // Compiled code, which is kept ten seconds after the start, is as large as the disk.
    const env = { VIRTGRAPH_STATE_DIR: stateDir, NODE_DISABLE_COMPILE_CACHE: '1' };
    const gateway = await startGateway({ args: ['--config', config], env });
    onTestFinished(() => gateway[Symbol.asyncDispose]());
    await waitFor(
      'the host is READY',
      async () => {
        const { hosts } = await ask(gateway, '{ hosts(filter: { statuses: [READY] }) { totalCount } }');
        return hosts.totalCount === 1;
      },
      60_000,
    );
    return gateway;
  };
  return { disk, stateDir, file: join(stateDir, 'store.sqlite'), start };
}

type Answer = {
  readonly hosts: { readonly totalCount: number };
  readonly domains: { readonly totalCount: number };
  readonly gateway: { readonly cursor: string; readonly journalPersistence: string };
  readonly defineDomain: { readonly summary: string };
  readonly changesSince: {
    readonly changes: readonly { readonly object?: { readonly name: string } }[];
    readonly cursor: string;
  };
};

async function ask(gateway: GatewayProcess, query: string): Promise<Answer> {
  const { data, errors } = await askForAll(gateway, query);
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}

type Whole = {
  readonly data: Answer;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
};

async function askForAll(gateway: GatewayProcess, query: string): Promise<Whole> {
  const response = await fetch(`${await gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await tokenOf(gateway)}` },
    body: JSON.stringify({ query }),
  });
  return (await response.json()) as Whole; // the queries here ask for no more
}

/** Its file may be gone when it is asked for again. */
const tokens = new Map<GatewayProcess, string>();
async function tokenOf(gateway: GatewayProcess): Promise<string> {
  const token = tokens.get(gateway) ?? (await gateway.token());
  tokens.set(gateway, token);
  return token;
}

async function define(gateway: GatewayProcess, name: string, { key = '', characters = 0 } = {}) {
  // Noise, that no packing makes short.
  const noise = Array.from({ length: characters / 10 }, () => Math.random().toString(36).slice(2, 12)).join('');
  const xml = `<domain type='kvm'><name>${name}</name><description>${noise}</description><memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os></domain>`;
  const input = `host: "one", xml: ${JSON.stringify(xml)}${key && `, idempotencyKey: ${JSON.stringify(key)}`}`;
  return askForAll(gateway, `mutation { defineDomain(input: { ${input} }) { summary } }`);
}

const cursorOf = async (gateway: GatewayProcess) => (await ask(gateway, '{ gateway { cursor } }')).gateway.cursor;
const persistenceOf = async (gateway: GatewayProcess) =>
  (await ask(gateway, '{ gateway { journalPersistence } }')).gateway.journalPersistence;

/** Names of what has changed since; or that one must start over. */
async function since(gateway: GatewayProcess, cursor: string): Promise<readonly string[] | 'start over'> {
  const query = `{ changesSince(after: "${cursor}", first: 1000) { changes { ... on ObjectUpserted { object { ... on Domain { name } } } } } }`;
  const { data, errors } = await askForAll(gateway, query);
  if (errors?.[0]?.extensions.code === 'CURSOR_EXPIRED') return 'start over';
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data.changesSince.changes.flatMap(({ object }) => object?.name ?? []);
}

async function metric(gateway: GatewayProcess, name: string): Promise<number> {
  const response = await fetch(`${await gateway.url}/metrics?readings=none`, {
    headers: { authorization: `Bearer ${await tokenOf(gateway)}` },
  });
  const found = new RegExp(`^${name} (\\S+)$`, 'm').exec(await response.text());
  return Number(found?.[1]);
}

const timesSaid = (gateway: GatewayProcess, text: string) => gateway.stderr().split(text).length - 1;
const isKept = (gateway: GatewayProcess) =>
  waitFor('changes are kept', async () => (await persistenceOf(gateway)) === 'SQLITE');

/** Until nothing more goes in. */
function fill(disk: string) {
  const filler = join(disk, 'filler');
  for (const size of [65_536, 4_096, 1]) {
    try {
      for (;;) appendFileSync(filler, Buffer.alloc(size));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
}

function makeRoom(disk: string) {
  rmSync(join(disk, 'filler'));
}

async function kill(gateway: GatewayProcess) {
  gateway.kill('SIGKILL');
  await gateway.exited;
}

describe('a disk that is full', () => {
  test('stops nothing; when it has room again, all that was told meanwhile outlives the gateway', async () => {
    const { disk, start } = await gatewayOnSmallDisk();
    const gateway = await start();
    await define(gateway, 'before');
    const before = await cursorOf(gateway);

    fill(disk);
    const large: string[] = [];
    await waitFor('the store is away', async () => {
      large.push(`large-${large.length}`);
      await define(gateway, `large-${large.length - 1}`, { characters: 60_000 });
      return (await persistenceOf(gateway)) === 'FAILED';
    });
    expect(await metric(gateway, 'virtgraph_store_in_use')).toBe(0);
    expect(await metric(gateway, 'virtgraph_journal_persistent')).toBe(0);
    expect((await fetch(`${await gateway.url}/readyz`)).status).toBe(200);
    const meanwhile = await cursorOf(gateway);
    const first = await define(gateway, 'meanwhile', { key: 'used meanwhile' });
    expect(first.errors).toBe(undefined);
    expect(await since(gateway, meanwhile)).toEqual(['meanwhile']);
    await waitFor(
      'it was tried in vain',
      async () => (await metric(gateway, 'virtgraph_store_failures_total')) >= 3,
      60_000,
    );
    expect(timesSaid(gateway, 'The store cannot be used')).toBe(1);

    makeRoom(disk);
    await isKept(gateway);
    expect(await metric(gateway, 'virtgraph_store_in_use')).toBe(1);
    expect(timesSaid(gateway, 'The store can be used again')).toBe(1);
    expect(timesSaid(gateway, 'Changes are kept on disk again')).toBe(1);
    const after = await cursorOf(gateway);
    await define(gateway, 'after');
    await waitFor('the answer is kept', async () => (await since(gateway, after)).includes('after'));
    const expected = await Promise.all([before, meanwhile, after].map((cursor) => since(gateway, cursor)));
    await kill(gateway);

    const next = await start();
    const told = await Promise.all([before, meanwhile, after].map((cursor) => since(next, cursor)));
    for (const [place, names] of expected.entries()) {
      expect(names).not.toBe('start over');
      expect(told[place]?.slice(0, names.length)).toEqual(names);
    }
    // An embedded host forgets with its process: had it been asked once more, it would be there.
    expect((await define(next, 'meanwhile', { key: 'used meanwhile' })).data).toEqual(first.data);
    const { changes } = (
      await ask(next, `{ changesSince(after: "${after}", first: 1000) { changes { __typename } cursor } }`)
    ).changesSince;
    expect(changes.length).toBeGreaterThan(0);
  });

  test('at the start holds nothing up, and the store is there when it has room', async () => {
    const { disk, start, stateDir } = await gatewayOnSmallDisk();
    mkdirSync(stateDir);
    for (const [name, text] of Object.entries({ token: 'a-token-that-is-long-enough-for-this', 'fleet-id': 'small' })) {
      writeFileSync(join(stateDir, name), `${text}\n`, { mode: 0o600 });
    }
    fill(disk);
    const gateway = await start();
    expect(await persistenceOf(gateway)).toBe('FAILED');
    const cursor = await cursorOf(gateway);
    await define(gateway, 'early');
    makeRoom(disk);
    await isKept(gateway);
    await kill(gateway);
    expect((await since(await start(), cursor)).slice(0, 1)).toEqual(['early']);
  });
});

test('a state directory that is removed is made again, and what was told in this run outlives it', async () => {
  const { start, stateDir, file } = await gatewayOnSmallDisk();
  const gateway = await start();
  const token = await tokenOf(gateway);
  const cursor = await cursorOf(gateway);
  await define(gateway, 'before');
  rmSync(stateDir, { recursive: true });
  await waitFor('that is noticed', () => timesSaid(gateway, 'The store cannot be used') === 1);
  await define(gateway, 'meanwhile');
  await isKept(gateway);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const expected = await since(gateway, cursor);
  expect(expected).toEqual(['before', 'meanwhile']);
  await kill(gateway);
  // Those are not the store's to make again.
  writeFileSync(join(stateDir, 'token'), `${token}\n`, { mode: 0o600 });
  expect((await since(await start(), cursor)).slice(0, 2)).toEqual(expected);
});

test('a file that is overwritten in the middle of its use misleads nobody, and in the end there is a whole one', async () => {
  const { start, file } = await gatewayOnSmallDisk({ megabytes: 32 });
  const gateway = await start();
  const cursors: string[] = [];
  const known: (readonly string[])[] = [];
  for (let round = 0; round < 6; round++) {
    cursors.push(await cursorOf(gateway));
    await define(gateway, `round-${round}`, { characters: 20_000 });
    if (round === 2) {
      const descriptor = openSync(file, 'r+');
      writeSync(descriptor, Buffer.alloc(Math.max(8_192, statSync(file).size - 4_096), 7), 0, null, 4_096);
    }
  }
  for (const cursor of cursors) {
    const names = await since(gateway, cursor);
    if (names === 'start over') throw new Error('Its own cursors are good while it runs.');
    known.push(names);
  }
  expect(known[0]).toHaveLength(6);
  await kill(gateway);
  for (let time = 0; time < 2; time++) {
    const next = await start();
    expect(await persistenceOf(next)).toBe('SQLITE');
    for (const [place, cursor] of cursors.entries()) {
      const names = await since(next, cursor);
      expect(['start over', known[place]]).toContainEqual(
        names === 'start over' ? names : names.slice(0, known[place]?.length),
      );
    }
    await kill(next);
  }
});

test('a gateway that is killed while it writes everything anew starts with a journal of some moment, or none', async () => {
  const { start, file } = await gatewayOnSmallDisk({ domains: 1_000, megabytes: 64 });
  let gateway = await start();
  for (const bytes of [0, 200_000, 500_000]) {
    const cursor = await cursorOf(gateway);
    await define(gateway, `killed-${bytes}`);
    const known = await since(gateway, cursor);
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    const isFar = () => (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? -1) >= bytes;
    await waitFor('so much of it is written anew', isFar, 60_000, 1);
    await kill(gateway);
    gateway = await start();
    const names = await since(gateway, cursor);
    expect(['start over', known]).toContainEqual(names === 'start over' ? names : names.slice(0, known.length));
    expect((await ask(gateway, '{ domains(first: 1) { totalCount } }')).domains.totalCount).toBe(1_000);
  }
});
